/** What can be done with the hits that are selected, and choosing them by velocity. */

import { byId, el, icon } from "./dom.js";
import { DRUMS } from "./notes.js";
import { formatCount, title } from "./texts.js";

const NUDGE = 0.005;

export class SelectionBar {
  /** @type {import("./song.js").Song | null} */
  song = null;
  #text = el("p", { role: "status" });

  /** @param {import("./labels.js").Labels} labels @param {(onsets: number[]) => void} play */
  constructor(labels, play) {
    this.labels = labels;
    this.play = play;
    const button = (/** @type {string} */ text, /** @type {() => void} */ act, /** @type {string} */ hint = "") =>
      el("button", { type: "button", text, title: hint, onclick: act });
    byId("selection").append(
      this.#text,
      button("Listen", () => this.listen()),
      button("What is it?", () => this.relabel(), "Relabel (R, or a digit)"),
      button("Earlier", () => this.song?.nudge(-NUDGE), "5 ms earlier (Alt+Left)"),
      button("Later", () => this.song?.nudge(NUDGE), "5 ms later (Alt+Right)"),
      el("button", { type: "button", class: "icon-only", "aria-label": "Delete these hits", title: "Delete (Del)", onclick: () => this.song?.remove() }, icon("trash")),
      el("button", { type: "button", class: "quiet icon-only", "aria-label": "Select nothing", title: "Select nothing (Esc)", text: "×", onclick: () => this.song?.select([]) }),
    );
  }

  /** @param {import("./song.js").Song} song */
  open(song) {
    this.song = song;
    song.selectionChanged.on(() => this.show());
    song.changed.on(() => this.show());
    this.show();
  }

  show() {
    const chosen = this.song?.selectedHits ?? [];
    byId("selection").hidden = !chosen.length;
    for (const button of byId("selection").querySelectorAll("button:not(:first-of-type, :last-of-type)")) {
      button.disabled = Boolean(this.song?.readOnly);
    }
    if (!chosen.length) return;
    const names = [...new Set(chosen.map((hit) => this.labels.displayName(hit.label)))];
    const one = chosen.length === 1 ? `, velocity ${chosen[0].velocity}` : "";
    this.#text.textContent = `${formatCount(chosen.length, "hit")}: ${names.slice(0, 3).join(", ")}${names.length > 3 ? " and more" : ""}${one}`;
  }

  listen() {
    this.play((this.song?.selectedHits ?? []).slice(0, 8).map((hit) => hit.onset));
  }

  relabel() {
    const number = this.song?.selection.size ?? 0;
    if (number) this.labels.openDialog(number === 1 ? "What is this hit?" : `What are these ${number} hits?`, (label) => this.song?.relabel(label));
  }
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
