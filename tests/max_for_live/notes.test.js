"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const {
  Song, openSong, startJob, finishJob, resultClip, random, transcribeSong, pitches, KICK, SNARE,
} = require("./fixtures.js");

test("the final notes take the place of the draft's in the same clip", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  song.write([KICK, { onset: 2, pitch: 42, velocity: 60 }]);
  max.receive("/sidestick/midi", "j1", song.midi);
  max.clock.pass(2000);
  assert.deepEqual(pitches(set), [36, 42]);
  song.write([KICK, SNARE]);
  finishJob(max, song);
  assert.deepEqual(pitches(set), [36, 38]);
  assert.equal(set.song.tracks.length, 2);
  assert.deepEqual(set.errors, []);
});

test("a draft that its final overtakes is not written", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  song.write([KICK]);
  max.receive("/sidestick/midi", "j1", song.midi);
  finishJob(max, song);
  assert.equal(set.calls.filter((name) => name === "add_new_notes").length, 1);
});

test("a whole rewrite is one undo step where Live can", () => {
  const { set } = transcribeSong({ live: { undoSteps: true } });
  assert.deepEqual(set.calls.filter((name) => /undo|notes/.test(name)),
    ["get_notes_extended", "begin_undo_step", "add_new_notes", "end_undo_step"].sort((a, b) =>
      set.calls.indexOf(a) - set.calls.indexOf(b)));
});

test("5,000 notes are written in slices, none lost", () => {
  const next = random(3);
  const notes = Array.from({ length: 5000 }, (_, i) => (
    { onset: i * 0.03, pitch: [36, 38, 42, 46][i % 4], velocity: 1 + Math.floor(126 * next()) }
  ));
  const { set, max } = transcribeSong({ clip: { end_marker: 4000, loop_end: 4000 } }, notes);
  assert.equal(resultClip(set).notes.length, 5000);
  assert.ok(set.calls.filter((name) => name === "add_new_notes").length >= 10);
  assert.ok(max.clock.now >= 150);
});

test("two drums on one pad never overlap", () => {
  const notes = Array.from({ length: 50 }, (_, i) => ({ onset: i * 0.04, pitch: [43, 45][i % 2], velocity: 90 }));
  const { set } = transcribeSong({}, notes);
  const sorted = resultClip(set).notes.sort((a, b) => a.start_time - b.start_time);
  sorted.slice(1).forEach((note, i) => assert.ok(sorted[i].start_time + sorted[i].duration <= note.start_time + 1e-9));
  assert.equal(sorted.length, 50);
  assert.equal(set.cut, 0);
});

test("notes that the user added stay, and unchanged notes are not touched", () => {
  const { song, set, max } = transcribeSong();
  const clip = resultClip(set);
  const kept = clip.notes.find((note) => note.pitch === 36).note_id;
  clip.notes.push({ pitch: 50, start_time: 3.3, duration: 0.1, velocity: 80, note_id: 999 });
  song.write([KICK, { ...SNARE, pitch: 37 }]);
  max.receive("/sidestick/done", "x", "j1", 1, song.manifest, song.midi);
  max.clock.pass(1000);
  assert.deepEqual(pitches(set), [36, 37, 50]);
  assert.equal(clip.notes.find((note) => note.pitch === 36).note_id, kept);
});

test("what was written last is what an edit is compared with", () => {
  const found = transcribeSong();
  found.song.write([KICK]);
  found.max.receive("/sidestick/done", "x", "j1", 1, found.song.manifest, found.song.midi);
  found.max.clock.pass(10);
  assert.equal(found.max.get("device.results.clips[Object.keys(device.results.clips)[0]].written.length"), 1);
  assert.equal(found.max.get("device.results.clips[Object.keys(device.results.clips)[0]].run"), null);
});

test("without remove_notes_by_id notes are taken away by their place", () => {
  const { song, set, max } = transcribeSong({ live: { version: 11, without: ["remove_notes_by_id"] } });
  song.write([KICK]);
  max.receive("/sidestick/done", "x", "j1", 1, song.manifest, song.midi);
  max.clock.pass(1000);
  assert.deepEqual(pitches(set), [36]);
});

test("an edit that is told twice is written once", () => {
  const { song, set, max } = transcribeSong();
  const before = set.calls.length;
  max.receive("/sidestick/done", max.lastRequest("process")[1], "j1", 0, song.manifest, song.midi);
  assert.equal(set.calls.length, before);
});
