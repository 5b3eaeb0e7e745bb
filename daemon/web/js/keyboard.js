/** The keyboard: one table that acts and that the help dialog shows. */

import { byId, el } from "./dom.js";

/** @typedef {{keys: string[], shown: string, said: string, act: (event: KeyboardEvent) => void, anywhere?: boolean}} Key
 * `keys` as `name(event)` calls them; `anywhere`: also while a button or slider has the focus */

/** @param {KeyboardEvent} event @returns {string} such as Ctrl+Shift+z */
export function name(event) {
  const held = [
    (event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt", event.shiftKey && event.key.length > 1 && "Shift",
    event.shiftKey && (event.ctrlKey || event.metaKey) && event.key.length === 1 && "Shift",
  ];
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return [...held.filter(Boolean), key].join("+");
}

export class Keys {
  /** @param {Key[]} table @param {() => boolean} ready is a song open? */
  constructor(table, ready) {
    this.ready = ready;
    /** @type {Map<string, Key>} */
    this.table = new Map(table.flatMap((key) => key.keys.map((each) => /** @type {[string, Key]} */ ([each, key]))));
    document.addEventListener("keydown", (event) => this.#press(event));
    byId("help-open").addEventListener("click", () => byId("help").showModal());
    byId("help-keys").replaceChildren(
      ...table.filter((key) => key.said).flatMap((key) => [el("dt", {}, el("kbd", { text: key.shown })), el("dd", { text: key.said })]),
    );
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const key = this.table.get(name(event));
    if (!key || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (!this.ready() && event.key !== "?") return;
    if (target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea")) return;
    if (!key.anywhere && target.matches("button, input, summary, a, [role=slider]")) return;
    event.preventDefault();
    key.act(event);
  }
}
