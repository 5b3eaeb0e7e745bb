"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { Max, addSource } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { Song, openSong, startJob, finishJob, resultClip } = require("./fixtures.js");

function statusAfter(options, change = () => {}) {
  const song = new Song();
  const found = openSong(song, options);
  change({ song, ...found });
  found.max.receive("transcribe");
  assert.equal(found.max.sentRequests("process").length, 0);
  assert.deepEqual(found.set.errors, []);
  return found.max.status;
}

test("no clip", () => {
  assert.match(statusAfter({}, ({ set }) => set.select(null)), /Select an audio clip/);
});

test("a MIDI clip", () => {
  assert.match(statusAfter({}, ({ set, track }) => {
    track.clip_slots[1].clip = set.midiClip(4);
    set.select(track.clip_slots[1].clip);
  }), /MIDI clip already/);
});

test("a frozen track", () => {
  assert.match(statusAfter({}, ({ track }) => { track.is_frozen = 1; }), /Song is frozen. Unfreeze/);
});

test("a missing file", () => {
  assert.match(statusAfter({}, ({ song }) => fs.unlinkSync(song.path)), /Song.wav is missing/);
});

test("a clip without a file", () => {
  assert.match(statusAfter({ clip: { file_path: "" } }), /Save the set/);
});

for (const where of ["/private/var/folders/x/T/Song.wav", "C:\\Users\\a\\AppData\\Local\\Temp\\Song.wav"]) {
  test(`a temporary decoded file, ${where}`, () => {
    assert.match(statusAfter({ clip: { file_path: where } }), /temporary copy/);
  });
}

test("an encrypted sample of a Live Pack", () => {
  const head = Buffer.concat([Buffer.from("FORM\0\0\0\0AIFCCOMM\0\0\0\x18"), Buffer.alloc(18), Buffer.from("able")]);
  assert.match(statusAfter({}, ({ song }) => fs.writeFileSync(song.path, head)), /encrypted/);
});

test("a plain AIFC file is no encrypted one", () => {
  const song = new Song();
  const head = Buffer.concat([Buffer.from("FORM\0\0\0\0AIFCCOMM\0\0\0\x18"), Buffer.alloc(18), Buffer.from("sowt")]);
  fs.writeFileSync(song.path, head);
  const { max } = openSong(song);
  max.receive("transcribe");
  assert.equal(max.sentRequests("process").length, 1);
});

test("a warped clip whose markers cannot be read", () => {
  assert.match(statusAfter({ clip: { markers: [] } }), /Live 11 or newer/);
});

test("the path of another macOS volume is sent as the daemon knows it", () => {
  const song = new Song();
  const { max } = openSong(song, { clip: { file_path: "Macintosh HD:" + song.path } });
  max.receive("transcribe");
  assert.equal(max.lastRequest("process")[2], song.path);
});

test("a clip that is being worked on is not sent twice", () => {
  const song = new Song();
  const { max } = openSong(song);
  startJob(max);
  max.receive("transcribe");
  assert.equal(max.sentRequests("process").length, 1);
  assert.match(max.status, /already/);
});

test("sidestick is not there: the light says so, with the way to start it", () => {
  const set = new LiveSet();
  const max = new Max(set);
  addSource(set, set.clip({}));
  max.receive("init");
  max.receive("/sidestick.live/echo", max.out[2].at(-1)[1]);
  max.clock.pass(20000);
  assert.equal(max.box("link").shown, "sidestick is not running");
  assert.match(max.status, /sidestick run/);
  max.receive("transcribe");
  assert.equal(max.sentRequests("process").length, 0);
});

test("sidestick comes back: the light turns and the job goes on under its id", () => {
  const song = new Song();
  const { max, set } = openSong(song);
  startJob(max);
  const id = max.lastRequest("process")[1];
  max.clock.pass(30000);
  assert.equal(max.box("link").shown, "sidestick is not running");
  max.replyPong();
  assert.equal(max.box("link").shown, "sidestick 0.1.0");
  assert.equal(max.lastRequest("process")[1], id);
  max.receive("/sidestick/ack", id, "j2");
  song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
  finishJob(max, song, 0, "j2");
  assert.equal(resultClip(set).notes.length, 1);
});

