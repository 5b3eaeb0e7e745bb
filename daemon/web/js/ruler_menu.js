/** The menu of the ruler: bar 1, the meter and the bpm at one place, by the right mouse button or the menu key. */

import { byId, el } from "./dom.js";

const METERS = ["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "12/8"];
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export class RulerMenu {
  #time = 0;
  #element = el("div", { class: "ruler-menu", role: "menu", popover: "auto", "aria-label": "The beat from here on" });

  /** @param {import("./beat_bar.js").BeatBar} bar @param {import("./timeline.js").Timeline} timeline */
  constructor(bar, timeline) {
    this.bar = bar;
    this.timeline = timeline;
    const item = (/** @type {string} */ text, /** @type {() => void} */ act, label = text) =>
      el("button", { type: "button", role: "menuitem", text, "aria-label": label, onclick: () => this.#choose(act) });
    const meter = (/** @type {string} */ name) => item(name, () => bar.setMeter(name, this.#time), `Bar 1 is here, in ${name}`);
    this.#element.append(
      item("Bar 1 is here", () => bar.setBarOne(this.#time)),
      el("div", { class: "ruler-meters", role: "group", "aria-label": "Bar 1 is here, in" }, ...METERS.map(meter)),
      item("Half the bpm", () => bar.scale("half")),
      item("Twice the bpm", () => bar.scale("double")),
      item("Type the bpm", () => bar.focusBpm()),
    );
    byId("main").append(this.#element);
    this.#element.addEventListener("keydown", (event) => this.#step(event));
    timeline.element.addEventListener("contextmenu", (event) => this.#open(/** @type {PointerEvent} */ (event)));
  }

  /** By the mouse where it points, if that is the ruler; by the keyboard at the playhead. @param {PointerEvent} event */
  #open(event) {
    if (!this.bar.song || this.bar.song.readOnly) return;
    const box = this.timeline.element.getBoundingClientRect();
    const points = event.button === 2 || event.pointerType === "touch";
    const ruler = this.timeline.bands.find((band) => band.kind === "ruler");
    if (!ruler || (points && this.timeline.bandAt(event.clientY - box.top) !== ruler)) return;
    event.preventDefault();
    const { view } = this.timeline;
    const x = points ? event.clientX - box.left : Math.min(view.width, Math.max(0, view.x(this.bar.player.position)));
    this.#time = points ? view.time(x) : this.bar.player.position;
    this.#element.showPopover();
    const room = document.documentElement.clientWidth - this.#element.offsetWidth;
    this.#element.style.left = `${Math.max(0, Math.min(room, box.left + x))}px`;
    this.#element.style.top = `${box.top + ruler.top + ruler.height}px`;
    this.#items[0].focus();
  }

  get #items() {
    return [...this.#element.querySelectorAll("button")];
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    event.stopPropagation(); // the keys of the timeline rest while the menu is open
    const by = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
    if (!by) return;
    event.preventDefault();
    const items = this.#items;
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    items[(at + by + items.length) % items.length].focus();
  }

  /** @param {() => void} act */
  #choose(act) {
    this.#element.hidePopover();
    this.timeline.element.focus({ preventScroll: true });
    act();
  }
}
