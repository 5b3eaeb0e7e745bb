/** Hits that sound alike: listen to them, then say what they are. */

import { byId, el, icon, syncList } from "./dom.js";
import { isDoubtful } from "./doubts.js";
import { createSwatch, paintSwatch } from "./lane_headers.js";
import { DRUMS } from "./notes.js";
import { formatCount } from "./texts.js";

/** @typedef {import("./notes.js").Cluster} Cluster */

export class Clusters {
  /** @type {import("./song.js").Song | null} */
  song = null;
  /** @type {number | null} */
  highlighted = null;

  /**
   * @param {import("./labels.js").Labels} labels
   * @param {(id: number) => void} play
   */
  constructor(labels, play) {
    this.labels = labels;
    this.play = play;
  }

  /** @param {import("./song.js").Song} song */
  open(song) {
    this.song = song;
    byId("clusters").replaceChildren();
    this.show();
  }

  /** From the kick up: the order in which people read a kit. @returns {Cluster[]} */
  get ordered() {
    const place = (/** @type {Cluster} */ cluster) => DRUMS.indexOf(cluster.drum);
    return [...(this.song?.notes?.clusters ?? [])].sort((a, b) => place(b) - place(a) || a.rank - b.rank);
  }

  show() {
    syncList(byId("clusters"), this.ordered, (cluster) => String(cluster.id), (cluster, node) => this.#row(cluster, node));
  }

  /** @param {Cluster} cluster @param {HTMLElement} [node] */
  #row(cluster, node) {
    const row = node ?? this.#createRow(cluster);
    const name = this.labels.displayName(cluster.label);
    row.classList.toggle("highlighted", cluster.id === this.highlighted);
    paintSwatch(/** @type {HTMLCanvasElement} */ (row.querySelector("canvas")), cluster);
    const [hits, more] = row.querySelectorAll(".about span");
    hits.textContent = formatCount(cluster.count, "hit");
    const unsure = isDoubtful(cluster);
    more.textContent = unsure ? "not sure, listen" : `velocity ${Math.round(cluster.velocity)}`;
    more.classList.toggle("unsure", unsure);
    const select = /** @type {HTMLSelectElement} */ (row.querySelector("select"));
    select.value = cluster.label;
    select.disabled = Boolean(this.song?.readOnly);
    row.querySelector("button")?.setAttribute("aria-label", `Listen to ${name}, cluster ${cluster.id}`);
    select.setAttribute("aria-label", `What cluster ${cluster.id} is`);
    return row;
  }

  /** @param {Cluster} cluster */
  #createRow(cluster) {
    const change = (/** @type {string} */ label) => this.song?.change({ clusters: { [cluster.id]: label } });
    const listen = el("button", { type: "button", class: "listen", title: "Listen", onclick: () => this.play(cluster.id) }, icon("play"), createSwatch(cluster));
    const about = el("div", { class: "about" }, el("span"), el("span"));
    return el("li", { class: "cluster" }, listen, this.labels.createMenu(cluster.label, change, "What it is"), about);
  }

  /** The next cluster up or down. @param {number} way */
  step(way) {
    const ids = this.ordered.map((cluster) => cluster.id);
    if (!ids.length) return;
    const place = this.highlighted === null ? (way > 0 ? -1 : 0) : ids.indexOf(this.highlighted);
    this.play(ids[(place + way + ids.length) % ids.length]);
  }
}

/**
 * Hits worth hearing: the typical one, then others from all over the song.
 * @param {Cluster} cluster @param {import("./notes.js").Hit[]} hits @returns {number[]} onsets in seconds
 */
export function exampleOnsets(cluster, hits, most = 6) {
  const alike = hits.filter((hit) => hit.cluster === cluster.id && hit.id !== cluster.typical);
  const stride = Math.max(1, alike.length / (most - 1));
  const others = Array.from({ length: Math.min(most - 1, alike.length) }, (_, i) => alike[Math.floor(i * stride)].onset);
  return [cluster.time, ...others];
}
