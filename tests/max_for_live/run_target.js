// A device in a fake Live set that asks the real sidestick for one target. Called with sidestick's port, the file and
// what to press; prints the tracks and their clips as JSON.
"use strict";

const { Max, WallClock, addSource } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { connect } = require("./udp.js");

const [port, file, request] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];
const PATIENCE = 120000;
const ENDED = /^(?!Draft).*: \d+ notes?(?:\.|$)|stems are on new tracks|see the folder|is up to date|heard no|wrote no|silent|Cancelled/;

const set = new LiveSet({ version: request.version || 12 });
const markers = [{ second: 0, beat: 0 }, { second: 0.5, beat: 1 }];
addSource(set, set.clip({ file_path: file, name: "Song", markers, end_marker: 64, loop_end: 64 }));
const max = new Max(set, { clock: new WallClock() });
const disconnect = connect(max);

async function waitUntil(what, look) {
  const end = Date.now() + PATIENCE;
  while (!look()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}; the status is: ${max.status}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

const isWriting = () => Object.values(max.get("device.results.clips")).some((open) => open.run);
const clips = (track) => track.clip_slots.filter((slot) => slot.clip).map((slot) => slot.clip);

function describe(track) {
  return {
    name: track.name,
    clips: clips(track).map((clip) => ({ name: clip.name, file: clip.file_path, notes: clip.notes })),
  };
}

async function run() {
  max.turn("daemon_port", port);
  max.receive("init");
  await waitUntil("sidestick is found", () => max.box("link").shown && max.box("link").shown.startsWith("sidestick 0"));
  Object.entries(request.press).forEach(([name, value]) => max.receive(name, value));
  max.receive("transcribe");
  if (request.cancel) {
    await waitUntil("there is a job", () => max.get("device.current.job"));
    max.receive("cancel");
  }
  await waitUntil("it is done", () => ENDED.test(max.status) && !isWriting());
  const statuses = max.box("status").messages.map((words) => words[1]);
  const tracks = set.song.tracks.map(describe);
  process.stdout.write(JSON.stringify({ tracks, statuses, errors: set.errors, browsed: max.browsed }));
}

run().then(disconnect, (error) => {
  disconnect();
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
