/** What lies over the picture and moves often: playhead, loop, selection rectangle. Elements, so nothing is redrawn. */

import { byId } from "./dom.js";
import { Signal } from "./signal.js";

export class Overlay {
  /** @type {Signal<[number]>} the playhead is at this second */
  moved = new Signal();
  /** Seconds. */
  playhead = 0;
  /** @type {{start: number, end: number} | null} */
  loop = null;

  /** @param {import("./viewport.js").Viewport} view */
  constructor(view) {
    this.view = view;
    this.playheadElement = byId("playhead");
    this.loopElement = byId("loop-range");
    this.boxElement = byId("selection-box");
    view.changed.on(() => this.update());
  }

  /** @param {number} time */
  setPlayhead(time) {
    this.playhead = time;
    this.#updatePlayhead();
    this.moved.emit(time);
  }

  /** @param {{start: number, end: number} | null} loop */
  setLoop(loop) {
    this.loop = loop;
    this.update();
  }

  /** @param {{left: number, right: number, top: number, bottom: number} | null} box in pixels */
  showSelectionBox(box) {
    this.boxElement.hidden = !box;
    if (!box) return;
    this.boxElement.style.transform = `translate(${box.left}px, ${box.top}px)`;
    this.boxElement.style.width = `${box.right - box.left}px`;
    this.boxElement.style.height = `${box.bottom - box.top}px`;
  }

  update() {
    this.#updatePlayhead();
    this.loopElement.hidden = !this.loop;
    if (!this.loop) return;
    const left = Math.max(-2, this.view.x(this.loop.start));
    const right = Math.min(this.view.width + 2, this.view.x(this.loop.end));
    this.loopElement.hidden = right <= left;
    this.loopElement.style.transform = `translateX(${left}px)`;
    this.loopElement.style.width = `${Math.max(0, right - left)}px`;
  }

  #updatePlayhead() {
    const x = this.view.x(this.playhead);
    this.playheadElement.hidden = x < -1 || x > this.view.width + 1;
    this.playheadElement.style.transform = `translateX(${x}px)`;
  }
}
