/** Sliders that answer at once: sensitivity and velocity per drum, grid, swing, drum map. */

import { byId, el } from "./dom.js";
import { DRUMS, hasDrums } from "./notes.js";
import { title } from "./texts.js";

const REST_MS = 40; // a slider that rests this long while it is held is answered already

export class Settings {
  /** @type {import("./song.js").Song | null} */
  song = null;
  /** @type {(() => void)[]} each shows what holds now */
  #controls = [];
  #fixedCount = 0; // so many of them are there for every song; the others are those of its parts

  /** @param {string[]} maps names of drum maps @param {string[]} steps note values of the grid */
  setChoices(maps, steps) {
    this.#controls = [];
    byId("drum-settings").replaceChildren(
      el("span", { class: "col", text: "" }), el("span", { class: "col", text: "Sensitivity" }), el("span", { class: "col", text: "Velocity" }),
      ...[...DRUMS].reverse().flatMap((drum) => this.#drumRow(drum)),
    );
    byId("grid-settings").replaceChildren(
      this.#menuField("Grid", steps.map((step) => [step, step]), (o) => o.grid.step, (step) => ({ grid: { step } })),
      this.#menuField("Drum map", maps.map((map) => [map, mapName(map)]), (o) => o.drum_map, (map) => ({ drum_map: map })),
      this.#sliderField("How far hits move", { max: 1, step: 0.05 }, (o) => (o.grid.quantize ? o.grid.strength : 0), percent, (v) => ({ grid: { strength: v, quantize: v > 0 } })),
      this.#sliderField("Swing", { min: 0.48, max: 0.75, step: 0.01 }, (o) => (o.grid.swing === "auto" ? 0.48 : o.grid.swing), swingText, (v) => ({ grid: { swing: v < 0.5 ? "auto" : v } })),
    );
    this.#fixedCount = this.#controls.length;
  }

  /** @param {import("./song.js").Song} song */
  open(song) {
    this.song = song;
    const notes = /** @type {import("./notes.js").Notes} */ (song.notes);
    const parts = [...notes.parts.keys()];
    this.#controls.length = this.#fixedCount;
    byId("drum-settings").hidden = !hasDrums(notes);
    byId("part-settings").hidden = !parts.length;
    byId("part-settings").replaceChildren(
      el("span", { class: "col", text: "" }), el("span", { class: "col", text: "Sensitivity" }), el("span", { class: "col", text: "Octave" }),
      ...parts.flatMap((part) => this.#partRow(part)),
    );
    this.show();
  }

  /** @param {string} part that is pitched */
  #partRow(part) {
    const sensitivity = () => this.song?.notes?.options.sensitivity?.[part] ?? 0.5;
    const slide = this.#slider(`Sensitivity of ${title(part)}`, { min: 0, max: 1, step: 0.05 }, sensitivity, percent, (value) =>
      this.song?.change({ sensitivity: { [part]: value } }));
    const octaves = [2, 1, 0, -1, -2].map((n) => /** @type {[string, string]} */ ([String(12 * n), n > 0 ? `+${n}` : String(n).replace("-", "−")]));
    const now = (/** @type {any} */ options) => String(options.notes?.[part]?.transpose ?? 0);
    const octave = this.#menu(octaves, now, (value) => ({ notes: { [part]: { transpose: Number(value) } } }));
    octave.setAttribute("aria-label", `Octave of ${title(part)}`);
    return [el("span", { text: title(part) }), slide, octave];
  }

  show() {
    if (this.song?.notes) for (const control of this.#controls) control();
  }

  /** @param {string} drum */
  #drumRow(drum) {
    const now = () => this.song?.notes?.options.sensitivity?.[drum] ?? 0.5;
    const mean = () => average(this.song?.notes?.hits.filter((hit) => hit.drum === drum) ?? []);
    const sensitivity = (/** @type {number} */ value) => this.song?.change({ sensitivity: { [drum]: value } });
    const velocity = (/** @type {number} */ value) => {
      const add = Math.round(value - (mean() ?? value));
      return add ? this.song?.change({ velocity: [{ drum, add }] }) : undefined;
    };
    return [
      el("span", { text: title(drum) }),
      this.#slider(`Sensitivity of the ${title(drum)}`, { min: 0, max: 1, step: 0.05 }, now, percent, sensitivity),
      this.#slider(`Velocity of the ${title(drum)}, on average`, { min: 1, max: 127, step: 1 }, mean, String, velocity),
    ];
  }

