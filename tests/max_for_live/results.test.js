"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { Max } = require("./fake_max.js");
const { Song, opened, taken, done, written, random } = require("./songs.js");

const KICK = { onset: 0.5, pitch: 36, velocity: 100 };
const SNARE = { onset: 1, pitch: 38, velocity: 90 };

function group(cluster, label, confidence, velocity, hit) {
  return { cluster, label, confidence, velocity, count: 1, hits: [hit] };
}

function ready(options, notes = [KICK, SNARE]) {
  const song = new Song();
  const found = opened(song, options);
  taken(found.max);
  song.write(notes);
  song.clusters([
    group(0, "kick", 0.9, 100, { id: 7, onset: 0.51, label: "kick" }),
    group(1, "snare", 0.4, 90, { id: 8, onset: 1.02, label: "snare" }),
  ]);
  done(found.max, song);
  return { song, ...found };
}

function listed({ max, song }) {
  max.say("/stemd/clusters.reply", max.last("clusters")[1], "j1", song.listing);
}

function pitches(set) {
  return written(set).notes.map((note) => note.pitch).sort();
}

for (const version of [11, 12]) {
  for (const arranged of [false, true]) {
    test(`Live ${version}: the clip appears on a new track beside the source${arranged ? ", arranged" : ""}`, () => {
      const { set } = ready({ live: { version }, arranged });
      assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums"]);
      const track = set.song.tracks[1];
      const clips = arranged ? track.arrangement_clips : [track.clip_slots[0].clip];
      assert.deepEqual(clips.map((clip) => [clip.name, clip.notes.length]), [["Song drums", 2]]);
      assert.ok(track.clip_slots.every((slot) => arranged ? !slot.clip : true));
      assert.deepEqual(set.errors, []);
    });
  }
}

test("the next free slot of the MIDI track beside the source is taken", () => {
  const song = new Song();
  const { set, max } = opened(song);
  const midi = set.track("Kit", true);
  midi.clip_slots[0].clip = set.midiClip(4);
  max.say("place", 1);
  taken(max);
  song.write([KICK]);
  done(max, song);
  assert.equal(midi.clip_slots[1].clip.notes.length, 1);
});

test("a scene is added when every slot is taken", () => {
  const song = new Song();
  const { set, max } = opened(song, { live: { scenes: 1 } });
  const midi = set.track("Kit", true);
  midi.clip_slots[0].clip = set.midiClip(4);
  max.say("place", 1);
  taken(max);
  song.write([KICK]);
  done(max, song);
  assert.equal(midi.clip_slots[1].clip.notes.length, 1);
});

test("the final notes take the place of the draft's in the same clip", () => {
  const song = new Song();
  const { set, max } = opened(song);
  taken(max);
  song.write([KICK, { onset: 2, pitch: 42, velocity: 60 }]);
  max.say("/stemd/midi", "j1", song.midi);
  max.clock.pass(2000);
  assert.deepEqual(pitches(set), [36, 42]);
  song.write([KICK, SNARE]);
  done(max, song);
  assert.deepEqual(pitches(set), [36, 38]);
  assert.equal(set.song.tracks.length, 2);
  assert.deepEqual(set.errors, []);
});

test("a draft that its final overtakes is not written", () => {
  const song = new Song();
  const { set, max } = opened(song);
  taken(max);
  song.write([KICK]);
  max.say("/stemd/midi", "j1", song.midi);
  done(max, song);
  assert.equal(set.calls.filter((name) => name === "add_new_notes").length, 1);
});

test("a whole rewrite is one undo step where Live can", () => {
  const { set } = ready({ live: { undoSteps: true } });
  assert.deepEqual(set.calls.filter((name) => /undo|notes/.test(name)),
    ["get_notes_extended", "begin_undo_step", "add_new_notes", "end_undo_step"].sort((a, b) =>
      set.calls.indexOf(a) - set.calls.indexOf(b)));
});

test("5,000 notes are written in slices, none lost", () => {
  const next = random(3);
  const notes = Array.from({ length: 5000 }, (_, i) => (
    { onset: i * 0.03, pitch: [36, 38, 42, 46][i % 4], velocity: 1 + Math.floor(126 * next()) }
  ));
  const { set, max } = ready({ clip: { end_marker: 4000, loop_end: 4000 } }, notes);
  assert.equal(written(set).notes.length, 5000);
  assert.ok(set.calls.filter((name) => name === "add_new_notes").length >= 10);
  assert.ok(max.clock.now >= 150);
});

