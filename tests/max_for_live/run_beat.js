// A device in a fake Live set that corrects the beat of a drum stem through the real sidestick. Called with the port of
// sidestick and the song; prints the beat that the panel shows after each step, and the notes.
"use strict";

const { Max, WallClock, addSource } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { connect } = require("./udp.js");

const [port, song] = [Number(process.argv[2]), process.argv[3]];
const PATIENCE = 60000;
const TAPS = 6;

const set = new LiveSet();
const source = set.clip({
  file_path: song, name: "Song", markers: [{ second: 0, beat: 0 }, { second: 0.5, beat: 1 }], end_marker: 80, loop_end: 80,
});
addSource(set, source);
const max = new Max(set, { clock: new WallClock() });
const disconnect = connect(max);
const shown = () => max.box("beat_now").shown;
const isAsking = () => Object.keys(max.get("device.requests.pending")).some((id) => !/ping|subscribe/.test(id));
const isWriting = () => isAsking() || Object.values(max.get("device.results.clips")).some((open) => open.run);
const notes = () => set.song.tracks[1].clip_slots[0].clip.notes.map((note) => note.start_time).sort((a, b) => a - b);

async function waitUntil(what, look) {
  const end = Date.now() + PATIENCE;
  while (!look()) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}; the status is: ${max.status}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

async function edit(press) {
  const before = shown();
  press();
  await waitUntil("another beat is shown", () => shown() !== before);
  return shown();
}

async function revise(press) {
  const before = max.get("device.current.lastResult");
  press();
  await waitUntil("there is a new revision", () => max.get("device.current.lastResult") !== before);
}

async function tapTwiceAsFast() {
  source.is_playing = 1;
  for (let i = 0; i < TAPS; i += 1) {
    source.playing_position = 2 + i / 2;
    max.press("tap");
    const answered = new RegExp(`^${i + 1} tap`);
    await waitUntil("the tap is counted", () => answered.test(max.status) || (i && /bpm$/.test(max.status)));
  }
}

async function run() {
  const steps = {};
  max.turn("daemon_port", port);
  max.receive("init");
  const link = max.box("link");
  await waitUntil("sidestick is found", () => link.shown && link.shown.startsWith("sidestick 0"));
  max.turn("input", 1);
  max.turn("grid", 0);
  steps.heard = await edit(() => max.press("transcribe"));
  await waitUntil("the notes are written", () => !isWriting());
  steps.written = notes();
  steps.halved = await edit(() => max.press("half"));
  steps.typed = await edit(() => max.turn("bpm", 120));
  steps.waltz = await edit(() => max.turn("meter", 1));
  steps.undone = await edit(() => max.press("undo"));
  steps.tapped = await edit(() => tapTwiceAsFast());
  await revise(() => max.press("bar_one"));
  max.turn("file_start", 2);
  await waitUntil("the files begin with a bar", () => /bar1\.mid$/.test(max.get("device.current.midi")));
  await waitUntil("the notes are written", () => !isWriting());
  steps.last = notes();
  steps.errors = set.errors;
  process.stdout.write(JSON.stringify(steps));
}

run().then(disconnect, (error) => {
  disconnect();
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
