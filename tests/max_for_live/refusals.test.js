"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { Max, setWith } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { Song, opened, taken, done, written } = require("./songs.js");

function refused(options, change = () => {}) {
  const song = new Song();
  const found = opened(song, options);
  change({ song, ...found });
  found.max.say("transcribe");
  assert.equal(found.max.asked("process").length, 0);
  assert.deepEqual(found.set.errors, []);
  return found.max.status;
}

test("no clip", () => {
  assert.match(refused({}, ({ set }) => set.select(null)), /Select an audio clip/);
});

test("a MIDI clip", () => {
  assert.match(refused({}, ({ set, track }) => {
    track.clip_slots[1].clip = set.midiClip(4);
    set.select(track.clip_slots[1].clip);
  }), /MIDI clip already/);
});

test("a frozen track", () => {
  assert.match(refused({}, ({ track }) => { track.is_frozen = 1; }), /Song is frozen. Unfreeze/);
});

test("a missing file", () => {
  assert.match(refused({}, ({ song }) => fs.unlinkSync(song.path)), /Song.wav is missing/);
});

test("a clip without a file", () => {
  assert.match(refused({ clip: { file_path: "" } }), /Save the set/);
});

for (const where of ["/private/var/folders/x/T/Song.wav", "C:\\Users\\a\\AppData\\Local\\Temp\\Song.wav"]) {
  test(`a temporary decoded file, ${where}`, () => {
    assert.match(refused({ clip: { file_path: where } }), /temporary copy/);
  });
}

test("an encrypted sample of a Live Pack", () => {
  const head = Buffer.concat([Buffer.from("FORM\0\0\0\0AIFCCOMM\0\0\0\x18"), Buffer.alloc(18), Buffer.from("able")]);
  assert.match(refused({}, ({ song }) => fs.writeFileSync(song.path, head)), /encrypted/);
});

test("a plain AIFC file is no encrypted one", () => {
  const song = new Song();
  const head = Buffer.concat([Buffer.from("FORM\0\0\0\0AIFCCOMM\0\0\0\x18"), Buffer.alloc(18), Buffer.from("sowt")]);
  fs.writeFileSync(song.path, head);
  const { max } = opened(song);
  max.say("transcribe");
  assert.equal(max.asked("process").length, 1);
});

test("a warped clip whose markers cannot be read", () => {
  assert.match(refused({ clip: { markers: [] } }), /Live 11 or newer/);
});

test("the path of another macOS volume is sent as the daemon knows it", () => {
  const song = new Song();
  const { max } = opened(song, { clip: { file_path: "Macintosh HD:" + song.path } });
  max.say("transcribe");
  assert.equal(max.last("process")[2], song.path);
});

test("a clip that is being worked on is not sent twice", () => {
  const song = new Song();
  const { max } = opened(song);
  taken(max);
  max.say("transcribe");
  assert.equal(max.asked("process").length, 1);
  assert.match(max.status, /already/);
});

test("sidestick is not there: the light says so, with the way to start it", () => {
  const set = new LiveSet();
  const max = new Max(set);
  setWith(set, set.clip({}));
  max.say("init");
  max.say("/sidestick.live/echo", max.out[2].at(-1)[1]);
  max.clock.pass(20000);
  assert.equal(max.box("link").shown, "sidestick is not running");
  assert.match(max.status, /sidestick run/);
  max.say("transcribe");
  assert.equal(max.asked("process").length, 0);
});

test("sidestick comes back: the light turns and the job goes on under its id", () => {
  const song = new Song();
  const { max, set } = opened(song);
  taken(max);
  const id = max.last("process")[1];
  max.clock.pass(30000);
  assert.equal(max.box("link").shown, "sidestick is not running");
  max.pong();
  assert.equal(max.box("link").shown, "sidestick 0.1.0");
  assert.equal(max.last("process")[1], id);
  max.say("/sidestick/ack", id, "j2");
  song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
  done(max, song, 0, "j2");
  assert.equal(written(set).notes.length, 1);
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
    setWith(set, set.clip({}));
    max.say("init");
    max.say("/sidestick.live/echo", max.out[2].at(-1)[1]);
    max.clock.pass(20000);
  } finally {
    Object.assign(fs, { existsSync: real, statSync: stat, readFileSync: read });
  }
  assert.deepEqual(max.out[0].filter((words) => words[0] === "port").at(-1), ["port", 9400]);
});

test("every reply port is taken", () => {
  const set = new LiveSet();
  const max = new Max(set);
  setWith(set, set.clip({}));
  max.say("init");
  max.clock.pass(20000);
  assert.equal(new Set(max.out[1].map((words) => words[1])).size, 60);
  assert.match(max.status, /9340 to 9399 are all taken/);
});

test("a port that another device has is passed over", () => {
  const set = new LiveSet();
  const max = new Max(set);
  setWith(set, set.clip({}));
  max.say("init");
  const first = max.out[1].at(-1)[1];
  max.clock.pass(200);
  const second = max.out[1].at(-1)[1];
  max.say("/sidestick.live/echo", max.out[2].at(-1)[1]);
  assert.notEqual(first, second);
  assert.equal(max.last("ping").at(-1), second);
});

for (const [protocol, words] of [[0, /too old/], [2, /newer than this device/]]) {
  test(`sidestick speaks protocol ${protocol}`, () => {
    const set = new LiveSet();
    const max = new Max(set);
    setWith(set, set.clip({}));
    max.say("init");
    max.say("/sidestick.live/echo", max.out[2].at(-1)[1]);
    max.pong(protocol);
    assert.match(max.status, words);
    assert.equal(max.asked("subscribe").length, 0);
  });
}

