/** Mouse, pen and fingers on the timeline. */

/** @typedef {import("./bands.js").Band} Band */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{note: import("./notes.js").Note, edge: "" | "start" | "end"}} Grip */
/** @typedef {{kind: string, from: Point, band: Band | undefined, hit?: any, grip?: Grip, more: boolean, moved: boolean, time: number, axis: string}} Drag
 * `axis` is that of a note that is dragged: "x" or "y", whichever it left first */
/**
 * @typedef {{seek: (time: number) => void, loop: (range: {start: number, end: number} | null) => void,
 *   play: (hit: import("./notes.js").Hit) => void, add: (time: number, drum: string, velocity: number) => void,
 *   move: (seconds: number) => void, playNote: (part: string, note: import("./notes.js").Note) => void,
 *   addNote: (time: number, part: string, pitch: number) => void,
 *   shiftNotes: (shift: import("./note_changes.js").Shift) => void}} Actions
 */

const SLACK = 4; // pixels before a press becomes a drag
const WHEEL = 0.0022;

export class Pointer {
  /** @type {Map<number, Point>} fingers that are down */
  #pointers = new Map();
  /** @type {Drag | null} */
  #drag = null;

  /**
   * @param {import("./timeline.js").Timeline} timeline @param {import("./overlay.js").Overlay} overlay @param {Actions} actions
   */
  constructor(timeline, overlay, actions) {
    this.timeline = timeline;
    this.view = timeline.view;
    this.overlay = overlay;
    this.actions = actions;
    const element = timeline.element;
    element.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.#press(event));
    element.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, (/** @type {any} */ event) => this.#release(event));
    element.addEventListener("wheel", (/** @type {WheelEvent} */ event) => this.#wheel(event), { passive: false });
    element.addEventListener("dblclick", (/** @type {MouseEvent} */ event) => this.#doubleClick(event));
  }

  /** @param {MouseEvent} event @returns {Point} */
  #pointOf(event) {
    const box = this.timeline.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button > 0) return;
    const from = this.#pointOf(event);
    this.#pointers.set(event.pointerId, from);
    this.timeline.element.setPointerCapture(event.pointerId);
    if (this.#pointers.size > 1) return void (this.#drag = null);
    const band = this.timeline.bandAt(from.y);
    const hit = band && this.timeline.hitAt(band, from.x, from.y);
    const grip = band && this.timeline.noteAt(band, from.x, from.y);
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    const kind = this.#dragKind(event, band, hit, grip);
    this.#drag = { kind, from, band, hit, grip, more, moved: false, time: this.view.time(from.x), axis: "" };
  }

  /** What dragging from here will do. @param {PointerEvent} event @param {Band | undefined} band @param {any} hit @param {Grip | undefined} grip */
  #dragKind(event, band, hit, grip) {
    if (band?.kind === "ruler") return "loop";
    const { song } = this.timeline;
    const chosen = (hit && song?.selection.has(hit.id)) || (grip && this.#isSelected(band, grip));
    const touch = event.pointerType === "touch";
    if ((chosen || (grip && !touch)) && !song?.readOnly) return grip ? "note" : "move";
    if (touch || (band?.kind !== "lane" && band?.kind !== "roll")) return "pan";
    return "box";
  }

  /** @param {Band | undefined} band @param {Grip} grip */
  #isSelected(band, { note }) {
    const { song } = this.timeline;
    return song?.part === band?.name && Boolean(song?.noteSelection.has(note.id));
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const before = this.#pointers.get(event.pointerId);
    const now = this.#pointOf(event);
    if (!before) return this.#hover(now);
    this.#pointers.set(event.pointerId, now);
    if (this.#pointers.size === 2) return this.#pinch(event.pointerId, before, now);
    const drag = this.#drag;
    if (!drag) return;
    drag.moved ||= Math.hypot(now.x - drag.from.x, now.y - drag.from.y) > SLACK;
    if (drag.moved) this.#showDrag(drag, before, now);
  }

  /** @param {Drag} drag @param {Point} before @param {Point} now */
  #showDrag(drag, before, now) {
    if (drag.kind === "pan") this.view.pan((before.x - now.x) / this.view.scale);
    else if (drag.kind === "loop") this.overlay.setLoop(this.#loopOf(drag, now));
    else if (drag.kind === "box") this.overlay.showSelectionBox(box(drag.from, now));
    else if (drag.kind === "note") this.#dragNote(drag, now);
    else this.timeline.shift = (now.x - drag.from.x) / this.view.scale;
    this.timeline.refresh();
  }

  /** In time or in pitch, never in both at once: rows are low. @param {Drag} drag @param {Point} now */
  #dragNote(drag, now) {
    const { band, grip, from } = drag;
    const { song } = this.timeline;
    if (!band || !grip || !song) return;
    if (!this.#isSelected(band, grip)) song.selectNotes(band.name, [grip.note.id], drag.more);
    const [dx, dy] = [now.x - from.x, now.y - from.y];
    drag.axis ||= grip.edge || Math.abs(dx) >= Math.abs(dy) ? "x" : "y";
    const row = this.timeline.rolls.get(band.name)?.rowHeight(band) ?? 1;
    const seconds = dx / this.view.scale;
    this.timeline.noteShift = drag.axis === "y" ? { pitch: Math.round(-dy / row) } : { [grip.edge || "time"]: seconds };
  }

  /** Whole bars, unless Shift is held. @param {Drag} drag @param {Point} now */
  #loopOf(drag, now) {
    const range = span(drag.time, this.view.time(now.x));
    return drag.more ? range : this.timeline.bars.cover(range);
  }

