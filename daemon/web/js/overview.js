/** The whole song in a strip, with the part that is seen: a click puts the playhead there, dragging moves the part. */

import { byId } from "./dom.js";
import { Signal } from "./signal.js";
import { formatTime } from "./texts.js";
import { colour, drumColour, themeChanged } from "./theme.js";
import { drawPeaks } from "./waveform.js";

const SLACK = 4; // pixels before a press becomes a drag

export class Overview {
  /** A click. @type {Signal<[seconds: number]>} */
  sought = new Signal();
  #frame = 0;
  /** Where the press began, NaN once it is a drag. */
  #from = NaN;

  /** @param {import("./timeline.js").Timeline} timeline */
  constructor(timeline) {
    this.timeline = timeline;
    this.view = timeline.view;
    this.root = byId("overview");
    /** @type {HTMLCanvasElement} */
    this.canvas = byId("overview-canvas");
    this.window = byId("overview-window");
    this.view.changed.on(() => this.#showWindow());
    timeline.layoutChanged.on(() => (this.refresh(), this.#showWindow()));
    themeChanged.on(() => this.refresh());
    new ResizeObserver(() => (this.refresh(), this.#showWindow())).observe(this.root);
    this.#listen();
  }

  refresh() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #listen() {
    const at = (/** @type {PointerEvent} */ event) => event.clientX - this.root.getBoundingClientRect().left;
    this.root.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      this.root.setPointerCapture(event.pointerId);
      this.#from = at(event);
    });
    this.root.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!this.root.hasPointerCapture(event.pointerId) || Math.abs(at(event) - this.#from) < SLACK) return;
      this.#from = NaN;
      this.#centreAt(at(event));
    });
    this.root.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
      if (Number.isNaN(this.#from)) return;
      this.#centreAt(at(event));
      this.sought.emit(this.#timeAt(at(event)));
    });
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const way = { ArrowLeft: -0.25, ArrowRight: 0.25, PageUp: -1, PageDown: 1, Home: -1e6, End: 1e6 }[event.key];
      if (way === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.view.pan(way * this.view.span);
    });
  }

  /** @param {number} x */
  #centreAt(x) {
    this.view.pan(this.#timeAt(x) - (this.view.start + this.view.span / 2));
  }

  /** @param {number} x */
  #timeAt(x) {
    return Math.min(1, Math.max(0, x / this.root.clientWidth)) * this.view.duration;
  }

  #showWindow() {
    const each = this.root.clientWidth / this.view.duration;
    this.window.style.transform = `translateX(${this.view.start * each}px)`;
    this.window.style.width = `${Math.max(6, Math.min(this.view.span, this.view.duration) * each)}px`;
    this.root.setAttribute("aria-valuenow", String(Math.round(this.view.start)));
    this.root.setAttribute("aria-valuemax", String(Math.round(this.view.duration)));
    this.root.setAttribute("aria-valuetext", `${formatTime(this.view.start, 0)} to ${formatTime(Math.min(this.view.end, this.view.duration), 0)}`);
  }

  #draw() {
    this.#frame = 0;
    const [width, height, ratio] = [this.root.clientWidth, this.root.clientHeight, devicePixelRatio || 1];
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    ctx.scale(ratio, ratio);
    const peaks = this.timeline.wave?.whole;
    ctx.fillStyle = colour("wave-far");
    if (peaks) drawPeaks(ctx, peaks, { x: 0, y: 3, width, height: height - 6 });
    this.#drawHits(ctx, width, height);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} width @param {number} height */
  #drawHits(ctx, width, height) {
    const lanes = [...this.timeline.lanes.values()];
    lanes.forEach((lane, row) => {
      ctx.fillStyle = drumColour(lane.drum);
      const y = 4 + ((height - 8) * (row + 0.5)) / lanes.length;
      for (const hit of lane.hits) ctx.fillRect((hit.time / this.view.duration) * width, y - 1, 1.2, 2);
    });
  }
}
