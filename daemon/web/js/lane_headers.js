/** The heads of the lanes: which drum, and its clusters to click. */

import { byId, el, sync } from "./dom.js";
import { shape } from "./lanes.js";
import { drumColour } from "./theme.js";

/** @typedef {import("./notes.js").Cluster} Cluster */
const DOTS = 3; // that fit beside each other

/**
 * The sign of a cluster, as it stands in the lane.
 * @param {Cluster} cluster @returns {HTMLCanvasElement}
 */
export function swatch(cluster) {
  const canvas = el("canvas", { class: "swatch", width: 32, height: 32, "aria-hidden": "true" });
  paint(canvas, cluster);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {Cluster} cluster */
export function paint(canvas, cluster) {
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.clearRect(0, 0, 32, 32);
  ctx.fillStyle = drumColour(cluster.drum, cluster.rank);
  ctx.beginPath();
  shape(ctx, cluster.rank, 16, 16, 10);
  ctx.fill();
}

/**
 * @param {import("./timeline.js").Timeline} timeline @param {string} lane that is chosen
 * @param {{cluster: (id: number) => void, name: (label: string) => string}} how
 */
export function showGutter(timeline, lane, how) {
  const notes = timeline.song?.notes;
  if (!notes) return;
  sync(byId("gutter"), timeline.bands, (band) => `${band.kind} ${band.name}`, (band, node) => {
    const row = node ?? el("li", { class: "lane-head" });
    row.style.height = `${band.height}px`;
    row.classList.toggle("slim", band.height < 40);
    row.classList.toggle("chosen", band.name === lane);
    const clusters = band.kind === "lane" ? notes.clusters.filter((cluster) => cluster.drum === band.name) : [];
    row.replaceChildren(el("span", { text: { ruler: "Bars", wave: "Sound" }[band.name] ?? band.title }), dots(clusters, timeline.lit, how));
    return row;
  });
}

/** @param {Cluster[]} clusters @param {number | null} lit @param {{cluster: (id: number) => void, name: (label: string) => string}} how */
function dots(clusters, lit, how) {
  if (!clusters.length) return "";
  const box = el("span", { class: "dots" });
  for (const cluster of clusters.slice(0, DOTS)) {
    const said = `${how.name(cluster.label)}, ${cluster.count} hits: listen`;
    const button = el("button", { type: "button", "aria-label": said, title: said, "aria-pressed": String(cluster.id === lit), onclick: () => how.cluster(cluster.id) });
    button.append(swatch(cluster), String(cluster.count));
    box.append(button);
  }
  return box;
}