test("two drums on one pad never overlap", () => {
  const notes = Array.from({ length: 50 }, (_, i) => ({ onset: i * 0.04, pitch: [43, 45][i % 2], velocity: 90 }));
  const { set } = ready({}, notes);
  const sorted = written(set).notes.sort((a, b) => a.start_time - b.start_time);
  sorted.slice(1).forEach((note, i) => assert.ok(sorted[i].start_time + sorted[i].duration <= note.start_time + 1e-9));
  assert.equal(sorted.length, 50);
  assert.equal(set.cut, 0);
});

test("notes that the user added stay, and unchanged notes are not touched", () => {
  const { song, set, max } = ready();
  const clip = written(set);
  const kept = clip.notes.find((note) => note.pitch === 36).note_id;
  clip.notes.push({ pitch: 50, start_time: 3.3, duration: 0.1, velocity: 80, note_id: 999 });
  song.write([KICK, { ...SNARE, pitch: 37 }]);
  max.say("/stemd/done", "x", "j1", 1, song.manifest, song.midi);
  max.clock.pass(1000);
  assert.deepEqual(pitches(set), [36, 37, 50]);
  assert.equal(clip.notes.find((note) => note.pitch === 36).note_id, kept);
});

test("what was written last is what an edit is compared with", () => {
  const found = ready();
  found.song.write([KICK]);
  found.max.say("/stemd/done", "x", "j1", 1, found.song.manifest, found.song.midi);
  assert.equal(found.max.get("device.results.open[Object.keys(device.results.open)[0]].written.length"), 1);
  assert.equal(found.max.get("device.results.open[Object.keys(device.results.open)[0]].run"), null);
});

test("without remove_notes_by_id notes are taken away by their place", () => {
  const { song, set, max } = ready({ live: { version: 11, without: ["remove_notes_by_id"] } });
  song.write([KICK]);
  max.say("/stemd/done", "x", "j1", 1, song.manifest, song.midi);
  max.clock.pass(1000);
  assert.deepEqual(pitches(set), [36]);
});

test("an edit that is told twice is written once", () => {
  const { song, set, max } = ready();
  const before = set.calls.length;
  max.say("/stemd/done", max.last("process")[1], "j1", 0, song.manifest, song.midi);
  assert.equal(set.calls.length, before);
});

test("the groups that sound alike are listed with their labels", () => {
  const found = ready();
  listed(found);
  assert.equal(found.max.box("count0").shown, "1 hits, vel. 100");
  assert.equal(found.max.box("count1").shown, "1 hits, vel. 90 ?");
  assert.equal(found.max.box("label1").shown, 1);
  assert.equal(found.max.box("label2").hidden, true);
});

test("a label from a menu relabels the group", () => {
  const found = ready();
  listed(found);
  found.max.say("label", 1, 2);
  assert.deepEqual(JSON.parse(found.max.last("relabel")[3]), { clusters: { 1: "side_stick" } });
});

test("a refused relabel shows stemd's sentence and puts the menu back", () => {
  const found = ready();
  listed(found);
  found.max.say("label", 1, 2);
  const id = found.max.last("relabel")[1];
  found.max.say("/stemd/fail", id, "/stemd/relabel", "job_active", "Song is being worked on.");
  assert.equal(found.max.status, "Song is being worked on.");
  assert.equal(found.max.box("label1").shown, 1);
});

test("changed and deleted notes are learned from the clip", () => {
  const found = ready();
  const clip = written(found.set);
  clip.notes.find((note) => note.pitch === 38).pitch = 42;
  clip.notes = clip.notes.filter((note) => note.pitch !== 36);
  found.max.say("learn");
  listed(found);
  assert.deepEqual(JSON.parse(found.max.last("relabel")[3]), { hits: { 8: "closed_hihat" }, delete_hits: [7] });
});

test("an untouched clip has nothing to learn from", () => {
  const found = ready();
  found.max.say("learn");
  listed(found);
  assert.match(found.max.status, /as stemd wrote them/);
  assert.equal(found.max.asked("relabel").length, 0);
});

