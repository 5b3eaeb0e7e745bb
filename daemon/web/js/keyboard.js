/** Keyboard shortcuts: one table that is run and that the help dialog shows. */

import { byId, el } from "./dom.js";

/** @typedef {{keys: string[], display: string, description: string, run: (event: KeyboardEvent) => void, anywhere?: boolean}} Key
 * `keys` as `combination(event)` names them; `anywhere`: also while a button or slider has the focus */

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
  /** @param {Key[]} table @param {() => boolean} ready is a song open? */
  constructor(table, ready) {
    this.ready = ready;
    /** @type {Map<string, Key>} */
    this.table = new Map(table.flatMap((key) => key.keys.map((each) => /** @type {[string, Key]} */ ([each, key]))));
    document.addEventListener("keydown", (event) => this.#handle(event));
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
    if (target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea")) return;
    if (!key.anywhere && target.matches("button, input, summary, a, [role=slider]")) return;
    event.preventDefault();
    key.run(event);
  }
}
