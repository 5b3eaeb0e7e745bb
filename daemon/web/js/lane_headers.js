/** The heads of the lanes: which drum, and its clusters to click. */

import { byId, el, syncList } from "./dom.js";
import { traceShape } from "./lanes.js";
import { drumColour } from "./theme.js";

/** @typedef {import("./notes.js").Cluster} Cluster */
const DOTS = 3; // that fit beside each other

/**
 * The sign of a cluster, as it stands in the lane.
 * @param {Cluster} cluster @returns {HTMLCanvasElement}
 */
export function createSwatch(cluster) {
  const canvas = el("canvas", { class: "swatch", width: 32, height: 32, "aria-hidden": "true" });
  paintSwatch(canvas, cluster);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {Cluster} cluster */
export function paintSwatch(canvas, cluster) {
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.clearRect(0, 0, 32, 32);
  ctx.fillStyle = drumColour(cluster.drum, cluster.rank);
  ctx.beginPath();
  traceShape(ctx, cluster.rank, 16, 16, 10);
  ctx.fill();
}

/**
 * @param {import("./timeline.js").Timeline} timeline @param {string} lane that is chosen
 * @param {{cluster: (id: number) => void, name: (label: string) => string}} callbacks
 */
export function showLaneHeaders(timeline, lane, callbacks) {
  const notes = timeline.song?.notes;
  if (!notes) return;
  syncList(byId("lane-headers"), timeline.bands, (band) => `${band.kind} ${band.name}`, (band, node) => {
    const row = node ?? el("li", { class: "lane-header" });
    row.style.height = `${band.height}px`;
    row.classList.toggle("slim", band.height < 40);
    row.classList.toggle("chosen", band.name === lane);
    const clusters = band.kind === "lane" ? notes.clusters.filter((cluster) => cluster.drum === band.name) : [];
    row.replaceChildren(el("span", { text: { ruler: "Bars", wave: "Sound" }[band.name] ?? band.title }), dots(clusters, timeline.highlighted, callbacks));
    return row;
  });
}

/** @param {Cluster[]} clusters @param {number | null} highlighted @param {{cluster: (id: number) => void, name: (label: string) => string}} callbacks */
function dots(clusters, highlighted, callbacks) {
  if (!clusters.length) return "";
  const box = el("span", { class: "dots" });
  for (const cluster of clusters.slice(0, DOTS)) {
    const label = `${callbacks.name(cluster.label)}, ${cluster.count} hits: listen`;
    const button = el("button", { type: "button", "aria-label": label, title: label, "aria-pressed": String(cluster.id === highlighted), onclick: () => callbacks.cluster(cluster.id) });
    button.append(createSwatch(cluster), String(cluster.count));
    box.append(button);
  }
  return box;
}
