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

/** Can the song be heard without its drums? @param {string[]} stems */
export const hasBacking = (stems) => stems.includes("backing") || isComplete(stems);

/**
 * The stems that sound. Untouched it is the song as it is; else its stems, and the kit's in place of the drums
 * if one of them was chosen.
 * @param {string[]} stems that there are @param {Choice} choice @returns {Set<string>}
 */
export function audibleStems(stems, { muted, solo }) {
  const parts = listStems(stems);
  if (stems.includes("backing") && !solo.size && muted.size === 1 && muted.has("drums")) return new Set(["backing"]);
  const touched = parts.filter((stem) => muted.has(stem) || solo.has(stem));
  if (!touched.length) return new Set(stems.slice(0, 1));
  const inKit = touched.some((stem) => KIT.includes(stem));
  const apart = parts.filter((stem) => (inKit ? stem !== "drums" : !KIT.includes(stem)));
  const by = (/** @type {Set<string>} */ chosen, /** @type {string} */ stem) => chosen.has(stem) || (KIT.includes(stem) && chosen.has("drums"));
  if (!solo.size) return new Set(apart.filter((stem) => !by(muted, stem) && !onlySolo(stems, stem)));
  const alone = apart.filter((stem) => by(solo, stem));
  return new Set(alone.filter((stem) => !(alone.includes("backing") && onlySolo(stems, stem))));
}

/**
 * The stems that sound under MIDI drums: as chosen, without the song's own ones unless they are alone.
 * @param {string[]} stems @param {Choice} choice @returns {Set<string>}
 */
export function stemsUnderDrums(stems, { muted, solo }) {
  return audibleStems(stems, { muted: new Set([...muted].filter((stem) => !KIT.includes(stem)).concat("drums")), solo });
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

  /** Does "both" mean that the MIDI drums take the place of the song's? */
  get replacesDrums() {
    return this.#played.includes("drums") && hasBacking(this.#all);
  }

  /** @param {string[]} stems @param {string[]} parts */
  open(stems, parts) {
    this.#all = stems;
    this.#names = listStems(stems);
    this.#played = parts;
    this.#stems = { muted: new Set(), solo: new Set() };
    this.#parts = { muted: new Set(), solo: new Set() };
    for (const list of ["stems", "parts"]) byId(list).replaceChildren();
    byId("side-both-name").textContent = this.replacesDrums ? "MIDI drums in the song" : "Both";
    this.#show();
    this.setSide(this.player.side);
  }

  #show() {
    const row = (/** @type {Choice} */ choice) => (/** @type {string} */ name, /** @type {HTMLElement=} */ node) =>
      this.#showStrip(name, choice, node);
    syncList(byId("stems"), this.#names, (name) => name, row(this.#stems));
    syncList(byId("parts"), this.#played, (name) => name, row(this.#parts));
    byId("stems-none").hidden = this.#names.length > 0;
    byId("mix-hint").hidden = !this.replacesDrums;
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
    this.setSide(this.player.side);
  }

  /** @param {import("./outputs.js").Side} side */
  setSide(side) {
    const { muted, solo } = this.#parts;
    const replacing = side === "both" && this.replacesDrums;
    const silent = this.#played.filter((part) => (solo.size ? !solo.has(part) : muted.has(part) || (replacing && part !== "drums")));
    const stems = replacing ? stemsUnderDrums(this.#all, this.#stems) : audibleStems(this.#all, this.#stems);
    this.player.setMix(side, stems, new Set(silent)).catch(showError);
  }
}
