/** What there is to know about a song that was done all the same. */

import { byId, el, syncList } from "./dom.js";
import { spellRemark } from "./remark_words.js";

/** @typedef {{code: string, text: string}} Remark */

/** @param {any} job */
export function showRemarks(job) {
  /** @type {Remark[]} */
  const remarks = job.remarks ?? [];
  byId("remarks").hidden = !remarks.length;
  const row = (/** @type {Remark} */ { code, text }, /** @type {HTMLElement=} */ node) => node ?? el("li", { "data-code": code, text: spellRemark(text) });
  syncList(byId("remarks"), remarks, ({ text }) => text, row);
}
