/** The networks: which are here, which is recommended, and what another would cost before anything is fetched. */

import { byId, el } from "./dom.js";

/** @typedef {{name: string, state: string, problem: string, megabytes: number, licence: string, note: string, memory_gb: number, minutes: number | null, recommended: boolean}} Model */

/** @param {import("./api.js").Api} api */
export async function showModels(api) {
  const box = el("details", { class: "upload-options", id: "models" }, el("summary", { text: "Networks" }));
  byId("songs").append(box);
  const found = await api.models().catch(() => null);
  if (!found) return void box.remove();
  box.append(el("ul", { class: "models" }, ...found.models.map(createRow)), el("p", { class: "faint", text: `They lie in ${found.folder}.` }));
  const next = found.models.find((/** @type {Model} */ model) => model.name === found.next_fetch);
  if (next) byId("empty").append(el("p", { id: "next-fetch", class: "faint", text: `The first song fetches the network ${next.name} once: ${describeCost(next)}. ${next.licence}` }));
}

/** @param {Model} model */
function createRow(model) {
  const state = model.state === "here" ? "is here" : model.state === "unusable" ? model.problem : "not here";
  return el(
    "li",
    {},
    el("strong", { text: model.name }),
    ` ${[model.recommended && "recommended", state].filter(Boolean).join(", ")}`,
    el("span", { class: "faint", text: `${describeCost(model)}. ${model.note} ${model.licence}` }),
  );
}

/** @param {Model} model @returns {string} */
function describeCost(model) {
  const minutes = model.minutes && (model.minutes < 1 ? `${Math.round(60 * model.minutes)} s` : `${Math.round(model.minutes)} min`);
  return [
    model.state !== "here" && model.megabytes && `${model.megabytes} MB`,
    model.memory_gb && `${model.memory_gb} GB of memory`,
    minutes && `about ${minutes} for a song of 3 minutes here`,
  ]
    .filter(Boolean)
    .join(", ");
}