test("sidestick says on another port where it is, and is found there", () => {
  const set = new LiveSet();
  const home = "/Users/anna";
  const max = new Max(set, { filepath: home + "/Music/sidestick.amxd" });
  const state = home + "/Library/Application Support/sidestick/daemon.json";
  const real = fs.existsSync;
  const [stat, read] = [fs.statSync, fs.readFileSync];
  fs.existsSync = (name) => name === state || real(name);
  fs.statSync = (name) => name === state ? { isFile: () => true } : stat(name);
  fs.readFileSync = (name, ...rest) => name === state ? Buffer.from('{"osc_port": 9400}') : read(name, ...rest);
  try {
    addSource(set, set.clip({}));
    max.receive("init");
    max.receive("/sidestick.live/echo", max.out[2].at(-1)[1]);
    max.clock.pass(20000);
  } finally {
    Object.assign(fs, { existsSync: real, statSync: stat, readFileSync: read });
  }
  assert.deepEqual(max.out[0].filter((words) => words[0] === "port").at(-1), ["port", 9400]);
});

test("every reply port is taken", () => {
  const set = new LiveSet();
  const max = new Max(set);
  addSource(set, set.clip({}));
  max.receive("init");
  max.clock.pass(20000);
  assert.equal(new Set(max.out[1].map((words) => words[1])).size, 60);
  assert.match(max.status, /9340 to 9399 are all taken/);
});

test("a port that another device has is passed over", () => {
  const set = new LiveSet();
  const max = new Max(set);
  addSource(set, set.clip({}));
  max.receive("init");
  const first = max.out[1].at(-1)[1];
  max.clock.pass(200);
  const second = max.out[1].at(-1)[1];
  max.receive("/sidestick.live/echo", max.out[2].at(-1)[1]);
  assert.notEqual(first, second);
  assert.equal(max.lastRequest("ping").at(-1), second);
});

for (const [protocol, words] of [[0, /too old/], [2, /newer than this device/]]) {
  test(`sidestick speaks protocol ${protocol}`, () => {
    const set = new LiveSet();
    const max = new Max(set);
    addSource(set, set.clip({}));
    max.receive("init");
    max.receive("/sidestick.live/echo", max.out[2].at(-1)[1]);
    max.replyPong(protocol);
    assert.match(max.status, words);
    assert.equal(max.sentRequests("subscribe").length, 0);
  });
}

test("a refused file shows sidestick's sentence", () => {
  const song = new Song();
  const { max } = openSong(song);
  max.receive("transcribe");
  const id = max.lastRequest("process")[1];
  max.receive("/sidestick/fail", id, "/sidestick/process", "not_audio", "Song.wav is not audio.");
  assert.equal(max.status, "Song.wav is not audio.");
  max.receive("transcribe");
  assert.equal(max.sentRequests("process").length, 2);
});

test("a failed job shows sidestick's sentence", () => {
  const song = new Song();
  const { max } = openSong(song);
  startJob(max);
  max.receive("/sidestick/fail", "elsewhere", "/sidestick/process", "stage_failed", "The song is silent.", "j1");
  assert.equal(max.status, "The song is silent.");
});

test("cancel stops the job", () => {
  const song = new Song();
  const { max } = openSong(song);
  startJob(max);
  max.receive("cancel");
  max.receive("/sidestick/done", max.lastRequest("cancel")[1], "j1");
  assert.equal(max.status, "Cancelled");
});

test("cancel before sidestick has named the job is kept until it does", () => {
  const { max } = openSong(new Song());
  max.receive("transcribe");
  max.receive("cancel");
  assert.equal(max.sentRequests("cancel").length, 0);
  max.receive("/sidestick/ack", max.lastRequest("process")[1], "j1");
  assert.equal(max.lastRequest("cancel")[2], "j1");
  max.receive("/sidestick/done", max.lastRequest("cancel")[1], "j1");
  assert.equal(max.status, "Cancelled");
});

