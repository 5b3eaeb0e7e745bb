// The patcher of the device as Max runs it: parameters within Live's limits, cords that carry what a box puts out.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const DEVICE = path.resolve(__dirname, "../../max_for_live/sidestick.amxd");
const [FLOAT, INT, ENUM, BLOB, FILE] = [0, 1, 2, 3, 4];
const INT_VALUES = 256;

function readPatcher() {
  const bytes = fs.readFileSync(DEVICE);
  const start = bytes.indexOf("mx@c") + 16;
  return JSON.parse(bytes.toString("utf8", start, bytes.indexOf(0, start))).patcher;
}

const DESCRIPTION = readPatcher();

// What Live makes of a value for a parameter: it cuts what is out of range, and an Int has 256 values.
function limit(parameter, value) {
  const kind = parameter.parameter_type || 0;
  if (kind === FILE || kind === BLOB) return value;
  if (typeof value !== "number") return kind === ENUM ? 0 : parameter.parameter_mmin;
  const least = kind === ENUM ? 0 : parameter.parameter_mmin;
  const most = kind === INT ? Math.min(parameter.parameter_mmax, least + INT_VALUES - 1) : parameter.parameter_mmax;
  const cut = Math.max(least, Math.min(most, value));
  return kind === FLOAT ? cut : Math.trunc(cut);
}

class Box {
  constructor(patcher, described) {
    const saved = described.saved_attribute_attributes;
    Object.assign(this, { patcher, described, name: described.varname, hidden: false, shown: undefined, messages: [] });
    this.parameter = saved ? saved.valueof : null;
    this.value = this.parameter && this.parameter.parameter_initial
      ? limit(this.parameter, this.parameter.parameter_initial[0]) : null;
  }

  // What the script says to the box.
  message(...words) {
    this.messages.push(words);
    if (words[0] === "set") {
      this.shown = words[1];
      if (this.parameter) this.value = limit(this.parameter, words[1]);
    } else if (words[0] === "bang" && this.value !== null) {
      this.patcher.emit(this.described.id, [].concat(this.value));
    }
  }

  // What the user, or Live, sets: the box shows it and puts it out.
  assign(value) {
    this.value = limit(this.parameter, value);
    this.patcher.emit(this.described.id, [].concat(this.value));
  }
}

class Patcher {
  // `receive(name, ...args)` is what arrives at the script.
  constructor(filepath, receive) {
    Object.assign(this, { filepath, receive, boxes: {} });
    this.byId = {};
    for (const { box } of DESCRIPTION.boxes) {
      this.boxes[box.varname] = new Box(this, box);
      this.byId[box.id] = box;
    }
  }

  getnamed(name) { return this.boxes[name] || null; }

  // Sends words out of the first outlet of a box.
  emit(id, words) {
    for (const { patchline } of DESCRIPTION.lines) {
      const [source, outlet] = patchline.source;
      if (source === id && outlet === 0) this.arrive(this.byId[patchline.destination[0]], words);
    }
  }

  arrive(box, words) {
    const text = (box.text || "").split(" ");
    if (text[0] === "js") this.receive(...words);
    else if (text[0] === "prepend") this.emit(box.id, [...text.slice(1), ...words]);
    else if (text[0] === "t") this.emit(box.id, ["bang"]);
    else if (box.maxclass === "message") this.emit(box.id, text.map((word) => /^-?\d+$/.test(word) ? Number(word) : word));
  }

  // Live sends the initial values, and those that a set keeps, when it opens a set.
  sendStored() {
    Object.values(this.boxes).filter((box) => box.parameter && box.parameter.parameter_type !== BLOB).forEach((box) => {
      if (box.parameter.parameter_initial_enable || box.value !== null) box.assign(box.value);
    });
  }
}

module.exports = { Patcher, ENUM, FILE };
