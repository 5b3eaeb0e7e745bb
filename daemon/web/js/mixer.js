/** Which stems and which parts of the MIDI sound: mute and solo. */

import { byId, el, icon, sync } from "./dom.js";
import { complain } from "./notice.js";
import { title } from "./words.js";

const KIT = ["kick", "snare", "toms", "hihat", "cymbals"];
const PITCHED = ["bass", "vocals", "other", "guitar", "piano"];

/** @typedef {{muted: Set<string>, solo: Set<string>}} Choice */

/**
 * The stems that add up to the song: what is left without the drums is one of them only where it was not taken apart.
 * @param {string[]} stems
 */
export const leaves = (stems) =>
  stems.filter((stem) => stem !== "mix" && (stem !== "backing" || !stems.some((other) => PITCHED.includes(other))));

/**
 * The stems that sound. Untouched it is the song as it is; else its stems, and the kit's in place of the drums
 * if one of them was chosen.
 * @param {string[]} stems that there are @param {Choice} choice @returns {Set<string>}
 */
export function audible(stems, { muted, solo }) {
  const parts = leaves(stems);
  const touched = parts.filter((stem) => muted.has(stem) || solo.has(stem));
  if (!touched.length) return new Set(stems.slice(0, 1));
  const inKit = touched.some((stem) => KIT.includes(stem));
  const apart = parts.filter((stem) => (inKit ? stem !== "drums" : !KIT.includes(stem)));
  const heard = (/** @type {string} */ stem) => !muted.has(KIT.includes(stem) && muted.has("drums") ? "drums" : stem);
  const wanted = (/** @type {string} */ stem) => solo.has(stem) || (KIT.includes(stem) && solo.has("drums"));
  return new Set(apart.filter((stem) => (solo.size ? wanted(stem) : heard(stem))));
}

export class Mixer {
  /** @type {Choice} */
  #stems = { muted: new Set(), solo: new Set() };
  /** @type {Choice} */
  #parts = { muted: new Set(), solo: new Set() };
  /** @type {string[]} */
  #names = [];
  /** @type {string[]} */
  #played = [];
  /** @type {Set<string>} */
  #loading = new Set();

  /** @param {import("./player.js").Player} player */
  constructor(player) {
    this.player = player;
    player.sounds.loading.on((stem, loading) => {
      if (loading) this.#loading.add(stem);
      else this.#loading.delete(stem);
      this.#show();
    });
  }

  /** @param {string[]} stems @param {string[]} parts */
  open(stems, parts) {
    this.#names = leaves(stems);
    this.#all = stems;
    this.#played = parts;
    this.#stems = { muted: new Set(), solo: new Set() };
    this.#parts = { muted: new Set(), solo: new Set() };
    this.#show();
  }

  /** @type {string[]} */
  #all = [];

  #show() {
    const row = (/** @type {Choice} */ choice) => (/** @type {string} */ name, /** @type {HTMLElement=} */ node) =>
      this.#strip(name, choice, node);
    sync(byId("stems"), this.#names, (name) => name, row(this.#stems));
    sync(byId("parts"), this.#played, (name) => name, row(this.#parts));
    byId("stems-none").hidden = this.#names.length > 0;
  }

  /** @param {string} name @param {Choice} choice @param {HTMLElement} [node] */
  #strip(name, choice, node) {
    const strip = node ?? this.#made(name, choice);
    const [mute, solo] = strip.querySelectorAll("button");
    mute.setAttribute("aria-pressed", String(choice.muted.has(name)));
    solo.setAttribute("aria-pressed", String(choice.solo.has(name)));
    strip.classList.toggle("busy", choice === this.#stems && this.#loading.has(name));
    return strip;
  }

  /** @param {string} name @param {Choice} choice */
  #made(name, choice) {
    const button = (/** @type {"muted" | "solo"} */ what, /** @type {string} */ letter, /** @type {string} */ said) =>
      el("button", {
        type: "button", class: `tiny ${what}`, "aria-label": `${said} ${title(name)}`, title: `${said} ${title(name)}`,
        text: letter, onclick: () => this.#flip(choice, what, name),
      });
    return el("li", { class: choice === this.#stems && KIT.includes(name) ? "strip of-kit" : "strip" }, el("span", { text: title(name) }), icon("wait"), button("muted", "M", "Mute"), button("solo", "S", "Solo"));
  }

  /** @param {Choice} choice @param {"muted" | "solo"} what @param {string} name */
  #flip(choice, what, name) {
    if (!choice[what].delete(name)) choice[what].add(name);
    this.#show();
    const { muted, solo } = this.#parts;
    const silent = this.#played.filter((part) => (solo.size ? !solo.has(part) : muted.has(part)));
    this.player.setAudible(audible(this.#all, this.#stems), new Set(silent)).catch(complain);
  }
}
