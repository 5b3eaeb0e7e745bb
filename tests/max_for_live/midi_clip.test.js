"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const {
  Song, openSong, startJob, finishJob, resultClip, transcribeSong, pitches, KICK, SNARE,
} = require("./fixtures.js");

for (const version of [11, 12]) {
  for (const arranged of [false, true]) {
    test(`Live ${version}: the clip appears on a new track beside the source${arranged ? ", arranged" : ""}`, () => {
      const { set } = transcribeSong({ live: { version }, arranged });
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
  const { set, max } = openSong(song);
  const midi = set.track("Kit", true);
  midi.clip_slots[0].clip = set.midiClip(4);
  max.receive("place", 1);
  startJob(max);
  song.write([KICK]);
  finishJob(max, song);
  assert.equal(midi.clip_slots[1].clip.notes.length, 1);
});

test("a scene is added when every slot is taken", () => {
  const song = new Song();
  const { set, max } = openSong(song, { live: { scenes: 1 } });
  const midi = set.track("Kit", true);
  midi.clip_slots[0].clip = set.midiClip(4);
  max.receive("place", 1);
  startJob(max);
  song.write([KICK]);
  finishJob(max, song);
  assert.equal(midi.clip_slots[1].clip.notes.length, 1);
});

test("the pads of the Drum Rack on the target track decide the notes", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  const midi = set.track("Kit", true);
  const chain = set.add("Chain", { name: "", devices: [] });
  const pad = (note, name) => set.add("DrumPad", { note, name, chains: [chain] });
  const drum_pads = [pad(60, "Kick 808"), pad(62, "Snare Fat")];
  midi.devices = [set.add("Device", { can_have_drum_pads: 1, can_have_chains: 1, chains: [], drum_pads })];
  max.receive("place", 1);
  max.receive("map", 2);
  startJob(max);
  song.write([KICK, SNARE]);
  finishJob(max, song);
  assert.deepEqual(pitches(set), [60, 62]);
  assert.deepEqual(set.errors, []);
});

test("Live's usual pads stand in where a drum is missing", () => {
  const { set } = transcribeSong({}, [{ onset: 1, pitch: 57, velocity: 90 }, { onset: 2, pitch: 40, velocity: 90 }]);
  assert.deepEqual(pitches(set), [38, 49]);
});

test("another choice of drum notes rewrites the clip without asking sidestick", () => {
  const { set, max } = transcribeSong({}, [{ onset: 1, pitch: 57, velocity: 90 }]);
  const before = max.out[0].length;
  max.receive("map", 1);
  max.clock.pass(200);
  assert.deepEqual(pitches(set), [57]);
  assert.equal(max.out[0].slice(before).filter((words) => /regenerate/.test(words[0])).length, 0);
});

test("a file dropped on the device is transcribed as it is", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  max.dropFile(song.path);
  max.receive("/sidestick/ack", max.lastRequest("process")[1], "j1");
  song.write([{ onset: 9, pitch: 36, velocity: 100 }]);
  finishJob(max, song);
  assert.ok(Math.abs(resultClip(set).notes[0].start_time - 18) < 0.001);
  assert.equal(resultClip(set).loop_end, 20);
  assert.deepEqual(set.errors, []);
});

test("a clip that the user deleted is made anew", () => {
  const { song, set, max } = transcribeSong();
  const slot = set.song.tracks[1].clip_slots[0];
  set.remove(slot.clip);
  slot.clip = null;
  max.receive("/sidestick/done", "x", "j1", 1, song.manifest, song.midi);
  max.clock.pass(1000);
  assert.equal(resultClip(set).notes.length, 2);
  assert.deepEqual(set.errors, []);
});

test("the file that a clip was made from may lie on another volume", () => {
  const { max } = openSong(new Song());
  assert.equal(max.get('Paths.normalize("Macintosh HD:/Users/a/b.wav")'), "/Users/a/b.wav");
  assert.equal(max.get('Paths.normalize("Samples:/b.wav")'), "/Volumes/Samples/b.wav");
  assert.equal(max.get('Paths.normalize("C:\\\\Music\\\\b.wav")'), "C:/Music/b.wav");
});
