/** The bands of the timeline from top to bottom: ruler, sound, a lane a drum, a piano roll a pitched part. */

import { DRUMS, hasDrums } from "./notes.js";
import { title } from "./texts.js";

/**
 * @typedef {{kind: "ruler" | "wave" | "lane" | "roll", name: string, title: string, top: number, height: number}} Band
 */

const HEIGHTS = { ruler: 30, wave: 92, lane: 58, empty: 26, roll: 112 };
const SMALL = { ruler: 28, wave: 64, lane: 50, empty: 22, roll: 92 };
const LEAST = { ruler: 28, wave: 44, lane: 42, empty: 22, roll: 52 };

/**
 * The bands from top to bottom. A drum that is never hit, or a part without notes, gets a slim lane, so that one can still be put there.
 * Where they do not fit into `room` pixels they get lower, down to what can still be read.
 * @param {import("./notes.js").Notes} notes @param {boolean} small @param {number} [room]
 * @returns {Band[]}
 */
export function layoutBands(notes, small, room = Infinity) {
  const bands = placeBands(notes, small ? SMALL : HEIGHTS);
  const [most, least] = [totalHeight(bands), totalHeight(placeBands(notes, LEAST))];
  if (most <= room) return bands;
  const share = Math.max(0, (room - least) / (most - least));
  const between = (/** @type {Heights} */ a, /** @type {Heights} */ b) =>
    /** @type {Heights} */ (Object.fromEntries(Object.entries(a).map(([kind, height]) => [kind, Math.floor(height + share * (b[/** @type {keyof Heights} */ (kind)] - height))])));
  return placeBands(notes, between(LEAST, small ? SMALL : HEIGHTS));
}

/** @typedef {typeof HEIGHTS} Heights */

/** @param {import("./notes.js").Notes} notes @param {Heights} heights @returns {Band[]} */
function placeBands(notes, heights) {
  const played = new Set(notes.hits.map((hit) => hit.drum));
  const extra = [...played].filter((drum) => !DRUMS.includes(drum));
  const drums = hasDrums(notes) ? [...extra, ...DRUMS] : [];
  const lanes = drums.map((name) => ({ kind: "lane", name, height: played.has(name) ? heights.lane : heights.empty }));
  const rolls = [...notes.parts].map(([name, all]) => ({ kind: "roll", name, height: all.length ? heights.roll : heights.empty }));
  const all = [
    { kind: "ruler", name: "ruler", height: heights.ruler },
    { kind: "wave", name: "wave", height: heights.wave },
    ...lanes,
    ...rolls,
  ];
  let top = 0;
  return /** @type {Band[]} */ (
    all.map((band) => {
      const placed = { ...band, title: title(band.name), top };
      top += band.height;
      return placed;
    })
  );
}

/** @param {Band[]} bands @returns {number} */
export const totalHeight = (bands) => bands.reduce((sum, band) => sum + band.height, 0);
