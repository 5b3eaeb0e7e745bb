/** Keyboard shortcuts: one table that is run and that the help dialog shows. */

import { byId, el } from "./dom.js";

/** @typedef {{keys: string[], display: string, description: string, run: (event: KeyboardEvent) => void, anywhere?: boolean, fields?: boolean}} Key
 * `keys` as `combination(event)` names them; `anywhere`: also while a button or slider has the focus;
 * `fields`: in menus and fields too, unless something is being typed there */

const TYPED = "input:not([type=range], [type=radio], [type=checkbox]), textarea";

/** @param {KeyboardEvent} event @returns {string} such as Ctrl+Shift+z */
export function combination(event) {
  const modifiers = [
    (event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt", event.shiftKey && event.key.length > 1 && "Shift",
    event.shiftKey && (event.ctrlKey || event.metaKey) && event.key.length === 1 && "Shift",
  ];
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return [...modifiers.filter(Boolean), key].join("+");
}

export class Keyboard {
  #settledText = ""; // of the field that has the focus: as it was before anybody typed

  /** @param {Key[]} table @param {() => boolean} ready is a song open? */
  constructor(table, ready) {
    this.ready = ready;
    /** @type {Map<string, Key>} */
    this.table = new Map(table.flatMap((key) => key.keys.map((each) => /** @type {[string, Key]} */ ([each, key]))));
    document.addEventListener("keydown", (event) => this.#handle(event));
    for (const name of ["focusin", "change"]) document.addEventListener(name, (event) => (this.#settledText = textOf(event.target)));
    byId("help-open").addEventListener("click", () => byId("help").showModal());
    byId("help-keys").replaceChildren(
      ...table.filter((key) => key.description).flatMap((key) => [el("dt", {}, el("kbd", { text: key.display })), el("dd", { text: key.description })]),
    );
  }

  /** @param {KeyboardEvent} event */
  #handle(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const key = this.table.get(combination(event));
    if (!key || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (!this.ready() && event.key !== "?") return;
    if (key.fields ? textOf(target) !== this.#settledText && target.matches(TYPED) : target.matches(`${TYPED}, select`)) return;
    if (!key.anywhere && target.matches("button, input, summary, a, [role=slider]")) return;
    event.preventDefault();
    key.run(event);
  }
}

/** @param {EventTarget | null} target @returns {string} */
const textOf = (target) => (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ? target.value : "");
