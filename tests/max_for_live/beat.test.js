"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const { Song, openSong, startJob, finishJob, transcribeSong, KICK } = require("./fixtures.js");

const HEARD = { beats: [0.5, 1.5, 2.5], bpm: 67.5, numerator: 4, denominator: 4 };
const CORRECTED = { beats: [0.5, 1, 1.5, 2], bpm: 119.8754, numerator: 7, denominator: 8 };
const AS_PLAYED = 0;
const LIVES = 1;

// A song that is done, with what its manifest says of the beat.
function openBeat(head = { grid: HEARD }, options = {}) {
  const song = new Song();
  const found = { song, ...openSong(song, options) };
  startJob(found.max);
  song.write([KICK], [], head);
  finishJob(found.max, song);
  return found;
}

// What was asked for, each once however often it was sent again.
function asked(max) {
  const sent = new Map(max.sentRequests("regenerate").map((words) => [words[1], words[3]]));
  return [...sent.values()].map((text) => JSON.parse(text));
}

test("the beat that was heard is shown", () => {
  const { max } = openBeat();
  assert.equal(max.box("beat_now").shown, "67.5 bpm, 4/4");
  assert.equal(max.box("bpm").shown, 67.5);
  assert.equal(max.box("meter").shown, 2);
});

test("the corrected beat is shown where there is one", () => {
  const { max } = openBeat({ grid: HEARD, corrected_grid: CORRECTED });
  assert.equal(max.box("beat_now").shown, "119.875 bpm, 7/8");
  assert.equal(max.box("meter").shown, 5);
});

test("a song without a beat says so, and an unusual meter is Other", () => {
  const { max } = openBeat({ grid: { ...HEARD, beats: [] } });
  assert.equal(max.box("beat_now").shown, "No beat");
  const { max: other } = openBeat({ grid: { ...HEARD, numerator: 11, denominator: 8 } });
  assert.equal(other.box("meter").shown, 8);
});

test("a new revision shows its beat", () => {
  const { max, song } = openBeat();
  song.write([KICK], [], { grid: HEARD, corrected_grid: CORRECTED });
  finishJob(max, song, 1);
  assert.equal(max.box("beat_now").shown, "119.875 bpm, 7/8");
});

for (const word of ["half", "double", "two_thirds", "three_halves"]) {
  test(`the button ${word} asks for that part of the bpm`, () => {
    const { max } = openBeat();
    max.press(word);
    assert.deepEqual(asked(max), [{ bpm: word }]);
  });
}

test("a bpm that is dragged is asked for once, with three decimals", () => {
  const { max } = openBeat();
  [119, 119.5, 119.87512].forEach((value) => max.turn("bpm", value));
  max.clock.pass(400);
  assert.deepEqual(asked(max), [{ bpm: 119.875 }]);
});

test("a meter of the menu is asked for, and Other puts the menu back", () => {
  const { max } = openBeat();
  max.turn("meter", 5);
  max.turn("meter", 8);
  assert.deepEqual(asked(max), [{ meter: "7/8" }]);
  assert.equal(max.box("meter").shown, 2);
});

test("where files start is asked for of this song, and of the next one with it", () => {
  const { max } = openBeat();
  max.turn("file_start", 2);
  max.turn("file_start", 0);
  max.turn("file_start", 1);
  assert.deepEqual(asked(max), [{ start: "bars" }, { start: null }, { start: "audio" }]);
  max.receive("transcribe");
  assert.equal(JSON.parse(max.lastRequest("process")[3]).start, "audio");
});

test("bar 1 is where the clip plays", () => {
  const { max, source } = openBeat();
  Object.assign(source, { is_playing: 1, playing_position: 5, start_marker: 3 });
  max.press("bar_one");
  assert.deepEqual(asked(max), [{ downbeat: 2.5 }]);
});

test("bar 1 is at the start marker of a clip that does not play", () => {
  const { max, source } = openBeat();
  source.start_marker = 3;
  max.press("bar_one");
  assert.deepEqual(asked(max), [{ downbeat: 1.5 }]);
});

