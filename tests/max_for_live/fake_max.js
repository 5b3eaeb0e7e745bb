// Max around the script: an ES5 engine of its own with the globals that the js object gives, and a clock to turn.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");
const { liveApi } = require("./fake_live.js");
const { Patcher } = require("./patcher.js");
const { pack } = require("./udp.js");

const ROOT = path.resolve(__dirname, "../..");
const CODE = path.join(ROOT, "max_for_live/code");
const [TO_RECEIVER, TO_SELF, TO_STORE] = [1, 2, 3];
const BIND_DELAY = 20; // milliseconds
const REPLY_DELAY = 5; // milliseconds
const LARGEST_PACKET = 5096; // bytes; udpsend sends no longer one
// What Max's engine does not have, so that a script which uses it fails here as well.
const REMOVE_NEWER = `
  ["find", "findIndex", "includes", "fill", "flat", "flatMap", "from", "of", "at", "entries", "keys", "values"].forEach(
    function (name) { delete Array.prototype[name]; delete Array[name]; });
  ["startsWith", "endsWith", "includes", "repeat", "padStart", "padEnd", "matchAll", "replaceAll", "at"].forEach(
    function (name) { delete String.prototype[name]; });
  ["assign", "entries", "values", "fromEntries", "setPrototypeOf"].forEach(function (name) { delete Object[name]; });
  ["isInteger", "isFinite", "isNaN", "parseFloat"].forEach(function (name) { delete Number[name]; });
  ["sign", "trunc", "log2", "log10", "hypot", "cbrt"].forEach(function (name) { delete Math[name]; });
  ["Promise", "Map", "Set", "WeakMap", "Symbol", "Proxy", "Reflect", "BigInt", "globalThis"].forEach(
    function (name) { delete this[name]; }, this);
`;

const SOURCES = fs.readFileSync(path.join(ROOT, "max_for_live/build.py"), "utf8")
  .match(/SOURCES = \(([\s\S]*?)\)/)[1].match(/"(\w+)"/g).map((name) => name.slice(1, -1));

class Clock {
  constructor() {
    this.now = 0;
    this.due = [];
  }

  schedule(task, delay) {
    this.cancel(task);
    this.due.push({ task, at: this.now + (delay || 0) });
  }

  cancel(task) {
    this.due = this.due.filter((entry) => entry.task !== task);
  }

  // Lets `ms` milliseconds pass.
  pass(ms) {
    const end = this.now + ms;
    for (;;) {
      const next = this.due.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.now = Math.max(this.now, next.at);
      this.cancel(next.task);
      next.task.execute();
    }
    this.now = end;
  }
}

// Real time, for the tests that talk to a real sidestick.
class WallClock {
  constructor() { this.timers = new Map(); }
  schedule(task, delay) {
    this.cancel(task);
    this.timers.set(task, setTimeout(() => task.execute(), delay || 0));
  }
  cancel(task) { clearTimeout(this.timers.get(task)); }
}

function createTask(clock) {
  return class Task {
    constructor(run, self, ...args) { this.execute = () => run.apply(self, args); }
    schedule(delay) { clock.schedule(this, delay); }
    cancel() { clock.cancel(this); }
  };
}

// Max's File: at most 32 KB a read, null at the end.
class MaxFile {
  constructor(name) {
    this.isopen = fs.existsSync(name) && fs.statSync(name).isFile();
    this.data = this.isopen ? fs.readFileSync(name) : null;
    this.position = 0;
  }
  get eof() { return this.data ? this.data.length : 0; }
  readbytes(count) {
    const block = this.data.subarray(this.position, this.position + Math.min(count, 32768));
    this.position += block.length;
    return block.length ? Array.from(block) : null;
  }
  close() { this.isopen = false; }
}

// Max's Global: one object of a name for every script that runs.
function createGlobal(set) {
  return function Global(name) {
    set.globals[name] = set.globals[name] || {};
    return set.globals[name];
  };
}

