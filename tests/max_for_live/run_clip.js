// A device in a fake Live set that talks to the real sidestick: transcribes a clip, relabels, undoes, learns from an
// edit. Called with the port of sidestick, the song and the markers; prints what is in the clip after each step.
"use strict";

const { Max, WallClock, addSource } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { connect } = require("./udp.js");

const [port, song, clip] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];
const PATIENCE = 60000;

async function waitUntil(what, look) {
  const end = Date.now() + PATIENCE;
  while (!look()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}; the status is: ${max.status}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

const set = new LiveSet({ version: clip.version });
addSource(set, set.clip({ file_path: song, name: "Song", ...clip.values }), { arranged: clip.arranged });
const max = new Max(set, { clock: new WallClock() });
const disconnect = connect(max);

function notes() {
  const track = set.song.tracks[1];
  const made = track && (clip.arranged ? track.arrangement_clips[0] : track.clip_slots[0].clip);
  return made ? made.notes.map((note) => ({ ...note })) : [];
}

const pitches = () => notes().map((note) => note.pitch).sort().join();
const clusters = () => max.get("device.panel.clusters");
const labels = () => clusters().map((cluster) => cluster.label).join();
const isAsking = () => Object.keys(max.get("device.requests.pending")).some((id) => !/ping|subscribe/.test(id));
const isWriting = () => Object.values(max.get("device.results.clips")).some((open) => open.run);
const isIdle = () => !isAsking() && !isWriting();

async function edit(press) {
  const before = pitches();
  press();
  await waitUntil("the clip changes", () => pitches() !== before);
  await waitUntil("the answers are in", isIdle);
  return notes();
}

async function run() {
  const steps = {};
  max.turn("daemon_port", port);
  max.receive("init");
  const link = max.box("link");
  await waitUntil("sidestick is found", () => link.shown && link.shown.startsWith("sidestick 0"));
  if (clip.drumStem) max.receive("input", 1);
  max.receive("map", 1);
  max.receive("transcribe");
  await waitUntil("the song is done", () => /^(?!Draft).*: \d+ notes?(\.|$)/.test(max.status) && clusters().length > 0);
  await waitUntil("the answers are in", isIdle);
  steps.transcribed = notes();
  const other = clusters()[0].label === "cowbell" ? "china" : "cowbell";
  steps.relabelled = await edit(() => max.receive("label", 0, max.get("Drums.LABELS").indexOf(other)));
  await waitUntil("the group is renamed", () => labels().startsWith(other));
  steps.undone = await edit(() => max.receive("undo"));
  const track = set.song.tracks[1];
  const made = clip.arranged ? track.arrangement_clips[0] : track.clip_slots[0].clip;
  made.notes[0].pitch = 56;
  steps.edited = { ...made.notes[0] };
  max.receive("learn");
  const hits = () => Array.from(clusters()).flatMap((cluster) => Array.from(cluster.hits));
  await waitUntil("sidestick has learned it", () => hits().some((hit) => hit.label === "cowbell"));
  await waitUntil("the answers are in", isIdle);
  steps.learned = notes();
  await waitUntil("the exports are listed", () => max.get("device.panel.exports.length") > 0);
  max.patcher.emit("obj-exports", [1]);
  await waitUntil("the export is written", () => /is written/.test(max.status));
  steps.errors = set.errors;
  steps.status = max.box("status").messages.map((words) => words[1]);
  process.stdout.write(JSON.stringify(steps));
}

run().then(disconnect, (error) => {
  disconnect();
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
