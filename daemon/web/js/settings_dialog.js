/** The settings: folders, MIDI, networks and what is kept. Each is saved as it is changed; what needs a restart says so. */

import { byId, el } from "./dom.js";
import { showNetworks } from "./models.js";

/** @typedef {{name: string, group: string, title: string, kind: string, help: string, value: any, default: any, choices: string[], locked: string, pending: boolean}} Setting */

const NAMES = /** @type {Record<string, string>} */ ({ auto: "the best there is", gm: "General MIDI", embedded: "signal processing, no network" });

export class SettingsDialog {
  /** @type {Map<string, Setting>} */
  #known = new Map();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    byId("settings-open").addEventListener("click", () => this.open());
    byId("settings-keys").addEventListener("click", () => (byId("settings").close(), byId("help").showModal()));
  }

  async open() {
    byId("settings").showModal();
    showNetworks(this.api);
    try {
      this.#show(await this.api.settings());
    } catch (error) {
      byId("settings-groups").replaceChildren(el("p", { class: "problem", text: messageOf(error) }));
    }
  }

  /** @param {{file: string, settings: Setting[], restart: boolean}} found */
  #show({ file, settings }) {
    this.#known = new Map(settings.map((each) => [each.name, each]));
    const groups = [...new Set(settings.map(({ group }) => group))];
    byId("settings-groups").replaceChildren(
      ...groups.map((group) => el(
        "section", { "aria-label": group }, el("h3", { text: group }),
        ...settings.filter((each) => each.group === group).map((each) => this.#row(each)),
      )),
    );
    byId("settings-file").textContent = `They are kept in ${file}.`;
    this.#showRestart();
  }

  #showRestart() {
    const waiting = [...this.#known.values()].filter(({ pending }) => pending).map(({ title }) => title);
    byId("settings-restart").hidden = !waiting.length;
    byId("settings-restart").textContent = `Holds when sidestick is started again: ${waiting.join(", ")}.`;
  }

  /** @param {Setting} setting */
  #row(setting) {
    const problem = el("p", { class: "problem", role: "alert", hidden: true });
    const send = (/** @type {any} */ value) => this.#change(setting.name, value, problem);
    const field = setting.kind === "folders" ? this.#folders(setting, send) : labelled(setting, send);
    const locked = setting.locked && el("p", { class: "faint", text: `Set by ${setting.locked} in the environment.` });
    return el("div", { class: "setting" }, field, setting.help && el("p", { class: "faint", text: setting.help }), locked, problem);
  }

  /** A list with a button on each, and a line for one more. @param {Setting} setting @param {(value: string[]) => void} send */
  #folders(setting, send) {
    const now = () => /** @type {string[]} */ (this.#known.get(setting.name)?.value ?? []);
    const path = el("input", { type: "text", "aria-label": "Another folder", placeholder: "Another folder", autocomplete: "off", spellcheck: "false", disabled: Boolean(setting.locked) });
    const add = () => path.value.trim() && send([...now(), path.value.trim()]);
    path.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && add());
    const row = (/** @type {string} */ folder) => el(
      "li", {}, el("span", { text: folder }),
      el("button", { type: "button", class: "quiet", text: "Stop watching", disabled: Boolean(setting.locked), onclick: () => send(now().filter((each) => each !== folder)) }),
    );
    return el(
      "div", {}, el("ul", { class: "folders", "aria-label": setting.title }, ...now().map(row)),
      el("div", { class: "one-more" }, path, el("button", { type: "button", text: "Watch", disabled: Boolean(setting.locked), onclick: add })),
    );
  }

  /** @param {string} name @param {any} value @param {HTMLElement} problem */
  async #change(name, value, problem) {
    problem.hidden = true;
    try {
      const found = await this.api.changeSettings({ [name]: value });
      this.#known = new Map(found.settings.map((/** @type {Setting} */ each) => [each.name, each]));
      if (Array.isArray(value)) this.#show(found);
      else this.#showRestart();
    } catch (error) {
      problem.textContent = messageOf(error);
      problem.hidden = false;
    }
  }
}

/** @param {Setting} setting @param {(value: any) => void} send */
function labelled(setting, send) {
  const { kind, title, value, choices } = setting;
  const disabled = Boolean(setting.locked);
  if (kind === "switch") {
    const box = el("input", { type: "checkbox", checked: value, disabled, onchange: () => send(box.checked) });
    return el("label", { class: "check" }, box, title);
  }
  if (kind === "choice") {
    const menu = el("select", { disabled, onchange: () => send(menu.value) }, ...choices.map((choice) => el("option", { value: choice, text: nameOf(choice) })));
    menu.value = value;
    return el("label", { class: "field" }, title, menu);
  }
  const type = kind === "number" ? { type: "number", step: "any", inputmode: "decimal" } : { type: "text", autocomplete: "off", spellcheck: "false" };
  const read = (/** @type {string} */ text) => (text === "" ? null : kind === "number" ? Number(text) : text);
  const input = el("input", { ...type, value, disabled, onchange: () => send(read(input.value.trim())) });
  return el("label", { class: "field" }, title, input);
}

/** @param {string} choice */
const nameOf = (choice) => NAMES[choice] ?? choice.replaceAll("_", " ");

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
