// Material for the tests: what sidestick lays beside a song, manifests, listings and random numbers that repeat.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { Max, addSource } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");

process.setMaxListeners(0);

function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

// What sidestick lists of notes {pitch, onset, velocity} of each part; they last 50 ms.
function listNotes(parts) {
  const rows = (notes) => notes.map((note) => [note.onset, 0.05, note.pitch, note.velocity, 10]);
  const columns = ["time", "duration", "pitch", "velocity", "channel"];
  const tracks = Object.entries(parts).map(([part, notes]) => (
    JSON.stringify({ part, name: part, notes: { columns, rows: rows(notes) }, messages: [] })
  ));
  return `{"tracks": [\n${tracks.join(",\n")}\n],\n"notes": [\n]}\n`;
}

// Not where macOS keeps temporary files: the device refuses those.
function folder() {
  const parent = process.platform === "darwin" ? os.homedir() : os.tmpdir();
  const found = fs.mkdtempSync(path.join(parent, "sidestick-live-"));
  process.on("exit", () => fs.rmSync(found, { recursive: true, force: true }));
  return found;
}

// A folder with a song and, once `write` is called, what sidestick lays beside it.
class Song {
  constructor(name = "Song.wav") {
    this.folder = folder();
    this.path = path.join(this.folder, name);
    fs.writeFileSync(this.path, "RIFF0000WAVEfmt ");
    this.midi = path.join(this.folder, "Song.drums.mid");
    this.manifest = path.join(this.folder, "Song.sidestick.json");
    this.listing = path.join(this.folder, "clusters.json");
    this.notes = path.join(this.folder, "notes.json");
  }

  write(notes, outputs = [], head = {}) {
    const usual = { path: "Song.drums.mid", kind: ".drums.mid" };
    const all = outputs.some((output) => /^.drums/.test(output.kind)) ? outputs : [usual, ...outputs];
    const parts = all.map(({ kind }) => /^\.([a-z]+)(\.bar1)?\.mid$/.exec(kind)).filter(Boolean).map(([, part]) => part);
    this.list(Object.fromEntries(parts.map((part) => [part, notes])));
    fs.writeFileSync(this.midi, "MThd");
    fs.writeFileSync(this.manifest, JSON.stringify({ ...head, outputs: all }));
  }

  list(parts) {
    fs.writeFileSync(this.notes, listNotes(parts));
  }

  clusters(rows) {
    fs.writeFileSync(this.listing, JSON.stringify(rows));
  }
}

// A device on the track of a selected clip of `song`, with sidestick there.
function openSong(song, { clip = {}, live = {}, arranged = false, max = {} } = {}) {
  const set = new LiveSet(live);
  const markers = [{ second: 0, beat: 0 }, { second: 0.5, beat: 1 }];
  const ends = { loop_end: 16, end_marker: 16, end_time: 16 };
  const source = set.clip({ file_path: song.path, name: "Song", markers, ...ends, ...clip });
  const track = addSource(set, source, { arranged });
  return { set, source, track, max: new Max(set, { listing: song.notes, ...max }).connect() };
}

// Transcribe is pressed, and sidestick takes the job.
function startJob(max, job = "j1") {
  max.receive("transcribe");
  max.receive("/sidestick/ack", max.lastRequest("process")[1], job);
}

function finishJob(max, song, revision = 0, job = "j1") {
  max.receive("/sidestick/done", max.lastRequest("process")[1], job, revision, song.manifest, song.midi);
  max.clock.pass(2000);
}

function resultClip(set) {
  const clips = [...set.objects.values()].filter((object) => object.kind === "Clip" && object.is_midi_clip);
  return clips.at(-1);
}

const KICK = { onset: 0.5, pitch: 36, velocity: 100 };
const SNARE = { onset: 1, pitch: 38, velocity: 90 };

function group(cluster, label, confidence, velocity, hit) {
  return { cluster, label, confidence, velocity, count: 1, hits: [hit] };
}

function transcribeSong(options, notes = [KICK, SNARE]) {
  const song = new Song();
  const found = openSong(song, options);
  startJob(found.max);
  song.write(notes);
  song.clusters([
    group(0, "kick", 0.9, 100, { id: 7, onset: 0.51, time: 0.5, label: "kick", pitch: 36 }),
    group(1, "snare", 0.4, 90, { id: 8, onset: 1.02, time: 1, label: "snare", pitch: 38 }),
  ]);
  finishJob(found.max, song);
  return { song, ...found };
}

function replyClusters({ max, song }) {
  max.receive("/sidestick/clusters.reply", max.lastRequest("clusters")[1], "j1", song.listing);
}

function pitches(set) {
  return resultClip(set).notes.map((note) => note.pitch).sort();
}

module.exports = {
  random, Song, openSong, startJob, finishJob, resultClip, transcribeSong, replyClusters, pitches, KICK, SNARE,
};
