/** The list of songs: what is being worked on, and what was done. */

import { formatBpm } from "./beat_bar.js";
import { byId, el, icon, syncList } from "./dom.js";
import { askToForget } from "./forget.js";
import { showError } from "./notices.js";
import { Signal } from "./signal.js";
import { baseName, formatDate, formatTimeLeft } from "./texts.js";

const ACTIVE = new Set(["queued", "running"]);
const SEARCHED = 6; // songs from which on there is a search

export class JobList {
  /** @type {Signal<[id: string]>} */
  opened = new Signal();
  /** @type {Signal<[job: any]>} a job is not as it was */
  changed = new Signal();
  /** @type {Signal<[id: string]>} a job was forgotten */
  removed = new Signal();
  /** @type {Map<string, any>} by id, newest first */
  byId = new Map();
  current = "";
  /** @type {string | null} */
  #next = null;

  /** @param {import("./api.js").Api} api @param {import("./event_stream.js").EventStream} events */
  constructor(api, events) {
    this.api = api;
    events.received.on((name, data) => this.#handleEvent(name, data));
    byId("more-jobs").addEventListener("click", () => this.load(this.#next).catch(showError));
    byId("job-search").addEventListener("input", () => this.#search());
  }

  /** @param {string | null} [before] */
  async load(before = null) {
    const { jobs, next } = await this.api.jobs(before);
    for (const job of jobs) this.byId.set(job.id, job);
    this.#next = next;
    this.show();
  }

  /** @param {any} job @returns {any} */
  update(job) {
    this.byId.set(job.id, { ...this.byId.get(job.id), ...job });
    this.show();
    this.changed.emit(this.byId.get(job.id));
    return this.byId.get(job.id);
  }

  show() {
    const all = [...this.byId.values()].sort((a, b) => b.created - a.created);
    const active = all.filter((job) => ACTIVE.has(job.state)).reverse();
    const done = all.filter((job) => !ACTIVE.has(job.state));
    const ended = done.filter((job) => job.name.toLowerCase().includes(this.#wanted));
    const row = (/** @type {any} */ job, /** @type {HTMLElement=} */ node) => this.#row(job, node);
    byId("active-section").hidden = !active.length;
    byId("no-jobs").hidden = done.length > 0;
    byId("none-found").hidden = ended.length > 0 || !done.length || Boolean(this.#next);
    byId("job-search").hidden = done.length < SEARCHED && !this.#wanted;
    byId("more-jobs").hidden = !this.#next;
    syncList(byId("active-jobs"), active, (job) => job.id, row);
    syncList(byId("job-list"), ended, (job) => job.id, row);
  }

  get #wanted() {
    return byId("job-search").value.trim().toLowerCase();
  }

  /** Through the older songs too, page by page, until there is something to show. */
  async #search() {
    this.show();
    const wanted = this.#wanted;
    while (wanted && wanted === this.#wanted && this.#next) await this.load(this.#next).catch((error) => (showError(error), (this.#next = null)));
  }

  /** @param {string} name @param {any} data */
  #handleEvent(name, data) {
    if (name === "state") return this.#setJobs(data.jobs);
    const known = this.byId.get(data.job);
    if (name === "deleted") return this.#remove(data.job);
    if (name === "remark") {
      const { code, text } = data;
      const remarks = known?.remarks ?? [];
      if (known && !remarks.some((/** @type {any} */ one) => one.text === text)) this.update({ ...known, remarks: [...remarks, { code, text }] });
    } else if (name === "progress" && known) {
      const eta = data.eta_s ?? data.eta ?? null;
      const { stage, doing, fraction, download } = data;
      this.update({ ...known, state: "running", stage, doing, fraction, eta_s: eta, download });
    } else if (["queued", "done", "failed"].includes(name) || !known) this.#fetch(data.job);
    else if (name === "midi" && ACTIVE.has(known.state)) this.#fetch(data.job); // a draft; corrections answer for themselves
  }

  /** @param {any[]} jobs */
  #setJobs(jobs) {
    for (const job of jobs) this.update(job);
    this.show();
  }

  /** @param {string | undefined} id */
  async #fetch(id) {
    if (!id) return;
    const job = await this.api.job(id).catch(() => null);
    if (job) this.update(job);
  }

  /** @param {string} id */
  #remove(id) {
    this.byId.delete(id);
    this.show();
    this.removed.emit(id);
  }

  /** @param {any} job @param {HTMLElement} [node] */
  #row(job, node) {
    const active = ACTIVE.has(job.state);
    const row = node ?? this.#createRow(job);
    const open = /** @type {HTMLElement} */ (row.querySelector(".open"));
    open.setAttribute("aria-current", String(job.id === this.current));
    /** @type {any} */ (row.querySelector(".when")).textContent = active ? `${Math.round(100 * (job.fraction || 0))} %` : formatDate(job.created);
    const state = /** @type {HTMLElement} */ (row.querySelector(".state"));
    state.textContent = describeJob(job);
    state.classList.toggle("failed", job.state === "failed");
    const bar = /** @type {HTMLProgressElement} */ (row.querySelector("progress"));
    bar.hidden = job.state !== "running";
    bar.value = job.fraction || 0;
    const remove = /** @type {HTMLElement} */ (row.querySelector(".remove"));
    remove.setAttribute("aria-label", `${active ? "Cancel" : "Take off the list:"} ${job.name}`);
    remove.title = active ? "Cancel" : "Take off the list; it asks first";
    return row;
  }

  /** @param {any} job */
  #createRow(job) {
    const open = el(
      "button", { type: "button", class: "open", title: job.name, onclick: () => this.opened.emit(job.id) },
      el("span", { class: "name", text: baseName(job.name) }), el("span", { class: "when" }), el("span", { class: "state" }),
      el("progress", { max: 1, "aria-label": `Progress of ${job.name}` }),
    );
    const remove = el("button", { type: "button", class: "remove quiet tiny", onclick: () => this.#cancelOrForget(job.id) }, icon("trash"));
    return el("li", { class: "job" }, open, remove);
  }

  /** @param {string} id */
  async #cancelOrForget(id) {
    try {
      if (ACTIVE.has(this.byId.get(id)?.state)) return void this.update(await this.api.cancel(id));
      if (await askToForget(this.api, this.byId.get(id))) this.#remove(id);
    } catch (error) {
      showError(error);
    }
  }
}

/** @param {any} job @returns {string} */
export function describeJob(job) {
  if (job.state === "queued") return "Waits for its turn";
  if (job.state === "failed") return job.reason || "Did not work";
  if (job.state === "cancelled") return "Cancelled";
  if (job.state === "done") return job.bpm ? `${formatBpm(job.bpm)} bpm` : "Done";
  return [describeDownload(job.download) || job.doing || "Beginning", formatTimeLeft(job.eta_s)].filter(Boolean).join(", ");
}

/** @param {{name: string, done: number, total: number} | null | undefined} download in bytes */
function describeDownload(download) {
  if (!download) return "";
  const whole = download.total ? ` of ${Math.round(download.total / 1e6)}` : "";
  return `Fetching the network ${download.name}, ${Math.round(download.done / 1e6)}${whole} MB`;
}
