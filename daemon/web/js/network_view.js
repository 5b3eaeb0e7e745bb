/** The network that works now, drawn layer by layer with the one that works lit, in the words of its builders. */

import { byId } from "./dom.js";
import { colour } from "./theme.js";

/** @typedef {{start: number, end: number, layer: string}} SegmentWork */
/** @typedef {{step: string, network: string, layers: string[], working: SegmentWork[], finished: number, count: number, separation: any}} NetworkState */

// Two rows where a network has two: Demucs hears the spectrum (above) and the waveform (below).
const GROUPS = [
  { spectrum: "encoder", wave: "tencoder", title: "encoder" },
  { spectrum: "layers", wave: "layers_t", title: "transformer" },
  { spectrum: "time", wave: "", title: "layers over time" },
  { spectrum: "decoder", wave: "tdecoder", title: "decoder" },
  { spectrum: "head", wave: "", title: "output" },
];
const GAP = 5;
const SHORTEST = 0.34; // of the height, where the network is narrowest
const CAPTION = 16; // pixels

/** @param {NetworkState} state */
export function drawNetwork(state) {
  const canvas = /** @type {HTMLCanvasElement} */ (byId("network-canvas"));
  canvas.hidden = !state.layers.length;
  byId("network-name").textContent = state.network;
  byId("network-text").textContent = describeWork(state);
  if (canvas.hidden) return;
  canvas.setAttribute("aria-label", `The layers of ${state.network}`);
  const [width, height] = [canvas.clientWidth || 280, canvas.clientHeight || 110];
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  ctx.scale(2, 2);
  drawGroups(ctx, state, { width, height });
}

/** @param {CanvasRenderingContext2D} ctx @param {NetworkState} state @param {{width: number, height: number}} size */
function drawGroups(ctx, state, { width, height }) {
  const counts = GROUPS.map(({ spectrum, wave }) => Math.max(countOf(state, spectrum), countOf(state, wave)));
  const shown = GROUPS.filter((_, i) => counts[i]).length;
  const each = (width - (shown - 1) * 3 * GAP) / Math.max(1, counts.reduce((sum, count) => sum + count, 0));
  const rows = GROUPS.some(({ wave }) => countOf(state, wave)) ? 2 : 1;
  const reach = (height - CAPTION - (rows - 1) * GAP) / rows;
  let x = 0;
  GROUPS.forEach((group, i) => {
    if (!counts[i]) return;
    for (const [row, name] of [group.spectrum, group.wave].entries()) {
      const count = countOf(state, name);
      for (let index = 0; index < count; index += 1) {
        const tall = reach * tallness(group.title, index, count);
        const top = row * (reach + GAP) + (rows === 1 ? (reach - tall) / 2 : row ? 0 : reach - tall);
        ctx.fillStyle = shadeOf(state, `${name}.${index}`);
        ctx.beginPath();
        ctx.roundRect(x + index * each, top, Math.max(2, each - GAP), tall, 3);
        ctx.fill();
      }
    }
    ctx.fillStyle = colour("soft");
    ctx.font = "11px Inter, sans-serif";
    ctx.fillText(group.title, x, height - 3, counts[i] * each);
    x += counts[i] * each + 3 * GAP;
  });
}

/** Encoders narrow from layer to layer, decoders widen. @param {string} group @param {number} index @param {number} count */
function tallness(group, index, count) {
  const along = count > 1 ? index / (count - 1) : 0;
  if (group === "encoder") return 1 - (1 - SHORTEST) * along;
  if (group === "decoder") return SHORTEST + (1 - SHORTEST) * along;
  return group === "output" ? 0.7 : SHORTEST;
}

/** @param {NetworkState} state @param {string} layer */
function shadeOf({ working, count, layers }, layer) {
  if (working.some((work) => work.layer === layer)) return colour("accent");
  if (!working.length && !count) return colour("accent"); // asked as a whole
  const place = layers.indexOf(layer);
  const passed = working.some((work) => layers.indexOf(work.layer) > place);
  return colour(passed ? "wave" : "wave-far");
}

/** @param {NetworkState} state @param {string} group */
const countOf = ({ layers }, group) => layers.filter((layer) => group && layer.startsWith(`${group}.`)).length;

/** @param {NetworkState} state @returns {string} */
export function describeWork({ working, finished, count }) {
  if (!count) return "";
  const places = working.map(({ layer }) => describeLayer(layer)).join("; ");
  return [`${finished} of ${count} ${count === 1 ? "segment" : "segments"} done`, places].filter(Boolean).join(" · ");
}

/** @param {string} layer as Demucs names it */
function describeLayer(layer) {
  const [group, index] = layer.split(".");
  const known = GROUPS.find(({ spectrum, wave }) => group === spectrum || group === wave);
  if (!known) return layer;
  return `${known.title} ${Number(index) + 1}${known.wave ? ` of the ${group === known.wave ? "waveform" : "spectrum"}` : ""}`;
}
