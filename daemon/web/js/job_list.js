/** The list of songs: what is being worked on, and what was done. */

import { byId, el, icon, sync } from "./dom.js";
import { complain } from "./notice.js";
import { Signal } from "./signal.js";
import { doing } from "./stages.js";
import { left, stemOf, when } from "./words.js";

const ACTIVE = new Set(["queued", "running"]);

export class Queue {
  /** @type {Signal<[id: string]>} */
  opened = new Signal();
  /** @type {Signal<[job: any]>} a job is not as it was */
  changed = new Signal();
  /** @type {Map<string, any>} by id, newest first */
  jobs = new Map();
  current = "";
  /** @type {string | null} */
  #next = null;

  /** @param {import("./api.js").Api} api @param {import("./feed.js").Feed} feed */
  constructor(api, feed) {
    this.api = api;
    feed.heard.on((name, data) => this.#hear(name, data));
    byId("more").addEventListener("click", () => this.load(this.#next).catch(complain));
  }

  /** @param {string | null} [before] */
  async load(before = null) {
    const { jobs, next } = await this.api.jobs(before);
    for (const job of jobs) this.jobs.set(job.id, job);
    this.#next = next;
    this.show();
  }

  /** @param {any} job @returns {any} */
  take(job) {
    this.jobs.set(job.id, { ...this.jobs.get(job.id), ...job });
    this.show();
    this.changed.say(this.jobs.get(job.id));
    return this.jobs.get(job.id);
  }

  show() {
    const all = [...this.jobs.values()].sort((a, b) => b.created - a.created);
    const now = all.filter((job) => ACTIVE.has(job.state)).reverse();
    const past = all.filter((job) => !ACTIVE.has(job.state));
    const row = (/** @type {any} */ job, /** @type {HTMLElement=} */ node) => this.#row(job, node);
    byId("now-box").hidden = !now.length;
    byId("past-none").hidden = past.length > 0;
    byId("more").hidden = !this.#next;
    sync(byId("now"), now, (job) => job.id, row);
    sync(byId("past"), past, (job) => job.id, row);
  }

  /** @param {string} name @param {any} data */
  #hear(name, data) {
    if (name === "state") return this.#start(data.jobs);
    const known = this.jobs.get(data.job);
    if (name === "deleted") return this.#gone(data.job);
    if (name === "progress" && known) {
      const eta = data.eta_s ?? data.eta ?? null;
      this.take({ ...known, state: "running", stage: data.stage, fraction: data.fraction, eta_s: eta });
    } else if (["queued", "done", "failed"].includes(name) || !known) this.#fetch(data.job);
    else if (name === "midi" && ACTIVE.has(known.state)) this.#fetch(data.job); // a draft; corrections answer for themselves
  }

  /** @param {any[]} jobs */
  #start(jobs) {
    for (const job of jobs) this.take(job);
    this.show();
  }

  /** @param {string | undefined} id */
  async #fetch(id) {
    if (!id) return;
    const job = await this.api.job(id).catch(() => null);
    if (job) this.take(job);
  }

  /** @param {string} id */
  #gone(id) {
    this.jobs.delete(id);
    this.show();
  }

  /** @param {any} job @param {HTMLElement} [node] */
  #row(job, node) {
    const active = ACTIVE.has(job.state);
    const row = node ?? this.#made(job);
    const open = /** @type {HTMLElement} */ (row.querySelector(".open"));
    open.setAttribute("aria-current", String(job.id === this.current));
    /** @type {any} */ (row.querySelector(".when")).textContent = active ? `${Math.round(100 * (job.fraction || 0))} %` : when(job.created);
    const state = /** @type {HTMLElement} */ (row.querySelector(".state"));
    state.textContent = told(job);
    state.classList.toggle("failed", job.state === "failed");
    const bar = /** @type {HTMLProgressElement} */ (row.querySelector("progress"));
    bar.hidden = job.state !== "running";
    bar.value = job.fraction || 0;
    const x = /** @type {HTMLElement} */ (row.querySelector(".x"));
    x.setAttribute("aria-label", `${active ? "Cancel" : "Take off the list:"} ${job.name}`);
    x.title = active ? "Cancel" : "Take off the list; files beside the song stay";
    return row;
  }

  /** @param {any} job */
  #made(job) {
    const open = el(
      "button", { type: "button", class: "open", title: job.name, onclick: () => this.opened.say(job.id) },
      el("span", { class: "name", text: stemOf(job.name) }), el("span", { class: "when" }), el("span", { class: "state" }),
      el("progress", { max: 1, "aria-label": `Progress of ${job.name}` }),
    );
    const x = el("button", { type: "button", class: "x quiet tiny", onclick: () => this.#away(job.id) }, icon("trash"));
    return el("li", { class: "job" }, open, x);
  }

  /** @param {string} id */
  async #away(id) {
    try {
      if (ACTIVE.has(this.jobs.get(id)?.state)) return void this.take(await this.api.cancel(id));
      await this.api.forget(id);
      this.#gone(id);
    } catch (error) {
      complain(error);
    }
  }
}

/** @param {any} job @returns {string} */
export function told(job) {
  if (job.state === "queued") return "Waits for its turn";
  if (job.state === "failed") return job.reason || "Did not work";
  if (job.state === "cancelled") return "Cancelled";
  if (job.state === "done") return "";
  return [doing(job.stage), left(job.eta_s)].filter(Boolean).join(", ");
}
