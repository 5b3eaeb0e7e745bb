// A device in a fake Live set that asks the real sidestick for one target. Called with sidestick's port, the file and what to
// press; prints the tracks and their clips as JSON.
"use strict";

const { Max, WallClock, setWith } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { connect } = require("./wire.js");

const [port, file, wish] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];
const PATIENCE = 120000;
const ENDED = /: \d+ notes?$|stems are on new tracks|see the folder|is up to date|heard no|wrote no|silent|Cancelled/;

const set = new LiveSet({ version: wish.version || 12 });
const markers = [{ second: 0, beat: 0 }, { second: 0.5, beat: 1 }];
setWith(set, set.clip({ file_path: file, name: "Song", markers, end_marker: 64, loop_end: 64 }));
const max = new Max(set, { clock: new WallClock() });
const disconnect = connect(max);

async function until(what, look) {
  const end = Date.now() + PATIENCE;
  while (!look()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}; the status is: ${max.status}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

const writing = () => Object.values(max.get("device.results.open")).some((held) => held.run);
const clips = (track) => track.clip_slots.filter((slot) => slot.clip).map((slot) => slot.clip);

function shown(track) {
  return {
    name: track.name,
    clips: clips(track).map((clip) => ({ name: clip.name, file: clip.file_path, notes: clip.notes })),
  };
}

async function run() {
  max.say("daemon_port", port);
  max.say("init");
  await until("sidestick is found", () => max.box("link").shown && max.box("link").shown.startsWith("sidestick 0"));
  Object.entries(wish.press).forEach(([name, value]) => max.say(name, value));
  max.say("transcribe");
  if (wish.cancel) {
    await until("there is a job", () => max.get("device.current.job"));
    max.say("cancel");
  }
  await until("it is done", () => ENDED.test(max.status) && !writing());
  const heard = max.box("status").messages.map((words) => words[1]);
  const tracks = set.song.tracks.map(shown);
  process.stdout.write(JSON.stringify({ tracks, heard, errors: set.errors, browsed: max.browsed }));
}

run().then(disconnect, (error) => {
  disconnect();
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
