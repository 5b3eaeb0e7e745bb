/** The first visit: three questions, asked once. Nothing is set before the visitor says so. */

import { el } from "./dom.js";
import { showNotice } from "./notices.js";

const ASKED = "sidestick-asked";

/** @param {import("./api.js").Api} api */
export async function showFirstVisit(api) {
  if (localStorage.getItem(ASKED)) return;
  const found = await api.setup().catch(() => null);
  if (found?.is_new) new FirstVisit(api, found).open();
}

class FirstVisit {
  /** @param {import("./api.js").Api} api @param {any} found */
  constructor(api, found) {
    this.api = api;
    this.found = found;
    this.drop = el("input", { type: "text", value: found.default_drop, autocomplete: "off", spellcheck: "false" });
    this.watch = el("input", { type: "checkbox", checked: true, onchange: () => (this.drop.disabled = !this.watch.checked) });
    this.daw = el("select", {}, ...found.daws.map((/** @type {any} */ daw) => el("option", { value: daw.name, text: daw.title })));
    this.daw.value = "other";
    this.begin = el("input", { type: "checkbox", checked: found.at_log_on });
    this.problem = el("p", { class: "problem", role: "alert", hidden: true });
    this.dialog = el("dialog", { id: "first-visit", "aria-labelledby": "first-visit-title" }, this.#form());
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.addEventListener("cancel", () => this.#remember());
  }

  open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  #form() {
    return el(
      "form",
      { class: "first-visit", onsubmit: (/** @type {Event} */ event) => (event.preventDefault(), this.#send()) },
      el("h2", { id: "first-visit-title", text: "Three questions" }),
      el("label", { class: "check" }, this.watch, "Watch a folder: songs dropped there become MIDI"),
      el("label", { class: "field" }, "The folder, which is made", this.drop),
      el("label", { class: "field" }, "Your DAW, for the drum notes", this.daw),
      el("label", { class: "check" }, this.begin, "Start sidestick whenever I log on"),
      this.problem,
      el(
        "div",
        { class: "buttons" },
        el("button", { type: "submit", text: "Set up" }),
        el("button", { type: "button", class: "quiet", text: "Not now", onclick: () => (this.#remember(), this.dialog.close()) }),
      ),
    );
  }

  async #send() {
    /** @type {Record<string, any>} */
    const answers = { daw: this.daw.value };
    if (this.watch.checked) answers.drop = this.drop.value.trim();
    if (this.begin.checked !== this.found.at_log_on) answers.at_log_on = this.begin.checked;
    try {
      const made = await this.api.setUp(answers);
      this.#remember();
      this.dialog.close();
      showNotice(made.daws.find((/** @type {any} */ daw) => daw.name === made.daw)?.next_step ?? "");
      if (made.remark) showNotice(made.remark, { kind: "error" });
    } catch (error) {
      this.problem.hidden = false;
      this.problem.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  #remember() {
    localStorage.setItem(ASKED, "yes");
  }
}
