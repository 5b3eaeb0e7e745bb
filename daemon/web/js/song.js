/** The open song: its notes, what is selected, and corrections, one after the other. */

import { ApiError } from "./api.js";
import { changeVelocities, mergeNotes, roundTime, shiftNotes, splitNotes } from "./note_changes.js";
import { gridSteps, readNotes } from "./notes.js";
import { showError, showNotice } from "./notices.js";
import { Signal } from "./signal.js";

/** @typedef {import("./notes.js").Hit} Hit */
/** @typedef {import("./notes.js").Note} Note */

export class Song {
  /** @type {Signal<[]>} new notes */
  changed = new Signal();
  /** @type {Signal<[]>} */
  selectionChanged = new Signal();
  /** @type {import("./notes.js").Notes | null} */
  notes = null;
  /** @type {Set<number>} ids of hits */
  selection = new Set();
  /** The part whose notes can be selected; hits and notes never are at once. */
  part = "";
  /** @type {Set<number>} ids of its notes */
  noteSelection = new Set();
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

  /** These notes are heard without separation; the final is being worked on and takes corrections over. */
  get isDraft() {
    return this.job.state === "queued" || this.job.state === "running";
  }

  /** Nothing can be corrected before there is a draft. */
  get readOnly() {
    return this.isDraft && !this.job.manifest;
  }

  /** Once all corrections are answered. */
  async settle() {
    await this.#queue;
  }

  async load() {
    this.#setNotes(await this.api.notes(this.id));
  }

  /** @returns {Hit[]} */
  get selectedHits() {
    return this.notes ? this.notes.hits.filter((hit) => this.selection.has(hit.id)) : [];
  }

  /** @returns {Note[]} */
  get selectedNotes() {
    return (this.notes?.parts.get(this.part) ?? []).filter((note) => this.noteSelection.has(note.id));
  }

  get hasSelection() {
    return this.selection.size + this.noteSelection.size > 0;
  }

  /** From the first to the last that is selected. @returns {{start: number, end: number} | null} */
  get selectedSpan() {
    const all = [...this.selectedHits, ...this.selectedNotes];
    const ends = all.map((item) => item.time + ("duration" in item ? item.duration : 1e-3));
    return all.length ? { start: Math.min(...all.map((item) => item.time)), end: Math.max(...ends) } : null;
  }

  /** @param {Iterable<number>} ids of hits @param {boolean} [more] beside what is selected */
  select(ids, more = false) {
    this.selection = new Set(more ? [...this.selection, ...ids] : ids);
    this.noteSelection = new Set();
    this.selectionChanged.emit();
  }

  /** @param {string} part @param {Iterable<number>} ids of its notes @param {boolean} [more] beside what is selected of this part */
  selectNotes(part, ids, more = false) {
    this.noteSelection = new Set(more && part === this.part ? [...this.noteSelection, ...ids] : ids);
    this.part = part;
    this.selection = new Set();
    this.selectionChanged.emit();
  }

