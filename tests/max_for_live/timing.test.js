"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const { Song, openSong, startJob, finishJob, resultClip, random } = require("./fixtures.js");

// Where Live plays a second of the file, straight from the definition: linear between markers and beyond them.
function truth(markers, second) {
  let at = 0;
  while (at < markers.length - 2 && markers[at + 1].second <= second) at += 1;
  const [a, b] = [markers[at], markers[at + 1]];
  return a.beat + (second - a.second) * (b.beat - a.beat) / (b.second - a.second);
}

function randomMarkers(next) {
  const markers = [{ second: 2 * next(), beat: 8 * next() - 4 }];
  for (let i = 0; i < 1 + 12 * next(); i += 1) {
    const last = markers.at(-1);
    const seconds = 0.3 + 4 * next();
    markers.push({ second: last.second + seconds, beat: last.beat + seconds * (0.8 + 3 * next()) });
  }
  return markers;
}

function hits(next, count, duration) {
  const onsets = Array.from({ length: count }, () => duration * next());
  return onsets.map((onset, i) => ({ onset, pitch: [36, 38, 42, 49][i % 4], velocity: 20 + (i % 100) }));
}

// Beats that lie closer than a written note can be: Live keeps one of them.
function isCrowded(expected, beat) {
  return expected.filter((other) => Math.abs(other - beat) < 0.05).length > 1;
}

for (let seed = 1; seed <= 40; seed += 1) {
  test(`a hit lands within 1 ms of where the audio plays it, warp markers ${seed}`, () => {
    const next = random(seed);
    const markers = randomMarkers(next);
    const song = new Song();
    const notes = hits(next, 60, markers.at(-1).second + 5);
    const start = truth(markers, markers[0].second + next());
    const ends = { start_marker: start, loop_start: start, end_marker: 1000, loop_end: 1000 };
    const { set, max } = openSong(song, { clip: { markers, ...ends } });
    startJob(max);
    song.write(notes);
    finishJob(max, song);
    const played = resultClip(set).notes.map((note) => note.start_time + start);
    const expected = notes.map((note) => truth(markers, note.onset)).filter((beat) => beat >= start + 0.01);
    const swapped = markers.map((marker) => ({ second: marker.beat, beat: marker.second }));
    for (const beat of expected.filter((one) => !isCrowded(expected, one))) {
      const off = Math.min(...played.map((one) => Math.abs(truth(swapped, one) - truth(swapped, beat))));
      assert.ok(off < 0.001, `${off} s off at beat ${beat}`);
    }
    assert.deepEqual(set.errors, []);
  });
}

test("an unwarped clip plays at the song's tempo from its start marker", () => {
  const song = new Song();
  const clip = { warping: 0, start_marker: 1, loop_start: 1, end_marker: 9, loop_end: 9 };
  const { set, max } = openSong(song, { clip, live: { tempo: 90 } });
  startJob(max);
  song.write([{ onset: 3, pitch: 36, velocity: 100 }]);
  finishJob(max, song);
  assert.ok(Math.abs(resultClip(set).notes[0].start_time - 2 * 90 / 60) < 0.001);
});

test("an unwarped clip that is an octave up plays twice as fast", () => {
  const song = new Song();
  const { set, max } = openSong(song, { clip: { warping: 0, pitch_coarse: 12, end_marker: 9, loop_end: 9 } });
  startJob(max);
  song.write([{ onset: 3, pitch: 36, velocity: 100 }]);
  finishJob(max, song);
  assert.ok(Math.abs(resultClip(set).notes[0].start_time - 3) < 0.001);
});

test("a looped session clip keeps its loop and start", () => {
  const song = new Song();
  const clip = { looping: 1, loop_start: 4, loop_end: 12, start_marker: 6, end_marker: 16 };
  const { set, max } = openSong(song, { clip });
  startJob(max);
  song.write([{ onset: 2, pitch: 36, velocity: 100 }, { onset: 3, pitch: 38, velocity: 100 }]);
  finishJob(max, song);
  const made = resultClip(set);
  assert.deepEqual([made.looping, made.loop_start, made.loop_end, made.start_marker], [1, 0, 8, 2]);
  const played = made.notes.map((note) => [note.pitch, Math.round(note.start_time * 1000) / 1000]);
  assert.deepEqual(played, [[36, 0], [38, 2]]);
});

test("a looped arrangement clip is written out pass by pass", () => {
  const song = new Song();
  const clip = { looping: 1, loop_start: 0, loop_end: 4, start_marker: 2, start_time: 8, end_time: 18 };
  const { set, max } = openSong(song, { clip, arranged: true });
  startJob(max);
  song.write([{ onset: 1.5, pitch: 36, velocity: 100 }]);
  finishJob(max, song);
  assert.deepEqual(resultClip(set).notes.map((note) => note.start_time), [1, 5, 9]);
  assert.equal(resultClip(set).start_time, 8);
  assert.equal(resultClip(set).end_time, 18);
});