test("bar 1 of an unwarped clip is at the second that Live tells", () => {
  const { max } = openBeat({ grid: HEARD }, { clip: { warping: 0, start_marker: 1.25 }, live: { tempo: 90 } });
  max.press("bar_one");
  assert.deepEqual(asked(max), [{ downbeat: 1.25 }]);
});

test("bar 1 in the Arrangement is at the insert marker, in whichever pass of the loop", () => {
  const clip = { looping: 1, loop_start: 4, loop_end: 8, start_marker: 4, start_time: 16, end_time: 28 };
  const { max, set } = openBeat({ grid: HEARD }, { arranged: true, clip });
  set.song.current_song_time = 25; // nine beats into it: one into the third pass
  max.press("bar_one");
  assert.deepEqual(asked(max), [{ downbeat: 2.5 }]);
});

test("an insert marker beside the clip is answered with a sentence", () => {
  const { max, set } = openBeat({ grid: HEARD }, { arranged: true, clip: { start_time: 16, end_time: 32 } });
  set.song.current_song_time = 40;
  max.press("bar_one");
  assert.deepEqual(asked(max), []);
  assert.match(max.status, /insert marker/);
});

test("bar 1 of a dropped file is where its MIDI clip stands", () => {
  const song = new Song();
  const { max, set } = openSong(new Song(), { live: { tempo: 120 }, max: { listing: song.notes } });
  max.dropFile(song.path);
  max.receive("/sidestick/ack", max.lastRequest("process")[1], "j1");
  song.write([KICK], [], { grid: HEARD });
  finishJob(max, song);
  [...set.objects.values()].filter((object) => object.is_midi_clip).at(-1).start_marker = 1;
  max.press("bar_one");
  assert.deepEqual(asked(max), [{ downbeat: 0.5 }]);
  assert.deepEqual(set.errors, []);
});

test("taps carry the second that is heard, or none while nothing plays", () => {
  const { max, source } = openBeat();
  max.press("tap");
  Object.assign(source, { is_playing: 1, playing_position: 4.5 });
  max.press("tap");
  assert.deepEqual(max.sentRequests("tap").map((words) => words.slice(2, 4)), [["j1", -1], ["j1", 2.25]]);
  max.receive("/sidestick/tapped", max.lastRequest("tap")[1], "j1", 5, 120.0312, 1);
  assert.equal(max.status, "5 taps, 120.03 bpm");
});

test("the first tap has no bpm yet", () => {
  const { max } = openBeat();
  max.press("tap");
  max.receive("/sidestick/tapped", max.lastRequest("tap")[1], "j1", 1, 0, 0);
  assert.equal(max.status, "1 tap");
});

test("a refused bpm shows sidestick's sentence and the bpm that holds", () => {
  const { max } = openBeat();
  max.turn("bpm", 30);
  max.clock.pass(400);
  max.receive("/sidestick/fail", max.lastRequest("regenerate")[1], "/sidestick/regenerate", "bad_change", "No.");
  assert.equal(max.status, "No.");
  assert.equal(max.box("bpm").shown, 67.5);
});

test("Live's own beat is not corrected here", () => {
  const { max } = openBeat({ grid: HEARD });
  max.turn("beats", LIVES);
  max.clock.pass(400);
  ["half", "bar_one", "tap"].forEach((name) => max.press(name));
  max.turn("meter", 1);
  assert.equal(asked(max).length, 1);
  assert.equal(max.sentRequests("tap").length, 0);
  assert.match(max.status, /Choose As Played/);
});

test("a dial leaves the corrected beat alone, and As Played takes Live's beats back once", () => {
  const { max } = openBeat();
  max.turn("kick", 60);
  max.clock.pass(400);
  max.turn("beats", LIVES);
  max.clock.pass(400);
  max.turn("beats", AS_PLAYED);
  max.clock.pass(400);
  max.turn("kick", 70);
  max.clock.pass(400);
  const maps = asked(max).map((options) => options.tempo_map);
  assert.deepEqual([maps[0], Array.isArray(maps[1]), maps[2], maps[3]], [undefined, true, null, undefined]);
});

test("without a song there is no beat to correct", () => {
  const { max } = openSong(new Song());
  max.press("half");
  assert.equal(max.status, "Transcribe a clip first.");
  assert.equal(transcribeSong().set.errors.length, 0);
});
