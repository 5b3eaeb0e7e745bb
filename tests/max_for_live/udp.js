// OSC as Max's udpsend packs it and udpreceive unpacks it: whole numbers as i, others as 32-bit f, symbols as s.
"use strict";

const dgram = require("node:dgram");

function encodeString(text) {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}

function encodeNumber(value) {
  const bytes = Buffer.alloc(4);
  if (Number.isInteger(value)) bytes.writeInt32BE(value);
  else bytes.writeFloatBE(value);
  return bytes;
}

function pack([address, ...args]) {
  const tags = args.map((value) => typeof value === "string" ? "s" : Number.isInteger(value) ? "i" : "f").join("");
  const values = args.map((value) => typeof value === "string" ? encodeString(value) : encodeNumber(value));
  return Buffer.concat([encodeString(address), encodeString("," + tags), ...values]);
}

function unpack(data) {
  let at = 0;
  const text = () => {
    const end = data.indexOf(0, at);
    const found = data.toString("utf8", at, end);
    at = end + 4 - (end % 4);
    return found;
  };
  const read = {
    s: text,
    i: () => data.readInt32BE((at += 4) - 4),
    f: () => data.readFloatBE((at += 4) - 4),
    h: () => Number(data.readBigInt64BE((at += 8) - 8)),
    d: () => data.readDoubleBE((at += 8) - 8),
  };
  const address = text();
  return [address, ...Array.from(text().slice(1), (tag) => read[tag]())];
}

// Plays the patcher's udpsend and udpreceive for a device. A port that is taken stays silent, as in Max.
function connect(max) {
  const sender = dgram.createSocket("udp4");
  const ports = { 0: 9331, 2: 9340 };
  let receiver = null;
  const bind = (port) => {
    if (receiver) receiver.close();
    receiver = dgram.createSocket("udp4");
    receiver.on("error", () => {});
    receiver.on("message", (data) => max.receive(...unpack(data)));
    receiver.bind(port, "127.0.0.1");
  };
  max.onOutlet = (index, words) => {
    if (index === 3) return;
    if (words[0] !== "port") sender.send(pack(words), ports[index], "127.0.0.1");
    else if (index === 1) bind(words[1]);
    else ports[index] = words[1];
  };
  return () => {
    max.receive("notifydeleted");
    sender.close();
    if (receiver) receiver.close();
  };
}

module.exports = { pack, unpack, connect };
