/** Upload: songs dropped anywhere on the page, or chosen; and the options of their transcription. */

import { byId, el } from "./dom.js";
import { showError } from "./notices.js";
import { Signal } from "./signal.js";
import { title } from "./texts.js";

const INPUTS = {
  mix: "a whole song", drums: "drums only", bass: "a bass only", vocals: "vocals only", guitar: "a guitar only", piano: "a piano only",
};

export class Upload {
  /** @type {Signal<[job: any]>} */
  uploaded = new Signal();
  /** A .mid that was edited in a DAW. @type {Signal<[file: File]>} */
  edited = new Signal();
  /** @type {Record<string, any>} */
  #options = {};
  #depth = 0;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    const files = byId("file-input");
    byId("choose-files").addEventListener("click", () => files.click());
    files.addEventListener("change", () => (this.#uploadAll([...files.files]), (files.value = "")));
    byId("upload").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
    this.#listen();
  }

  /** Only what most people want to set; everything else has a default that works. @param {any} options */
  setOptions(options) {
    byId("from-web-field").replaceChildren(...(options.add_url ? missingWeb(options.add_url) : this.#webField()));
    const box = byId("upload-options");
    box.replaceChildren(
      this.#menu("input", "The file is", Object.entries(INPUTS)),
      this.#menu("separator", "Taken apart by", options.separators.map((/** @type {string} */ name) => [name, name === "auto" ? "the best there is" : name])),
      this.#menu("stems", "Keep the stems as", [["wav", "WAV"], ["flac", "FLAC"], ["mp3", "MP3"], ["", "not at all"]], options.defaults.stems ?? ""),
      this.#partBoxes(options.parts, options.defaults.parts),
    );
  }

  /** An address and its button; Enter does the same. */
  #webField() {
    const address = el("input", { type: "url", placeholder: "https://", "aria-label": "Address of a song", autocomplete: "off", spellcheck: "false" });
    const button = el("button", { type: "button", text: "Fetch it", onclick: () => this.#fetchSong(address, button) });
    address.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && (event.preventDefault(), button.click()));
    return [address, button];
  }

  /** @param {HTMLInputElement} address @param {HTMLButtonElement} button */
  async #fetchSong(address, button) {
    if (!address.value.trim()) return address.focus();
    button.disabled = true;
    button.textContent = "On its way …";
    const job = await this.api.fetchSong(address.value.trim(), this.#options).catch(showError);
    button.disabled = false;
    button.textContent = "Fetch it";
    if (!job) return;
    address.value = "";
    this.uploaded.emit(job);
  }

  /** @param {string} name @param {string} label @param {[string, string][]} choices @param {string} [value] */
  #menu(name, label, choices, value) {
    const select = el("select", { onchange: () => (this.#options[name] = select.value || null) });
    select.append(...choices.map(([choice, text]) => el("option", { value: choice, text })));
    if (value !== undefined) select.value = value;
    return el("label", { class: "field" }, label, select);
  }

  /** @param {string[]} parts @param {string[]} wanted */
  #partBoxes(parts, wanted) {
    const boxes = parts.map((part) => el("input", { type: "checkbox", value: part, checked: wanted.includes(part) }));
    const box = el("fieldset", { class: "field boxes" }, el("legend", { text: "Notes of" }));
    boxes.forEach((each, index) => box.append(el("label", { class: "check" }, each, title(parts[index]))));
    box.addEventListener("change", () => {
      this.#options.parts = boxes.filter((each) => each.checked).map((each) => each.value);
    });
    return box;
  }

  #listen() {
    const files = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragenter", (event) => files(event) && this.#showDropping((this.#depth += 1)));
    addEventListener("dragleave", (event) => files(event) && this.#showDropping((this.#depth -= 1)));
    addEventListener("dragover", (event) => files(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      this.#showDropping((this.#depth = 0));
      this.#uploadAll([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** @param {number} depth */
  #showDropping(depth) {
    document.body.classList.toggle("dropping", depth > 0);
  }

  /** One after the other: the disk thanks for it. @param {File[]} files */
  async #uploadAll(files) {
    for (const file of files) await this.#upload(file);
  }

  /** @param {File} file */
  async #upload(file) {
    if (/\.midi?$/i.test(file.name)) return this.edited.emit(file);
    const label = byId("drop-zone").querySelector(".drop-title");
    try {
      const job = await this.api.upload(file, this.#options, (fraction) => {
        label.textContent = fraction < 1 ? `Taking in ${file.name}: ${Math.round(100 * fraction)} %` : "Drop songs here";
      });
      this.uploaded.emit(job);
    } catch (error) {
      showError(error);
    } finally {
      label.textContent = "Drop songs here";
    }
  }
}

/** What to do where nothing here can fetch. @param {string} line */
const missingWeb = (line) => [el("p", { class: "faint", text: "This needs yt-dlp. This line in a terminal adds it; then start sidestick again:" }), el("code", { class: "line", text: line })];
