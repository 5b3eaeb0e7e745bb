/** A song's notes as the page holds them, made from what the daemon sends. */

/**
 * @typedef {{id: number, onset: number, time: number, drum: string, label: string, pitch: number, velocity: number,
 *   level: number, confidence: number, cluster: number}} Hit `onset` in the sound, `time` as in the MIDI; seconds
 * @typedef {{id: number, onset: number, time: number, duration: number, pitch: number, velocity: number,
 *   confidence: number}} Note
 * @typedef {{id: number, drum: string, label: string, confidence: number, count: number, velocity: number,
 *   typical: number, time: number, rank: number}} Cluster `rank` within its drum
 * @typedef {{beats: number[], downbeats: number[], bpm: number, numerator: number, denominator: number,
 *   confidence: number}} Grid
 * @typedef {{start: number, end: number, label: string}} Section
 * @typedef {{revision: number, duration: number, grid: Grid, options: any, canUndo: boolean, canRedo: boolean,
 *   hits: Hit[], clusters: Cluster[], parts: Map<string, Note[]>, key: string | null,
 *   chords: {start: number, end: number, name: string}[], sections: Section[]}} Notes
 */

/** From the top of the page down, as in a drum editor. */
export const DRUMS = ["cymbals", "hihat", "toms", "snare", "kick"];

/** Were the drums asked for? @param {Notes} notes */
export const hasDrums = ({ options, hits }) => hits.length > 0 || (options.parts ?? ["drums"]).includes("drums");

/** @param {any} sent @returns {Notes} */
export function readNotes(sent) {
  const hits = /** @type {Hit[]} */ (readTable(sent.hits));
  const parts = Object.entries(sent.parts ?? {}).map(([name, rows]) => /** @type {[string, Note[]]} */ ([name, readTable(rows)]));
  return {
    revision: sent.revision,
    duration: sent.duration,
    grid: sent.grid,
    options: sent.options,
    canUndo: sent.can_undo,
    canRedo: sent.can_redo,
    hits: hits.sort((a, b) => a.time - b.time),
    clusters: rankClusters(sent.clusters),
    parts: new Map(parts.map(([name, all]) => [name, all.sort((a, b) => a.time - b.time)])),
    key: sent.key ?? null,
    chords: sent.chords ?? [],
    sections: sent.sections ?? [],
  };
}

/** @param {{columns: string[], rows: any[][]}} sent @returns {any[]} */
function readTable({ columns, rows }) {
  return rows.map((row) => Object.fromEntries(columns.map((name, place) => [name, row[place]])));
}

/** @param {any[]} clusters @returns {Cluster[]} */
function rankClusters(clusters) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return clusters.map((cluster) => {
    const rank = seen.get(cluster.drum) ?? 0;
    seen.set(cluster.drum, rank + 1);
    return { ...cluster, rank };
  });
}

/**
 * The first place in `items`, sorted by time, that is not before `time`.
 * @param {{time: number}[]} items @param {number} time
 */
export function firstIndexFrom(items, time) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The beats and the lines between them, a sixteenth of 4/4 apart. @param {number[]} beats @returns {number[]} */
export const gridSteps = (beats) =>
  beats.flatMap((beat, i) => (i + 1 < beats.length ? [0, 1, 2, 3].map((step) => beat + (step * (beats[i + 1] - beat)) / 4) : [beat]));

/** Beat positions of a song: bars count from 1 at the first downbeat; what comes before is bar 0. */
export class Bars {
  /** @param {Grid} grid @param {number} duration */
  constructor(grid, duration) {
    this.beats = grid.beats;
    this.downbeats = grid.downbeats;
    this.duration = duration;
    this.starts = grid.downbeats.map((index) => grid.beats[index]);
  }

  /** @param {number} time @returns {{bar: number, beat: number}} */
  at(time) {
    const beat = Math.max(0, lastIndexUpTo(this.beats, time + 1e-6));
    const bar = lastIndexUpTo(this.downbeats, beat);
    return { bar: bar + 1, beat: 1 + beat - (bar < 0 ? 0 : this.downbeats[bar]) };
  }

  /** How long the beat at `time` lasts; half a second where there is none. @param {number} time */
  beatLength(time) {
    const place = Math.min(this.beats.length - 2, Math.max(0, lastIndexUpTo(this.beats, time)));
    return this.beats.length > 1 ? this.beats[place + 1] - this.beats[place] : 0.5;
  }

  /** @param {number} time */
  describe(time) {
    if (!this.beats.length) return "";
    const { bar, beat } = this.at(time);
    return `bar ${bar}, beat ${beat}`;
  }

  /**
   * From the bar line at or before `start` to that at or after `end`; without a beat the span as it is.
   * @param {{start: number, end: number}} span
   */
  cover({ start, end }) {
    const lines = [0, ...this.starts, this.duration];
    if (!this.starts.length) return { start, end };
    const first = Math.min(lines.length - 2, lastIndexUpTo(lines, start + 1e-3));
    const last = lines.findIndex((line, place) => place > first && line >= end - 1e-3);
    return { start: lines[first], end: lines[last < 0 ? lines.length - 1 : last] };
  }

  /** @param {{start: number, end: number}} span @returns {string} such as "Loop 5–8": the bars if it is made of them */
  describeSpan(span) {
    const whole = this.cover(span);
    if (!this.starts.length || whole.start !== span.start || whole.end !== span.end) return "Loop";
    const [first, last] = [this.at(span.start).bar, this.at(span.end - 1e-3).bar];
    return first === last ? `Loop ${first}` : `Loop ${first}–${last}`;
  }

  /**
   * The next beat or bar line before or after `time`, but for the one it stands on within 10 ms.
   * @param {number} time @param {number} way -1 or 1 @param {boolean} bars
   */
  step(time, way, bars) {
    const lines = bars ? this.starts : this.beats;
    if (!lines.length) return Math.min(this.duration, Math.max(0, time + way * (bars ? 2 : 0.5)));
    const after = lines.find((line) => line > time + 0.01);
    const before = lines[lastIndexUpTo(lines, time - 0.01)];
    return way > 0 ? (after ?? this.duration) : (before ?? 0);
  }
}

/** @param {number[]} sorted @param {number} value @returns {number} the last index with an entry not above `value`, or -1 */
export function lastIndexUpTo(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
