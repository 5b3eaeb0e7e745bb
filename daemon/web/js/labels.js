/** The names a hit can have, the keys that give them, and the dialog that lists them all. */

import { byId, el } from "./dom.js";
import { title } from "./texts.js";

/** Digits for the drums that are corrected most. */
const KEYS = ["kick", "snare", "side_stick", "high_tom", "mid_tom", "floor_tom", "closed_hihat", "open_hihat", "crash", "ride"];

/** @typedef {{name: string, title: string, drum: string}} Label */

export class Labels {
  /** @type {Label[]} */
  all = [];
  /** @type {(label: string) => void} */
  #onChoice = () => {};

  /** @param {Label[]} labels */
  setLabels(labels) {
    this.all = labels;
    const list = byId("label-list");
    list.replaceChildren(
      ...labels.map(({ name }) => {
        const button = el("button", { type: "button", text: this.displayName(name), onclick: () => this.#choose(name) });
        const key = this.keyFor(name);
        if (key) button.append(el("kbd", { text: key }));
        return button;
      }),
    );
    byId("labels").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const label = this.labelForKey(event.key);
      if (label) this.#choose(label);
    });
  }

  /** @param {string} name */
  displayName(name) {
    const found = this.all.find((label) => label.name === name)?.title ?? title(name);
    return found.charAt(0) + found.slice(1).toLowerCase();
  }

  /** @param {string} label @returns {string} the digit that gives it, or nothing */
  keyFor(label) {
    const place = KEYS.indexOf(label);
    return place < 0 ? "" : String((place + 1) % 10);
  }

  /** @param {string} key @returns {string | undefined} */
  labelForKey(key) {
    if (!/^\d$/.test(key)) return undefined;
    return KEYS[(Number(key) + 9) % 10];
  }

  /** @param {string} question @param {(label: string) => void} onChoice */
  openDialog(question, onChoice) {
    this.#onChoice = onChoice;
    byId("labels-title").textContent = question;
    byId("labels").showModal();
  }

  /** @param {string} label */
  #choose(label) {
    byId("labels").close();
    this.#onChoice(label);
  }

  /** A menu of all labels. @param {string} value @param {(label: string) => void} onChoice @param {string} ariaLabel */
  createMenu(value, onChoice, ariaLabel) {
    const select = el("select", { "aria-label": ariaLabel, onchange: () => onChoice(select.value) });
    /** @type {Map<string, Label[]>} */
    const groups = new Map();
    for (const label of this.all) groups.set(label.drum, [...(groups.get(label.drum) ?? []), label]);
    for (const [drum, labels] of groups) {
      const options = labels.map(({ name }) => el("option", { value: name, text: this.displayName(name) }));
      select.append(el("optgroup", { label: title(drum) }, ...options));
    }
    select.value = value;
    return select;
  }
}