  /**
   * @param {string} label @param {object} range @param {() => number | undefined} now @param {(value: number) => string} format
   * @param {(value: number) => Promise<void> | undefined} send
   */
  #slider(label, range, now, format, send) {
    const slider = el("input", { type: "range", "aria-label": label, title: label, ...range });
    const output = el("output", { "aria-hidden": "true" });
    const showValue = () => {
      output.textContent = slider.disabled ? "" : format(Number(slider.value));
      slider.setAttribute("aria-valuetext", output.textContent);
    };
    const isBusy = sendWhileMoving(slider, () => send(Number(slider.value)));
    slider.addEventListener("input", showValue);
    this.#controls.push(() => {
      const value = now();
      slider.disabled = value === undefined || Boolean(this.song?.readOnly);
      if (!isBusy()) slider.value = String(Math.round((value ?? 0) * 100) / 100);
      showValue();
    });
    return el("div", { class: "slider-row" }, slider, output);
  }

  /**
   * @param {string} label @param {[string, string][]} choices
   * @param {(options: any) => string} now @param {(value: string) => object} send
   */
  #menuField(label, choices, now, send) {
    return el("label", { class: "field" }, label, this.#menu(choices, now, send));
  }

  /** @param {[string, string][]} choices @param {(options: any) => string} now @param {(value: string) => object} send */
  #menu(choices, now, send) {
    const select = el("select", { onchange: () => this.song?.regenerate(send(select.value)) });
    select.append(...choices.map(([value, text]) => el("option", { value, text })));
    this.#controls.push(() => {
      select.value = now(this.song?.notes?.options);
      select.disabled = Boolean(this.song?.readOnly);
    });
    return select;
  }

  /**
   * @param {string} label @param {object} range @param {(options: any) => number}  now
   * @param {(value: number) => string} format @param {(value: number) => object} send
   */
  #sliderField(label, range, now, format, send) {
    const current = () => now(this.song?.notes?.options);
    const slide = this.#slider(label, { min: 0, ...range }, current, format, (value) => this.song?.regenerate(send(value)));
    return el("div", { class: "field" }, el("span", { text: label }), slide);
  }
}

/**
 * Sends while a slider is held, as soon as it rests or the answer before is there; and when it is let go.
 * @param {HTMLInputElement} slider @param {() => Promise<void> | undefined} send
 * @returns {() => boolean} is it being moved, or its answer still to come?
 */
function sendWhileMoving(slider, send) {
  let timer = 0;
  let sent = slider.value;
  let busy = false;
  const go = async () => {
    clearTimeout(timer);
    timer = 0;
    if (busy) return void (timer = window.setTimeout(go, REST_MS));
    if (slider.value === sent) return;
    sent = slider.value;
    busy = true;
    await Promise.resolve(send()).finally(() => (busy = false));
  };
  slider.addEventListener("pointerdown", () => (sent = slider.value));
  slider.addEventListener("keydown", () => !timer && !busy && (sent = slider.value));
  slider.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(go, REST_MS);
  });
  slider.addEventListener("change", go);
  return () => Boolean(timer);
}

/** @param {number} value 0..1 */
const percent = (value) => `${Math.round(value * 100)} %`;

/** @param {number} value */
const swingText = (value) => (value < 0.5 ? "auto" : percent(value));

/** @param {{velocity: number}[]} hits @returns {number | undefined} */
function average(hits) {
  if (!hits.length) return undefined;
  return Math.round(hits.reduce((sum, hit) => sum + hit.velocity, 0) / hits.length);
}

/** @param {string} map */
const mapName = (map) => (map === "gm" ? "General MIDI" : map.split("_").map(title).join(" "));
