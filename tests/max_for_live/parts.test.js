"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { Song, openSong, startJob, finishJob, KICK, transcribeSong } = require("./fixtures.js");

test("stems become clips on new audio tracks in time with the source", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  max.receive("target", 5);
  startJob(max);
  assert.equal(JSON.parse(max.lastRequest("process")[3]).stems, "wav");
  song.write([KICK], ["drums", "bass"].map((name) => ({ path: `Song.stems/${name}.wav`, kind: `.stems/${name}.wav` })));
  finishJob(max, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums", "Song bass"]);
  assert.deepEqual(set.errors, []);
});

test("all parts become a clip each, drums alone by the drum map", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  max.receive("target", 4);
  startJob(max);
  song.write([{ onset: 1, pitch: 57, velocity: 90 }], [{ path: "Song.bass.mid", kind: ".bass.mid" }]);
  finishJob(max, song);
  const clip = (name) => set.song.tracks.find((track) => track.name === name).clip_slots[0].clip;
  const notes = (name) => clip(name).notes.map((note) => note.pitch);
  assert.deepEqual([notes("Song drums"), notes("Song bass")], [[49], [57]]);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums", "Song bass"]);
  assert.deepEqual(set.errors, []);
});

test("Live 11 shows the folder of the stems instead", () => {
  const song = new Song("A #1 song.wav");
  const { set, max } = openSong(song, { live: { version: 11 } });
  max.receive("target", 5);
  startJob(max);
  song.write([KICK], [{ path: "Song.stems/drums.wav", kind: ".stems/drums.wav" }]);
  finishJob(max, song);
  assert.deepEqual(max.browsed, [`file://${song.folder}/Song.stems`]);
  assert.equal(set.song.tracks.length, 1);
});

test("a draft of a part that was not asked for is not resultClip, nor the file of the whole song", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  max.receive("target", 1);
  startJob(max);
  song.write([KICK]);
  fs.copyFileSync(song.midi, path.join(song.folder, "Song.mid"));
  max.receive("/sidestick/midi", "j1", song.midi);
  max.receive("/sidestick/midi", "j1", path.join(song.folder, "Song.mid"));
  max.clock.pass(1000);
  assert.equal(set.song.tracks.length, 1);
});

test("drafts of several parts are all written", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  max.receive("target", 4);
  startJob(max);
  song.write([KICK], [{ path: "Song.bass.mid", kind: ".bass.mid" }]);
  max.receive("/sidestick/midi", "j1", song.midi);
  max.receive("/sidestick/midi", "j1", path.join(song.folder, "Song.bass.mid"));
  max.clock.pass(1000);
  assert.deepEqual(set.song.tracks.map((track) => track.name).sort(), ["Song", "Song bass", "Song drums"]);
});

test("what was made of a file before is asked for again, and only the new part is written", () => {
  const { song, set, max } = transcribeSong();
  max.receive("target", 1);
  startJob(max, "j2");
  assert.deepEqual(JSON.parse(max.lastRequest("process")[3]).parts, ["drums", "bass"]);
  const outputs = [{ path: "Song.bass.mid", kind: ".bass.mid" }];
  song.write([KICK], outputs);
  finishJob(max, song, 0, "j2");
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song bass", "Song drums"]);
});

for (const [target, input, heard] of [[0, 1, "drums"], [1, 1, "bass"], [1, 0, "mix"], [4, 1, "mix"], [5, 1, "mix"]]) {
  test(`target ${target} of input ${input} is heard as ${heard}`, () => {
    const { max } = openSong(new Song());
    max.receive("target", target);
    max.receive("input", input);
    max.receive("transcribe");
    assert.equal(JSON.parse(max.lastRequest("process")[3]).input, heard);
  });
}

test("a draft whose name was taken is found by its number", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  song.write([KICK]);
  const numbered = path.join(song.folder, "Song.drums-2.mid");
  fs.renameSync(song.midi, numbered);
  max.receive("/sidestick/midi", "j1", numbered);
  max.clock.pass(1000);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums"]);
});

for (const name of ["Loop.drums", "Loop.drums-2"]) {
  test(`the .mid of all of ${name}.wav is no draft of its drums`, () => {
    const song = new Song(`${name}.wav`);
    const { set, max } = openSong(song);
    startJob(max);
    song.write([KICK]);
    const whole = path.join(song.folder, `${name}.mid`);
    fs.copyFileSync(song.midi, whole);
    max.receive("/sidestick/midi", "j1", whole);
    max.clock.pass(1000);
    assert.equal(set.song.tracks.length, 1);
  });
}

test("push plays the parts that were asked for", () => {
  const song = new Song();
  const { max } = openSong(song);
  max.receive("target", 1);
  startJob(max);
  song.midi = path.join(song.folder, "Song.bass.mid");
  song.write([KICK]);
  finishJob(max, song);
  max.receive("push");
  assert.deepEqual(JSON.parse(max.lastRequest("push")[3]), { when: "now", parts: ["bass"] });
});

test("of a manifest only what comes before its tables is read", () => {
  const song = new Song("Söng.wav");
  const { set, max } = openSong(song);
  max.receive("target", 4);
  startJob(max);
  song.write([KICK]);
  const head = JSON.stringify({ name: "鼓".repeat(9000), ...JSON.parse(fs.readFileSync(song.manifest)) }).slice(0, -1);
  fs.writeFileSync(song.manifest, `${head},\n"history":{},\n"hits":${"[".repeat(100000)}`);
  finishJob(max, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums"]);
});

for (const [separator, told] of [["auto", true], ["embedded", false]]) {
  test(`a mix that the embedded separator took apart, asked for ${separator}, is ${told ? "" : "not "}told`, () => {
    const song = new Song();
    const { max } = openSong(song);
    startJob(max);
    song.write([KICK]);
    const found = JSON.parse(fs.readFileSync(song.manifest));
    const stages = [{ stage: "decode", model: "soxr" }, { stage: "separate", model: "embedded" }];
    fs.writeFileSync(song.manifest, JSON.stringify({ ...found, stages, options: { separator } }));
    finishJob(max, song);
    assert.equal(/^Song: 1 note. Separated without htdemucs, with more bleed/.test(max.status), told);
  });
}

test("a part without a note gets no clip", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  max.receive("target", 1);
  startJob(max);
  song.midi = path.join(song.folder, "Song.bass.mid");
  song.write([]);
  finishJob(max, song);
  assert.equal(set.song.tracks.length, 1);
  assert.equal(max.status, "Song: sidestick heard no bass in it");
});

test("remarks stand in the status and in the Max window, each one once", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  song.write([KICK]);
  const remarks = [["channels", "Song.wav has 8 channels."], ["no_beat", "No beat was found."], ["tempo_map", "A map."]];
  for (const [code, text] of [...remarks, ...remarks]) max.receive("/sidestick/remark", "j1", code, text);
  finishJob(max, song);
  assert.match(max.status, /^Song: 1 note\. Song\.wav has 8 channels\. \(1 more in the Max window\)/);
  assert.deepEqual(max.posted, ["sidestick: Song: Song.wav has 8 channels.\n", "sidestick: Song: No beat was found.\n"]);
  assert.deepEqual(set.errors, []);
});
