/** A drum map as a kit: a click plays a drum and shows its note; a map of one's own is learnt by striking pads. */

import { byId, el } from "./dom.js";
import { HEIGHT, PIECES } from "./drum_kit.js";
import { PadWalk } from "./pad_walk.js";
import { showError, showNotice } from "./notices.js";
import { noteName } from "./texts.js";

/** @typedef {{name: string, title: string, own: boolean, notes: Record<string, number>, stand_ins: Record<string, string>}} DrumMap */

const VELOCITY = 100;

export class KitView {
  /** @type {DrumMap[]} */
  #maps = [];
  #chosen = ""; // the name of the map that is seen, if it is not the song's
  #drum = ""; // that was played last
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #menu = el("select", { id: "kit-map", onchange: () => this.choose(this.#menu.value) });
  #use = el("button", { type: "button", text: "Use it for this song", onclick: () => this.page.song?.regenerate({ drum_map: this.#map?.name }) });
  #learn = el("button", { type: "button", text: "Strike this pad", title: "Its note comes from your own pad", onclick: () => this.walk.begin([this.#drum]) });
  #learnAll = el("button", { type: "button", text: "Strike all pads", title: "Drum by drum: a map of your own kit", onclick: () => this.walk.begin([]) });
  #text = el("p", { class: "kit-text", role: "status" });

  /** @param {import("./song_page.js").SongPage} page */
  constructor(page) {
    this.page = page;
    this.walk = new PadWalk(page.api, page.labels, {
      show: (label) => this.#showAsked(label),
      learnt: (notes, whole) => this.#save(notes, whole),
    });
    byId("kit-toggle").addEventListener("click", () => this.toggle());
    const picture = el("div", { class: "kit-picture", role: "group", "aria-label": "Drum kit" }, ...PIECES.map((piece) => this.#button(piece)));
    picture.style.aspectRatio = `100 / ${HEIGHT}`;
    const menu = el("label", { class: "field" }, "Drum map", this.#menu);
    byId("kit").append(picture, el("div", { class: "kit-side" }, menu, this.#use, this.#text, this.#learn, this.#learnAll, this.walk.element));
  }

  get isOpen() {
    return !byId("kit").hidden;
  }

  async toggle() {
    byId("kit").hidden = this.isOpen;
    byId("kit-toggle").setAttribute("aria-pressed", String(this.isOpen));
    if (!this.isOpen) return void this.walk.end();
    this.#drum = "";
    await this.#load().catch(showError);
    byId("kit").scrollIntoView({ block: "nearest" });
  }

  /** The song may have another map. */
  refresh() {
    if (this.isOpen) this.#show();
  }

  /** @param {string} name of a map */
  choose(name) {
    this.#chosen = name;
    this.#show();
  }

  async #load() {
    this.#maps = await this.page.api.drumMaps();
    this.#menu.replaceChildren(...this.#maps.map(({ name, title, own }) => el("option", { value: name, text: own ? `${title} (yours)` : title })));
    this.#show();
  }

  /** @returns {string} */
  get #ofSong() {
    return this.page.song?.notes?.options.drum_map ?? "gm";
  }

  /** @returns {DrumMap | undefined} the one that is seen */
  get #map() {
    return this.#maps.find(({ name }) => name === (this.#chosen || this.#ofSong)) ?? this.#maps[0];
  }

  #show() {
    const map = this.#map;
    if (!map) return;
    this.#menu.value = map.name;
    this.#use.disabled = map.name === this.#ofSong || Boolean(this.page.song?.readOnly);
    for (const [label, button] of this.#buttons) this.#showButton(button, label, map);
    this.#learn.hidden = !this.#drum;
    const drum = this.#drum && describe(map, this.#drum, (name) => this.page.labels.displayName(name));
    this.#text.textContent = drum || "Click a drum to hear it and to see its note.";
  }

  /** @param {HTMLButtonElement} button @param {string} label @param {DrumMap} map */
  #showButton(button, label, map) {
    const name = this.page.labels.displayName(label);
    const note = map.notes[label];
    button.classList.toggle("lacking", note === undefined);
    button.setAttribute("aria-label", describe(map, label, (each) => this.page.labels.displayName(each)));
    button.title = name;
    button.textContent = note === undefined ? "–" : String(note);
  }

  /** @param {import("./drum_kit.js").Piece} piece */
  #button({ label, x, y, size, kind, outer }) {
    const button = el("button", { type: "button", class: `kit-piece ${kind}${outer ? " outer" : ""}`, onclick: () => this.play(label) });
    const [width, height] = [size, (100 / HEIGHT) * size * (kind === "pad" ? 0.7 : 1)];
    Object.assign(button.style, { left: `${x - width / 2}%`, top: `${(100 * y) / HEIGHT - height / 2}%`, width: `${width}%`, height: `${height}%` });
    this.#buttons.set(label, button);
    return button;
  }

  /** By the page, and on the MIDI port where there is one. @param {string} label */
  play(label) {
    const map = this.#map;
    if (!map) return;
    this.#drum = label;
    this.#show();
    const played = map.notes[label] === undefined ? map.stand_ins[label] : label;
    if (!played) return;
    const pitch = map.notes[played];
    this.page.player.playNote("drums", { label: played, pitch, velocity: VELOCITY, duration: 0.5 }).catch(showError);
    this.page.api.playPad(pitch, VELOCITY).catch(() => {}); // without a port the page plays alone
  }

  /** @param {string | null} label of the drum to strike */
  #showAsked(label) {
    for (const [name, button] of this.#buttons) button.classList.toggle("asked", name === label);
    for (const each of [this.#learn, this.#learnAll]) each.disabled = label !== null;
  }

  /** One drum goes into the user's own map, or makes one of the map that is seen. @param {Record<string, number>} notes @param {boolean} whole */
  async #save(notes, whole) {
    const map = this.#map;
    const name = map?.own ? map.name : "my_kit";
    const before = whole ? {} : (this.#maps.find((each) => each.name === name) ?? map)?.notes;
    try {
      await this.page.api.saveDrumMap(name, { ...before, ...notes });
      this.#chosen = name;
      await this.#load();
      showNotice(`The drum map ${name} is yours now, for this song and others.`);
    } catch (error) {
      showError(error);
    }
  }
}

/** @param {DrumMap} map @param {string} label @param {(label: string) => string} nameOf */
function describe(map, label, nameOf) {
  const note = map.notes[label];
  if (note !== undefined) return `${nameOf(label)}: note ${note}, ${noteName(note)}`;
  const other = map.stand_ins[label];
  return other ? `${nameOf(label)}: not in this map, ${nameOf(other).toLowerCase()} plays it` : `${nameOf(label)}: not in this map`;
}