test("a looped hit is deleted only when all its notes are", () => {
  const found = ready({ clip: { looping: 1, loop_end: 4, start_time: 0, end_time: 8 }, arranged: true });
  const clip = written(found.set);
  assert.equal(clip.notes.length, 4);
  clip.notes = clip.notes.filter((note) => note.start_time !== 1);
  found.max.say("learn");
  listed(found);
  assert.equal(found.max.asked("relabel").length, 0);
});

test("600 corrections go out in datagrams of at most 1.4 KB", () => {
  const notes = Array.from({ length: 600 }, (_, i) => ({ onset: i * 0.1, pitch: 36, velocity: 90 }));
  const found = ready({ clip: { end_marker: 400, loop_end: 400 } }, notes);
  const hits = notes.map((note, id) => ({ id, onset: note.onset, label: "kick" }));
  found.song.clusters([{ cluster: 0, label: "kick", hits }]);
  written(found.set).notes.forEach((note) => { note.pitch = 38; });
  found.max.say("learn");
  listed(found);
  const sent = found.max.asked("relabel").map((words) => words[3]);
  assert.ok(sent.every((text) => text.length < 1200));
  assert.equal(new Set(sent.flatMap((text) => Object.keys(JSON.parse(text).hits))).size, 600);
});

test("the pads of the Drum Rack on the target track decide the notes", () => {
  const song = new Song();
  const { set, max } = opened(song);
  const midi = set.track("Kit", true);
  const chain = set.add("Chain", { name: "", devices: [] });
  const pad = (note, name) => set.add("DrumPad", { note, name, chains: [chain] });
  const drum_pads = [pad(60, "Kick 808"), pad(62, "Snare Fat")];
  midi.devices = [set.add("Device", { can_have_drum_pads: 1, can_have_chains: 1, chains: [], drum_pads })];
  max.say("place", 1);
  max.say("map", 2);
  taken(max);
  song.write([KICK, SNARE]);
  done(max, song);
  assert.deepEqual(pitches(set), [60, 62]);
  assert.deepEqual(set.errors, []);
});

test("Live's usual pads stand in where a drum is missing", () => {
  const { set } = ready({}, [{ onset: 1, pitch: 57, velocity: 90 }, { onset: 2, pitch: 40, velocity: 90 }]);
  assert.deepEqual(pitches(set), [38, 49]);
});

test("another choice of drum notes rewrites the clip without asking stemd", () => {
  const { set, max } = ready({}, [{ onset: 1, pitch: 57, velocity: 90 }]);
  const before = max.out[0].length;
  max.say("map", 1);
  max.clock.pass(200);
  assert.deepEqual(pitches(set), [57]);
  assert.equal(max.out[0].slice(before).filter((words) => /regenerate/.test(words[0])).length, 0);
});

test("several changes of the sensitivity become one question", () => {
  const { max } = ready();
  [55, 60, 70].forEach((value) => max.say("kick", value));
  max.clock.pass(400);
  assert.equal(max.asked("regenerate").length, 1);
  assert.equal(JSON.parse(max.last("regenerate")[3]).sensitivity.kick, 0.7);
});

