/** What happens inside: each stage shows the picture of what it really made. */

import { byId, el, syncList } from "./dom.js";
import { DRUMS } from "./notes.js";
import { colour, drumColour, partColour } from "./theme.js";
import { drawPeaks } from "./waveform.js";

/** @typedef {{name: string, title: string, doing: string, made: string, steps: string[]}} Stage of a job, as the daemon has it */

const DRUM_STEMS = new Set(DRUMS);
const HITS = new Set(["hits", "draft"]); // drawn from the notes themselves
/** @type {Record<string, string>} */
const NETWORKS = { drum_transcriber: "sidestick", note_transcriber: "sidestick", embedded: "sidestick", basic_pitch: "Basic Pitch" };
const TRIES = 5;
const RETRY_MS = 1500;
const HEIGHT = 76;

export class Stages {
  /** @type {any} */
  #job = null;
  /** @type {Map<string, ImageBitmap | any>} */
  #pictures = new Map();
  /** @type {Map<string, number>} how often a picture was asked for */
  #attempts = new Map();
  /** @type {Set<string>} on their way, or to be asked for again later */
  #pending = new Set();
  /** @type {import("./notes.js").Notes | null} */
  #notes = null;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    byId("stage-details").addEventListener("toggle", () => (this.show(), this.#fetch()));
  }

  /** @param {any} job */
  open(job) {
    this.#pictures = new Map();
    this.#attempts = new Map();
    this.#pending = new Set();
    this.#notes = null;
    byId("stage-details").open = job.state === "running" || job.state === "queued";
    this.update(job);
  }

  /** @param {any} job */
  update(job) {
    this.#job = job;
    byId("stage-details").querySelector("summary").textContent = job.state === "done" ? "What happened inside" : "What happens inside";
    this.show();
    this.#fetch();
  }

  /** @param {import("./notes.js").Notes | null} notes */
  setNotes(notes) {
    this.#notes = notes;
    this.show();
  }

  /** @returns {Stage[]} */
  get #stages() {
    return this.#job.stages;
  }

  /** @param {string} stage @returns {"done" | "current" | "to-come"} */
  #stateOf(stage) {
    if (this.#job.state === "done") return "done";
    const at = this.#stages.findIndex(({ steps }) => steps.includes(this.#job.stage));
    const place = this.#stages.findIndex(({ name }) => name === stage);
    if (this.#job.state === "running" && place === at) return "current";
    return place < at || this.#pictures.has(stage) ? "done" : "to-come";
  }

  show() {
    if (!byId("stage-details").open || !this.#job) return;
    const shown = this.#stages.map(({ name }) => name).filter((stage) => this.#stateOf(stage) !== "done" || this.#hasPicture(stage) || this.#job.state !== "done");
    syncList(byId("stages"), shown, (stage) => stage, (stage, node) => this.#stageCard(stage, node));
  }

  /** @param {string} stage */
  #hasPicture(stage) {
    return this.#pictures.has(stage) || (Boolean(this.#notes) && stage === (this.#job.state === "done" ? "hits" : "draft"));
  }

  /** @param {string} stage @param {HTMLElement} [node] */
  #stageCard(stage, node) {
    const { title, made } = /** @type {Stage} */ (this.#stages.find(({ name }) => name === stage));
    const card = node ?? el("li", {}, el("h3", { text: title }), el("p"), el("canvas", { role: "img", "aria-label": made }));
    const state = this.#stateOf(stage);
    card.className = `stage ${state}`;
    const by = this.#networkOf(stage);
    const text = { done: [this.#hasPicture(stage) ? made : "Done", by].filter(Boolean).join(", by "), current: "Now", "to-come": "" }[state];
    const line = /** @type {HTMLElement} */ (card.querySelector("p"));
    if (line.textContent !== text) line.textContent = text;
    this.#draw(stage, /** @type {HTMLCanvasElement} */ (card.querySelector("canvas")));
    return card;
  }

  /** What did the work of a stage that is done. @param {string} stage */
  #networkOf(stage) {
    const { steps } = /** @type {Stage} */ (this.#stages.find(({ name }) => name === stage));
    const names = steps.flatMap((step) => (this.#job.networks?.[step] ?? "").split(" and ")).filter(Boolean);
    return [...new Set(names)].map((name) => NETWORKS[name.replaceAll("-", "_")] ?? name).join(" and ");
  }

  #fetch() {
    if (!byId("stage-details").open || !this.#job) return;
    for (const { name: stage } of this.#stages.filter(({ name }) => !HITS.has(name))) {
      const ended = this.#stateOf(stage) === "done" || !["queued", "running"].includes(this.#job.state);
      const wanted = !this.#pictures.has(stage) && !this.#pending.has(stage) && (this.#attempts.get(stage) ?? 0) < TRIES;
      if (ended && wanted) this.#fetchPicture(stage);
    }
  }

  /** @param {string} stage */
  async #fetchPicture(stage) {
    const job = this.#job.id;
    const attempt = (this.#attempts.get(stage) ?? 0) + 1;
    this.#attempts.set(stage, attempt);
    this.#pending.add(stage);
    const picture = await this.api.picture(job, stage).catch(() => null);
    if (this.#job.id !== job) return;
    if (picture) this.#pictures.set(stage, picture);
    else if (["queued", "running"].includes(this.#job.state)) setTimeout(() => this.#retry(job, stage), attempt * RETRY_MS);
    this.show();
  }

  /** @param {string} job @param {string} stage */
  #retry(job, stage) {
    if (this.#job.id !== job) return;
    this.#pending.delete(stage);
    this.#fetch();
  }

  /** @param {string} stage @param {HTMLCanvasElement} canvas */
  #draw(stage, canvas) {
    canvas.hidden = !this.#hasPicture(stage);
    if (canvas.hidden) return;
    const size = { width: canvas.clientWidth || 130, height: HEIGHT };
    canvas.width = 2 * size.width;
    canvas.height = 2 * size.height;
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    ctx.scale(2, 2);
    const found = this.#pictures.get(stage);
    if (HITS.has(stage) && this.#notes) drawHits(ctx, this.#notes, size);
    else if (found instanceof ImageBitmap) ctx.drawImage(found, 0, 0, size.width, size.height);
    else if (found?.strength) drawStrength(ctx, found, size);
    else if (found?.beats) drawBeats(ctx, found, size);
    else if (found?.chords) drawChords(ctx, found, size);
    else if (stage === "notes") drawNotes(ctx, found, size);
    else if (found) drawStems(ctx, found.stems ?? found, size);
  }
}

/** @typedef {{width: number, height: number}} Size */

/** @param {CanvasRenderingContext2D} ctx @param {Record<string, {min: number[], max: number[]}>} stems @param {Size} size */
function drawStems(ctx, stems, size) {
  const all = Object.entries(stems).filter(([, peaks]) => Array.isArray(peaks?.min));
  const height = size.height / Math.max(1, all.length);
  const loudest = Math.max(0.05, ...all.flatMap(([, { min, max }]) => [Math.max(...max), -Math.min(...min)]));
  all.forEach(([name, { min, max }], row) => {
    ctx.fillStyle = DRUM_STEMS.has(name) ? drumColour(name) : partColour(name);
    const raised = { min: min.map((value) => value / loudest), max: max.map((value) => value / loudest) };
    drawPeaks(ctx, raised, { x: 0, y: row * height + 1, width: size.width, height: height - 2 });
  });
}

/** @param {CanvasRenderingContext2D} ctx @param {{classes: string[], strength: number[][]}} found @param {Size} size */
function drawStrength(ctx, { classes, strength }, size) {
  const height = size.height / classes.length;
  classes.forEach((name, row) => {
    const each = size.width / strength[row].length;
    ctx.fillStyle = drumColour(name);
    strength[row].forEach((value, i) => {
      if (value > 0.02) ctx.fillRect(i * each, (row + 1) * height - value * (height - 2), Math.max(0.6, each), value * (height - 2));
    });
  });
}

/** @param {CanvasRenderingContext2D} ctx @param {{beats: number[], downbeats: number[]}} found @param {Size} size */
function drawBeats(ctx, { beats, downbeats }, size) {
  const end = (beats.at(-1) ?? 1) + 0.5;
  const bars = new Set(downbeats);
  beats.forEach((at, index) => {
    const bar = bars.has(index);
    ctx.fillStyle = colour(bar ? "accent" : "wave");
    ctx.fillRect((at / end) * size.width, bar ? 12 : 30, 1.2, size.height - (bar ? 24 : 60));
  });
}

/** @param {CanvasRenderingContext2D} ctx @param {Record<string, [number, number, number][]>} parts @param {Size} size */
function drawNotes(ctx, parts, size) {
  const all = Object.values(parts).flat();
  const end = Math.max(1, ...all.map(([onset, duration]) => onset + duration));
  const [low, high] = [Math.min(...all.map((note) => note[2])), Math.max(...all.map((note) => note[2]))];
  const row = (size.height - 8) / Math.max(12, high - low + 1);
  for (const [part, notes] of Object.entries(parts)) {
    ctx.fillStyle = partColour(part);
    for (const [onset, duration, pitch] of notes) {
      const width = Math.max(1.2, (duration / end) * size.width);
      ctx.fillRect((onset / end) * size.width, 4 + (high - pitch) * row, width, Math.max(1.5, row * 0.9));
    }
  }
}

/** As high as the root; the minor ones paler. @param {CanvasRenderingContext2D} ctx
 * @param {{key: string | null, chords: {start: number, end: number, name: string}[]}} found @param {Size} size */
function drawChords(ctx, { key, chords }, size) {
  const end = chords.at(-1)?.end ?? 1;
  ctx.fillStyle = colour("accent");
  for (const { start, end: until, name } of chords) {
    const root = "C D EF G A B".indexOf(name[0]) + (name[1] === "#" ? 1 : name[1] === "b" ? -1 : 0);
    ctx.globalAlpha = /^.[#b]?m(?!aj)/.test(name) ? 0.55 : 1;
    ctx.fillRect((start / end) * size.width, size.height - 10 - root * 4, Math.max(1, ((until - start) / end) * size.width - 0.8), 5);
  }
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour("text");
  ctx.font = "600 11px Inter, sans-serif";
  ctx.fillText(key ?? "", 6, 14);
}

/** @param {CanvasRenderingContext2D} ctx @param {import("./notes.js").Notes} notes @param {Size} size */
function drawHits(ctx, { hits, clusters, duration }, size) {
  const drums = DRUMS.filter((drum) => hits.some((hit) => hit.drum === drum));
  const ranks = new Map(clusters.map((cluster) => [cluster.id, cluster.rank]));
  for (const hit of hits) {
    ctx.fillStyle = drumColour(hit.drum, ranks.get(hit.cluster) ?? 4);
    const y = ((drums.indexOf(hit.drum) + 0.5) / drums.length) * size.height;
    ctx.fillRect((hit.time / duration) * size.width, y - 4, 1.4, 8);
  }
}
