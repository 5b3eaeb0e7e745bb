/** What happens while the song is worked on: each stem's spectrogram as it grows, and the network with its layers. */

import { byId, el, syncList } from "./dom.js";
import { drawNetwork } from "./network_view.js";
import { title } from "./texts.js";
import { colour, partColour, themeChanged } from "./theme.js";

const PERIOD_MS = 400;
const [LOW, HIGH, ALL] = [44, 104, 220]; // pixels: a row, and all of them if they fit

export class Inside {
  /** @type {any} */
  #job = null;
  /** @type {import("./network_view.js").NetworkState | null} */
  #state = null;
  /** A byte for each column, part and band. @type {Uint8Array} */
  #levels = new Uint8Array();
  #timer = 0;
  #asking = false;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    themeChanged.on(() => this.#show());
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  /** @param {any} job */
  open(job) {
    this.#state = null;
    this.#levels = new Uint8Array();
    this.update(job);
  }

  /** @param {any} job */
  update(job) {
    this.#job = job;
    if (job.state !== "running") this.#state = null;
    this.#show();
    this.#ask();
  }

  /** Again and again while the job runs and somebody looks. */
  async #ask() {
    if (this.#asking || this.#timer || this.#job?.state !== "running" || document.hidden) return;
    this.#asking = true;
    const { id } = this.#job;
    const size = this.#columnSize;
    const state = await this.api.network(id, size ? this.#levels.length / size : 0).catch(() => null);
    this.#asking = false;
    this.#timer = window.setTimeout(() => ((this.#timer = 0), this.#ask()), PERIOD_MS);
    if (this.#job?.id !== id || this.#job.state !== "running" || !state) return;
    this.#take(state);
  }

  get #columnSize() {
    const known = this.#state?.separation;
    return known ? known.parts.length * known.bands : 0;
  }

  /** @param {import("./network_view.js").NetworkState} state */
  #take(state) {
    const { separation } = state;
    if (separation) {
      const fresh = Uint8Array.from(atob(separation.levels), (letter) => letter.charCodeAt(0));
      const kept = this.#levels.subarray(0, separation.first * separation.parts.length * separation.bands);
      const all = new Uint8Array(kept.length + fresh.length);
      all.set(kept);
      all.set(fresh, kept.length);
      this.#levels = all;
    } else this.#levels = new Uint8Array();
    this.#state = state;
    this.#show();
  }

  #show() {
    const state = this.#state;
    byId("inside").hidden = !state?.network;
    if (!state?.network) return;
    drawNetwork(state);
    const parts = state.separation?.parts ?? [];
    byId("growing-stems").hidden = !parts.length;
    syncList(byId("growing-stems"), parts, (part) => part, (part, node) => this.#row(part, parts.indexOf(part), node));
  }

  /** @param {string} part @param {number} index @param {HTMLElement} [node] */
  #row(part, index, node) {
    const row = node ?? el("li", {}, el("span", { text: title(part) }), el("canvas", { role: "img", "aria-label": `${title(part)} so far, as a spectrogram` }));
    this.#drawStem(/** @type {HTMLCanvasElement} */ (row.querySelector("canvas")), part, index);
    return row;
  }

  /** One pixel for each band of each column; the browser stretches it. @param {HTMLCanvasElement} canvas @param {string} part @param {number} index */
  #drawStem(canvas, part, index) {
    const { columns, bands, parts } = this.#state?.separation ?? {};
    const there = Math.min(columns, Math.floor(this.#levels.length / (parts.length * bands)));
    const stamp = `${this.#job.id} ${columns} ${there} ${colour("bg")}`;
    if (canvas.dataset.shown === stamp) return;
    canvas.dataset.shown = stamp;
    canvas.width = columns;
    canvas.height = bands;
    canvas.style.height = `${Math.max(LOW, Math.min(HIGH, ALL / parts.length))}px`;
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    if (!there) return;
    const image = new ImageData(there, bands);
    for (let column = 0; column < there; column += 1) {
      for (let band = 0; band < bands; band += 1) {
        const level = this.#levels[(column * parts.length + index) * bands + band];
        image.data[((bands - 1 - band) * there + column) * 4 + 3] = level;
      }
    }
    ctx.putImageData(image, 0, 0);
    ctx.globalCompositeOperation = "source-in"; // the levels are how opaque the colour is
    ctx.fillStyle = partColour(part);
    ctx.fillRect(0, 0, there, bands);
  }
}
