/** Which stems and which parts of the MIDI sound: mute and solo. */

import { byId, el, icon, syncList } from "./dom.js";
import { showError } from "./notices.js";
import { title } from "./texts.js";

const KIT = ["kick", "snare", "toms", "hihat", "cymbals"];
const WHOLE = ["bass", "vocals", "other"]; // with the drums they add up to the song

/** @typedef {{muted: Set<string>, solo: Set<string>}} Choice */

/** @param {string[]} stems is everything there that the song is made of? */
const isComplete = (stems) => WHOLE.every((stem) => stems.includes(stem));

/**
 * The stems as they are listed: the kit under its drums; the song without drums only where it was not taken apart.
 * @param {string[]} stems @returns {string[]}
 */
export function listStems(stems) {
  const kit = KIT.filter((stem) => stems.includes(stem));
  const rest = stems.filter((stem) => !["mix", "drums", ...KIT].includes(stem) && (stem !== "backing" || !isComplete(stems)));
  return [...stems.filter((stem) => stem === "drums"), ...kit, ...rest];
}

/**
 * A part that is also in "without drums" can be heard alone, but not be taken out.
 * @param {string[]} stems @param {string} stem
 */
export const onlySolo = (stems, stem) => stems.includes("backing") && !isComplete(stems) && !["drums", "backing", ...KIT].includes(stem);

/**
 * The stems that sound. Untouched it is the song as it is; else its stems, and the kit's in place of the drums
 * if one of them was chosen.
 * @param {string[]} stems that there are @param {Choice} choice @returns {Set<string>}
 */
export function audibleStems(stems, { muted, solo }) {
  const parts = listStems(stems);
  const touched = parts.filter((stem) => muted.has(stem) || solo.has(stem));
  if (!touched.length) return new Set(stems.slice(0, 1));
  const inKit = touched.some((stem) => KIT.includes(stem));
  const apart = parts.filter((stem) => (inKit ? stem !== "drums" : !KIT.includes(stem)));
  const by = (/** @type {Set<string>} */ chosen, /** @type {string} */ stem) => chosen.has(stem) || (KIT.includes(stem) && chosen.has("drums"));
  if (!solo.size) return new Set(apart.filter((stem) => !by(muted, stem) && !onlySolo(stems, stem)));
  const alone = apart.filter((stem) => by(solo, stem));
  return new Set(alone.filter((stem) => !(alone.includes("backing") && onlySolo(stems, stem))));
}

export class Mixer {
  /** @type {Choice} */
  #stems = { muted: new Set(), solo: new Set() };
  /** @type {Choice} */
  #parts = { muted: new Set(), solo: new Set() };
  /** @type {string[]} stems that there are, */
  #all = [];
  /** @type {string[]} those that are listed, */
  #names = [];
  /** @type {string[]} and parts that have notes */
  #played = [];
  /** @type {Set<string>} */
  #loading = new Set();

  /** @param {import("./player.js").Player} player */
  constructor(player) {
    this.player = player;
    player.stems.loading.on((stem, loading) => {
      if (loading) this.#loading.add(stem);
      else this.#loading.delete(stem);
      this.#show();
    });
  }

  /** @param {string[]} stems @param {string[]} parts */
  open(stems, parts) {
    this.#all = stems;
    this.#names = listStems(stems);
    this.#played = parts;
    this.#stems = { muted: new Set(), solo: new Set() };
    this.#parts = { muted: new Set(), solo: new Set() };
    for (const list of ["stems", "parts"]) byId(list).replaceChildren();
    this.#show();
  }

  #show() {
    const row = (/** @type {Choice} */ choice) => (/** @type {string} */ name, /** @type {HTMLElement=} */ node) =>
      this.#showStrip(name, choice, node);
    syncList(byId("stems"), this.#names, (name) => name, row(this.#stems));
    syncList(byId("parts"), this.#played, (name) => name, row(this.#parts));
    byId("stems-none").hidden = this.#names.length > 0;
  }

  /** @param {string} name @param {Choice} choice @param {HTMLElement} [node] */
  #showStrip(name, choice, node) {
    const strip = node ?? this.#createStrip(name, choice);
    const [mute, solo] = strip.querySelectorAll("button");
    /** @type {HTMLButtonElement} */ (mute).disabled = choice === this.#stems && onlySolo(this.#all, name);
    mute.setAttribute("aria-pressed", String(choice.muted.has(name)));
    solo.setAttribute("aria-pressed", String(choice.solo.has(name)));
    strip.classList.toggle("busy", choice === this.#stems && this.#loading.has(name));
    return strip;
  }

  /** @param {string} name @param {Choice} choice */
  #createStrip(name, choice) {
    const button = (/** @type {"muted" | "solo"} */ what, /** @type {string} */ letter, /** @type {string} */ label) =>
      el("button", {
        type: "button", class: `tiny ${what}`, "aria-label": `${label} ${title(name)}`, title: `${label} ${title(name)}`,
        text: letter, onclick: () => this.#toggle(choice, what, name),
      });
    return el("li", { class: choice === this.#stems && KIT.includes(name) ? "strip of-kit" : "strip" }, el("span", { text: title(name) }), icon("wait"), button("muted", "M", "Mute"), button("solo", "S", "Solo"));
  }

  /** @param {Choice} choice @param {"muted" | "solo"} what @param {string} name */
  #toggle(choice, what, name) {
    if (!choice[what].delete(name)) choice[what].add(name);
    this.#show();
    const { muted, solo } = this.#parts;
    const silent = this.#played.filter((part) => (solo.size ? !solo.has(part) : muted.has(part)));
    this.player.setAudible(audibleStems(this.#all, this.#stems), new Set(silent)).catch(showError);
  }
}
