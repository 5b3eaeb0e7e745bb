/** The song as a drummer reads it: the engraved score, which follows the playhead; a click in it moves the playhead. */

import { byId, el } from "./dom.js";
import { ApiError } from "./api.js";
import { formatCount } from "./texts.js";

/** @typedef {{element: SVGGraphicsElement, start: number, end: number}} Bar */
/** @typedef {{onset: number, elements: SVGGraphicsElement[]}} Strokes of one moment */

const REST_MS = 400; // corrections that follow one another are engraved once
const ABOVE = 12; // pixels that are left over a bar that was scrolled to
const SCREEN_READER = "← and → step through it.";

export class ScoreView {
  /** @type {Bar[]} */
  #bars = [];
  /** @type {Strokes[]} */
  #strokes = [];
  /** @type {Bar | undefined} */
  #bar;
  /** @type {Strokes | undefined} */
  #lit;
  #shown = ""; // the song and the revision that are seen
  #timer = 0;
  #now = el("div", { class: "score-now", hidden: true });
  #again = el("button", { type: "button", text: "Look again", hidden: true, onclick: () => this.#load() });

  /** @param {import("./song_page.js").SongPage} page */
  constructor(page) {
    this.page = page;
    byId("score-toggle").addEventListener("click", () => this.toggle());
    byId("score-text").after(this.#again);
    byId("score-pages").addEventListener("click", (/** @type {MouseEvent} */ event) => this.#seek(event));
    new ResizeObserver(() => this.#showBar()).observe(byId("score-pages"));
    page.overlay.moved.on((time) => this.#follow(time));
  }

  get isOpen() {
    return !byId("score").hidden;
  }

  toggle() {
    byId("score").hidden = this.isOpen;
    byId("score-toggle").setAttribute("aria-pressed", String(this.isOpen));
    this.refresh();
    if (this.isOpen) byId("score").scrollIntoView({ block: "nearest" });
  }

  /** The notes may be others. */
  refresh() {
    const { song } = this.page;
    if (!this.isOpen || !song?.notes || this.#shown === stamp(song)) return;
    const other = !this.#shown.startsWith(`${song.id} `);
    if (other) this.#clear("");
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#load(), other ? 0 : REST_MS);
  }

  async #load() {
    const { song } = this.page;
    if (!song) return;
    const asked = (this.#shown = stamp(song));
    if (!this.#bars.length) byId("score-text").textContent = "The score is being engraved …";
    const answer = await this.page.api.score(song.id).catch((/** @type {unknown} */ error) => error);
    if (this.page.song !== song || this.#shown !== asked) return;
    if (typeof answer !== "string") this.#clear(answer instanceof Error ? answer.message : String(answer), isMendable(answer));
    else this.#show(answer);
  }

  /** @param {string} text why there is no score @param {boolean} [again] would it be another answer later? */
  #clear(text, again = false) {
    byId("score-pages").replaceChildren();
    byId("score-pages").hidden = true;
    byId("score-text").textContent = text;
    this.#again.hidden = !again;
    [this.#bars, this.#strokes, this.#bar, this.#lit] = [[], [], undefined, undefined];
  }

  /** @param {string} text an SVG */
  #show(text) {
    const box = byId("score-pages");
    const top = box.scrollTop;
    const picture = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    this.#clear("");
    fit(picture);
    box.hidden = false;
    box.replaceChildren(this.#now, picture);
    this.#bars = [...picture.querySelectorAll("g.measure[data-start]")].map((element) => barOf(/** @type {SVGGraphicsElement} */ (element)));
    this.#strokes = strokesOf(picture);
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `The score, ${formatCount(this.#bars.length, "bar")}. ${SCREEN_READER}`);
    box.scrollTop = top;
    this.#follow(this.page.player.position);
  }

  /** @param {number} time */
  #follow(time) {
    if (!this.isOpen || !this.#bars.length) return;
    const bar = this.#bars.findLast(({ start }) => start <= time + 1e-3) ?? this.#bars[0];
    if (bar !== this.#bar) {
      const before = this.#bar;
      this.#bar = bar;
      this.#showBar();
      if (!before || isSeen(before.element, byId("score-pages"))) this.#reveal(bar); // who looks elsewhere is left there
    }
    this.#light(this.#strokes.findLast(({ onset }) => onset <= time + 1e-3));
  }

  /** @param {Strokes | undefined} strokes */
  #light(strokes) {
    if (strokes === this.#lit) return;
    for (const element of this.#lit?.elements ?? []) element.classList.remove("lit");
    for (const element of strokes?.elements ?? []) element.classList.add("lit");
    this.#lit = strokes;
  }

  #showBar() {
    this.#now.hidden = !this.#bar;
    if (!this.#bar) return;
    const box = byId("score-pages");
    const [inner, outer] = [this.#bar.element.getBoundingClientRect(), box.getBoundingClientRect()];
    const [x, y] = [inner.left - outer.left - box.clientLeft + box.scrollLeft, inner.top - outer.top - box.clientTop + box.scrollTop];
    Object.assign(this.#now.style, { transform: `translate(${x}px, ${y}px)`, width: `${inner.width}px`, height: `${inner.height}px` });
  }

  /** @param {Bar} bar */
  #reveal({ element }) {
    const box = byId("score-pages");
    if (isSeen(element, box)) return;
    const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
    box.scrollTop += inner.top - outer.top - ABOVE;
    if (box.scrollWidth > box.clientWidth) box.scrollLeft += inner.left - outer.left - ABOVE;
  }

  /** @param {MouseEvent} event */
  #seek(event) {
    const note = /** @type {Element} */ (event.target).closest("[data-onset]");
    const bar = this.#bars.find(({ element }) => contains(element.getBoundingClientRect(), event));
    const time = note ? Number(note.getAttribute("data-onset")) : bar?.start;
    if (time !== undefined) this.page.transport.seek(time);
  }
}

/** @param {import("./song.js").Song} song */
const stamp = (song) => `${song.id} ${song.notes?.revision}`;

/** A package that can be installed meanwhile, or a daemon that was away. @param {unknown} error */
const isMendable = (error) => !(error instanceof ApiError) || error.code !== "no_export";

/** As wide as there is room. @param {Element} picture */
function fit(picture) {
  const [width, height] = ["width", "height"].map((side) => parseFloat(picture.getAttribute(side) ?? "0"));
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  for (const side of ["width", "height"]) picture.removeAttribute(side);
}

/** @param {SVGGraphicsElement} element @returns {Bar} */
const barOf = (element) => ({ element, start: Number(element.dataset.start), end: Number(element.dataset.end) });

/** By time. @param {Element} picture @returns {Strokes[]} */
function strokesOf(picture) {
  /** @type {Map<number, SVGGraphicsElement[]>} */
  const found = new Map();
  for (const each of picture.querySelectorAll("[data-onset]")) {
    const element = /** @type {SVGGraphicsElement} */ (each);
    const onset = Number(element.dataset.onset);
    found.set(onset, [...(found.get(onset) ?? []), element]);
  }
  return [...found].sort(([a], [b]) => a - b).map(([onset, elements]) => ({ onset, elements }));
}

/** @param {Element} element @param {Element} box */
function isSeen(element, box) {
  const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
  return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1 && inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
}

/** @param {DOMRect} area @param {MouseEvent} event */
const contains = (area, { clientX, clientY }) =>
  clientX >= area.left && clientX <= area.right && clientY >= area.top && clientY <= area.bottom;
