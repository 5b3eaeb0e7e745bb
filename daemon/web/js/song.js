/** The open song: its notes, what is selected, and corrections, one after the other. */

import { ApiError } from "./api.js";
import { readNotes } from "./notes.js";
import { showError, showNotice } from "./notices.js";
import { Signal } from "./signal.js";

/** @typedef {import("./notes.js").Hit} Hit */

export class Song {
  /** @type {Signal<[]>} new notes */
  changed = new Signal();
  /** @type {Signal<[]>} */
  selectionChanged = new Signal();
  /** @type {import("./notes.js").Notes | null} */
  notes = null;
  /** @type {Set<number>} ids of hits */
  selection = new Set();
  #queue = Promise.resolve();
  #pending = 0;

  /** @param {import("./api.js").Api} api @param {any} job */
  constructor(api, job) {
    this.api = api;
    this.job = job;
  }

  get id() {
    return this.job.id;
  }

  /** Corrections wait until the job has ended. */
  get readOnly() {
    return this.job.state === "queued" || this.job.state === "running";
  }

  async load() {
    this.#setNotes(await this.api.notes(this.id));
  }

  /** @returns {Hit[]} */
  get selectedHits() {
    return this.notes ? this.notes.hits.filter((hit) => this.selection.has(hit.id)) : [];
  }

  /** From the first to the last that is selected. @returns {{start: number, end: number} | null} */
  get selectedSpan() {
    const times = this.selectedHits.map((hit) => hit.time);
    return times.length ? { start: Math.min(...times), end: Math.max(...times) + 1e-3 } : null;
  }

  /** @param {Iterable<number>} ids @param {boolean} [more] beside what is selected */
  select(ids, more = false) {
    this.selection = new Set(more ? [...this.selection, ...ids] : ids);
    this.selectionChanged.emit();
  }

  /** @param {object} changes in the words of a correction */
  change(changes) {
    return this.#edit((revision) => this.api.change(this.id, revision, changes));
  }

  /** @param {object} options */
  regenerate(options) {
    return this.#edit((revision) => this.api.regenerate(this.id, revision, options));
  }

  /** @param {"undo" | "redo"} way */
  step(way) {
    return this.#edit((revision) => this.api.step(this.id, revision, way));
  }

  /**
   * One tap of the beat; the fourth makes a revision.
   * @param {number} [seconds] of the song, now if left out
   */
  async tap(seconds) {
    const made = await this.api.tap(this.id, seconds);
    if (this.notes && made.revision !== this.notes.revision) await this.load();
    return made;
  }

  /** @param {string} label */
  relabel(label) {
    return this.change({ hits: Object.fromEntries([...this.selection].map((id) => [id, label])) });
  }

  remove() {
    const gone = [...this.selection];
    this.select([]);
    return this.change({ delete_hits: gone });
  }

  /** @param {number} seconds later, or earlier if below 0 */
  nudge(seconds) {
    const end = this.notes?.duration ?? 0;
    const at = (/** @type {Hit} */ hit) => Math.min(end, Math.max(0, hit.onset + seconds));
    return this.change({ move: Object.fromEntries(this.selectedHits.map((hit) => [hit.id, roundTime(at(hit))])) });
  }

  /** @param {number} onset @param {string} label @param {number} velocity */
  async add(onset, label, velocity) {
    const before = new Set(this.notes?.hits.map((hit) => hit.id));
    await this.change({ add: [{ onset: roundTime(onset), label, velocity }] });
    const fresh = this.notes?.hits.filter((hit) => !before.has(hit.id)).map((hit) => hit.id) ?? [];
    if (fresh.length === 1) this.select(fresh);
  }

  /**
   * An event names revision `revision`: if it is not ours, the notes are fetched.
   * @param {number} revision
   */
  async checkRevision(revision) {
    await this.#queue;
    if (this.#pending || !this.notes || revision === this.notes.revision) return;
    const before = this.notes.revision;
    await this.load().catch(showError);
    if (this.notes.revision !== before) showNotice("The notes were changed elsewhere, in your DAW perhaps. Here they are.");
  }

  /**
   * Corrections go one at a time, each on the revision that the one before made.
   * @param {(revision: number) => Promise<any>} ask
   * @returns {Promise<void>}
   */
  #edit(ask) {
    this.#pending += 1;
    this.#queue = this.#queue.then(() => this.#send(ask)).finally(() => (this.#pending -= 1));
    return this.#queue;
  }

  /** @param {(revision: number) => Promise<any>} ask */
  async #send(ask) {
    if (!this.notes) return;
    try {
      this.#setNotes(await ask(this.notes.revision));
    } catch (error) {
      if (error instanceof ApiError && error.stale) await this.#offerRetry(ask);
      else showError(error);
      this.changed.emit();
    }
  }

  /** @param {(revision: number) => Promise<any>} ask */
  async #offerRetry(ask) {
    await this.load().catch(showError);
    showNotice("Somebody else, your DAW perhaps, changed this song first. These are the notes now; your change was not made.", {
      action: "Make it now",
      act: () => this.#edit(ask),
    });
  }

  /** @param {any} sent */
  #setNotes(sent) {
    this.notes = readNotes(sent);
    const there = new Set(this.notes.hits.map((hit) => hit.id));
    const kept = [...this.selection].filter((id) => there.has(id));
    const lost = kept.length !== this.selection.size;
    this.selection = new Set(kept);
    this.changed.emit();
    if (lost) this.selectionChanged.emit();
  }
}

/** @param {number} seconds */
const roundTime = (seconds) => Math.round(seconds * 1e6) / 1e6;
