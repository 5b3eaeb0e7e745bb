/** What lies over the picture and moves often: playhead, loop, selection rectangle. Elements, so nothing is redrawn. */

import { byId } from "./dom.js";

export class Marks {
  /** Seconds. */
  cursor = 0;
  /** @type {{start: number, end: number} | null} */
  loop = null;

  /** @param {import("./view.js").View} view */
  constructor(view) {
    this.view = view;
    this.head = byId("playhead");
    this.range = byId("looprange");
    this.box = byId("marquee");
    view.changed.on(() => this.place());
  }

  /** @param {number} time */
  moveTo(time) {
    this.cursor = time;
    this.#placeHead();
  }

  /** @param {{start: number, end: number} | null} loop */
  setLoop(loop) {
    this.loop = loop;
    this.place();
  }

  /** @param {{left: number, right: number, top: number, bottom: number} | null} box in pixels */
  rectangle(box) {
    this.box.hidden = !box;
    if (!box) return;
    this.box.style.transform = `translate(${box.left}px, ${box.top}px)`;
    this.box.style.width = `${box.right - box.left}px`;
    this.box.style.height = `${box.bottom - box.top}px`;
  }

  place() {
    this.#placeHead();
    this.range.hidden = !this.loop;
    if (!this.loop) return;
    const left = Math.max(-2, this.view.x(this.loop.start));
    const right = Math.min(this.view.width + 2, this.view.x(this.loop.end));
    this.range.hidden = right <= left;
    this.range.style.transform = `translateX(${left}px)`;
    this.range.style.width = `${Math.max(0, right - left)}px`;
  }

  #placeHead() {
    const x = this.view.x(this.cursor);
    this.head.hidden = x < -1 || x > this.view.width + 1;
    this.head.style.transform = `translateX(${x}px)`;
  }
}
