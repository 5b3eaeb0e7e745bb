/** The sound as a curve: peaks come from the daemon in tiles, each zoom its own, and are kept. */

import { Signal } from "./signal.js";
import { colour } from "./theme.js";

const POINTS = 1024; // a tile
const MAX_TILES = 160; // tiles kept
const FINEST = 1 / 8; // seconds of the shortest tile

/** @typedef {{start: number, end: number, min: number[], max: number[]}} Peaks */

export class Waveform {
  /** @type {Signal<[]>} */
  loaded = new Signal();
  /** @type {Map<string, Peaks | null>} null while on its way */
  #tiles = new Map();
  stem = "mix";

  /** @param {import("./api.js").Api} api @param {string} job @param {number} duration */
  constructor(api, job, duration) {
    this.api = api;
    this.job = job;
    this.duration = duration;
  }

  /** @param {string} stem */
  show(stem) {
    this.stem = stem;
    this.loaded.emit();
  }

  /** The whole song, for the overview. @returns {Peaks | null | undefined} */
  get whole() {
    return this.#tile("whole", 0, this.duration);
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view
   * @param {number} top @param {number} height
   */
  draw(ctx, view, top, height) {
    const length = this.#tileLength(view);
    ctx.fillStyle = colour("wave");
    const first = Math.floor(view.start / length);
    const end = Math.min(view.end, this.duration);
    for (let index = first; index * length < end; index += 1) {
      const tile = length >= this.duration ? this.whole : this.#tile(`${length}:${index}`, index * length, (index + 1) * length);
      const edge = { from: index * length, to: Math.min(end, (index + 1) * length) };
      const found = tile ?? this.whole;
      if (found) drawCurve(ctx, found, view, edge, top + height / 2, height / 2 - 6);
    }
  }

  /** Seconds in a tile, so that a point is at most about a pixel. @param {import("./viewport.js").Viewport} view */
  #tileLength(view) {
    const wanted = POINTS / (view.scale * Math.min(2, devicePixelRatio));
    const length = FINEST * 2 ** Math.max(0, Math.floor(Math.log2(wanted / FINEST)));
    return length >= this.duration / 2 ? this.duration : length;
  }

  /** @param {string} name @param {number} start @param {number} end */
  #tile(name, start, end) {
    const key = `${this.stem} ${name}`;
    if (!this.#tiles.has(key)) this.#fetch(key, start, Math.min(end, this.duration));
    return this.#tiles.get(key);
  }

  /** @param {string} key @param {number} start @param {number} end */
  async #fetch(key, start, end) {
    this.#tiles.set(key, null);
    try {
      const points = key.endsWith("whole") ? 2000 : POINTS;
      this.#tiles.set(key, await this.api.waveform(this.job, this.stem, { points, start, end }));
      this.#trim();
      this.loaded.emit();
    } catch {
      this.#tiles.set(key, { start, end, min: [], max: [] }); // no sound to show; the notes are there all the same
    }
  }

  #trim() {
    for (const key of this.#tiles.keys()) {
      if (this.#tiles.size <= MAX_TILES) return;
      if (!key.endsWith("whole")) this.#tiles.delete(key);
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {Peaks} peaks @param {import("./viewport.js").Viewport} view
 * @param {{from: number, to: number}} edge seconds @param {number} middle @param {number} reach
 */
function drawCurve(ctx, peaks, view, edge, middle, reach) {
  const { start, end, min, max } = peaks;
  const each = (end - start) / min.length;
  if (!min.length) return;
  const from = Math.max(0, Math.floor((Math.max(edge.from, view.start) - start) / each) - 1);
  const to = Math.min(min.length - 1, Math.ceil((Math.min(edge.to, view.end) - start) / each) + 1);
  ctx.beginPath();
  const x = (/** @type {number} */ point) => view.x(start + point * each);
  const top = (/** @type {number} */ i) => middle - max[i] * reach - 0.5;
  const bottom = (/** @type {number} */ i) => middle - min[i] * reach + 0.5;
  for (let i = from; i <= to; i += 1) ctx.lineTo(x(i), top(i));
  ctx.lineTo(x(to + 1), top(to));
  for (let i = to; i >= from; i -= 1) ctx.lineTo(x(i + 1), bottom(i));
  ctx.lineTo(x(from), bottom(from));
  ctx.closePath();
  ctx.fill();
}

/**
 * A small curve of the whole, as the overview and the pictures of the stages show it.
 * @param {CanvasRenderingContext2D} ctx @param {{min: number[], max: number[]}} peaks
 * @param {{x: number, y: number, width: number, height: number}} box
 */
export function drawPeaks(ctx, { min, max }, { x, y, width, height }) {
  const middle = y + height / 2;
  const each = width / Math.max(1, min.length);
  for (let i = 0; i < min.length; i += 1) {
    const up = max[i] * (height / 2);
    ctx.fillRect(x + i * each, middle - up, Math.max(each, 0.7), Math.max(0.7, up - min[i] * (height / 2)));
  }
}
