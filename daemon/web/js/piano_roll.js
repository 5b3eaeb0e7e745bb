/** The piano roll of a pitched part. */

import { firstIndexFrom } from "./notes.js";
import { colour, partColour } from "./theme.js";

/** @typedef {import("./notes.js").Note} Note */
const PAD = 8;
const BLACK = new Set([1, 3, 6, 8, 10]);

export class PianoRoll {
  /** @param {string} part @param {Note[]} notes */
  constructor(part, notes) {
    this.part = part;
    this.notes = [...notes].sort((a, b) => a.time - b.time);
    this.longest = Math.max(0, ...this.notes.map((note) => note.duration));
    const pitches = this.notes.map((note) => note.pitch);
    const middle = Math.round((Math.min(...pitches) + Math.max(...pitches)) / 2);
    this.low = Math.min(Math.min(...pitches), middle - 6);
    this.high = Math.max(Math.max(...pitches), middle + 6);
  }

  /** @param {import("./bands.js").Band} band */
  #rowHeight(band) {
    return (band.height - 2 * PAD) / (this.high - this.low + 1);
  }

  /** @param {import("./bands.js").Band} band @param {number} pitch */
  #y(band, pitch) {
    return band.top + PAD + (this.high - pitch) * this.#rowHeight(band);
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view
   * @param {import("./bands.js").Band} band @param {Note | null} focused
   */
  draw(ctx, view, band, focused) {
    const row = this.#rowHeight(band);
    this.#drawKeys(ctx, view, band, row);
    ctx.fillStyle = partColour(this.part);
    const first = firstIndexFrom(this.notes, view.start - this.longest);
    for (let i = first; i < this.notes.length && this.notes[i].time < view.end; i += 1) {
      const note = this.notes[i];
      const width = Math.max(2, note.duration * view.scale - 1);
      ctx.globalAlpha = 0.45 + 0.55 * (note.velocity / 127);
      ctx.beginPath();
      ctx.roundRect(view.x(note.time), this.#y(band, note.pitch) + 0.5, width, Math.max(2.5, row - 1), Math.min(3, row / 3));
      ctx.fill();
      if (note !== focused) continue;
      ctx.globalAlpha = 1;
      ctx.strokeStyle = colour("text");
      ctx.lineWidth = 2;
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view
   * @param {import("./bands.js").Band} band @param {number} row */
  #drawKeys(ctx, view, band, row) {
    ctx.fillStyle = colour("key-black");
    for (let pitch = this.low; pitch <= this.high; pitch += 1) {
      if (BLACK.has(pitch % 12)) ctx.fillRect(0, this.#y(band, pitch), view.width, row);
    }
  }
}
