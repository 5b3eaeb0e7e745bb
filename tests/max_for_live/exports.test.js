"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { transcribeSong } = require("./fixtures.js");

const ROWS = [
  { name: "csv", ending: "hits.csv", caption: "every hit and note, as a table", objection: "" },
  { name: "drummer", ending: "drummer.mid", caption: "a drummer", objection: "Song has drums." },
  { name: "dawproject", ending: "dawproject", caption: "a project for Bitwig, Studio One, Cubase", objection: "" },
];

function listed() {
  const found = transcribeSong();
  const file = path.join(found.song.folder, "exports.json");
  fs.writeFileSync(file, JSON.stringify(ROWS));
  found.max.receive("/sidestick/exports.reply", found.max.lastRequest("exports")[1], "j1", file);
  return found;
}

function entries(max) {
  const said = max.box("exports").messages;
  const last = said.map((words) => words[0]).lastIndexOf("clear");
  return said.slice(last).filter((words) => words[0] === "append").map((words) => words[1]);
}

test("the menu offers what the daemon lists, without what the song cannot have", () => {
  const { max } = listed();
  assert.deepEqual(entries(max), [
    "Export ...", "hits.csv: every hit and note, as a table", "dawproject: a project for Bitwig, Studio One, Cubase",
  ]);
});

test("what is chosen is asked for, its folder opens, and the menu shows its title again", () => {
  const { max, song } = listed();
  max.patcher.emit("obj-exports", [2]);
  const request = max.lastRequest("export");
  assert.deepEqual(request.slice(2, 4), ["j1", "dawproject"]);
  max.receive("/sidestick/exported", request[1], "j1", path.join(song.folder, "Song.dawproject"));
  assert.equal(max.status, `Song.dawproject is written, in the folder ${song.folder}`);
  assert.deepEqual(max.browsed, [`file://${song.folder}`]);
  assert.deepEqual(max.box("exports").messages.at(-1), ["set", 0]);
});

test("the revision that an export makes does not hide where the file is", () => {
  const { max, song } = listed();
  max.patcher.emit("obj-exports", [1]);
  max.receive("/sidestick/done", "x", "j1", 1, song.manifest, song.midi);
  max.receive("/sidestick/exported", max.lastRequest("export")[1], "j1", path.join(song.folder, "Song.hits.csv"));
  max.clock.pass(10);
  assert.match(max.status, /^Song: 2 notes\. Song\.hits\.csv is written, in the folder/);
  max.receive("undo");
  max.receive("/sidestick/done", "x", "j1", 2, song.manifest, song.midi);
  max.clock.pass(10);
  assert.equal(max.status, "Song: 2 notes");
});

test("on Windows the folder is named", () => {
  const { max } = listed();
  max.patcher.emit("obj-exports", [1]);
  max.receive("/sidestick/exported", max.lastRequest("export")[1], "j1", "C:\\Music\\Song.hits.csv");
  assert.match(max.status, /Song\.hits\.csv is written, in the folder C:\/Music/);
  assert.deepEqual(max.browsed, []);
});

test("an export that cannot be had is told in the daemon's words", () => {
  const { max } = listed();
  max.patcher.emit("obj-exports", [1]);
  const words = "The export score_pdf needs verovio.";
  max.receive("/sidestick/fail", max.lastRequest("export")[1], "/sidestick/export", "no_package", words);
  assert.equal(max.status, words);
});

test("the title of the menu asks for nothing, and a new song empties the menu", () => {
  const { max } = listed();
  max.patcher.emit("obj-exports", [0]);
  assert.equal(max.lastRequest("export"), undefined);
  max.receive("target", 1);
  max.receive("transcribe");
  assert.deepEqual(entries(max), ["Export ..."]);
});
