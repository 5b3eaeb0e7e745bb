/** Hits in the lane of their drum: where, how loud (the height), and which cluster (colour and shape). */

import { firstIndexFrom } from "./notes.js";
import { colour, drumColour } from "./theme.js";

/** @typedef {import("./notes.js").Hit} Hit */
/** @typedef {import("./bands.js").Band} Band */

const PAD = 7;
const HEADS_FROM = 26; // pixels per second at which hits get heads
const ONSETS_FROM = 160; // pixels per second at which the onset is shown beside the quantized time
const MARK = 5; // pixels of the mark on a selected hit without a head
const REACH = 9; // pixels to a hit that the pointer may miss

/** Hits of a lane by time, grouped so that each colour is filled once. */
export class Lane {
  /** @param {string} drum @param {import("./notes.js").Notes} notes */
  constructor(drum, notes) {
    this.drum = drum;
    this.hits = notes.hits.filter((hit) => hit.drum === drum);
    /** @type {Map<number, number>} */
    this.ranks = new Map(notes.clusters.map((cluster) => [cluster.id, cluster.rank]));
    this.order = [...new Set(this.hits.map((hit) => this.rank(hit)))];
  }

  /** @param {Hit} hit */
  rank(hit) {
    return this.ranks.get(hit.cluster) ?? 4;
  }

  /** @param {Band} band @param {Hit} hit */
  y(band, hit) {
    const room = band.height - 2 * PAD;
    return band.top + PAD + (1 - hit.velocity / 127) * room;
  }

  /** @param {number} from @param {number} to seconds */
  hitsBetween(from, to) {
    return this.hits.slice(firstIndexFrom(this.hits, from), firstIndexFrom(this.hits, to));
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view @param {Band} band
   * @param {{selection: Set<number>, highlighted: number | null, shift: number}} state `shift` moves what is selected, in seconds
   */
  draw(ctx, view, band, state) {
    const reach = 12 / view.scale;
    const seen = this.hitsBetween(view.start - reach, view.end + reach);
    const heads = view.scale >= HEADS_FROM && band.height > 30;
    if (view.scale >= ONSETS_FROM) this.#drawOnsets(ctx, view, band, seen);
    for (const rank of this.order) {
      const some = seen.filter((hit) => this.rank(hit) === rank);
      ctx.fillStyle = drumColour(this.drum, rank);
      ctx.globalAlpha = state.highlighted === null || some.some((hit) => hit.cluster === state.highlighted) ? 1 : 0.35;
      this.#drawLines(ctx, view, band, some, heads, state);
      if (heads) this.#drawHeads(ctx, view, band, some, rank, state);
    }
    ctx.globalAlpha = 1;
    if (state.selection.size) this.#drawSelection(ctx, view, band, seen.filter((hit) => state.selection.has(hit.id)), { heads, state });
  }

  /** @param {Hit} hit @param {{selection: Set<number>, shift: number}} state */
  #timeOf(hit, state) {
    return state.shift && state.selection.has(hit.id) ? hit.time + state.shift : hit.time;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view @param {Band} band
   * @param {Hit[]} hits @param {boolean} heads @param {any} state */
  #drawLines(ctx, view, band, hits, heads, state) {
    const width = heads ? 2 : Math.max(1, Math.min(2, view.scale / 20));
    const floor = band.top + band.height - 3;
    for (const hit of hits) {
      const y = this.y(band, hit);
      ctx.fillRect(view.x(this.#timeOf(hit, state)) - width / 2, y, width, floor - y); // thousands in a path take many times as long
    }
  }

  /** @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view @param {Band} band
   * @param {Hit[]} hits @param {number} rank @param {any} state */
  #drawHeads(ctx, view, band, hits, rank, state) {
    ctx.beginPath();
    for (const hit of hits) traceShape(ctx, rank, view.x(this.#timeOf(hit, state)), this.y(band, hit), 4.2);
    ctx.fill();
  }

  /** @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view @param {Band} band @param {Hit[]} hits */
  #drawOnsets(ctx, view, band, hits) {
    ctx.fillStyle = colour("soft");
    ctx.globalAlpha = 0.55;
    for (const hit of hits) {
      const [a, b] = [view.x(hit.onset), view.x(hit.time)];
      if (Math.abs(a - b) < 1.5) continue;
      ctx.fillRect(Math.min(a, b), this.y(band, hit) - 0.5, Math.abs(a - b), 1);
      ctx.fillRect(a - 0.5, this.y(band, hit) - 3, 1, 6);
    }
    ctx.globalAlpha = 1;
  }

  /** Circles around heads, or where there are none marks on the strokes. @param {CanvasRenderingContext2D} ctx
   * @param {import("./viewport.js").Viewport} view @param {Band} band @param {Hit[]} hits @param {{heads: boolean, state: any}} how */
  #drawSelection(ctx, view, band, hits, { heads, state }) {
    ctx.strokeStyle = ctx.fillStyle = colour("text");
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    for (const hit of hits) {
      const [x, y] = [view.x(this.#timeOf(hit, state)), this.y(band, hit)];
      if (!heads) ctx.fillRect(x - MARK / 2, y - MARK / 2, MARK, MARK);
      else (ctx.moveTo(x + 7, y), ctx.arc(x, y, 7, 0, 2 * Math.PI));
    }
    if (heads) ctx.stroke();
  }

  /**
   * The hit under the pointer.
   * @param {import("./viewport.js").Viewport} view @param {Band} band @param {number} x @param {number} y
   * @returns {Hit | undefined}
   */
  hitAt(view, band, x, y) {
    const near = this.hitsBetween(view.time(x - REACH), view.time(x + REACH) + 1e-9);
    const far = (/** @type {Hit} */ hit) => Math.abs(view.x(hit.time) - x) + 0.15 * Math.abs(this.y(band, hit) - y);
    return near.filter((hit) => y >= this.y(band, hit) - REACH).sort((a, b) => far(a) - far(b))[0];
  }
}

/**
 * Clusters of one drum differ in shape too, for those who see colours differently.
 * @param {CanvasRenderingContext2D} ctx @param {number} rank @param {number} x @param {number} y @param {number} r
 */
export function traceShape(ctx, rank, x, y, r) {
  const kind = rank % 5;
  ctx.moveTo(x + (kind === 0 ? r : 0), y - (kind === 0 ? 0 : r));
  if (kind === 0) ctx.arc(x, y, r, 0, 2 * Math.PI);
  else if (kind === 1) tracePolygon(ctx, x, y, [0, -1.25, 1.25, 0, 0, 1.25, -1.25, 0], r);
  else if (kind === 2) tracePolygon(ctx, x, y, [-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9], r);
  else if (kind === 3) tracePolygon(ctx, x, y, [0, -1.2, 1.15, 0.9, -1.15, 0.9], r);
  else tracePolygon(ctx, x, y, [-1.1, -0.5, 1.1, -0.5, 1.1, 0.5, -1.1, 0.5], r);
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number[]} corners @param {number} r */
function tracePolygon(ctx, x, y, corners, r) {
  for (let i = 0; i < corners.length; i += 2) {
    const at = /** @type {[number, number]} */ ([x + corners[i] * r, y + corners[i + 1] * r]);
    if (i) ctx.lineTo(...at);
    else ctx.moveTo(...at);
  }
  ctx.closePath();
}