  /** @param {number} moving @param {Point} before @param {Point} now */
  #pinch(moving, before, now) {
    const [, other] = [...this.#pointers].find(([id]) => id !== moving) ?? [];
    if (!other) return;
    const [was, is] = [Math.abs(before.x - other.x), Math.abs(now.x - other.x)];
    if (was > 12 && is > 12) this.view.zoom(is / was, (now.x + other.x) / 2);
  }

  /** @param {PointerEvent} event */
  #release(event) {
    const now = this.#pointOf(event);
    this.#pointers.delete(event.pointerId);
    const drag = this.#drag;
    this.#drag = null;
    this.overlay.showSelectionBox(null);
    if (!drag || event.type === "pointercancel") return this.#resetShift();
    if (drag.moved) this.#finishDrag(drag, now);
    else this.#click(drag);
  }

  #resetShift() {
    this.timeline.shift = 0;
    this.timeline.noteShift = null;
    this.timeline.refresh();
  }

  /** @param {Drag} drag @param {Point} now */
  #finishDrag(drag, now) {
    if (drag.kind === "loop") this.actions.loop(this.#loopOf(drag, now));
    if (drag.kind === "box") this.#selectInside(drag, box(drag.from, now));
    if (drag.kind === "move") this.actions.move(this.timeline.shift);
    if (drag.kind === "note" && this.timeline.noteShift) this.actions.shiftNotes(this.timeline.noteShift);
  }

  /** Hits, or the notes of the part in which it began. @param {Drag} drag @param {ReturnType<typeof box>} rectangle */
  #selectInside({ band, more }, rectangle) {
    const { timeline, view } = this;
    const roll = timeline.rolls.get(band?.name ?? "");
    const items = band && roll ? roll.notesInside(view, band, rectangle) : timeline.hitsInside(rectangle);
    const ids = items.map((item) => item.id);
    if (band && roll) timeline.song?.selectNotes(band.name, ids, more);
    else timeline.song?.select(ids, more);
  }

  /** @param {Drag} drag */
  #click(drag) {
    const song = this.timeline.song;
    if (drag.grip && drag.band && song) return this.#clickNote(drag.band.name, drag.grip.note, drag.more);
    if (drag.hit && song) {
      const on = song.selection.has(drag.hit.id);
      if (drag.more && on) song.select([...song.selection].filter((id) => id !== drag.hit.id));
      else song.select([drag.hit.id], drag.more);
      this.actions.play(drag.hit);
      return;
    }
    const notes = drag.band?.kind === "lane" || drag.band?.kind === "roll";
    if (notes && !drag.more) song?.select([]);
    if (!notes) this.actions.seek(drag.time);
  }

  /** @param {string} part @param {import("./notes.js").Note} note @param {boolean} more */
  #clickNote(part, note, more) {
    const song = /** @type {import("./song.js").Song} */ (this.timeline.song);
    const on = song.part === part && song.noteSelection.has(note.id);
    if (more && on) song.selectNotes(part, [...song.noteSelection].filter((id) => id !== note.id));
    else song.selectNotes(part, [note.id], more);
    this.actions.playNote(part, note);
  }

  /** @param {MouseEvent} event */
  #doubleClick(event) {
    const { x, y } = this.#pointOf(event);
    const band = this.timeline.bandAt(y);
    if (band?.kind === "ruler") this.actions.loop(null);
    const roll = this.timeline.rolls.get(band?.name ?? "");
    if (band && roll && !this.timeline.noteAt(band, x, y)) this.actions.addNote(this.view.time(x), band.name, roll.pitchAt(band, y));
    if (band?.kind !== "lane" || this.timeline.hitAt(band, x, y)) return;
    const velocity = Math.round(127 * (1 - (y - band.top - 7) / (band.height - 14)));
    this.actions.add(this.view.time(x), band.name, Math.min(127, Math.max(1, velocity)));
  }

  /** Up and down zooms, sideways and with Shift it scrolls through the song. @param {WheelEvent} event */
  #wheel(event) {
    const { x } = this.#pointOf(event);
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    event.preventDefault();
    const pinched = event.ctrlKey || event.metaKey; // so browsers tell a pinch on a touchpad
    if (!pinched && Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) this.view.pan(sideways / this.view.scale);
    else this.view.zoom(Math.exp(-event.deltaY * WHEEL * (event.deltaMode ? 18 : 1) * (pinched ? 2 : 1)), x);
  }

  /** @param {Point} now */
  #hover(now) {
    const band = this.timeline.bandAt(now.y);
    const hit = band && this.timeline.hitAt(band, now.x, now.y);
    const grip = band && this.timeline.noteAt(band, now.x, now.y);
    const over = { ruler: "col-resize", lane: "crosshair", roll: "crosshair", wave: "default" }[band?.kind ?? "wave"];
    this.timeline.element.style.cursor = grip ? (grip.edge ? "ew-resize" : "move") : hit ? "pointer" : over;
  }
}

/** @param {number} a @param {number} b */
const span = (a, b) => ({ start: Math.min(a, b), end: Math.max(a, b) });

/** @param {Point} a @param {Point} b */
const box = (a, b) => ({
  left: Math.min(a.x, b.x), right: Math.max(a.x, b.x), top: Math.min(a.y, b.y), bottom: Math.max(a.y, b.y),
});
