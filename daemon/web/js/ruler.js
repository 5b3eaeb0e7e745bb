/** The beat grid: bar numbers on top, lines through everything. */

import { lastIndexUpTo } from "./notes.js";
import { colour } from "./theme.js";

const ROOM = 46; // pixels that a bar number wants
const NEAR = 0.05; // seconds between a section and its bar, whose grid is evened out
const BEATS_FROM = 11; // pixels between beats at which they get lines
const STEPS_FROM = 44; // pixels between beats at which their quarters get lines

/** @param {import("./viewport.js").Viewport} view @param {import("./notes.js").Bars} bars */
function barWidth(view, bars) {
  const starts = bars.starts;
  return starts.length > 1 ? ((starts[starts.length - 1] - starts[0]) / (starts.length - 1)) * view.scale : 0;
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view
 * @param {import("./notes.js").Bars} bars @param {number} top @param {number} bottom
 */
export function drawGrid(ctx, view, bars, top, bottom) {
  const { beats } = bars;
  const from = Math.max(0, lastIndexUpTo(beats, view.start));
  const to = Math.min(beats.length - 1, lastIndexUpTo(beats, view.end) + 1);
  const each = beats.length > 1 ? ((beats[beats.length - 1] - beats[0]) / (beats.length - 1)) * view.scale : 0;
  if (each >= STEPS_FROM) drawLines(ctx, quarterSteps(beats, from, to), view, colour("grid-step"), top, bottom);
  if (each >= BEATS_FROM) drawLines(ctx, beats.slice(from, to + 1), view, colour("grid-beat"), top, bottom);
  const every = barStride(barWidth(view, bars));
  const strong = bars.starts.filter((at, index) => index % every === 0 && at >= view.start - 1 && at <= view.end);
  drawLines(ctx, strong, view, colour("grid-bar"), top, bottom);
}

/** @param {number[]} beats @param {number} from @param {number} to */
function quarterSteps(beats, from, to) {
  const found = [];
  for (let i = from; i < to; i += 1) {
    const step = (beats[i + 1] - beats[i]) / 4;
    for (let part = 1; part < 4; part += 1) found.push(beats[i] + part * step);
  }
  return found;
}

/** @param {CanvasRenderingContext2D} ctx @param {number[]} times @param {import("./viewport.js").Viewport} view
 * @param {string} style @param {number} top @param {number} bottom */
function drawLines(ctx, times, view, style, top, bottom) {
  ctx.fillStyle = style;
  for (const time of times) ctx.fillRect(Math.round(view.x(time)), top, 1, bottom - top);
}

/** @param {number} width of a bar @returns {number} every how many bars a number fits */
function barStride(width) {
  let every = 1;
  while (width > 0 && every * width < ROOM && every < 1024) every *= 2;
  return every;
}

/**
 * Bar numbers, and the letter of a section at its first bar.
 * @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view
 * @param {import("./notes.js").Bars} bars @param {number} height @param {import("./notes.js").Section[]} sections
 */
export function drawRuler(ctx, view, bars, height, sections) {
  ctx.fillStyle = colour("ruler");
  ctx.fillRect(0, 0, view.width, height);
  ctx.textBaseline = "middle";
  const every = barStride(barWidth(view, bars));
  const letters = new Map(sections.map(({ start, label }) => [lastIndexUpTo(bars.starts, start + NEAR), label]));
  bars.starts.forEach((at, index) => {
    const x = view.x(at);
    const [number, letter] = [index % every ? "" : `${index + 1}`, letters.get(index) ?? ""];
    if (!(number || letter) || x < -ROOM || x > view.width) return;
    ctx.fillStyle = colour("grid-bar");
    ctx.fillRect(Math.round(x), height - 9, 1, 9);
    ctx.font = `500 11.5px ${colour("font")}`;
    ctx.fillStyle = colour("soft");
    ctx.fillText(number, x + 6, height / 2 + 1);
    if (!letter) return;
    const after = number ? ctx.measureText(number).width + 5 : 0;
    ctx.font = `700 11.5px ${colour("font")}`;
    ctx.fillStyle = colour("text");
    ctx.fillText(letter, x + 6 + after, height / 2 + 1);
  });
  if (!bars.starts.length) drawSeconds(ctx, view, height);
}

/** Without a beat the seconds are shown. @param {CanvasRenderingContext2D} ctx
 * @param {import("./viewport.js").Viewport} view @param {number} height */
function drawSeconds(ctx, view, height) {
  ctx.font = `500 11.5px ${colour("font")}`;
  const step = [0.1, 0.5, 1, 5, 10, 30, 60, 300].find((each) => each * view.scale > ROOM) ?? 600;
  ctx.fillStyle = colour("soft");
  for (let at = Math.ceil(view.start / step) * step; at < view.end; at += step) {
    ctx.fillText(`${Number(at.toFixed(1))} s`, view.x(at) + 4, height / 2 + 1);
  }
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {import("./viewport.js").Viewport} view
 * @param {{start: number, end: number, name: string}[]} chords @param {number} y
 */
export function drawChords(ctx, view, chords, y) {
  ctx.font = `600 11px ${colour("font")}`;
  for (const { start, end, name } of chords) {
    const [x, room] = [view.x(start), (end - start) * view.scale];
    if (x + room < 0 || x > view.width || room < 8 * name.length + 6) continue;
    drawTag(ctx, name, Math.max(4, x + 4), y);
  }
}

/** Readable over a spectrogram too. @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} x @param {number} y */
function drawTag(ctx, text, x, y) {
  ctx.fillStyle = colour("timeline-wave");
  ctx.globalAlpha = 0.8;
  ctx.beginPath();
  ctx.roundRect(x - 3, y - 8, ctx.measureText(text).width + 6, 15, 3);
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour("text");
  ctx.fillText(text, x, y);
}
