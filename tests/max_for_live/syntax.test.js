"use strict";

const test = require("node:test");
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const acorn = require("acorn");
const { CODE, SOURCES, Max } = require("./fake_max.js");
const { LiveSet } = require("./fake_live.js");

for (const name of fs.readdirSync(CODE)) {
  test(`${name} is ES5`, () => {
    acorn.parse(fs.readFileSync(path.join(CODE, name), "utf8"), { ecmaVersion: 5 });
  });
}

test("every script is built in", () => {
  assert.deepEqual(fs.readdirSync(CODE).map((name) => name.replace(".js", "")).sort(), SOURCES.slice().sort());
});

test("ES6 is refused by the check", () => {
  assert.throws(() => acorn.parse("let a = 1;", { ecmaVersion: 5 }));
});

test("the whole of it leaves no name undeclared but Max's own", () => {
  const max = new Max(new LiveSet());
  const names = ["inlets", "outlets", "autowatch"];
  names.forEach((name) => assert.notEqual(max.get(`typeof ${name}`), "undefined"));
});
