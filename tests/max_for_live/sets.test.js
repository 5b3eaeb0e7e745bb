"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const { Max } = require("./fake_max.js");
const { Song, opened, taken, done, written, ready, pitches, KICK, SNARE } = require("./songs.js");

function reopened({ set, max }) {
  const again = new Max(set);
  again.say("init");
  again.say("stored", ...max.out[3].at(-1));
  again.say("/sidestick.live/echo", again.out[2].at(-1)[1]);
  again.pong();
  return again;
}

test("what is stored with the set are short symbols", () => {
  const { max } = ready();
  assert.ok(max.out[3].at(-1).every((atom) => typeof atom === "string" && atom.length <= 1001));
});

test("a correction in a set opened anew replaces the notes of before", () => {
  const found = ready();
  const again = reopened(found);
  again.say("/sidestick/clusters.reply", again.last("clusters")[1], "j1", found.song.listing);
  again.say("label", 1, 2);
  found.song.write([KICK, { ...SNARE, pitch: 37 }]);
  again.say("/sidestick/done", again.last("relabel")[1], "j1", 1, found.song.manifest, found.song.midi);
  assert.deepEqual(pitches(found.set), [36, 37]);
});

test("a set opened anew still relabels and learns", () => {
  const first = ready();
  const again = reopened(first);
  again.say("/sidestick/clusters.reply", again.last("clusters")[1], "j1", first.song.listing);
  written(first.set).notes.find((note) => note.pitch === 38).pitch = 37;
  again.say("learn");
  again.say("/sidestick/clusters.reply", again.last("clusters")[1], "j1", first.song.listing);
  assert.deepEqual(JSON.parse(again.last("relabel")[3]).hits, { 8: "side_stick" });
});

test("a set closed during a job asks for the result when it is opened again", () => {
  const song = new Song();
  const { set, max } = opened(song);
  taken(max);
  max.say("notifydeleted");
  const again = reopened({ set, max });
  assert.deepEqual(again.last("process").slice(0, 4), max.last("process").slice(0, 4));
  song.write([KICK]);
  again.say("/sidestick/ack", again.last("process")[1], "j1");
  done(again, song);
  assert.deepEqual(pitches(set), [36]);
});

test("selecting another result shows its groups", () => {
  const { song, set, max } = ready();
  const first = written(set);
  const markers = [{ second: 0, beat: 0 }, { second: 1, beat: 2 }];
  const other = set.clip({ file_path: song.path, name: "Again", markers, end_marker: 16 });
  set.song.tracks[0].clip_slots[1].clip = other;
  set.select(other);
  taken(max, "j2");
  max.say("/sidestick/done", "x", "j2", 0, song.manifest, song.midi);
  set.select(first);
  assert.equal(max.last("clusters")[2], "j1");
});

test("in a set opened anew, where every id is another, the result still goes beside its source", () => {
  const song = new Song();
  const { set, max } = opened(song);
  set.track("Vox", false, 0);
  set.track("Keys");
  taken(max);
  max.say("notifydeleted");
  set.renumber();
  set.track("New", false, 0);
  const again = reopened({ set, max });
  song.write([KICK]);
  again.say("/sidestick/ack", again.last("process")[1], "j1");
  done(again, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["New", "Vox", "Song", "Song drums", "Keys"]);
  assert.deepEqual(set.errors, []);
});

test("a source whose track is gone has its result beside the device", () => {
  const song = new Song();
  const { set, max } = opened(song);
  taken(max);
  max.say("notifydeleted");
  set.renumber();
  set.song.tracks[0].name = "Renamed";
  const again = reopened({ set, max });
  song.write([KICK]);
  again.say("/sidestick/ack", again.last("process")[1], "j1");
  done(again, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Renamed", "Song drums"]);
});
