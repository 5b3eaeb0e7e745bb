/** How far the open job is: a sentence, a bar, the pictures of its stages, its log, and cancel. */

import { byId, el } from "./dom.js";
import { complain } from "./notice.js";
import { told } from "./queue.js";
import { Stages } from "./stages.js";

export class Progress {
  /** @type {any} */
  #job = null;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    this.stages = new Stages(api);
    byId("cancel").addEventListener("click", () => this.api.cancel(this.#job.id).catch(complain));
    byId("again").addEventListener("click", () => this.again("decode"));
    const log = byId("log-lines").parentElement;
    log?.addEventListener("toggle", () => this.log());
  }

  /** @param {any} job */
  open(job) {
    byId("log-lines").replaceChildren();
    this.#job = job;
    this.stages.open(job);
    this.update(job);
    this.log();
  }

  /** @param {any} job */
  update(job) {
    const moved = this.#job?.stage !== job.stage || this.#job?.state !== job.state;
    this.#job = job;
    const active = job.state === "queued" || job.state === "running";
    byId("cancel").hidden = !active;
    byId("again").hidden = active || job.state === "done";
    byId("push").hidden = byId("stop").hidden = job.state !== "done";
    byId("work").hidden = job.state === "done";
    byId("work-bar").hidden = !active;
    byId("work-bar").value = job.fraction || 0;
    const [doing, eta] = told(job).split(", about");
    if (byId("work-said").textContent !== doing) byId("work-said").textContent = doing;
    byId("work-eta").textContent = active ? [`${Math.round(100 * (job.fraction || 0))} %`, eta && `about${eta}`].filter(Boolean).join(", ") : "";
    this.stages.update(job);
    if (moved) this.log();
  }

  /** The same song, worked out from a stage on; the new job is opened. @param {string} stage */
  async again(stage) {
    const job = await this.api.rerun(this.#job.id, stage).catch(complain);
    if (job) location.hash = encodeURIComponent(job.id);
  }

  /** Only while somebody reads it. */
  async log() {
    const box = /** @type {HTMLDetailsElement} */ (byId("log-lines").parentElement);
    if (!box.open || !this.#job) return;
    const { lines } = await this.api.log(this.#job.id).catch(() => ({ lines: [] }));
    byId("log-lines").replaceChildren(
      ...lines.map((/** @type {{time: string, text: string}} */ line) => el("li", {}, el("time", { text: line.time.slice(11) }), line.text)),
    );
  }
}
