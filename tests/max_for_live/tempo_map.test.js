"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const { Song, openSong, startJob, finishJob, resultClip, random } = require("./fixtures.js");

const FROM_LIVE = 1;

function sentOptions(max, verb) {
  return JSON.parse(max.lastRequest(verb)[3]);
}

// Where the marks put a bar line or a beat: the seconds of the file, straight from their meaning.
function secondOf(marks, quarter) {
  let [at, passed] = [0, 0];
  while (at < marks.length - 1) {
    const span = (marks[at + 1][0] - marks[at][0]) * marks[at][1] / 60;
    if (passed + span > quarter) break;
    passed += span;
    at += 1;
  }
  return marks[at][0] + (quarter - passed) * 60 / marks[at][1];
}

function truth(markers, beat) {
  let at = 0;
  while (at < markers.length - 2 && markers[at + 1].beat <= beat) at += 1;
  const [a, b] = [markers[at], markers[at + 1]];
  return a.second + (beat - a.beat) * (b.second - a.second) / (b.beat - a.beat);
}

for (let seed = 1; seed <= 20; seed += 1) {
  test(`Live's beats reach sidestick within a millisecond, warp markers ${seed}`, () => {
    const next = random(seed);
    const markers = [{ second: 2 * next(), beat: 8 * next() - 4 }];
    for (let i = 0; i < 1 + 25 * next(); i += 1) {
      const last = markers.at(-1);
      const seconds = 0.3 + 4 * next();
      markers.push({ second: last.second + seconds, beat: last.beat + seconds * (1.5 + next()) });
    }
    const { max } = openSong(new Song(), { clip: { markers } });
    max.receive("beats", FROM_LIVE);
    max.receive("transcribe");
    const marks = sentOptions(max, "process").tempo_map;
    const line = Math.floor(markers[0].beat / 4 + 1e-9) * 4;
    for (let beat = 0; line + beat < markers.at(-1).beat + 8; beat += 1) {
      const off = secondOf(marks, beat) - truth(markers, line + beat);
      assert.ok(Math.abs(off) < 0.001, `${off} s off at beat ${line + beat}`);
    }
    assert.ok(marks.every((mark) => mark[2] === 4 && mark[3] === 4));
  });
}

test("the meter of the clip goes along", () => {
  const { max } = openSong(new Song(), { clip: { signature_numerator: 6, signature_denominator: 8 } });
  max.receive("beats", FROM_LIVE);
  max.receive("transcribe");
  assert.deepEqual(sentOptions(max, "process").tempo_map, [[0, 120, 6, 8]]);
});

test("an unwarped clip has the song's tempo", () => {
  const { max } = openSong(new Song(), { clip: { warping: 0 }, live: { tempo: 97 } });
  max.receive("beats", FROM_LIVE);
  max.receive("transcribe");
  assert.deepEqual(sentOptions(max, "process").tempo_map, [[0, 97, 4, 4]]);
});

test("as played, sidestick finds the beat itself, and forgets Live's", () => {
  const song = new Song();
  const { max } = openSong(song);
  startJob(max);
  assert.equal(sentOptions(max, "process").tempo_map, undefined);
  song.write([{ onset: 1, pitch: 36, velocity: 99 }]);
  finishJob(max, song);
  for (const [choice, map] of [[FROM_LIVE, [[0, 120, 4, 4]]], [0, null]]) {
    max.receive("beats", choice);
    max.clock.pass(400);
    assert.deepEqual(sentOptions(max, "regenerate").tempo_map, map);
  }
});

test("notes on Live's beats stand on the line to the tick", () => {
  const song = new Song();
  const markers = [{ second: 0, beat: 0 }, { second: 1.0007, beat: 2 }];
  const { set, max } = openSong(song, { clip: { markers } });
  max.receive("beats", FROM_LIVE);
  startJob(max);
  song.write([{ onset: 0.5005, pitch: 36, velocity: 99 }, { onset: 0.75034, pitch: 38, velocity: 99 }]);
  finishJob(max, song);
  assert.deepEqual(resultClip(set).notes.map((note) => note.start_time), [1, 1.5]);
});

test("more warp markers than a message holds are refused", () => {
  const markers = Array.from({ length: 400 }, (_, i) => ({ second: i + 0.3 * (i % 2), beat: 2 * i }));
  const { max } = openSong(new Song(), { clip: { markers } });
  max.receive("beats", FROM_LIVE);
  max.receive("transcribe");
  assert.match(max.status, /too many warp markers/);
  assert.equal(max.sentRequests("process").length, 0);
});
