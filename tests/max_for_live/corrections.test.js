"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const { Song, resultClip, transcribeSong, replyClusters, KICK, SNARE } = require("./fixtures.js");

test("the groups that sound alike are listed with their labels", () => {
  const found = transcribeSong();
  replyClusters(found);
  assert.equal(found.max.box("count0").shown, "1 hits, vel. 100");
  assert.equal(found.max.box("count1").shown, "1 hits, vel. 90 ?");
  assert.equal(found.max.box("label1").shown, 1);
  assert.equal(found.max.box("label2").hidden, true);
});

test("a label from a menu relabels the group", () => {
  const found = transcribeSong();
  replyClusters(found);
  found.max.receive("label", 1, 2);
  assert.deepEqual(JSON.parse(found.max.lastRequest("relabel")[3]), { clusters: { 1: "side_stick" } });
});

test("a refused relabel shows sidestick's sentence and puts the menu back", () => {
  const found = transcribeSong();
  replyClusters(found);
  found.max.receive("label", 1, 2);
  const id = found.max.lastRequest("relabel")[1];
  found.max.receive("/sidestick/fail", id, "/sidestick/relabel", "job_active", "Song is being worked on.");
  assert.equal(found.max.status, "Song is being worked on.");
  assert.equal(found.max.box("label1").shown, 1);
});

test("changed and deleted notes are learned from the clip", () => {
  const found = transcribeSong();
  const clip = resultClip(found.set);
  clip.notes.find((note) => note.pitch === 38).pitch = 42;
  clip.notes = clip.notes.filter((note) => note.pitch !== 36);
  found.max.receive("learn");
  replyClusters(found);
  assert.deepEqual(JSON.parse(found.max.lastRequest("relabel")[3]), { hits: { 8: "closed_hihat" }, delete_hits: [7] });
});

test("an untouched clip has nothing to learn from", () => {
  const found = transcribeSong();
  found.max.receive("learn");
  replyClusters(found);
  assert.match(found.max.status, /as sidestick wrote them/);
  assert.equal(found.max.sentRequests("relabel").length, 0);
});

test("a looped hit is deleted only when all its notes are", () => {
  const found = transcribeSong({ clip: { looping: 1, loop_end: 4, start_time: 0, end_time: 8 }, arranged: true });
  const clip = resultClip(found.set);
  assert.equal(clip.notes.length, 4);
  clip.notes = clip.notes.filter((note) => note.start_time !== 1);
  found.max.receive("learn");
  replyClusters(found);
  assert.equal(found.max.sentRequests("relabel").length, 0);
});

test("600 corrections go out in few datagrams that udpsend takes", () => {
  const notes = Array.from({ length: 600 }, (_, i) => ({ onset: i * 0.1, pitch: 36, velocity: 90 }));
  const found = transcribeSong({ clip: { end_marker: 400, loop_end: 400 } }, notes);
  const hits = notes.map((note, id) => ({ id, onset: note.onset, time: note.onset, label: "kick", pitch: 36 }));
  found.song.clusters([{ cluster: 0, label: "kick", hits }]);
  resultClip(found.set).notes.forEach((note) => { note.pitch = 38; });
  found.max.receive("learn");
  replyClusters(found);
  const sent = found.max.sentRequests("relabel").map((words) => words[3]);
  assert.ok(sent.every((text) => text.length < 4000));
  assert.ok(sent.length < 6);
  assert.deepEqual(found.set.errors, []);
  assert.equal(new Set(sent.flatMap((text) => Object.keys(JSON.parse(text).hits))).size, 600);
});

test("several changes of the sensitivity become one question", () => {
  const { max } = transcribeSong();
  [55, 60, 70].forEach((value) => max.receive("kick", value));
  max.clock.pass(400);
  assert.equal(max.sentRequests("regenerate").length, 1);
  assert.equal(JSON.parse(max.lastRequest("regenerate")[3]).sensitivity.kick, 0.7);
});

test("hits in no group are relabelled one by one", () => {
  const found = transcribeSong();
  const alone = { cluster: -1, label: "clap", confidence: 1, velocity: 80, count: 2, hits: [{ id: 3 }, { id: 9 }] };
  found.song.clusters([alone]);
  replyClusters(found);
  found.max.receive("label", 0, 1);
  const changes = JSON.parse(found.max.lastRequest("relabel")[3]);
  assert.deepEqual(changes, { hits: { 3: "snare", 9: "snare" }, delete_hits: [] });
});

test("a note that was put on the grid is still known by its hit", () => {
  const found = transcribeSong({}, [{ ...KICK, onset: 0.5 }, { ...SNARE, onset: 1 }]);
  found.song.clusters([
    { cluster: 0, label: "kick", hits: [{ id: 1, onset: 0.43, time: 0.5, label: "kick", pitch: 36 }] },
    { cluster: 1, label: "kick", hits: [{ id: 2, onset: 0.5, time: 0.57, label: "kick", pitch: 36 }] },
  ]);
  resultClip(found.set).notes.find((note) => note.pitch === 36).pitch = 37;
  found.max.receive("learn");
  replyClusters(found);
  assert.deepEqual(JSON.parse(found.max.lastRequest("relabel")[3]).hits, { 1: "side_stick" });
});
