/** The bar of clicks before the song starts. */

import { lastIndexUpTo } from "./notes.js";

const INTERVAL = 0.5; // seconds from click to click where no beat was found
const CLICKS = 4;
const ON_BEAT = 0.02; // seconds
const LENGTH = 0.05; // of a click

/**
 * When to click: a bar in the tempo that holds there, in time with the beats that follow.
 * @param {import("./notes.js").Grid | null} grid @param {number} from seconds of the song at which it starts
 * @returns {number[]} seconds of the song before `from`, descending
 */
export function countInBeats(grid, from) {
  const beats = grid?.beats ?? [];
  if (!grid || beats.length < 2) return Array.from({ length: CLICKS }, (_, i) => (CLICKS - i) * INTERVAL);
  const place = Math.min(beats.length - 2, Math.max(0, lastIndexUpTo(beats, from + ON_BEAT)));
  const interval = beats[place + 1] - beats[place];
  const since = (((from - beats[place]) % interval) + interval) % interval;
  const last = since < ON_BEAT ? interval : since;
  const bar = Math.max(0, lastIndexUpTo(grid.downbeats, place));
  const count = (grid.downbeats[bar + 1] ?? 0) - (grid.downbeats[bar] ?? 0) || grid.numerator;
  return Array.from({ length: Math.max(1, count) }, (_, i) => last + (Math.max(1, count) - 1 - i) * interval);
}

/**
 * @param {AudioContext} context @param {AudioNode} out @param {number} at context time @param {boolean} strong the first of the bar
 * @returns {OscillatorNode}
 */
export function createClick(context, out, at, strong) {
  const [source, gain] = [context.createOscillator(), context.createGain()];
  source.frequency.value = strong ? 1760 : 1320;
  gain.gain.setValueAtTime(strong ? 0.5 : 0.32, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + LENGTH);
  source.connect(gain).connect(out);
  source.start(at);
  source.stop(at + LENGTH);
  return source;
}
