/** Short sentences to the user. Screen readers announce them too. */

import { byId, el } from "./dom.js";

const SHOWN_MS = 6000;
const MESSAGES = 50; // that are kept

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
  endLater(box, end, kind === "error" || action ? 2 * SHOWN_MS : SHOWN_MS);
  logMessage(text, kind);
}

/** Not while somebody points at it or is in it. @param {HTMLElement} box @param {() => void} end @param {number} after ms */
function endLater(box, end, after) {
  const check = () => (box.matches(":hover, :focus-within") ? setTimeout(check, SHOWN_MS / 2) : end());
  setTimeout(check, after);
}

/** What was said stays to be read, the newest first. @param {string} text @param {string} kind */
function logMessage(text, kind) {
  const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  byId("messages").hidden = false;
  byId("message-lines").prepend(el("li", { class: kind }, el("time", { text: time }), ` ${text}`));
  if (byId("message-lines").children.length > MESSAGES) byId("message-lines").lastElementChild.remove();
}

/** What went wrong, in the daemon's words. @param {unknown} error */
export function showError(error) {
  if (error instanceof Error) showNotice(error.message, { kind: "error" });
}

/** For screen readers only: what a key just did. @param {string} text */
export function announce(text) {
  byId("announcer").textContent = text;
}