test("a refused file shows sidestick's sentence", () => {
  const song = new Song();
  const { max } = opened(song);
  max.say("transcribe");
  max.say("/sidestick/fail", max.last("process")[1], "/sidestick/process", "not_audio", "Song.wav is not audio.");
  assert.equal(max.status, "Song.wav is not audio.");
  max.say("transcribe");
  assert.equal(max.asked("process").length, 2);
});

test("a failed job shows sidestick's sentence", () => {
  const song = new Song();
  const { max } = opened(song);
  taken(max);
  max.say("/sidestick/fail", "elsewhere", "/sidestick/process", "stage_failed", "The song is silent.", "j1");
  assert.equal(max.status, "The song is silent.");
});

test("cancel stops the job", () => {
  const song = new Song();
  const { max } = opened(song);
  taken(max);
  max.say("cancel");
  max.say("/sidestick/done", max.last("cancel")[1], "j1");
  assert.equal(max.status, "Cancelled");
});

test("cancel before sidestick has named the job is kept until it does", () => {
  const { max } = opened(new Song());
  max.say("transcribe");
  max.say("cancel");
  assert.equal(max.asked("cancel").length, 0);
  max.say("/sidestick/ack", max.last("process")[1], "j1");
  assert.equal(max.last("cancel")[2], "j1");
  max.say("/sidestick/done", max.last("cancel")[1], "j1");
  assert.equal(max.status, "Cancelled");
});

test("there is nothing to cancel, undo or learn before a song", () => {
  const { max } = opened(new Song());
  const first = /Transcribe a clip first/;
  for (const [button, sentence] of [["cancel", /nothing to cancel/], ["undo", first], ["learn", first]]) {
    max.say(button);
    assert.match(max.status, sentence);
  }
});

test("a damaged .mid leaves the set as it is", () => {
  const song = new Song();
  const { set, max } = opened(song);
  taken(max);
  song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
  fs.writeFileSync(song.midi, fs.readFileSync(song.midi).subarray(0, -6));
  done(max, song);
  assert.match(max.status, /not a complete .mid file/);
  assert.equal(set.song.tracks.length, 1);
});

for (const gone of ["midi", "manifest"]) {
  test(`a ${gone} that is gone is told, and the set stays as it is`, () => {
    const song = new Song();
    const { set, max } = opened(song);
    max.say("target", gone === "midi" ? 0 : 4);
    taken(max);
    song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
    fs.unlinkSync(song[gone]);
    done(max, song);
    assert.match(max.status, /cannot be opened. Was it moved or renamed/);
    assert.equal(set.song.tracks.length, 1);
  });
}

test("a full disk is told in sidestick's words", () => {
  const song = new Song();
  const { max } = opened(song);
  taken(max);
  const words = "There is no room left for the stems of Song.wav.";
  max.say("/sidestick/fail", max.last("process")[1], "/sidestick/process", "stage_failed", words, "j1");
  assert.equal(max.status, words);
  assert.equal(max.get("device.current.state"), "failed");
});

test("a result whose path was too long for the wire is told", () => {
  const song = new Song();
  const { max } = opened(song);
  taken(max);
  max.say("/sidestick/done", max.last("process")[1], "j1", 0, "", "");
  assert.match(max.status, /shorter folder/);
});

test("the clip of a song is gone when it should be learned from", () => {
  const song = new Song();
  const { set, max } = opened(song);
  taken(max);
  song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
  song.clusters([]);
  done(max, song);
  const slot = set.song.tracks[1].clip_slots[0];
  set.remove(slot.clip);
  slot.clip = null;
  max.say("learn");
  max.say("/sidestick/clusters.reply", max.last("clusters")[1], "j1", song.listing);
  assert.match(max.status, /is gone/);
});

test("lost packets: a question is asked again under the same id", () => {
  const { max } = opened(new Song());
  max.say("transcribe");
  max.clock.pass(1500);
  const asked = max.asked("process");
  assert.ok(asked.length >= 3);
  assert.equal(new Set(asked.map((words) => words[1])).size, 1);
});

test("an answered question is not asked again", () => {
  const { max } = opened(new Song());
  taken(max);
  max.clock.pass(4000);
  assert.equal(max.asked("process").length, 1);
});

test("a job without news is asked for again", () => {
  const { max } = opened(new Song());
  taken(max);
  const before = max.asked("process").length;
  for (let i = 0; i < 3; i += 1) {
    max.clock.pass(4000);
    max.pong();
  }
  assert.ok(max.asked("process").length > before);
});

test("stored songs that are damaged are passed over", () => {
  const { max } = opened(new Song());
  for (const atoms of [["s%7B"], ["sx", "%"], [5], ["snull"]]) max.say("stored", ...atoms);
  max.say("undo");
  assert.match(max.status, /Transcribe a clip first/);
});

test("every refusal fits the two lines of the panel", () => {
  const { SOURCES, CODE } = require("./fake_max.js");
  const text = SOURCES.map((name) => fs.readFileSync(path.join(CODE, `${name}.js`), "utf8")).join("\n");
  const sentences = [...text.matchAll(/(?:Refusal|refuse|status)\("(?:\w+", )?"?([^"]+)"/g)].map((found) => found[1]);
  assert.ok(sentences.length > 15);
  sentences.forEach((sentence) => assert.ok(sentence.length <= 100, sentence));
});
