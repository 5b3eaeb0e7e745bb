/** Which part of the song is seen, and where a moment of it lies on the screen. */

import { Signal } from "./signal.js";

const MAX_SCALE = 2400; // pixels per second: 1 ms is still seen
const MARGIN = 0.08; // of the width
const INITIAL_SCALE = 44; // pixels per second when a song is opened: two bars a hand's breadth

export class Viewport {
  /** @type {Signal<[]>} */
  changed = new Signal();
  start = 0;
  scale = 100;
  width = 800;
  duration = 1;

  /** @param {number} time @returns {number} pixels from the left edge */
  x(time) {
    return (time - this.start) * this.scale;
  }

  /** @param {number} x */
  time(x) {
    return Math.min(this.duration, Math.max(0, this.start + x / this.scale));
  }

  get end() {
    return this.start + this.width / this.scale;
  }

  get span() {
    return this.width / this.scale;
  }

  /** @param {number} width */
  resize(width) {
    const whole = this.scale <= this.#minScale * 1.001;
    this.width = width;
    this.#move(whole ? 0 : this.start, whole ? this.#minScale : this.scale);
  }

  /** @param {number} duration */
  open(duration) {
    this.duration = Math.max(0.1, duration);
    this.show(0, Math.min(this.duration, this.width / INITIAL_SCALE));
  }

  /** @param {number} start @param {number} end */
  show(start, end) {
    this.#move(start, this.width / Math.max(0.02, end - start));
  }

  fit() {
    this.show(0, this.duration);
  }

  /** @param {number} seconds */
  pan(seconds) {
    this.#move(this.start + seconds, this.scale);
  }

  /** @param {number} factor above 1 is closer @param {number} [x] the place that stays */
  zoom(factor, x = this.width / 2) {
    const time = this.start + x / this.scale;
    const scale = this.#boundScale(this.scale * factor);
    this.#move(time - x / scale, scale);
  }

  /** Brings `time` into view if it is not. @param {number} time @param {boolean} [paging] as when a page is turned */
  reveal(time, paging = false) {
    const margin = this.span * MARGIN;
    if (time >= this.start + (paging ? 0 : margin / 2) && time <= this.end - margin) return;
    this.#move(time - (paging ? margin : this.span / 2), this.scale);
  }

  get #minScale() {
    return this.width / this.duration;
  }

  /** @param {number} scale */
  #boundScale(scale) {
    return Math.min(MAX_SCALE, Math.max(this.#minScale, scale));
  }

  /** @param {number} start @param {number} scale */
  #move(start, scale) {
    const bounded = this.#boundScale(scale);
    const latest = Math.max(0, this.duration - this.width / bounded);
    const from = Math.min(latest, Math.max(0, start));
    if (from === this.start && bounded === this.scale) return;
    this.start = from;
    this.scale = bounded;
    this.changed.emit();
  }
}
