/** The cursor of the keyboard in hits and notes: up and down the lanes, from one to the next. */

import { firstIndexFrom } from "./notes.js";
import { announce } from "./notices.js";
import { formatCount, noteName, title } from "./texts.js";

export class Cursor {
  lane = "kick";

  /** @param {import("./timeline.js").Timeline} timeline @param {import("./labels.js").Labels} labels */
  constructor(timeline, labels) {
    this.timeline = timeline;
    this.labels = labels;
  }

  /** A song without drums has no lane for the kick. */
  ensureLane() {
    const { lanes, rolls } = this.timeline;
    if (!lanes.has(this.lane) && !rolls.has(this.lane)) this.lane = lanes.size ? "kick" : ([...rolls.keys()][0] ?? "kick");
  }

  /** @param {number} way -1 is up */
  changeLane(way) {
    const { timeline } = this;
    const lanes = [...timeline.lanes.keys(), ...timeline.rolls.keys()];
    const place = Math.max(0, lanes.indexOf(this.lane));
    this.lane = lanes[Math.min(lanes.length - 1, Math.max(0, place + way))] ?? this.lane;
    const roll = timeline.rolls.get(this.lane);
    const hits = timeline.lanes.get(this.lane)?.hits ?? [];
    announce(`${title(this.lane)}, ${roll ? formatCount(roll.notes.length, "note") : formatCount(hits.length, "hit")}`);
    timeline.focusNote(null);
    timeline.layoutChanged.emit();
  }

  /**
   * To the hit or note before or after the one that was stepped to, or `time`.
   * @param {number} way @param {number} time
   * @returns {{onset: number, drum: string} | undefined} where it sounds, and in which stem
   */
  step(way, time) {
    const note = this.timeline.rolls.has(this.lane) ? this.#stepNote(way, time) : null;
    return note ? { onset: note.onset, drum: this.lane } : this.#stepHit(way, time);
  }

  /** @param {number} way @param {number} time @returns {import("./notes.js").Note | undefined} */
  #stepNote(way, time) {
    const { timeline } = this;
    const { notes } = /** @type {import("./piano_roll.js").PianoRoll} */ (timeline.rolls.get(this.lane));
    const next = nextItem(notes, notes.findIndex((note) => note === timeline.focused), way, time);
    if (!next) return undefined;
    timeline.focusNote(next);
    timeline.view.reveal(next.time);
    announce([noteName(next.pitch), timeline.bars.describe(next.time), `velocity ${next.velocity}`].filter(Boolean).join(", "));
    return next;
  }

  /** @param {number} way @param {number} time @returns {import("./notes.js").Hit | undefined} */
  #stepHit(way, time) {
    const hits = this.timeline.lanes.get(this.lane)?.hits ?? [];
    const chosen = hits.findIndex((hit) => this.timeline.song?.selection.has(hit.id));
    const next = nextItem(hits, chosen, way, time);
    if (!next) return undefined;
    this.timeline.song?.select([next.id]);
    this.timeline.view.reveal(next.time);
    announce(this.describe(next));
    return next;
  }

  /** @param {import("./notes.js").Hit} hit */
  describe(hit) {
    return [this.labels.displayName(hit.label), this.timeline.bars.describe(hit.time), `velocity ${hit.velocity}`].filter(Boolean).join(", ");
  }

  /** What a new hit in the lane is called: as most of them there are. @param {string} drum @returns {string} */
  commonLabel(drum) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const hit of this.timeline.lanes.get(drum)?.hits ?? []) counts.set(hit.label, (counts.get(hit.label) ?? 0) + 1);
    const most = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
    return most ?? { hihat: "closed_hihat", toms: "mid_tom", cymbals: "crash" }[drum] ?? this.labels.all.find((l) => l.drum === drum)?.name ?? drum;
  }
}

/**
 * @template {{time: number}} T
 * @param {T[]} all by time @param {number} chosen its place, or -1 @param {number} way @param {number} time
 * @returns {T | undefined}
 */
function nextItem(all, chosen, way, time) {
  const from = firstIndexFrom(all, time);
  return all[chosen >= 0 ? chosen + way : way > 0 ? from : from - 1];
}
