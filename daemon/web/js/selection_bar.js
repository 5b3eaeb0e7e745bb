/** What can be done with the hits or notes that are selected, and choosing hits by velocity. */

import { byId, el, icon } from "./dom.js";
import { DRUMS } from "./notes.js";
import { formatCount, noteName, title } from "./texts.js";

/** @typedef {{text: string, hint: string, act: () => void, kind?: "hits" | "notes", reads?: boolean, sign?: string}} Action what a button does; `reads` changes nothing, `sign` is shown for its text */

const NUDGE = 0.005;
const PLAYED = 8; // that are listened to, at most

export class SelectionBar {
  /** @type {import("./song.js").Song | null} */
  song = null;
  #text = el("p", { role: "status" });

  /** @type {[HTMLButtonElement, Action][]} */
  #buttons = [];

  /** @param {import("./song_page.js").SongPage} page */
  constructor(page) {
    this.page = page;
    this.labels = page.labels;
    this.#buttons = this.#actions().map((action) => [this.#createButton(action), action]);
    byId("selection").append(this.#text, ...this.#buttons.map(([button]) => button));
  }

  /** @returns {Action[]} */
  #actions() {
    const { page } = this;
    return [
      { text: "Listen", hint: "Hear them in the song", act: () => this.listen(), reads: true },
      { text: "What is it?", hint: "Relabel (R, or a digit)", act: () => this.relabel(), kind: "hits" },
      { text: "Earlier", hint: "5 ms earlier (Alt+Left)", act: () => this.song?.nudge(-NUDGE), sign: "←" },
      { text: "Later", hint: "5 ms later (Alt+Right)", act: () => this.song?.nudge(NUDGE), sign: "→" },
      { text: "Down", hint: "A semitone down (Alt+Down)", act: () => page.shiftNotes({ pitch: -1 }), kind: "notes", sign: "↓" },
      { text: "Up", hint: "A semitone up (Alt+Up)", act: () => page.shiftNotes({ pitch: 1 }), kind: "notes", sign: "↑" },
      { text: "Shorter", hint: "A sixteenth shorter (Ctrl+Left)", act: () => page.resizeNotes(-1), kind: "notes" },
      { text: "Longer", hint: "A sixteenth longer (Ctrl+Right)", act: () => page.resizeNotes(1), kind: "notes" },
      { text: "Softer", hint: "Softer (Shift+Down)", act: () => this.song?.changeVelocity(-1) },
      { text: "Louder", hint: "Louder (Shift+Up)", act: () => this.song?.changeVelocity(1) },
      { text: "Split", hint: "At the playhead, or in the middle (X)", act: () => page.splitNotes(), kind: "notes" },
      { text: "Join", hint: "To one note (J)", act: () => this.song?.mergeNotes(), kind: "notes" },
      { text: "Delete", hint: "Delete (Del)", act: () => this.song?.remove(), sign: "trash" },
      { text: "Select nothing", hint: "Select nothing (Esc)", act: () => this.song?.select([]), reads: true, sign: "×" },
    ];
  }

  /** @param {Action} action @returns {HTMLButtonElement} */
  #createButton({ text, hint, act, sign }) {
    const button = el("button", { type: "button", title: hint, onclick: act, class: sign && "icon-only", "aria-label": sign && text });
    button.append(sign === "trash" ? icon(sign) : (sign ?? text));
    return button;
  }

  /** @param {import("./song.js").Song} song */
  open(song) {
    this.song = song;
    song.selectionChanged.on(() => this.show());
    song.changed.on(() => this.show());
    this.show();
  }

  show() {
    const [hits, notes] = [this.song?.selectedHits ?? [], this.song?.selectedNotes ?? []];
    byId("selection").hidden = !this.song?.hasSelection;
    const readOnly = Boolean(this.song?.readOnly);
    for (const [button, { kind, reads, text }] of this.#buttons) {
      button.hidden = kind === "hits" ? !hits.length : kind === "notes" && !notes.length;
      button.disabled = (readOnly && !reads) || (text === "Join" && notes.length < 2);
    }
    if (hits.length) this.#text.textContent = this.#describeHits(hits);
    else if (notes.length) this.#text.textContent = this.#describeNotes(notes);
  }

  /** @param {import("./notes.js").Hit[]} hits */
  #describeHits(hits) {
    const names = hits.map((hit) => this.labels.displayName(hit.label));
    return `${formatCount(hits.length, "hit")}: ${listSome(names)}${hits.length === 1 ? `, velocity ${hits[0].velocity}` : ""}`;
  }

  /** @param {import("./notes.js").Note[]} notes */
  #describeNotes(notes) {
    const one = `, ${notes[0].duration.toFixed(2)} s, velocity ${notes[0].velocity}`;
    const names = listSome(notes.map((note) => noteName(note.pitch)));
    return `${formatCount(notes.length, "note")} of ${title(this.song?.part ?? "")}: ${names}${notes.length === 1 ? one : ""}`;
  }

  listen() {
    const { song } = this;
    const hits = song?.selectedHits ?? [];
    const some = (hits.length ? hits : (song?.selectedNotes ?? [])).slice(0, PLAYED);
    this.page.playOnsets(some.map((item) => item.onset), hits.length ? "drums" : song?.part);
  }

  relabel() {
    const number = this.song?.selection.size ?? 0;
    if (number) this.labels.openDialog(number === 1 ? "What is this hit?" : `What are these ${number} hits?`, (label) => this.song?.relabel(label));
  }
}

/** @param {string[]} names */
function listSome(names) {
  const distinct = [...new Set(names)];
  return `${distinct.slice(0, 3).join(", ")}${distinct.length > 3 ? " and more" : ""}`;
}

/**
 * Fields that select hits by how loud they are.
 * @param {() => import("./song.js").Song | null} song
 */
export function velocityFields(song) {
  const drum = el("select", { "aria-label": "Drum" }, el("option", { value: "", text: "All drums" }));
  drum.append(...[...DRUMS].reverse().map((name) => el("option", { value: name, text: title(name) })));
  const field = (/** @type {string} */ label, /** @type {number} */ value) =>
    el("input", { type: "number", min: 1, max: 127, value, "aria-label": label });
  const [low, high] = [field("Velocity from", 1), field("Velocity to", 45)];
  const choose = () => {
    const fits = (/** @type {import("./notes.js").Hit} */ hit) =>
      (!drum.value || hit.drum === drum.value) && hit.velocity >= Number(low.value) && hit.velocity <= Number(high.value);
    song()?.select((song()?.notes?.hits ?? []).filter(fits).map((hit) => hit.id));
  };
  const button = el("button", { type: "button", text: "Select", onclick: choose });
  return el("div", { class: "by-velocity" }, drum, low, el("span", { text: "to" }), high, button);
}
