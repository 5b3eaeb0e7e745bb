/** Where songs come in: dropped anywhere on the page, or chosen; and how they are to be heard. */

import { byId, el } from "./dom.js";
import { complain } from "./notice.js";
import { Signal } from "./signal.js";
import { title } from "./words.js";

const INPUTS = { mix: "a whole song", drums: "drums only" };

export class Intake {
  /** @type {Signal<[job: any]>} */
  taken = new Signal();
  /** @type {Record<string, any>} */
  #chosen = {};
  #depth = 0;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    const files = byId("files");
    byId("choose").addEventListener("click", () => files.click());
    files.addEventListener("change", () => (this.#send([...files.files]), (files.value = "")));
    byId("intake").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
    this.#listen();
  }

  /** Only what most people want to say; everything else has a default that works. @param {any} options */
  offer(options) {
    const how = byId("how");
    how.replaceChildren(
      this.#select("input", "The file is", Object.entries(INPUTS)),
      this.#select("separator", "Taken apart by", options.separators.map((/** @type {string} */ name) => [name, name === "auto" ? "the best there is" : name])),
      this.#select("stems", "Keep the stems as", [["wav", "WAV"], ["flac", "FLAC"], ["mp3", "MP3"], ["", "not at all"]], options.defaults.stems ?? ""),
      this.#parts(options.parts, options.defaults.parts),
    );
  }

  /** @param {string} name @param {string} said @param {[string, string][]} choices @param {string} [value] */
  #select(name, said, choices, value) {
    const select = el("select", { onchange: () => (this.#chosen[name] = select.value || null) });
    select.append(...choices.map(([choice, text]) => el("option", { value: choice, text })));
    if (value !== undefined) select.value = value;
    return el("label", { class: "field" }, said, select);
  }

  /** @param {string[]} parts @param {string[]} wanted */
  #parts(parts, wanted) {
    const boxes = parts.map((part) => el("input", { type: "checkbox", value: part, checked: wanted.includes(part) }));
    const box = el("fieldset", { class: "field boxes" }, el("legend", { text: "Notes of" }));
    boxes.forEach((each, index) => box.append(el("label", { class: "check" }, each, title(parts[index]))));
    box.addEventListener("change", () => {
      this.#chosen.parts = boxes.filter((each) => each.checked).map((each) => each.value);
    });
    return box;
  }

  #listen() {
    const files = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragenter", (event) => files(event) && this.#mark((this.#depth += 1)));
    addEventListener("dragleave", (event) => files(event) && this.#mark((this.#depth -= 1)));
    addEventListener("dragover", (event) => files(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      this.#mark((this.#depth = 0));
      this.#send([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** @param {number} depth */
  #mark(depth) {
    document.body.classList.toggle("dropping", depth > 0);
  }

  /** One after the other: the disk thanks for it. @param {File[]} files */
  async #send(files) {
    for (const file of files) await this.#sendOne(file);
  }

  /** @param {File} file */
  async #sendOne(file) {
    const said = byId("drop").querySelector(".drop-title");
    try {
      const job = await this.api.upload(file, this.#chosen, (fraction) => {
        said.textContent = fraction < 1 ? `Taking in ${file.name}: ${Math.round(100 * fraction)} %` : "Drop songs here";
      });
      this.taken.say(job);
    } catch (error) {
      complain(error);
    } finally {
      said.textContent = "Drop songs here";
    }
  }
}