test("there is nothing to cancel, undo or learn before a song", () => {
  const { max } = openSong(new Song());
  const first = /Transcribe a clip first/;
  for (const [button, sentence] of [["cancel", /nothing to cancel/], ["undo", first], ["learn", first]]) {
    max.receive(button);
    assert.match(max.status, sentence);
  }
});

for (const [words, spoil, told] of [
  ["that is damaged", (file) => fs.writeFileSync(file, fs.readFileSync(file).subarray(0, 40)), /cannot be read. Transcribe/],
  ["that is gone", fs.unlinkSync, /cannot be opened. Was it moved or renamed/],
]) {
  test(`a list of notes ${words} is told, and the set stays as it is`, () => {
    const song = new Song();
    const { set, max } = openSong(song);
    startJob(max);
    song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
    spoil(song.notes);
    finishJob(max, song);
    assert.match(max.status, told);
    assert.equal(set.song.tracks.length, 1);
  });
}

test("notes that could not be listed are asked for again when the job is told once more", () => {
  const song = new Song();
  const { set, max } = openSong(song, { max: { listing: "" } });
  startJob(max);
  song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
  finishJob(max, song);
  max.receive("/sidestick/fail", max.lastRequest("notes")[1], "/sidestick/notes", "disk_failed", "The disk is full.");
  assert.equal(max.status, "The disk is full.");
  max.listing = song.notes;
  finishJob(max, song);
  assert.equal(resultClip(set).notes.length, 1);
});

test("a full disk is told in sidestick's words", () => {
  const song = new Song();
  const { max } = openSong(song);
  startJob(max);
  const words = "There is no room left for the stems of Song.wav.";
  max.receive("/sidestick/fail", max.lastRequest("process")[1], "/sidestick/process", "stage_failed", words, "j1");
  assert.equal(max.status, words);
  assert.equal(max.get("device.current.state"), "failed");
});

test("a result whose path was too long for the wire is told", () => {
  const song = new Song();
  const { max } = openSong(song);
  startJob(max);
  max.receive("/sidestick/done", max.lastRequest("process")[1], "j1", 0, "", "");
  assert.match(max.status, /shorter folder/);
});

test("the clip of a song is gone when it should be learned from", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
  song.clusters([]);
  finishJob(max, song);
  const slot = set.song.tracks[1].clip_slots[0];
  set.remove(slot.clip);
  slot.clip = null;
  max.receive("learn");
  max.receive("/sidestick/clusters.reply", max.lastRequest("clusters")[1], "j1", song.listing);
  assert.match(max.status, /is gone/);
});

test("lost packets: a question is asked again under the same id", () => {
  const { max } = openSong(new Song());
  max.receive("transcribe");
  max.clock.pass(1500);
  const asked = max.sentRequests("process");
  assert.ok(asked.length >= 3);
  assert.equal(new Set(asked.map((words) => words[1])).size, 1);
});

test("an answered question is not asked again", () => {
  const { max } = openSong(new Song());
  startJob(max);
  max.clock.pass(4000);
  assert.equal(max.sentRequests("process").length, 1);
});

test("a job without news is asked for again", () => {
  const { max } = openSong(new Song());
  startJob(max);
  const before = max.sentRequests("process").length;
  for (let i = 0; i < 3; i += 1) {
    max.clock.pass(4000);
    max.replyPong();
  }
  assert.ok(max.sentRequests("process").length > before);
});

test("stored songs that are damaged are passed over", () => {
  const { max } = openSong(new Song());
  for (const atoms of [["s%7B"], ["sx", "%"], [5], ["snull"]]) max.receive("stored", ...atoms);
  max.receive("undo");
  assert.match(max.status, /Transcribe a clip first/);
});

test("every refusal fits the two lines of the panel", () => {
  const { SOURCES, CODE } = require("./fake_max.js");
  const text = SOURCES.map((name) => fs.readFileSync(path.join(CODE, `${name}.js`), "utf8")).join("\n");
  const calls = text.matchAll(/(?:UserError|refuse|showStatus)\(\s*"(?:\w+", )?"?([^"]+)"/g);
  const sentences = [...calls].map((found) => found[1]);
  assert.ok(sentences.length > 15);
  sentences.forEach((sentence) => assert.ok(sentence.length <= 100, sentence));
});
