/** Short sentences to the user. Screen readers announce them too. */

import { byId, el } from "./dom.js";

const SHOWN_MS = 6000;

/**
 * @param {string} text
 * @param {{kind?: "info" | "error", action?: string, act?: () => void}} [more] a button on it
 */
export function showNotice(text, { kind = "info", action, act } = {}) {
  const box = el("div", { class: `notice ${kind}` }, el("p", { text }));
  const end = () => box.remove();
  if (action && act) box.append(el("button", { type: "button", class: "quiet", text: action, onclick: () => (end(), act()) }));
  box.append(el("button", { type: "button", class: "quiet", "aria-label": "Close this message", text: "×", onclick: end }));
  byId("notices").append(box);
  if (byId("notices").children.length > 3) byId("notices").firstElementChild.remove();
  setTimeout(end, kind === "error" || action ? 2 * SHOWN_MS : SHOWN_MS);
}

/** What went wrong, in the daemon's words. @param {unknown} error */
export function showError(error) {
  if (error instanceof Error) showNotice(error.message, { kind: "error" });
}

/** For screen readers only: what a key just did. @param {string} text */
export function announce(text) {
  byId("announcer").textContent = text;
}
