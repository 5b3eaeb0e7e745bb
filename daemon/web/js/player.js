/** Playback on one clock: the sound as buffers, the notes as events, both planned ahead on the audio context. */

import { countInBeats, createClick } from "./count_in.js";
import { Instruments } from "./instruments.js";
import { Outputs } from "./outputs.js";
import { PlayEvents } from "./play_events.js";
import { SegmentSound, toFrame } from "./segment_sound.js";
import { Signal } from "./signal.js";
import { playSnippet, SNIPPET, snippetStart } from "./snippet.js";
import { StemBuffers } from "./stem_buffers.js";

/** @typedef {{at: number, from: number, to: number, next: number, sound: SegmentSound}} Segment
 * a segment of the song in one go: from context time `at` its seconds `from` to `to`; `next` is the event to plan */

const AHEAD = 0.3; // seconds that are planned
const HIDDEN_AHEAD = 1.6; // a page out of sight is woken once a second
const LEAD = 0.04;
const FETCHED_AHEAD = 20; // seconds of the song
const RATE = 44100; // of all stems; the browser resamples what comes out better than each source
const TICK_MS = 40;

export class Player {
  /** @type {Signal<[]>} playing, side, rate, loop */
  changed = new Signal();
  /** @type {AudioContext | null} */
  context = null;
  playing = false;
  rate = 1;
  /** Is there a bar of clicks before the song starts? */
  countIn = false;
  /** @type {import("./outputs.js").Side} */
  side = "audio";
  /** @type {{start: number, end: number} | null} */
  loop = null;
  duration = 0;
  /** Are there only notes to be heard? */
  noAudio = false;
  /** @type {Set<string>} stems that sound */
  audible = new Set(["mix"]);
  /** @type {Set<string>} parts of the MIDI that do not */
  silent = new Set();
  /** @type {Segment[]} */
  #segments = [];
  /** @type {Outputs | null} */
  #outputs = null;
  /** @type {Instruments | null} */
  #instruments = null;
  /** Once they have their recordings. @type {Promise<void> | undefined} */
  #sampled;
  /** @type {AudioScheduledSourceNode[]} */
  #clicks = [];
  /** @type {import("./notes.js").Grid | null} */
  #grid = null;
  /** @type {Instruments | null} */
  #preview = null;
  #events = new PlayEvents(null);
  #asked = 0; // how often another mix was asked for
  #stoppedAt = 0;
  #timer = 0;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.stems = new StemBuffers(api);
    document.addEventListener("visibilitychange", () => this.playing && this.#plan());
  }

  /** @param {string} job @param {number} duration @param {string[]} [stems] that can be heard, the whole song first */
  open(job, duration, stems = ["mix"]) {
    this.pause();
    this.stems.open(job);
    this.duration = duration;
    this.loop = null;
    this.audible = new Set(stems.slice(0, 1));
    if (this.noAudio || !stems.length) this.side = stems.length ? "audio" : "midi";
    this.noAudio = !stems.length;
    this.silent = new Set();
    this.#stoppedAt = 0;
    this.#updateLevels();
    this.changed.emit();
  }

