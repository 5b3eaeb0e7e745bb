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
    timeline.layoutChanged.emit();
  }

  /**
   * To the hit or note before or after the one that was stepped to, or `time`.
   * @param {number} way @param {number} time @param {boolean} [more] beside what is selected
   * @returns {{onset: number, drum: string} | undefined} where it sounds, and in which stem
   */
  step(way, time, more = false) {
    const note = this.timeline.rolls.has(this.lane) ? this.#stepNote(way, time, more) : null;
    return note ? { onset: note.onset, drum: this.lane } : this.#stepHit(way, time, more);
  }

  /** @param {number} way @param {number} time @param {boolean} more @returns {import("./notes.js").Note | undefined} */
  #stepNote(way, time, more) {
    const { timeline } = this;
    const { notes } = /** @type {import("./piano_roll.js").PianoRoll} */ (timeline.rolls.get(this.lane));
    const { song } = timeline;
    const next = nextItem(notes, chosenIndex(notes, song?.part === this.lane ? song.noteSelection : new Set(), way), way, time);
    if (!next) return undefined;
    song?.selectNotes(this.lane, [next.id], more);
    timeline.view.reveal(next.time);
    announce(this.describeNote(next));
    return next;
  }

  /** @param {import("./notes.js").Note} note */
  describeNote(note) {
    return [noteName(note.pitch), this.timeline.bars.describe(note.time), `velocity ${note.velocity}`].filter(Boolean).join(", ");
  }

  /** @param {number} way @param {number} time @param {boolean} more @returns {import("./notes.js").Hit | undefined} */
  #stepHit(way, time, more) {
    const hits = this.timeline.lanes.get(this.lane)?.hits ?? [];
    const next = nextItem(hits, chosenIndex(hits, this.timeline.song?.selection ?? new Set(), way), way, time);
    if (!next) return undefined;
    this.timeline.song?.select([next.id], more);
    this.timeline.view.reveal(next.time);
    announce(this.describe(next));
    return next;
  }

  /** The last note of the lane that starts up to `time`. @param {number} time */
  noteBefore(time) {
    const notes = this.timeline.rolls.get(this.lane)?.notes ?? [];
    return notes[firstIndexFrom(notes, time + 1e-6) - 1];
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
 * Where the selection ends in this direction, or -1.
 * @param {{id: number}[]} all by time @param {Set<number>} selection @param {number} way
 */
const chosenIndex = (all, selection, way) =>
  way > 0 ? all.findLastIndex((item) => selection.has(item.id)) : all.findIndex((item) => selection.has(item.id));

/**
 * @template {{time: number}} T
 * @param {T[]} all by time @param {number} chosen its place, or -1 @param {number} way @param {number} time
 * @returns {T | undefined}
 */
function nextItem(all, chosen, way, time) {
  const from = firstIndexFrom(all, time);
  return all[chosen >= 0 ? chosen + way : way > 0 ? from : from - 1];
}
