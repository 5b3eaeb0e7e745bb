/** The picture of the song: one canvas, drawn anew only when something changed, and only what is seen. */

import { layoutBands, totalHeight } from "./bands.js";
import { byId } from "./dom.js";
import { Lane } from "./lanes.js";
import { Bars } from "./notes.js";
import { PianoRoll } from "./piano_roll.js";
import { drawChords, drawGrid, drawRuler } from "./ruler.js";
import { Signal } from "./signal.js";
import { colour, themeChanged } from "./theme.js";

/** @typedef {import("./bands.js").Band} Band */

const SMALL = 700; // pixels of the window
const BELOW = 10; // pixels left free under the lanes

export class Timeline {
  /** @type {Signal<[]>} the bands changed */
  layoutChanged = new Signal();
  /** @type {Band[]} */
  bands = [];
  /** @type {Map<string, Lane>} */
  lanes = new Map();
  /** @type {Map<string, PianoRoll>} */
  rolls = new Map();
  /** @type {import("./song.js").Song | null} */
  song = null;
  /** @type {import("./waveform.js").Waveform | null} */
  wave = null;
  /** @type {ImageBitmap | null} shown in place of the curve */
  spectrogram = null;
  /** @type {number | null} the cluster that stands out */
  highlighted = null;
  /** How far the selected hits are being dragged, in seconds. */
  shift = 0;
  /** @type {import("./note_changes.js").Shift | null} how the selected notes are being dragged */
  noteShift = null;
  bars = new Bars({ beats: [], downbeats: [], bpm: 0, numerator: 4, denominator: 4, confidence: 0 }, 1);
  #frame = 0;