// One device: `out` has what went out of each outlet, `receive` gives it a message as the patcher does.
class Max {
  // `taken` are ports that another program has; with them the device hears itself, as over a real network.
  constructor(set, { clock = new Clock(), filepath = "", taken = null, assigns = true, listing = "" } = {}) {
    this.set = set;
    this.clock = clock;
    this.out = [[], [], [], []];
    this.onOutlet = () => {};
    this.browsed = [];
    this.posted = [];
    Object.assign(this, { stored: [], taken, assigns, listing, bound: 0 });
    set.clock = clock;
    const patcher = new Patcher(filepath, (...words) => this.receive(...words));
    this.patcher = patcher;
    patcher.getnamed("stored").message = (...words) => this.storeInSet(words);
    const globals = {
      LiveAPI: liveApi(set), Task: createTask(clock), File: MaxFile, patcher, post: (text) => this.posted.push(text), error: () => {},
      Global: createGlobal(set),
      max: { launchbrowser: (url) => { if (!/^file:\/\/\/[A-Z]:/.test(url)) this.browsed.push(url); } },
      outlet: (index, ...words) => this.send(index, words),
      setinletassist: () => {}, setoutletassist: () => {}, arrayfromargs: (args) => Array.prototype.slice.call(args),
    };
    this.context = vm.createContext(globals);
    vm.runInContext(REMOVE_NEWER, this.context);
    SOURCES.forEach((name) => {
      vm.runInContext(fs.readFileSync(path.join(CODE, `${name}.js`), "utf8"), this.context, { filename: `${name}.js` });
    });
  }

  send(index, words) {
    const flat = words.flat();
    this.out[index].push(flat);
    if (index === TO_STORE) {
      this.storeInSet(flat);
    } else if (flat[0] !== "port" && pack(flat).length > LARGEST_PACKET) {
      this.set.error(`udpsend: a packet of ${pack(flat).length} bytes`);
    } else {
      this.onOutlet(index, flat);
      if (this.listing && flat[0] === "/sidestick/notes") this.replyNotes(flat);
      if (this.taken) this.carry(index, flat);
    }
  }

  // sidestick answers a little later, with the file that lies there then.
  replyNotes([, id, job]) {
    const execute = () => this.receive("/sidestick/notes.reply", id, job, this.listing);
    this.clock.schedule({ execute }, REPLY_DELAY);
  }

  // The receiver takes its port a little later than it is told to, and hears nothing of what came before.
  carry(index, words) {
    if (index === TO_RECEIVER && !this.taken.includes(words[1])) {
      this.bound = 0;
      this.clock.schedule({ execute: () => { this.bound = words[1]; } }, BIND_DELAY);
    } else if (index === TO_SELF && words[0] === "port") {
      this.target = words[1];
    } else if (index === TO_SELF && this.target === this.bound) {
      this.clock.schedule({ execute: () => this.receive(...words) }, 1);
    }
  }

  // The pattr: what it is given is an undo step of Live unless it is assigned.
  storeInSet(words) {
    if (words[0] === "bang") {
      if (this.stored.length) this.patcher.emit("obj-stored", this.stored);
      return;
    }
    if (words[0] === "assign" && !this.assigns) return;
    if (words[0] !== "assign") this.set.countUndo();
    this.stored = words[0] === "assign" ? words.slice(1) : words;
    this.patcher.emit("obj-stored", this.stored);
  }

  // The user turns a control, presses a button or drops a file on the device.
  turn(name, value) { this.box(name).assign(value); }
  press(name) { this.patcher.emit(`obj-${name}`, ["bang"]); }
  dropFile(name) { this.turn("dropped", name); }

  // Live opens a set with the device in it; `saved` are what it kept of another run.
  load(saved = null) {
    if (saved) {
      this.stored = saved.stored;
      this.box("dropped").value = saved.box("dropped").value;
    }
    this.receive("init");
    this.patcher.sendStored();
    this.hearItself();
    return this;
  }

  receive(name, ...args) {
    const known = this.context[name];
    this.context.messagename = name;
    return (typeof known === "function" ? known : this.context.anything).apply(this.context, args);
  }

  get(expression) { return vm.runInContext(expression, this.context); }
  box(name) { return this.patcher.getnamed(name); }
  get status() { return this.box("status").shown; }

  // The device with its port found and sidestick there, as after it was put on a track.
  connect() {
    this.receive("init");
    return this.hearItself();
  }

  hearItself() {
    const [port] = this.out[1].at(-1).slice(1);
    this.receive("/sidestick.live/echo", this.out[2].at(-1)[1]);
    this.port = port;
    this.replyPong();
    return this;
  }

  sentRequests(verb) { return this.out[0].filter((words) => words[0] === `/sidestick/${verb}`); }
  lastRequest(verb) { return this.sentRequests(verb).at(-1); }

  replyPong(protocol = 1) {
    this.receive("/sidestick/pong", this.lastRequest("ping")[1], "sidestick", "0.1.0", protocol, 4242);
  }
}

// A set with one audio clip that is selected. The device sits on its track.
function addSource(set, clip, { scene = 0, arranged = false } = {}) {
  const track = set.track("Song");
  set.own = track;
  if (arranged) track.arrangement_clips.push(clip);
  else track.clip_slots[scene].clip = clip;
  set.select(clip);
  return track;
}

module.exports = { Max, Clock, WallClock, CODE, ROOT, SOURCES, addSource };