  /** @param {import("./notes.js").Notes | null} notes what is planned already still sounds as it was */
  setNotes(notes) {
    this.#events = new PlayEvents(notes);
    this.#grid = notes?.grid ?? null;
    const until = this.#now + this.#ahead;
    for (const segment of this.#segments) segment.next = this.#events.indexFrom(Math.max(segment.from, this.#timeAt(segment, until)));
  }

  /** Where the song is, as it is heard. */
  get position() {
    if (!this.playing || !this.context) return this.#stoppedAt;
    const audibleAt = this.#now - (this.context.outputLatency || 0);
    const segment = this.#segments.findLast((each) => each.at <= audibleAt) ?? this.#segments[0];
    return segment ? Math.min(segment.to, Math.max(segment.from, this.#timeAt(segment, audibleAt))) : this.#stoppedAt;
  }

  async play() {
    if (this.#stoppedAt >= this.duration - 0.02) this.#stoppedAt = 0;
    if (this.loop && (this.#stoppedAt < this.loop.start || this.#stoppedAt >= this.loop.end)) this.#stoppedAt = this.loop.start;
    await this.#startContext();
    await this.#load(this.side, this.audible, this.#stoppedAt);
    this.playing = true;
    this.#restart(this.#stoppedAt, this.countIn);
    this.#timer ||= window.setInterval(() => this.#plan(), TICK_MS);
    this.changed.emit();
  }

  pause() {
    if (!this.playing) return;
    this.#stoppedAt = this.position;
    this.playing = false;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#stopSources();
    this.changed.emit();
  }

  /** @param {number} time */
  seek(time) {
    this.#stoppedAt = Math.min(this.duration, Math.max(0, time));
    if (this.playing) this.#resume(this.#stoppedAt);
    this.changed.emit();
  }

  /** @param {{start: number, end: number} | null} loop shorter than 50 ms is none */
  setLoop(loop) {
    const at = this.position;
    this.loop = loop && loop.end - loop.start >= 0.05 ? loop : null;
    if (this.playing) this.#restart(at);
    this.changed.emit();
  }

  /** @param {number} rate 0.5 to 1; the pitch stays */
  setRate(rate) {
    const at = this.position;
    this.rate = rate;
    if (this.playing) this.#restart(at);
    this.changed.emit();
  }

  /** @param {boolean} on */
  setCountIn(on) {
    this.countIn = on;
    this.changed.emit();
  }

  /**
   * What is heard before goes on until all of it can be heard.
   * @param {import("./outputs.js").Side} side @param {Set<string>} stems that sound @param {Set<string>} silent parts of the MIDI that do not
   */
  async setMix(side, stems, silent) {
    this.side = this.noAudio ? "midi" : side;
    const asked = (this.#asked += 1);
    this.changed.emit();
    if (this.context) await this.#load(this.side, stems, this.position);
    if (asked !== this.#asked) return;
    this.silent = silent;
    this.audible = stems;
    this.#updateLevels();
    if (this.playing) this.#plan();
  }

  /**
   * A few moments of the sound, one after the other.
   * @param {number[]} onsets seconds @param {string} stem
   */
  async audition(onsets, stem) {
    await this.#startContext();
    this.pause();
    const context = /** @type {AudioContext} */ (this.context);
    const chunks = await Promise.all(onsets.map((onset) => this.stems.load(context, stem, snippetStart(onset))));
    const { master } = /** @type {Outputs} */ (this.#outputs);
    const at = context.currentTime + LEAD;
    chunks.forEach((chunk, turn) => playSnippet(context, master, chunk, { from: snippetStart(onsets[turn]), at: at + turn * SNIPPET }));
  }

  /** One note of the MIDI, or one drum, whatever else is to be heard. @param {string} part @param {{pitch: number, velocity: number, duration: number, label?: string}} note */
  async playNote(part, { pitch, velocity, duration, label }) {
    await this.#startContext();
    const context = /** @type {AudioContext} */ (this.context);
    this.#preview ??= new Instruments(context, () => /** @type {Outputs} */ (this.#outputs).master);
    await this.#preview.load();
    if (!label) this.#preview.silence();
    this.#preview.play({ time: 0, part, label, pitch, velocity, duration: Math.min(1, duration) }, context.currentTime + LEAD);
  }

  /** The context may only start in answer to the user. */
  async #startContext() {
    this.context ??= new AudioContext({ latencyHint: "interactive", sampleRate: RATE });
    if (!this.#outputs) {
      const outputs = new Outputs(this.context);
      this.#outputs = outputs;
      this.#instruments = new Instruments(this.context, (part) => outputs.part(part));
      this.#updateLevels();
    }
    if (this.context.state === "suspended") await this.context.resume();
  }

  get #now() {
    return this.context?.currentTime ?? 0;
  }

  get #ahead() {
    return document.hidden ? HIDDEN_AHEAD : AHEAD;
  }

  /** @param {Segment} segment @param {number} at context time */
  #timeAt(segment, at) {
    return segment.from + (at - segment.at) * this.rate;
  }

  #updateLevels() {
    this.#outputs?.setLevels(this.side, this.audible, this.silent);
  }

  /** What is heard of a side at a time. The song does not wait for the instruments, nor behind their files. @param {import("./outputs.js").Side} side @param {Set<string>} stems @param {number} time */
  async #load(side, stems, time) {
    const context = /** @type {AudioContext} */ (this.context);
    const sounds = Promise.all([...stems].map((stem) => this.stems.load(context, stem, time)));
    if (side === "audio") await sounds;
    this.#sampled ??= this.#instruments?.load();
    if (side !== "audio") await Promise.all([sounds, this.#sampled]);
  }

  #stopSources() {
    for (const segment of this.#segments) segment.sound.stop();
    for (const click of this.#clicks) (click.stop(), click.disconnect());
    this.#clicks = [];
    this.#segments = [];
    this.#instruments?.silence();
  }

  /** From another place, as soon as there is something to hear of it. @param {number} from */
  async #resume(from) {
    if ([...this.audible].every((stem) => this.stems.ready.get(stem)?.chunkAt(from))) return this.#restart(from);
    this.#stopSources();
    await this.#load(this.side, this.audible, from).catch(() => {});
    if (this.playing && this.#stoppedAt === from && !this.#segments.length) this.#restart(from);
  }

  /** @param {number} from @param {boolean} [countIn] */
  #restart(from, countIn = false) {
    this.#stopSources();
    const at = toFrame(this.#now + LEAD, RATE);
    this.#beginSegment(countIn ? this.#planCountIn(at, from) : at, from);
    this.#plan();
  }

  /** @param {number} at context time @param {number} from @returns {number} context time of its end */
  #planCountIn(at, from) {
    const before = countInBeats(this.#grid, from).map((seconds) => seconds / this.rate);
    const [context, { master }] = [/** @type {AudioContext} */ (this.context), /** @type {Outputs} */ (this.#outputs)];
    this.#clicks = before.map((seconds, i) => createClick(context, master, at + before[0] - seconds, i === 0));
    return at + before[0];
  }

  /** @param {number} begin context time @param {number} start second of the song */
  #beginSegment(begin, start) {
    const [at, from] = [toFrame(begin - 1e-6, RATE), Math.round(start * RATE) / RATE];
    const to = this.loop && from < this.loop.end ? this.loop.end : this.duration;
    const playback = { context: /** @type {AudioContext} */ (this.context), outputs: /** @type {Outputs} */ (this.#outputs), stems: this.stems };
    const sound = new SegmentSound({ at, from, to, rate: this.rate }, playback, this.#events.onsets, [...this.audible][0]);
    this.#segments.push({ at, from, to, next: this.#events.indexFrom(from - 1e-6), sound });
  }

  /** Everything up to a moment ahead; a loop goes on with a new segment, to the sample. */
  #plan() {
    const until = this.#now + this.#ahead;
    for (const segment of this.#segments.slice(0, -1)) segment.sound.plan(this.audible, until);
    for (let segment = this.#segments.at(-1); segment; segment = this.#segments.at(-1)) {
      const end = segment.at + (segment.to - segment.from) / this.rate;
      this.#planEvents(segment, until);
      segment.sound.plan(this.audible, until);
      this.#prefetch(segment);
      if (end > until) return;
      if (!this.loop) return void (this.#now > end + 0.1 && this.#rewind());
      this.#beginSegment(end, this.loop.start);
      this.#segments = this.#segments.slice(-3);
    }
  }

  /** What sounds soon, and where the loop starts again. @param {Segment} segment */
  #prefetch(segment) {
    const now = Math.max(segment.from, this.#timeAt(segment, this.#now));
    for (const stem of this.audible) {
      this.stems.ready.get(stem)?.prefetch(now, Math.min(segment.to, now + FETCHED_AHEAD));
      if (this.loop && now + FETCHED_AHEAD > segment.to) this.stems.ready.get(stem)?.prefetch(this.loop.start, this.loop.start);
    }
  }

  /** @param {Segment} segment @param {number} until context time */
  #planEvents(segment, until) {
    const { events } = this.#events;
    for (; segment.next < events.length; segment.next += 1) {
      const event = events[segment.next];
      const at = segment.at + (event.time - segment.from) / this.rate;
      if (event.time >= segment.to || at >= until) return;
      if (at >= this.#now - 0.005) this.#instruments?.play(event, Math.max(at, this.#now), 1 / this.rate);
    }
  }

  #rewind() {
    this.pause();
    this.seek(0);
  }
}