  /** @param {import("./viewport.js").Viewport} view */
  constructor(view) {
    this.view = view;
    this.element = byId("timeline");
    /** @type {HTMLCanvasElement} */
    this.canvas = byId("timeline-canvas");
    this.ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    view.changed.on(() => this.refresh());
    themeChanged.on(() => this.refresh());
    new ResizeObserver(() => this.#resize()).observe(this.element);
    addEventListener("resize", () => this.#resize());
    document.fonts?.ready.then(() => this.refresh());
  }

  /** @param {import("./song.js").Song} song @param {import("./waveform.js").Waveform} wave */
  open(song, wave) {
    this.song = song;
    this.wave = wave;
    this.spectrogram = null;
    this.highlighted = null;
    wave.loaded.on(() => this.refresh());
    song.changed.on(() => this.song === song && this.#layout());
    song.selectionChanged.on(() => this.refresh());
    if (!song.notes) return;
    this.view.resize(Math.max(50, this.element.clientWidth));
    this.view.open(song.notes.duration);
    this.#layout();
  }

  /** @param {number | null} cluster */
  highlight(cluster) {
    this.highlighted = cluster;
    this.refresh();
  }

  /** Drawn at the next frame; asking twice costs nothing. */
  refresh() {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  /** @param {number} y @returns {Band | undefined} */
  bandAt(y) {
    return this.bands.find((band) => y >= band.top && y < band.top + band.height);
  }

  /** @param {Band} band @param {number} x @param {number} y */
  hitAt(band, x, y) {
    return band.kind === "lane" ? this.lanes.get(band.name)?.hitAt(this.view, band, x, y) : undefined;
  }

  /** @param {Band} band @param {number} x @param {number} y */
  noteAt(band, x, y) {
    return this.rolls.get(band.name)?.noteAt(this.view, band, x, y);
  }

  /**
   * The hits whose heads lie in a rectangle: a span of time and, through the height, of velocity.
   * @param {{left: number, right: number, top: number, bottom: number}} box in pixels
   */
  hitsInside({ left, right, top, bottom }) {
    const lanes = this.bands.filter((band) => band.kind === "lane" && band.top < bottom && band.top + band.height > top);
    return lanes.flatMap((band) => {
      const lane = /** @type {Lane} */ (this.lanes.get(band.name));
      const some = lane.hitsBetween(this.view.start + left / this.view.scale, this.view.start + right / this.view.scale);
      return some.filter((hit) => lane.y(band, hit) >= top && lane.y(band, hit) <= bottom);
    });
  }

  #layout() {
    const notes = this.song?.notes;
    if (!notes) return;
    this.bars = new Bars(notes.grid, notes.duration);
    this.bands = this.#arrange(notes);
    const named = (/** @type {string} */ kind) => this.bands.filter((band) => band.kind === kind).map((band) => band.name);
    this.lanes = new Map(named("lane").map((drum) => [drum, new Lane(drum, notes)]));
    this.rolls = new Map(named("roll").map((part) => [part, new PianoRoll(part, notes.parts.get(part) ?? [])]));
    this.element.style.height = `${totalHeight(this.bands)}px`;
    this.#fitCanvas();
    this.layoutChanged.emit();
    this.refresh();
  }

  /** All lanes are seen at once where the window is high enough. @param {import("./notes.js").Notes} notes */
  #arrange(notes) {
    const top = this.element.getBoundingClientRect().top + scrollY;
    return layoutBands(notes, innerWidth < SMALL, innerWidth < SMALL ? Infinity : innerHeight - top - BELOW);
  }

  #resize() {
    if (this.song?.notes && totalHeight(this.#arrange(this.song.notes)) !== totalHeight(this.bands)) this.#layout();
    this.view.resize(Math.max(50, this.element.clientWidth));
    this.#fitCanvas();
    this.refresh();
  }

  #fitCanvas() {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(this.view.width * ratio), Math.round(totalHeight(this.bands) * ratio)];
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
  }

  #draw() {
    this.#frame = 0;
    const { ctx, view } = this;
    const height = totalHeight(this.bands);
    const ratio = devicePixelRatio || 1;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = colour("timeline");
    ctx.fillRect(0, 0, view.width, height);
    this.#drawBackgrounds();
    drawGrid(ctx, view, this.bars, 0, height);
    for (const band of this.bands) this.#drawBand(band);
  }

  #drawBackgrounds() {
    for (const band of this.bands) {
      this.ctx.fillStyle = colour(band.kind === "wave" ? "timeline-wave" : "line");
      if (band.kind === "wave") this.ctx.fillRect(0, band.top, this.view.width, band.height);
      else this.ctx.fillRect(0, band.top + band.height - 1, this.view.width, 1);
    }
  }

  /** @param {string} part @returns {import("./piano_roll.js").State} */
  #stateOf(part) {
    const { song } = this;
    return song?.part === part ? { selection: song.noteSelection, shift: this.noteShift } : { selection: new Set(), shift: null };
  }

  /** @param {Band} band */
  #drawBand(band) {
    const { ctx, view } = this;
    const state = { selection: this.song?.selection ?? new Set(), highlighted: this.highlighted, shift: this.shift };
    if (band.kind === "ruler") drawRuler(ctx, view, this.bars, band.height, this.song?.notes?.sections ?? []);
    else if (band.kind === "lane") this.lanes.get(band.name)?.draw(ctx, view, band, state);
    else if (band.kind === "roll") this.rolls.get(band.name)?.draw(ctx, view, band, this.#stateOf(band.name));
    else if (this.spectrogram) this.#drawSpectrogram(this.spectrogram, band);
    else this.wave?.draw(ctx, view, band.top, band.height);
    if (band.kind === "wave") drawChords(ctx, view, this.song?.notes?.chords ?? [], band.top + band.height - 10);
  }

  /** @param {ImageBitmap} picture of the whole song @param {Band} band */
  #drawSpectrogram(picture, band) {
    const { view } = this;
    const each = picture.width / view.duration;
    const width = Math.min(view.span, view.duration - view.start);
    this.ctx.drawImage(
      picture, view.start * each, 0, Math.max(1, width * each), picture.height,
      0, band.top, width * view.scale, band.height,
    );
  }
}