  /**
   * @param {object | (() => object)} changes in the words of a correction; a function is asked once those before are answered,
   * so that keys pressed quickly add up
   */
  change(changes) {
    return this.#edit((revision) => {
      const asked = typeof changes === "function" ? changes() : changes;
      return Object.keys(asked).length ? this.api.change(this.id, revision, asked) : Promise.resolve(null);
    });
  }

  /** @param {object} options */
  regenerate(options) {
    return this.#edit((revision) => this.api.regenerate(this.id, revision, options));
  }

  /** @param {"undo" | "redo"} way */
  step(way) {
    const there = () => (way === "undo" ? this.notes?.canUndo : this.notes?.canRedo);
    return this.#edit((revision) => (there() ? this.api.step(this.id, revision, way) : Promise.resolve(null)));
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

  /** Hits or notes, whichever are selected. */
  remove() {
    const [hits, notes] = [[...this.selection], [...this.noteSelection]];
    this.select([]);
    return this.change(hits.length ? { delete_hits: hits } : { notes: { [this.part]: { delete: notes } } });
  }

  /** @param {number} way 1 is louder, -1 softer */
  changeVelocity(way) {
    if (this.selection.size) return this.change(() => ({ velocities: changeVelocities(this.selectedHits, way) }));
    return this.changeNotes(() => ({ velocity: changeVelocities(this.selectedNotes, way) }));
  }

  /** @param {number} seconds later, or earlier if below 0 */
  nudge(seconds) {
    if (this.noteSelection.size) return this.shiftNotes({ time: seconds });
    const end = this.notes?.duration ?? 0;
    const at = (/** @type {Hit} */ hit) => Math.min(end, Math.max(0, hit.onset + seconds));
    return this.change(() => ({ move: Object.fromEntries(this.selectedHits.map((hit) => [hit.id, roundTime(at(hit))])) }));
  }

  /** Of the notes that are selected. @param {() => object} changes in the words of a correction of a part */
  changeNotes(changes) {
    const { part } = this;
    return this.change(() => {
      const asked = changes();
      return Object.keys(asked).length ? { notes: { [part]: asked } } : {};
    });
  }

  /** @param {import("./note_changes.js").Shift} shift */
  shiftNotes(shift) {
    const song = () => ({ duration: this.notes?.duration ?? 0, transpose: this.transposition(this.part) });
    return this.changeNotes(() => shiftNotes(this.selectedNotes, shift, song()));
  }

  /** Both halves are selected then. @param {number} time of the cut, where it lies within a note */
  async splitNotes(time) {
    const kept = [...this.noteSelection];
    const cut = () => splitNotes(this.selectedNotes, time, gridSteps(this.notes?.grid.beats ?? []));
    const fresh = await this.#make(this.part, () => this.changeNotes(cut));
    if (fresh.length) this.selectNotes(this.part, [...kept, ...fresh]);
  }

  mergeNotes() {
    return this.changeNotes(() => (this.selectedNotes.length > 1 ? mergeNotes(this.selectedNotes) : {}));
  }

  /** Semitones that are added to what is heard. @param {string} part */
  transposition(part) {
    return this.notes?.options.notes?.[part]?.transpose ?? 0;
  }

  /** @param {number} onset @param {string} label @param {number} velocity */
  async add(onset, label, velocity) {
    const fresh = await this.#make("drums", () => this.change({ add: [{ onset: roundTime(onset), label, velocity }] }));
    if (fresh.length === 1) this.select(fresh);
  }

  /** @param {string} part @param {{onset: number, duration: number, pitch: number}} note as it is to be written */
  async addNote(part, { onset, duration, pitch }) {
    const added = { onset: roundTime(onset), duration: roundTime(duration), pitch: Math.min(127, Math.max(0, pitch - this.transposition(part))) };
    const fresh = await this.#make(part, () => this.change({ notes: { [part]: { add: [added] } } }));
    if (fresh.length === 1) this.selectNotes(part, fresh);
  }

  /** @param {string} part @param {() => Promise<void>} change @returns {Promise<number[]>} the ids of what is new then */
  async #make(part, change) {
    const items = () => (part === "drums" ? this.notes?.hits : this.notes?.parts.get(part)) ?? [];
    const before = new Set(items().map((item) => item.id));
    await change();
    return items().map((item) => item.id).filter((id) => !before.has(id));
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
   * @param {(revision: number) => Promise<any>} ask answers with the notes, or nothing if there is nothing to do
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
      const sent = await ask(this.notes.revision);
      if (sent) this.#setNotes(sent);
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
    const before = this.selection.size + this.noteSelection.size;
    this.selection = new Set(this.selectedHits.map((hit) => hit.id));
    this.noteSelection = new Set(this.selectedNotes.map((note) => note.id));
    this.changed.emit();
    if (this.selection.size + this.noteSelection.size !== before) this.selectionChanged.emit();
  }
}
