// A device in a fake Live set that talks to the real sidestick: transcribes a clip, relabels, undoes, learns from an edit.
// Called with the port of sidestick, the song and the markers; prints what is in the clip after each step as JSON.
"use strict";

const { Max, WallClock, setWith } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { connect } = require("./wire.js");

const [port, song, clip] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];
const PATIENCE = 60000;

async function until(what, look) {
  const end = Date.now() + PATIENCE;
  while (!look()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}; the status is: ${max.status}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

const set = new LiveSet({ version: clip.version });
setWith(set, set.clip({ file_path: song, name: "Song", ...clip.values }), { arranged: clip.arranged });
const max = new Max(set, { clock: new WallClock() });
const disconnect = connect(max);

function notes() {
  const track = set.song.tracks[1];
  const made = track && (clip.arranged ? track.arrangement_clips[0] : track.clip_slots[0].clip);
  return made ? made.notes.map((note) => ({ ...note })) : [];
}

const pitches = () => notes().map((note) => note.pitch).sort().join();
const groups = () => max.get("device.panel.clusters");
const labels = () => groups().map((cluster) => cluster.label).join();
const asking = () => Object.keys(max.get("device.requests.pending")).some((id) => !/ping|subscribe/.test(id));
const writing = () => Object.values(max.get("device.results.open")).some((held) => held.run);
const settled = () => !asking() && !writing();

async function edit(press) {
  const before = pitches();
  press();
  await until("the clip changes", () => pitches() !== before);
  await until("the answers are in", settled);
  return notes();
}

async function run() {
  const steps = {};
  max.say("daemon_port", port);
  max.say("init");
  await until("sidestick is found", () => max.box("light").messages.length && max.box("link").shown.startsWith("sidestick 0"));
  if (clip.drumStem) max.say("input", 1);
  max.say("map", 1);
  max.say("transcribe");
  await until("the song is done", () => /notes$/.test(max.status) && groups().length > 0);
  await until("the answers are in", settled);
  steps.transcribed = notes();
  const other = groups()[0].label === "cowbell" ? "china" : "cowbell";
  steps.relabelled = await edit(() => max.say("label", 0, max.get("Drums.LABELS").indexOf(other)));
  await until("the group is renamed", () => labels().startsWith(other));
  steps.undone = await edit(() => max.say("undo"));
  const track = set.song.tracks[1];
  const made = clip.arranged ? track.arrangement_clips[0] : track.clip_slots[0].clip;
  made.notes[0].pitch = 56;
  steps.edited = { ...made.notes[0] };
  max.say("learn");
  const hits = () => Array.from(groups()).flatMap((cluster) => Array.from(cluster.hits));
  await until("sidestick has learned it", () => hits().some((hit) => hit.label === "cowbell"));
  await until("the answers are in", settled);
  steps.learned = notes();
  steps.errors = set.errors;
  steps.status = max.box("status").messages.map((words) => words[1]);
  process.stdout.write(JSON.stringify(steps));
}

run().then(disconnect, (error) => {
  disconnect();
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
