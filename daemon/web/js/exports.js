/** Exports: files to save or to drag into a DAW, and the push to its MIDI port. */

import { byId, el } from "./dom.js";
import { showError, showNotice } from "./notices.js";
import { baseName, title } from "./texts.js";

/** Chromium makes a file of DownloadURL; other browsers hand over the address, which no DAW takes. */
const DRAGS_FILES = "chrome" in window;
const SAVE_FIRST = "Click a file to save it, then drag it from the browser's list of downloads into your DAW.";

export class Exports {
  /** @type {any} */
  #job = null;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    byId("push").addEventListener("click", () => this.push());
    byId("stop").addEventListener("click", () => this.api.stop().catch(showError));
    byId("drag-hint").textContent = DRAGS_FILES ? "Drag a file into your DAW, or click to save it." : SAVE_FIRST;
  }

  /** @param {any} job @param {string[]} stems @param {string[]} parts that have notes */
  open(job, stems, parts) {
    this.#job = job;
    const base = baseName(job.name);
    const midi = parts.length > 1 ? parts.map((part) => this.#link(`${title(part)} MIDI`, `${base}.${part}.mid`, `/midi/${part}`)) : [];
    const backing = stems.includes("backing") ? [this.#link(`${title("backing")} WAV`, `${base}.backing.wav`, "/backing-track")] : [];
    const sounds = stems.filter((stem) => stem !== "mix" && stem !== "backing");
    byId("exports").replaceChildren(
      this.#link("MIDI", `${base}.mid`, "/midi", {}, "main"),
      ...midi,
      ...sounds.map((stem) => this.#link(`${title(stem)} WAV`, `${base}.${stem}.wav`, `/stems/${stem}`, { format: "wav" })),
      ...(sounds.length ? [...backing, this.#link("All stems, FLAC in a ZIP", `${base}.zip`, "/archive", { format: "flac" })] : []),
    );
    this.#listExports(job, base).catch(showError);
  }

  /** Files for other programs, behind those for a DAW. @param {any} job @param {string} base */
  async #listExports(job, base) {
    const found = (await this.api.exports(job.id)).filter((each) => !each.objection);
    if (job !== this.#job) return;
    const links = found.map((each) => this.#link(each.ending, `${base}.${each.ending}`, `/exports/${each.name}`, {}, "", each));
    byId("more-exports").replaceChildren(...links);
  }

  /**
   * A link that saves when clicked; dragged out of Chromium it is the file itself.
   * @param {string} text @param {string} name @param {string} path @param {Record<string, string>} [query] @param {string} [kind]
   * @param {{caption: string, media_type: string} | null} [about] what it is, where the name does not say it
   */
  #link(text, name, path, query = {}, kind = "", about = null) {
    const address = this.api.url(this.api.jobPath(this.#job.id, path), query);
    const type = about ? about.media_type : name.endsWith(".mid") ? "audio/midi" : name.endsWith(".zip") ? "application/zip" : "audio/wav";
    const drag = (/** @type {DragEvent} */ event) =>
      event.dataTransfer?.setData("DownloadURL", `${type}:${name}:${new URL(address, location.href)}`);
    return el("li", {}, el("a", { class: kind, href: address, download: name, draggable: "true", title: about ? about.caption : name, text, ondragstart: drag }));
  }

  async push() {
    const when = byId("push-transport").checked ? "transport" : "now";
    try {
      const { notes } = await this.api.push(this.#job.id, { when, loop: byId("push-loop").checked });
      showNotice(when === "now" ? `${notes} notes play on sidestick's MIDI port.` : `${notes} notes start with your DAW.`);
    } catch (error) {
      showError(error);
    }
  }
}
