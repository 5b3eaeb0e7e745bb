/** The networks: which are here, which is recommended, and what another would cost before anything is fetched. */

import { byId, el, syncList } from "./dom.js";
import { showError } from "./notices.js";

/** @typedef {{name: string, state: string, problem: string, megabytes: number, licence: string, note: string, memory_gb: number, minutes: number | null, recommended: boolean, own: boolean, fetched_bytes: number | null}} Model */

const PERIOD_MS = 700; // between two looks at a network that comes

/** What the first song would fetch, where there is nothing yet. @param {import("./api.js").Api} api */
export async function showNextFetch(api) {
  const found = await api.models().catch(() => null);
  const next = found?.models.find((/** @type {Model} */ model) => model.name === found.next_fetch);
  if (next) byId("empty").append(el("p", { id: "next-fetch", class: "faint", text: `The first song fetches the network ${next.name} once: ${describeCost(next)}. ${next.licence}` }));
}

/** The list in the settings, kept up to date while one comes. @param {import("./api.js").Api} api */
export async function showNetworks(api) {
  const found = await api.models().catch(showError);
  if (found) show(api, found);
}

/** @param {import("./api.js").Api} api @param {{folder: string, models: Model[]}} found */
function show(api, found) {
  const act = (/** @type {() => Promise<any>} */ ask) => ask().then((next) => show(api, next)).catch(showError);
  syncList(byId("networks"), found.models, ({ name }) => name, (model, node) => fill(node ?? el("li", {}), model, api, act));
  byId("networks-folder").textContent = `They lie in ${found.folder}.`;
  const coming = found.models.some(({ fetched_bytes: bytes }) => bytes !== null);
  if (coming && byId("settings").open) setTimeout(() => showNetworks(api), PERIOD_MS);
}

/** @param {HTMLElement} row @param {Model} model @param {import("./api.js").Api} api @param {(ask: () => Promise<any>) => void} act */
function fill(row, model, api, act) {
  const focused = row.contains(document.activeElement);
  const coming = model.fetched_bytes !== null;
  const state = coming ? "on its way" : { here: "is here", "not fetched": "not here", unusable: "cannot be used" }[model.state];
  const button = !model.own && !coming && (model.state === "here"
    ? el("button", { type: "button", class: "quiet", text: "Remove", "aria-label": `Remove ${model.name}`, onclick: () => act(() => api.removeModel(model.name)) })
    : el("button", { type: "button", text: "Fetch", "aria-label": `Fetch ${model.name}`, onclick: () => act(() => api.fetchModel(model.name)) }));
  row.replaceChildren(
    el("div", { class: "network-head" }, el("span", {}, el("strong", { text: model.name }), ` ${[model.recommended && "recommended", state].filter(Boolean).join(", ")}`), button),
    ...(coming ? progressOf(model) : []),
    el("span", { class: "faint", text: `${describeCost(model)}. ${model.note} ${model.licence}` }),
    model.problem && !coming ? el("p", { class: "problem", text: model.problem }) : "",
  );
  if (focused) /** @type {HTMLElement | null} */ (row.querySelector("button"))?.focus();
  return row;
}

/** @param {Model} model */
function progressOf({ name, megabytes, fetched_bytes: bytes }) {
  const done = Math.min(megabytes, Math.round((bytes ?? 0) / 1e6));
  return [
    el("progress", { max: megabytes || 1, value: done, "aria-label": `Fetching ${name}` }),
    el("span", { class: "faint", text: `${done} of ${megabytes} MB` }),
  ];
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
