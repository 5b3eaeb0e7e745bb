/** "What are these?": the clusters that sidestick is least sure of, one after the other, until nothing is left in doubt. */

import { byId, el, icon } from "./dom.js";
import { formatCount } from "./texts.js";

/** @typedef {import("./notes.js").Cluster} Cluster */

const SURE = 0.6; // of 1: a confidence from which nobody is asked
const NOTHING_LEFT = "Nothing is left in doubt.";

/** @param {Cluster} cluster */
export const isDoubtful = (cluster) => cluster.confidence < SURE;

/**
 * Those in doubt, the least sure first; what was put off comes last.
 * @param {Cluster[]} clusters @param {Set<number>} later @returns {Cluster[]}
 */
export const doubtfulClusters = (clusters, later) =>
  clusters.filter(isDoubtful).sort((a, b) => Number(later.has(a.id)) - Number(later.has(b.id)) || a.confidence - b.confidence);

export class Doubts {
  /** @type {import("./song.js").Song | null} */
  song = null;
  /** @type {number | null} the cluster that is asked about */
  #current = null;
  #isOpen = false;
  /** @type {Set<number>} put off */
  #later = new Set();
  #text = el("p", { role: "status" });
  #start = el("button", { type: "button", class: "wide", title: "One after the other (W)", onclick: () => this.hear() });
  /** @type {HTMLButtonElement[]} that need a cluster */
  #answers = [];

  /** @param {import("./song_page.js").SongPage} page */
  constructor(page) {
    this.page = page;
    const button = (/** @type {string} */ text, /** @type {string} */ hint, /** @type {() => void} */ act) =>
      el("button", { type: "button", text, title: hint, onclick: act });
    const hear = button("Hear it", "Hear it again (W)", () => this.hear());
    hear.prepend(icon("play"));
    this.#answers = [
      hear, button("Yes", "It is what it is called (Y)", () => this.confirm()),
      button("Something else", "Choose from a list (R), or press its digit", () => this.choose()), button("Later", "Ask again in the end (M)", () => this.postpone()),
    ];
    const close = el("button", { type: "button", class: "quiet icon-only", "aria-label": "Ask no more", title: "Ask no more (Esc)", text: "×", onclick: () => this.close() });
    byId("doubts").append(this.#text, ...this.#answers, close);
    byId("clusters").before(this.#start);
  }

  /** @param {import("./song.js").Song} song */
  open(song) {
    this.song = song;
    this.#later = new Set();
    this.close();
    song.changed.on(() => this.song === song && this.#advance());
  }

  /** @returns {Cluster[]} */
  get #queue() {
    return this.song && !this.song.readOnly ? doubtfulClusters(this.song.notes?.clusters ?? [], this.#later) : [];
  }

  /** Begins, or plays again what is asked about. */
  hear() {
    this.#isOpen = true;
    this.#current = (this.#queue.find(({ id }) => id === this.#current) ?? this.#queue[0])?.id ?? null;
    if (this.#current !== null) this.page.playCluster(this.#current);
    this.show();
  }

  /** It is what it is called. */
  confirm() {
    const cluster = this.#queue.find(({ id }) => id === this.#current);
    if (this.#isOpen && cluster) this.song?.change({ clusters: { [cluster.id]: cluster.label } });
  }

  choose() {
    const id = this.#current;
    if (id !== null) this.page.labels.openDialog("What are these hits?", (label) => this.song?.change({ clusters: { [id]: label } }));
  }

  postpone() {
    if (!this.#isOpen || this.#current === null) return;
    this.#later.add(this.#current);
    if (this.#queue.every(({ id }) => this.#later.has(id))) this.#later = new Set([this.#current]);
    this.#current = null;
    this.hear();
  }

  close() {
    this.#isOpen = false;
    this.#current = null;
    this.show();
  }

  /** Once it has a name, the next one is heard. */
  #advance() {
    const settled = this.#current !== null && !this.#queue.some(({ id }) => id === this.#current);
    if (this.#isOpen && settled && !this.page.player.playing) this.hear();
    else this.show();
  }

  show() {
    const queue = this.#queue;
    const cluster = queue.find(({ id }) => id === this.#current);
    this.#start.textContent = queue.length ? `What are these? ${formatCount(queue.length, "sound")} in doubt` : NOTHING_LEFT;
    this.#start.disabled = !queue.length;
    byId("doubts").hidden = !this.#isOpen;
    for (const button of this.#answers) button.hidden = !cluster;
    const name = cluster ? this.page.labels.displayName(cluster.label) : "";
    this.#text.textContent = cluster
      ? `${name}? ${formatCount(cluster.count, "hit")}, ${Math.round(100 * cluster.confidence)} % sure; ${queue.length > 1 ? `${queue.length} in doubt` : "the last in doubt"}`
      : NOTHING_LEFT;
  }
}
