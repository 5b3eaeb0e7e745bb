/** The musician corrects the beat: bpm, half or double of it, taps, where bar 1 is, meter, where files start. */

import { byId, el } from "./dom.js";
import { showError } from "./notices.js";
import { RulerMenu } from "./ruler_menu.js";

const METERS = ["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8"];
const STARTS = [["", "as it fits"], ["audio", "with the audio"], ["bars", "with bar 1"], ["map", "with a tempo map"]];
const WORDS = [["half", "½", "Half the bpm"], ["double", "×2", "Twice the bpm"], ["two_thirds", "⅔", "Two thirds of the bpm"], ["three_halves", "×1½", "Three halves of the bpm"]];

export class BeatBar {
  /** @type {import("./song.js").Song | null} */
  song = null;
  #bpm = el("input", { type: "text", inputmode: "decimal", size: 7, onchange: () => this.#setBpm() });
  #meter = el("select", { onchange: () => this.song?.regenerate({ meter: this.#meter.value }) });
  #start = el("select", { onchange: () => this.song?.regenerate({ start: this.#start.value || null }) });
  #taps = el("span", { class: "faint", role: "status" });

  /** @param {import("./player.js").Player} player @param {import("./timeline.js").Timeline} timeline */
  constructor(player, timeline) {
    this.player = player;
    this.menu = new RulerMenu(this, timeline);
    const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ act, /** @type {object} */ more = {}) =>
      el("button", { type: "button", text, title, onclick: act, ...more });
    this.#start.append(...STARTS.map(([value, text]) => el("option", { value, text })));
    byId("beat").append(
      el("label", {}, "bpm ", this.#bpm),
      ...WORDS.map(([word, text, title]) => button(text, title, () => this.scale(word), { "aria-label": title })),
      button("Tap", "Tap the beat, four times or more (T)", () => this.tap(), { id: "tap" }),
      button("Bar 1 is here", "A bar starts at the playhead", () => this.setBarOne(this.player.position), { id: "bar-one" }),
      el("label", {}, "Meter ", this.#meter),
      el("label", {}, "Files start ", this.#start),
      this.#taps,
    );
  }

  /** @param {import("./song.js").Song} song */
  open(song) {
    this.song = song;
    this.#taps.textContent = "";
    song.changed.on(() => this.song === song && this.show());
    this.show();
  }

  /** What holds now. */
  show() {
    const notes = this.song?.notes;
    if (!notes) return;
    const { grid, options } = notes;
    const meter = `${grid.numerator}/${grid.denominator}`;
    const meters = METERS.includes(meter) ? METERS : [...METERS, meter];
    this.#meter.replaceChildren(...meters.map((each) => el("option", { value: each, text: each })));
    this.#meter.value = meter;
    this.#start.value = options.start ?? "";
    this.#bpm.value = grid.beats.length ? formatBpm(grid.bpm) : "";
    for (const control of byId("beat").querySelectorAll("input, select, button")) control.disabled = Boolean(this.song?.readOnly);
  }

  /** A tap where the song is heard, or in its own time while nothing plays. */
  async tap() {
    const { song } = this;
    if (!song || song.readOnly) return;
    const made = await song.tap(this.player.playing ? this.player.position : undefined).catch(showError);
    if (made && this.song === song) this.#taps.textContent = tapText(made);
  }

  /** @param {number} seconds */
  setBarOne(seconds) {
    if (!this.song?.readOnly) this.song?.regenerate({ downbeat: Math.round(seconds * 1e6) / 1e6 });
  }

  /** Bars of this meter, of which one begins there. @param {string} meter @param {number} seconds */
  setMeter(meter, seconds) {
    this.song?.regenerate({ meter, downbeat: Math.round(seconds * 1e6) / 1e6 });
  }

  /** @param {string} word */
  scale(word) {
    this.song?.regenerate({ bpm: word });
  }

  focusBpm() {
    this.#bpm.focus();
    this.#bpm.select();
  }

  #setBpm() {
    const bpm = this.#bpm.value.trim().replace(",", ".");
    if (bpm) this.song?.regenerate({ bpm });
    else this.show();
  }
}

/** @param {{taps: number, bpm: number}} made */
const tapText = ({ taps, bpm }) => (bpm ? `${taps} taps, ${formatBpm(bpm)} bpm` : "1 tap");

/** At most three decimals. @param {number} bpm */
export const formatBpm = (bpm) => String(Number(bpm.toFixed(3)));
