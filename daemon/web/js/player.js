/** Playback on one clock: the sound as buffers, the notes as events, both planned ahead on the audio context. */

import { Instruments } from "./instruments.js";
import { Outputs } from "./outputs.js";
import { Score } from "./score.js";
import { Signal } from "./signal.js";
import { grains } from "./slow.js";
import { Sounds } from "./sounds.js";

/** @typedef {{at: number, from: number, to: number, next: number, sources: Map<string, AudioBufferSourceNode>,
 *   grains: Generator<import("./slow.js").Grain> | null, cut: Set<AudioBufferSourceNode>}} Piece
 * a piece of the song in one go: from context time `at` its seconds `from` to `to`; `next` is the event to plan;
 * slower than it was it sounds in `grains`, of which those in `cut` are planned */

const AHEAD = 0.3; // seconds that are planned
const HIDDEN_AHEAD = 1.6; // a page out of sight is woken once a second
const LEAD = 0.04;
const TICK_MS = 40;
const SNIPPET = 0.38; // seconds from one hit of an audition to the next

export class Player {
  /** @type {Signal<[]>} playing, side, rate, loop */
  changed = new Signal();
  /** @type {AudioContext | null} */
  context = null;
  playing = false;
  rate = 1;
  /** @type {import("./outputs.js").Side} */
  side = "audio";
  /** @type {{start: number, end: number} | null} */
  loop = null;
  duration = 0;
  /** Are there only notes to be heard? */
  soundless = false;
  /** @type {Set<string>} stems that sound */
  audible = new Set(["mix"]);
  /** @type {Set<string>} parts of the MIDI that do not */
  silent = new Set();
  /** @type {Piece[]} */
  #pieces = [];
  /** @type {Outputs | null} */
  #outputs = null;
  /** @type {Instruments | null} */
  #instruments = null;
  #score = new Score(null);
  #rest = 0;
  #timer = 0;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.sounds = new Sounds(api);
    document.addEventListener("visibilitychange", () => this.playing && this.#plan());
  }

  /** @param {string} job @param {number} duration @param {string[]} [stems] that can be heard, the whole song first */
  open(job, duration, stems = ["mix"]) {
    this.pause();
    this.sounds.open(job);
    this.duration = duration;
    this.loop = null;
    this.audible = new Set(stems.slice(0, 1));
    if (this.soundless || !stems.length) this.side = stems.length ? "audio" : "midi";
    this.soundless = !stems.length;
    this.silent = new Set();
    this.#rest = 0;
    this.#balance();
    this.changed.say();
  }

