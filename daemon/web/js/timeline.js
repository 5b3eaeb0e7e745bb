/** The picture of the song: one canvas, drawn anew only when something changed, and only what is seen. */

import { heightOf, stack } from "./bands.js";
import { byId } from "./dom.js";
import { Lane } from "./lanes.js";
import { Bars } from "./notes.js";
import { Roll } from "./roll.js";
import { drawChords, drawGrid, drawRuler } from "./ruler.js";
import { Signal } from "./signal.js";
import { colour, themeChanged } from "./theme.js";

/** @typedef {import("./bands.js").Band} Band */

const SMALL = 700; // pixels of the window

export class Timeline {
  /** @type {Signal<[]>} the bands are others now */
  stacked = new Signal();
  /** @type {Signal<[]>} */
  drawn = new Signal();
  /** @type {Band[]} */
  bands = [];
  /** @type {Map<string, Lane>} */
  lanes = new Map();
  /** @type {Map<string, Roll>} */
  rolls = new Map();
  /** @type {import("./song.js").Song | null} */
  song = null;
  /** @type {import("./wave.js").Wave | null} */
  wave = null;
  /** @type {ImageBitmap | null} shown in place of the curve */
  spectrogram = null;
  /** @type {import("./notes.js").Note | null} */
  pointed = null;
  /** @type {number | null} the cluster that stands out */
  lit = null;
  /** How far the selection is being dragged, in seconds. */
  shift = 0;
  bars = new Bars({ beats: [], downbeats: [], bpm: 0, numerator: 4, denominator: 4, confidence: 0 }, 1);
  #asked = 0;

  /** @param {import("./view.js").View} view */
  constructor(view) {
    this.view = view;
    this.sheet = byId("sheet");
    /** @type {HTMLCanvasElement} */
    this.canvas = byId("picture");
    this.ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    view.changed.on(() => this.refresh());
    themeChanged.on(() => this.refresh());
    new ResizeObserver(() => this.#resized()).observe(this.sheet);
    document.fonts?.ready.then(() => this.refresh());
  }

  /** @param {import("./song.js").Song} song @param {import("./wave.js").Wave} wave */
  open(song, wave) {
    this.song = song;
    this.wave = wave;
    this.spectrogram = null;
    this.pointed = null;
    this.lit = null;
    wave.arrived.on(() => this.refresh());
    song.changed.on(() => this.song === song && this.#arrange());
    song.selected.on(() => this.refresh());
    if (!song.notes) return;
    this.view.resize(Math.max(50, this.sheet.clientWidth));
    this.view.open(song.notes.duration);
    this.#arrange();
  }

  /** @param {import("./notes.js").Note | null} note that the keyboard is at */
  point(note) {
    this.pointed = note;
    this.refresh();
  }

  /** @param {number | null} cluster */
  light(cluster) {
    this.lit = cluster;
    this.refresh();
  }

  /** Drawn at the next frame; asking twice costs nothing. */
  refresh() {
    if (!this.#asked) this.#asked = requestAnimationFrame(() => this.#draw());
  }

  /** @param {number} y @returns {Band | undefined} */
  bandAt(y) {
    return this.bands.find((band) => y >= band.top && y < band.top + band.height);
  }

  /** @param {Band} band @param {number} x @param {number} y */
  pick(band, x, y) {
    return band.kind === "lane" ? this.lanes.get(band.name)?.pick(this.view, band, x, y) : undefined;
  }

  /**
   * The hits whose heads lie in a rectangle: a span of time and, through the height, of velocity.
   * @param {{left: number, right: number, top: number, bottom: number}} box in pixels
   */
  inside({ left, right, top, bottom }) {
    const lanes = this.bands.filter((band) => band.kind === "lane" && band.top < bottom && band.top + band.height > top);
    return lanes.flatMap((band) => {
      const lane = /** @type {Lane} */ (this.lanes.get(band.name));
      const some = lane.within(this.view.start + left / this.view.scale, this.view.start + right / this.view.scale);
      return some.filter((hit) => lane.y(band, hit) >= top && lane.y(band, hit) <= bottom);
    });
  }

  #arrange() {
    const notes = this.song?.notes;
    if (!notes) return;
    this.bars = new Bars(notes.grid, notes.duration);
    this.bands = stack(notes, innerWidth < SMALL);
    const named = (/** @type {string} */ kind) => this.bands.filter((band) => band.kind === kind).map((band) => band.name);
    this.lanes = new Map(named("lane").map((drum) => [drum, new Lane(drum, notes)]));
    this.rolls = new Map(named("roll").map((part) => [part, new Roll(part, notes.parts.get(part) ?? [])]));
    this.sheet.style.height = `${heightOf(this.bands)}px`;
    this.#fitCanvas();
    this.stacked.say();
    this.refresh();
  }

  #resized() {
    const small = innerWidth < SMALL;
    if (this.song?.notes && stack(this.song.notes, small)[0].height !== this.bands[0]?.height) this.#arrange();
    this.view.resize(Math.max(50, this.sheet.clientWidth));
    this.#fitCanvas();
    this.refresh();
  }

  #fitCanvas() {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(this.view.width * ratio), Math.round(heightOf(this.bands) * ratio)];
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
  }

  #draw() {
    this.#asked = 0;
    const { ctx, view } = this;
    const height = heightOf(this.bands);
    const ratio = devicePixelRatio || 1;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = colour("sheet");
    ctx.fillRect(0, 0, view.width, height);
    this.#backgrounds();
    drawGrid(ctx, view, this.bars, 0, height);
    for (const band of this.bands) this.#drawBand(band);
    this.drawn.say();
  }

  #backgrounds() {
    for (const band of this.bands) {
      this.ctx.fillStyle = colour(band.kind === "wave" ? "sheet-wave" : "line");
      if (band.kind === "wave") this.ctx.fillRect(0, band.top, this.view.width, band.height);
      else this.ctx.fillRect(0, band.top + band.height - 1, this.view.width, 1);
    }
  }

  /** @param {Band} band */
  #drawBand(band) {
    const { ctx, view } = this;
    const state = { selection: this.song?.selection ?? new Set(), lit: this.lit, shift: this.shift };
    if (band.kind === "ruler") drawRuler(ctx, view, this.bars, band.height);
    else if (band.kind === "lane") this.lanes.get(band.name)?.draw(ctx, view, band, state);
    else if (band.kind === "roll") this.rolls.get(band.name)?.draw(ctx, view, band, this.pointed);
    else if (this.spectrogram) this.#spectrum(this.spectrogram, band);
    else this.wave?.draw(ctx, view, band.top, band.height);
    if (band.kind === "wave") drawChords(ctx, view, this.song?.notes?.chords ?? [], band.top + band.height - 10);
  }

  /** @param {ImageBitmap} picture of the whole song @param {Band} band */
  #spectrum(picture, band) {
    const { view } = this;
    const each = picture.width / view.duration;
    const width = Math.min(view.span, view.duration - view.start);
    this.ctx.drawImage(
      picture, view.start * each, 0, Math.max(1, width * each), picture.height,
      0, band.top, width * view.scale, band.height,
    );
  }
}
