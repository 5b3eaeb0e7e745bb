// What Live and Max do with a device that no list of functions tells; each test begins with its row.
"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const { Max, addSource } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");
const { Song, openSong, startJob, finishJob, resultClip, transcribeSong, pitches, KICK } = require("./fixtures.js");

function openDevice(options) {
  const set = new LiveSet();
  const max = new Max(set, options);
  addSource(set, set.clip({}));
  return { set, max };
}

for (const port of [1024, 9331, 65535]) {
  test(`port number: ${port} is where the device sends`, () => {
    const { max } = openSong(new Song());
    max.turn("daemon_port", port);
    assert.deepEqual(max.out[0].filter((words) => words[0] === "port").at(-1), ["port", port]);
  });
}

test("port number: the device sends to 9331 from the start", () => {
  const { max } = openSong(new Song());
  assert.deepEqual(max.out[0].filter((words) => words[0] === "port").at(-1), ["port", 9331]);
});

test("live.drop: a dropped file is asked about by its name", () => {
  const song = new Song();
  const { max } = openSong(song);
  max.dropFile(song.path);
  assert.equal(max.lastRequest("process")[2], song.path);
});

test("live.drop: a file that the set kept is not transcribed again", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  max.dropFile(song.path);
  max.receive("notifydeleted");
  set.globals = {};
  const again = new Max(set).load(max);
  assert.equal(again.sentRequests("process").length, 0);
});

test("initial values: a set that is opened presses no button", () => {
  const set = new LiveSet();
  const song = new Song();
  addSource(set, set.clip({ file_path: song.path, name: "Song", markers: [{ second: 0, beat: 0 }, { second: 1, beat: 2 }] }));
  const max = new Max(set).load();
  const verbs = new Set(max.out[0].filter((words) => /^\//.test(words[0])).map((words) => words[0]));
  assert.deepEqual([...verbs].sort(), ["/sidestick/ping", "/sidestick/subscribe"]);
  assert.doesNotMatch(max.status || "", /Transcribe|nothing/);
});

test("a button that is pressed does what it says", () => {
  const { max } = openSong(new Song());
  max.press("transcribe");
  assert.equal(max.sentRequests("process").length, 1);
});

test("port search: the first free port is taken though the receiver is slow", () => {
  const { max } = openDevice({ taken: [] });
  max.receive("init");
  max.clock.pass(400);
  assert.equal(max.out[1].length, 1);
  assert.equal(max.lastRequest("ping").at(-1), max.out[1][0][1]);
});

test("port search: ports of other programs are passed over", () => {
  const taken = Array.from({ length: 60 }, (_, i) => 9340 + i).filter((port) => port !== 9371);
  const { max } = openDevice({ taken });
  max.receive("init");
  max.clock.pass(20000);
  assert.equal(max.lastRequest("ping").at(-1), 9371);
});

test("undo: what is stored with the set is no step of Live's Undo", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  const before = set.undo;
  startJob(max);
  assert.ok(max.stored.length > 0);
  assert.equal(set.undo, before);
});

test("undo: a pattr that does not take assign keeps the songs all the same", () => {
  const song = new Song();
  const { max } = openSong(song, { max: { assigns: false } });
  startJob(max);
  assert.ok(max.stored.length > 0 && max.stored[0] !== "assign");
});

test("undo: a result is one step where Live can", () => {
  const { set } = transcribeSong({ live: { undoSteps: true } },
    Array.from({ length: 900 }, (_, i) => ({ ...KICK, onset: 0.005 * i, pitch: 36 + i % 40 })));
  assert.equal(set.undo, 1);
  assert.equal(set.undoOpen, 0);
});

test("duplicated: of two devices with one stored blob only the first writes", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  const copy = new Max(set, { clock: max.clock }).load(max);
  song.write([KICK]);
  finishJob(max, song);
  copy.receive("/sidestick/done", "other", "j1", 0, song.manifest, song.midi);
  max.clock.pass(2000);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums"]);
  assert.equal(copy.get("device.songs.list.length"), 0);
});

test("duplicated: a set that replaces its own devices keeps its songs", () => {
  const { set, max } = transcribeSong();
  const again = new Max(set, { clock: max.clock }).load(max);
  assert.equal(again.get("device.songs.list.length"), 0);
  max.receive("notifydeleted");
  max.clock.pass(4000);
  assert.equal(again.get("device.songs.list.length"), 1);
});

test("in a Rack: a dropped file's track is made right of the device's", () => {
  const song = new Song();
  const { set, max } = openSong(song, { live: { inRack: true } });
  set.track("Before", false, 0);
  set.track("Behind");
  max.dropFile(song.path);
  max.receive("/sidestick/ack", max.lastRequest("process")[1], "j1");
  song.write([KICK]);
  finishJob(max, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Before", "Song", "Song drums", "Behind"]);
  assert.deepEqual(set.errors, []);
});

test("on the main track: a dropped file's track is made behind all others", () => {
  const song = new Song();
  const { set, max } = openSong(song, { live: { onMain: true } });
  max.dropFile(song.path);
  max.receive("/sidestick/ack", max.lastRequest("process")[1], "j1");
  song.write([KICK]);
  finishJob(max, song);
  assert.deepEqual(set.song.tracks.map((track) => track.name), ["Song", "Song drums"]);
  assert.deepEqual(set.errors, []);
});

test("limits: 150 warp markers fit into one packet of udpsend", () => {
  const markers = Array.from({ length: 150 }, (_, i) => ({ second: i + 0.3 * (i % 2), beat: 2 * i }));
  const { set, max } = openSong(new Song(), { clip: { markers } });
  max.receive("beats", 1);
  max.receive("transcribe");
  assert.ok(JSON.parse(max.lastRequest("process")[3]).tempo_map.length > 100);
  assert.deepEqual(set.errors, []);
});

for (const looping of [0, 1]) {
  test(`markers: a clip of beats 4 to 12 is written from its start, ${looping ? "looped" : "unlooped"}`, () => {
    const ends = { start_marker: 4, end_marker: 12, loop_start: 4, loop_end: 12 };
    const { set } = transcribeSong({ clip: { looping, ...ends } }, [{ ...KICK, onset: 2.5 }]);
    const clip = resultClip(set);
    assert.deepEqual([clip.looping, clip.start_marker, clip.end_marker], [looping, 0, 8]);
    assert.deepEqual([clip.notes.map((note) => note.start_time), set.errors], [[1], []]);
  });
}

test("files that start with a bar move no note", () => {
  const song = new Song();
  const { set, max } = openSong(song);
  startJob(max);
  song.midi = song.midi.replace(".drums.mid", ".drums.bar1.mid");
  song.write([KICK], [{ path: "Song.drums.bar1.mid", kind: ".drums.bar1.mid" }], { padding: 1.5 });
  finishJob(max, song);
  assert.deepEqual(resultClip(set).notes.map((note) => note.start_time), [1]);
  assert.deepEqual(pitches(set), [36]);
});

test("a stroke on the very start of a clip stays, though its tick lies a little before it", () => {
  const { set } = transcribeSong({ clip: { start_marker: 4, loop_start: 4 } }, [{ ...KICK, onset: 1.999 }]);
  assert.deepEqual(resultClip(set).notes.map((note) => note.start_time), [0]);
});