  /** @param {import("./notes.js").Notes | null} notes what is planned already still sounds as it was */
  setNotes(notes) {
    this.#score = new Score(notes);
    const until = this.#now + this.#ahead;
    for (const piece of this.#pieces) piece.next = this.#score.from(Math.max(piece.from, this.#timeAt(piece, until)));
  }

  /** Where the song is, as it is heard. */
  get position() {
    if (!this.playing || !this.context) return this.#rest;
    const heard = this.#now - (this.context.outputLatency || 0);
    const piece = this.#pieces.findLast((each) => each.at <= heard) ?? this.#pieces[0];
    return piece ? Math.min(piece.to, Math.max(piece.from, this.#timeAt(piece, heard))) : this.#rest;
  }

  async play() {
    await this.#wake();
    await this.#load(this.audible);
    if (this.#rest >= this.duration - 0.02) this.#rest = 0;
    if (this.loop && (this.#rest < this.loop.start || this.#rest >= this.loop.end)) this.#rest = this.loop.start;
    this.playing = true;
    this.#restart(this.#rest);
    this.#timer ||= window.setInterval(() => this.#plan(), TICK_MS);
    this.changed.say();
  }

  pause() {
    if (!this.playing) return;
    this.#rest = this.position;
    this.playing = false;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#clear();
    this.changed.say();
  }

  /** @param {number} time */
  seek(time) {
    this.#rest = Math.min(this.duration, Math.max(0, time));
    if (this.playing) this.#restart(this.#rest);
    this.changed.say();
  }

  /** @param {{start: number, end: number} | null} loop shorter than 50 ms is none */
  setLoop(loop) {
    const at = this.position;
    this.loop = loop && loop.end - loop.start >= 0.05 ? loop : null;
    if (this.playing) this.#restart(at);
    this.changed.say();
  }

  /** @param {number} rate 1 or 0.5 */
  setRate(rate) {
    const at = this.position;
    this.rate = rate;
    if (this.playing) this.#restart(at);
    this.changed.say();
  }

  /** @param {import("./outputs.js").Side} side */
  setSide(side) {
    this.side = this.soundless ? "midi" : side;
    this.#balance();
    this.changed.say();
  }

  /** @param {Set<string>} stems that sound @param {Set<string>} silent parts of the MIDI that do not */
  async setAudible(stems, silent) {
    this.silent = silent;
    if (this.context) await this.#load(stems);
    this.audible = stems;
    for (const piece of this.#pieces) this.#addSources(piece);
    this.#balance();
  }

  /**
   * A few moments of the sound, one after the other.
   * @param {number[]} onsets seconds @param {string} stem
   */
  async audition(onsets, stem) {
    await this.#wake();
    this.pause();
    const context = /** @type {AudioContext} */ (this.context);
    const sound = await this.sounds.load(context, stem);
    onsets.forEach((onset, turn) => this.#snippet(context, sound, onset, context.currentTime + LEAD + turn * SNIPPET));
  }

  /** @param {AudioContext} context @param {AudioBuffer} sound @param {number} onset @param {number} at */
  #snippet(context, sound, onset, at) {
    const [source, gain] = [context.createBufferSource(), context.createGain()];
    source.buffer = sound;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(1, at + 0.008);
    gain.gain.setTargetAtTime(0, at + 0.26, 0.03);
    source.connect(gain).connect(/** @type {Outputs} */ (this.#outputs).master);
    source.start(at, Math.max(0, onset - 0.015), SNIPPET);
  }

  /** The context may only start in answer to the user. */
  async #wake() {
    this.context ??= new AudioContext({ latencyHint: "interactive" });
    if (!this.#outputs) {
      const outputs = new Outputs(this.context);
      this.#outputs = outputs;
      this.#instruments = new Instruments(this.context, (part) => outputs.part(part));
      this.#balance();
      await this.#instruments.load();
    }
    if (this.context.state === "suspended") await this.context.resume();
  }

  get #now() {
    return this.context?.currentTime ?? 0;
  }

  get #ahead() {
    return document.hidden ? HIDDEN_AHEAD : AHEAD;
  }

  /** @param {Piece} piece @param {number} at context time */
  #timeAt(piece, at) {
    return piece.from + (at - piece.at) * this.rate;
  }

  #balance() {
    this.#outputs?.balance(this.side, this.audible, this.silent);
  }

  /** @param {Set<string>} stems */
  #load(stems) {
    const context = /** @type {AudioContext} */ (this.context);
    return Promise.all([...stems].map((stem) => this.sounds.load(context, stem)));
  }

  #clear() {
    for (const piece of this.#pieces) {
      for (const source of [...piece.sources.values(), ...piece.cut]) (source.stop(), source.disconnect());
    }
    this.#pieces = [];
    this.#instruments?.silence();
  }

  /** @param {number} from */
  #restart(from) {
    this.#clear();
    this.#begin(this.#now + LEAD, from);
    this.#plan();
  }

  /** @param {number} at @param {number} from */
  #begin(at, from) {
    const to = this.loop && from < this.loop.end ? this.loop.end : this.duration;
    /** @type {Piece} */
    const piece = { at, from, to, next: this.#score.from(from - 1e-6), sources: new Map(), grains: null, cut: new Set() };
    if (this.rate !== 1) piece.grains = this.#grains(piece);
    this.#pieces.push(piece);
    this.#addSources(piece);
  }

  /** Stems that are not in a piece yet join it where it is now. @param {Piece} piece */
  #addSources(piece) {
    if (piece.grains) return;
    for (const [stem, sound] of this.sounds.ready) {
      const at = Math.max(piece.at, this.#now + LEAD / 2);
      const offset = this.#timeAt(piece, at);
      if (piece.sources.has(stem) || offset >= piece.to) continue;
      const source = /** @type {AudioContext} */ (this.context).createBufferSource();
      source.buffer = sound;
      source.connect(/** @type {Outputs} */ (this.#outputs).stem(stem));
      source.start(at, offset, piece.to - offset);
      piece.sources.set(stem, source);
    }
  }

  /** @param {Piece} piece */
  #grains(piece) {
    const sound = this.sounds.ready.get([...this.audible][0]);
    return grains({ ...piece, rate: this.rate }, this.#score.heard, sound?.getChannelData(0) ?? null, sound?.sampleRate ?? 1);
  }

  /** @param {Piece} piece @param {number} until context time */
  #planGrains(piece, until) {
    for (let last = -Infinity; piece.grains && last < until; ) {
      const { value: grain, done } = piece.grains.next();
      if (done) return;
      last = piece.at + grain.at + grain.length;
      for (const stem of this.audible) this.#addGrain(piece, stem, grain);
    }
  }

  /** @param {Piece} piece @param {string} stem @param {import("./slow.js").Grain} grain */
  #addGrain(piece, stem, grain) {
    const context = /** @type {AudioContext} */ (this.context);
    const [source, gain] = [context.createBufferSource(), context.createGain()];
    const at = Math.max(piece.at + grain.at, this.#now);
    source.buffer = this.sounds.ready.get(stem) ?? null;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(1, at + grain.rise);
    gain.gain.setValueAtTime(1, Math.max(at + grain.rise, at + grain.length - grain.fall));
    gain.gain.linearRampToValueAtTime(0, at + grain.length);
    source.connect(gain).connect(/** @type {Outputs} */ (this.#outputs).stem(stem));
    source.onended = () => (piece.cut.delete(source), gain.disconnect());
    source.start(at, grain.offset, grain.length);
    piece.cut.add(source);
  }

  /** Everything up to a moment ahead; a loop goes on with a new piece, to the sample. */
  #plan() {
    const until = this.#now + this.#ahead;
    for (let piece = this.#pieces.at(-1); piece; piece = this.#pieces.at(-1)) {
      const end = piece.at + (piece.to - piece.from) / this.rate;
      this.#planEvents(piece, until);
      this.#planGrains(piece, until);
      if (end > until) return;
      if (!this.loop) return void (this.#now > end + 0.1 && this.#finish());
      this.#begin(end, this.loop.start);
      this.#pieces = this.#pieces.slice(-3);
    }
  }

  /** @param {Piece} piece @param {number} until context time */
  #planEvents(piece, until) {
    const { events } = this.#score;
    for (; piece.next < events.length; piece.next += 1) {
      const event = events[piece.next];
      const at = piece.at + (event.time - piece.from) / this.rate;
      if (event.time >= piece.to || at >= until) return;
      if (at >= this.#now - 0.005) this.#instruments?.play(event, Math.max(at, this.#now), 1 / this.rate);
    }
  }

  #finish() {
    this.pause();
    this.seek(0);
  }
}
