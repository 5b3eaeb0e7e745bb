/** The walk through the pads of an e-kit: strike the drum that is named, or skip it. */

import { el } from "./dom.js";
import { showError } from "./notices.js";

const PERIOD_MS = 200;

/** @typedef {{current: string | null, notes: Record<string, number>, problem: string, heard: string}} Walk */

export class PadWalk {
  #timer = 0;
  #whole = false;
  #asked = el("p", { class: "walk-asked", role: "status" });
  #heard = el("p", { class: "faint" });
  #skip = el("button", { type: "button", text: "Skip it", onclick: () => this.#step(this.api.skipPad) });
  #back = el("button", { type: "button", text: "The one before", onclick: () => this.#step(this.api.stepBackPad) });
  #finish = el("button", { type: "button", text: "That is all", onclick: () => this.#finishWith() });
  #stop = el("button", { type: "button", class: "quiet", text: "Stop", onclick: () => this.end() });
  /** @type {Walk | null} */
  #walk = null;

  /**
   * @param {import("./api.js").Api} api @param {import("./labels.js").Labels} labels
   * @param {{show: (label: string | null) => void, learnt: (notes: Record<string, number>, whole: boolean) => void}} actions
   * `learnt` gets the notes of all drums that were struck, `whole` if all of a kit were asked for
   */
  constructor(api, labels, actions) {
    this.api = api;
    this.labels = labels;
    this.actions = actions;
    this.element = el("div", { class: "walk", hidden: true }, this.#asked, this.#heard, el("div", { class: "buttons" }, this.#skip, this.#back, this.#finish, this.#stop));
  }

  /** @param {string[]} labels none are all of a kit */
  async begin(labels) {
    this.#whole = !labels.length;
    await this.#step(() => this.api.beginWalk(labels));
  }

  end() {
    if (!this.#walk) return;
    clearTimeout(this.#timer);
    this.#walk = null;
    this.element.hidden = true;
    this.actions.show(null);
    this.api.endWalk().catch(() => {}); // it ends by itself
  }

  #finishWith() {
    const notes = this.#walk?.notes ?? {};
    this.end();
    if (Object.keys(notes).length) this.actions.learnt(notes, this.#whole);
  }

  /** @param {() => Promise<Walk>} ask */
  async #step(ask) {
    clearTimeout(this.#timer);
    try {
      this.#show(await ask());
    } catch (error) {
      this.end();
      showError(error);
    }
  }

  /** @param {Walk} walk */
  #show(walk) {
    this.#walk = walk;
    if (!walk.current) return this.#finishWith();
    const name = this.labels.displayName(walk.current);
    const text = walk.problem || `Strike the ${name.toLowerCase()}.`;
    if (this.#asked.textContent !== text) this.#asked.textContent = text;
    this.#heard.textContent = walk.heard;
    this.element.hidden = false;
    this.#back.hidden = this.#skip.hidden = this.#finish.hidden = !this.#whole;
    this.actions.show(walk.current);
    this.#timer = window.setTimeout(() => this.#step(this.api.walk), PERIOD_MS);
  }
}
