/** The piano roll of a pitched part. */

import { shiftNote } from "./note_changes.js";
import { firstIndexFrom } from "./notes.js";
import { colour, partColour } from "./theme.js";

/** @typedef {import("./notes.js").Note} Note */
/** @typedef {import("./bands.js").Band} Band */
/** @typedef {import("./viewport.js").Viewport} Viewport */
/** @typedef {{selection: Set<number>, shift: import("./note_changes.js").Shift | null}} State of a roll: what is selected in it, and dragged */

const PAD = 8;
const BLACK = new Set([1, 3, 6, 8, 10]);
const LEAST = 6; // semitones around the middle that are shown at least
const REACH = 5; // pixels to a note that the pointer may miss
const EDGE = 5; // pixels at the ends of a note that change its length
const GRIPS_FROM = 18; // pixels of a note from which its ends can be taken
const ROUND_FROM = 8; // pixels of a note from which its corners are round
const MIDDLES = { bass: 40, vocals: 60, guitar: 52, piano: 60, other: 60 };

export class PianoRoll {
  /** @param {string} part @param {Note[]} notes by time */
  constructor(part, notes) {
    this.part = part;
    this.notes = notes;
    this.longest = Math.max(0, ...notes.map((note) => note.duration));
    const usual = MIDDLES[/** @type {keyof typeof MIDDLES} */ (part)] ?? 60;
    const pitches = notes.length ? notes.map((note) => note.pitch) : [usual];
    this.middle = Math.round((Math.min(...pitches) + Math.max(...pitches)) / 2);
    this.low = Math.max(0, Math.min(Math.min(...pitches), this.middle - LEAST));
    this.high = Math.min(127, Math.max(Math.max(...pitches), this.middle + LEAST));
  }

  /** @param {Band} band */
  rowHeight(band) {
    return (band.height - 2 * PAD) / (this.high - this.low + 1);
  }

  /** @param {Band} band @param {number} y @returns {number} */
  pitchAt(band, y) {
    return Math.min(this.high, Math.max(this.low, this.high - Math.floor((y - band.top - PAD) / this.rowHeight(band))));
  }

  /** @param {Band} band @param {number} pitch */
  #y(band, pitch) {
    return band.top + PAD + (this.high - pitch) * this.rowHeight(band);
  }

  /** @param {number} from @param {number} to seconds @returns {Note[]} that sound in between */
  notesBetween(from, to) {
    const some = this.notes.slice(firstIndexFrom(this.notes, from - this.longest), firstIndexFrom(this.notes, to));
    return some.filter((note) => note.time + note.duration >= from);
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {Viewport} view @param {Band} band @param {State} state
   */
  draw(ctx, view, band, { selection, shift }) {
    this.#drawKeys(ctx, view, band);
    const [fill, edge, ground] = [partColour(this.part), colour("text"), colour("timeline")];
    ctx.fillStyle = fill;
    for (const note of this.notesBetween(view.start, view.end)) if (!selection.has(note.id)) this.#drawNote(ctx, view, band, note);
    for (const note of selection.size ? this.notes.filter(({ id }) => selection.has(id)) : []) {
      const { velocity } = note;
      const moved = shift ? shiftNote(note, shift) : note;
      if (view.x(moved.time) > view.width || view.x(moved.time + moved.duration) < 0) continue;
      for (const [shade, level, rim] of /** @type {[string, number, number][]} */ ([[edge, 127, 1.5], [ground, 127, 0], [fill, velocity, 0]])) {
        ctx.fillStyle = shade;
        this.#drawNote(ctx, view, band, { ...moved, velocity: level }, rim);
      }
    }
    ctx.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Viewport} view @param {Band} band
   * @param {{time: number, duration: number, pitch: number, velocity: number}} note @param {number} [rim] pixels around it */
  #drawNote(ctx, view, band, { time, duration, pitch, velocity }, rim = 0) {
    const row = this.rowHeight(band);
    const height = Math.max(2.5, row - 1);
    const y = Math.min(band.top + band.height - height - 1, Math.max(band.top + 1, this.#y(band, pitch) + 0.5)) - rim;
    const [x, width] = [view.x(time) - rim, Math.max(2, duration * view.scale - 1) + 2 * rim];
    ctx.globalAlpha = 0.45 + 0.55 * (velocity / 127);
    if (width < ROUND_FROM) return ctx.fillRect(x, y, width, height + 2 * rim); // a path takes many times as long
    ctx.beginPath();
    ctx.roundRect(x, y, width, height + 2 * rim, Math.min(3, row / 3));
    ctx.fill();
  }

  /**
   * The note under the pointer, and which of its ends.
   * @param {Viewport} view @param {Band} band @param {number} x @param {number} y
   * @returns {{note: Note, edge: "" | "start" | "end"} | undefined}
   */
  noteAt(view, band, x, y) {
    const height = this.rowHeight(band);
    const away = (/** @type {Note} */ note) => Math.abs(this.#y(band, note.pitch) + height / 2 - y);
    const note = this.notesBetween(view.time(x - REACH), view.time(x + REACH) + 1e-9)
      .filter((each) => away(each) <= height / 2 + REACH && x <= view.x(each.time + each.duration) + REACH && x >= view.x(each.time) - REACH)
      .sort((a, b) => away(a) - away(b))[0];
    if (!note) return undefined;
    const [start, end] = [view.x(note.time), view.x(note.time + note.duration)];
    if (end - start < GRIPS_FROM) return { note, edge: "" };
    return { note, edge: x > end - EDGE ? "end" : x < start + EDGE ? "start" : "" };
  }

  /** @param {Viewport} view @param {Band} band @param {{left: number, right: number, top: number, bottom: number}} box in pixels */
  notesInside(view, band, { left, right, top, bottom }) {
    const inside = (/** @type {Note} */ { pitch }) => this.#y(band, pitch) < bottom && this.#y(band, pitch) + this.rowHeight(band) > top;
    return this.notesBetween(view.start + left / view.scale, view.start + right / view.scale).filter(inside);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Viewport} view @param {Band} band */
  #drawKeys(ctx, view, band) {
    const row = this.rowHeight(band);
    ctx.fillStyle = colour("key-black");
    for (let pitch = this.low; pitch <= this.high; pitch += 1) {
      if (BLACK.has(pitch % 12)) ctx.fillRect(0, this.#y(band, pitch), view.width, row);
    }
  }
}