test("stems become clips on new audio tracks in time with the source", () => {
  const song = new Song();
  const { set, max } = opened(song);
  max.say("target", 5);
  taken(max);
  assert.equal(JSON.parse(max.last("process")[3]).stems, "wav");
  song.write([KICK], ["drums", "bass"].map((name) => ({ path: `Song.stems/${name}.wav`, kind: `.stems/${name}.wav` })));
  done(max, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums", "Song bass"]);
  assert.deepEqual(set.song.tracks[1].clip_slots[0].clip.markers, [{ second: 0, beat: 0 }, { second: 0.5, beat: 1 }]);
  assert.deepEqual(set.errors, []);
});

test("all parts become a clip each, drums alone by the drum map", () => {
  const song = new Song();
  const { set, max } = opened(song);
  max.say("target", 4);
  taken(max);
  song.write([{ onset: 1, pitch: 57, velocity: 90 }], [{ path: "Song.bass.mid", kind: ".bass.mid" }]);
  fs.copyFileSync(song.midi, path.join(song.folder, "Song.bass.mid"));
  done(max, song);
  const clip = (name) => set.song.tracks.find((track) => track.name === name).clip_slots[0].clip;
  const notes = (name) => clip(name).notes.map((note) => note.pitch);
  assert.deepEqual([notes("Song drums"), notes("Song bass")], [[49], [57]]);
  assert.deepEqual(set.errors, []);
});

test("a stemd that wrote nothing for the target is told", () => {
  const song = new Song();
  const { set, max } = opened(song);
  max.say("target", 1);
  taken(max);
  song.write([KICK]);
  done(max, song);
  assert.match(max.status, /no notes for bass/);
  assert.equal(set.song.tracks.length, 1);
});

test("Live 11 shows the folder of the stems instead", () => {
  const song = new Song("A #1 song.wav");
  const { set, max } = opened(song, { live: { version: 11 } });
  max.say("target", 5);
  taken(max);
  song.write([KICK], [{ path: "Song.stems/drums.wav", kind: ".stems/drums.wav" }]);
  done(max, song);
  assert.deepEqual(max.browsed, [`file://${song.folder}/Song.stems`]);
  assert.equal(set.song.tracks.length, 1);
});

function reopened({ set, max }) {
  const again = new Max(set);
  again.say("init");
  again.say("stored", ...max.out[3].at(-1));
  again.say("/stemd.live/echo", again.out[2].at(-1)[1]);
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
  again.say("/stemd/clusters.reply", again.last("clusters")[1], "j1", found.song.listing);
  again.say("label", 1, 2);
  found.song.write([KICK, { ...SNARE, pitch: 37 }]);
  again.say("/stemd/done", again.last("relabel")[1], "j1", 1, found.song.manifest, found.song.midi);
  assert.deepEqual(pitches(found.set), [36, 37]);
});

test("a set opened anew still relabels and learns", () => {
  const first = ready();
  const again = reopened(first);
  again.say("/stemd/clusters.reply", again.last("clusters")[1], "j1", first.song.listing);
  written(first.set).notes.find((note) => note.pitch === 38).pitch = 37;
  again.say("learn");
  again.say("/stemd/clusters.reply", again.last("clusters")[1], "j1", first.song.listing);
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
  again.say("/stemd/ack", again.last("process")[1], "j1");
  done(again, song);
  assert.deepEqual(pitches(set), [36]);
});

test("a file dropped on the device is transcribed as it is", () => {
  const song = new Song();
  const { set, max } = opened(song);
  max.say("dropped", song.path);
  max.say("/stemd/ack", max.last("process")[1], "j1");
  song.write([{ onset: 9, pitch: 36, velocity: 100 }]);
  done(max, song);
  assert.ok(Math.abs(written(set).notes[0].start_time - 18) < 0.001);
  assert.equal(written(set).loop_end, 20);
  assert.deepEqual(set.errors, []);
});

test("a clip that the user deleted is made anew", () => {
  const { song, set, max } = ready();
  const slot = set.song.tracks[1].clip_slots[0];
  set.remove(slot.clip);
  slot.clip = null;
  max.say("/stemd/done", "x", "j1", 1, song.manifest, song.midi);
  max.clock.pass(1000);
  assert.equal(written(set).notes.length, 2);
  assert.deepEqual(set.errors, []);
});

test("selecting another result shows its groups", () => {
  const { song, set, max } = ready();
  const first = written(set);
  const markers = [{ second: 0, beat: 0 }, { second: 1, beat: 2 }];
  const other = set.clip({ file_path: song.path, name: "Again", markers, end_marker: 16 });
  set.song.tracks[0].clip_slots[1].clip = other;
  set.select(other);
  taken(max, "j2");
  max.say("/stemd/done", "x", "j2", 0, song.manifest, song.midi);
  set.select(first);
  assert.equal(max.last("clusters")[2], "j1");
});

test("the file that a clip was made from may lie on another volume", () => {
  const { max } = opened(new Song());
  assert.equal(max.get('Paths.normal("Macintosh HD:/Users/a/b.wav")'), "/Users/a/b.wav");
  assert.equal(max.get('Paths.normal("Samples:/b.wav")'), "/Volumes/Samples/b.wav");
  assert.equal(max.get('Paths.normal("C:\\\\Music\\\\b.wav")'), "C:/Music/b.wav");
});
