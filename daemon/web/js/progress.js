/** How far the open job is: a sentence, a bar, the pictures of its stages, its log, and cancel. */

import { byId, el } from "./dom.js";
import { describeJob } from "./job_list.js";
import { Inside } from "./inside.js";
import { showError } from "./notices.js";
import { showRemarks } from "./remarks.js";
import { Stages } from "./stages.js";

export class Progress {
  /** @type {any} */
  #job = null;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    this.stages = new Stages(api);
    this.inside = new Inside(api);
    byId("cancel").addEventListener("click", () => this.api.cancel(this.#job.id).catch(showError));
    byId("retry").addEventListener("click", () => this.rerun("decode"));
    const log = byId("log-lines").parentElement;
    log?.addEventListener("toggle", () => this.refreshLog());
  }

  /** @param {any} job */
  open(job) {
    byId("log-lines").replaceChildren();
    this.#job = job;
    this.stages.open(job);
    this.inside.open(job);
    this.update(job);
    this.refreshLog();
  }

  /** @param {any} job */
  update(job) {
    const moved = this.#job?.stage !== job.stage || this.#job?.state !== job.state;
    this.#job = job;
    const active = job.state === "queued" || job.state === "running";
    byId("cancel").hidden = !active;
    byId("retry").hidden = active || job.state === "done";
    byId("push").hidden = byId("stop").hidden = job.state !== "done";
    byId("progress").hidden = job.state === "done";
    byId("progress-bar").hidden = !active;
    byId("progress-bar").value = job.fraction || 0;
    const [doing, eta] = describeJob(job).split(", about");
    if (byId("progress-text").textContent !== doing) byId("progress-text").textContent = doing;
    byId("progress-eta").textContent = active ? [`${Math.round(100 * (job.fraction || 0))} %`, eta && `about${eta}`].filter(Boolean).join(", ") : "";
    showRemarks(job);
    this.stages.update(job);
    this.inside.update(job);
    if (moved) this.refreshLog();
  }

  /** The same song, worked out from a stage on; the new job is opened. @param {string} stage */
  async rerun(stage) {
    const job = await this.api.rerun(this.#job.id, stage).catch(showError);
    if (job) location.hash = encodeURIComponent(job.id);
  }

  /** Only while somebody reads it. */
  async refreshLog() {
    const box = /** @type {HTMLDetailsElement} */ (byId("log-lines").parentElement);
    if (!box.open || !this.#job) return;
    const { lines } = await this.api.log(this.#job.id).catch(() => ({ lines: [] }));
    byId("log-lines").replaceChildren(
      ...lines.map((/** @type {{time: string, text: string}} */ line) => el("li", {}, el("time", { text: line.time.slice(11) }), line.text)),
    );
  }
}
