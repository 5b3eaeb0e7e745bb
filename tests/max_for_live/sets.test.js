"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const { Max } = require("./fake_max.js");
const {
  Song, openSong, startJob, finishJob, resultClip, transcribeSong, pitches, KICK, SNARE,
} = require("./fixtures.js");

function reopenSet({ set, max }) {
  max.receive("notifydeleted");
  const again = new Max(set, { listing: max.listing });
  again.receive("init");
  again.receive("stored", ...max.stored);
  again.receive("/sidestick.live/echo", again.out[2].at(-1)[1]);
  again.replyPong();
  again.clock.pass(10);
  return again;
}

test("what is stored with the set are short symbols", () => {
  const { max } = transcribeSong();
  assert.ok(max.stored.every((atom) => typeof atom === "string" && atom.length <= 1001));
});

test("a correction in a set opened anew replaces the notes of before", () => {
  const found = transcribeSong();
  const again = reopenSet(found);
  again.receive("/sidestick/clusters.reply", again.lastRequest("clusters")[1], "j1", found.song.listing);
  again.receive("label", 1, 2);
  found.song.write([KICK, { ...SNARE, pitch: 37 }]);
  again.receive("/sidestick/done", again.lastRequest("relabel")[1], "j1", 1, found.song.manifest, found.song.midi);
  again.clock.pass(10);
  assert.deepEqual(pitches(found.set), [36, 37]);
});

test("a set opened anew still relabels and learns", () => {
  const first = transcribeSong();
  const again = reopenSet(first);
  again.receive("/sidestick/clusters.reply", again.lastRequest("clusters")[1], "j1", first.song.listing);
  resultClip(first.set).notes.find((note) => note.pitch === 38).pitch = 37;
  again.receive("learn");
  again.receive("/sidestick/clusters.reply", again.lastRequest("clusters")[1], "j1", first.song.listing);
  assert.deepEqual(JSON.parse(again.lastRequest("relabel")[3]).hits, { 8: "side_stick" });
});

test("a set closed during a job asks for the result when it is opened again", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  max.receive("notifydeleted");
  const again = reopenSet({ set, max });
  assert.deepEqual(again.lastRequest("process").slice(0, 4), max.lastRequest("process").slice(0, 4));
  song.write([KICK]);
  again.receive("/sidestick/ack", again.lastRequest("process")[1], "j1");
  finishJob(again, song);
  assert.deepEqual(pitches(set), [36]);
});

test("selecting another result shows its groups", () => {
  const { song, set, max } = transcribeSong();
  const first = resultClip(set);
  const markers = [{ second: 0, beat: 0 }, { second: 1, beat: 2 }];
  const other = set.clip({ file_path: song.path, name: "Again", markers, end_marker: 16 });
  set.song.tracks[0].clip_slots[1].clip = other;
  set.select(other);
  startJob(max, "j2");
  max.receive("/sidestick/done", "x", "j2", 0, song.manifest, song.midi);
  set.select(first);
  assert.equal(max.lastRequest("clusters")[2], "j1");
});

test("in a set opened anew, where every id is another, the result still goes beside its source", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  set.track("Vox", false, 0);
  set.track("Keys");
  startJob(max);
  max.receive("notifydeleted");
  set.renumber();
  set.track("New", false, 0);
  const again = reopenSet({ set, max });
  song.write([KICK]);
  again.receive("/sidestick/ack", again.lastRequest("process")[1], "j1");
  finishJob(again, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["New", "Vox", "Song", "Song drums", "Keys"]);
  assert.deepEqual(set.errors, []);
});

test("a source whose track is gone has its result beside the device", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  max.receive("notifydeleted");
  set.renumber();
  set.song.tracks[0].name = "Renamed";
  const again = reopenSet({ set, max });
  song.write([KICK]);
  again.receive("/sidestick/ack", again.lastRequest("process")[1], "j1");
  finishJob(again, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Renamed", "Song drums"]);
});
