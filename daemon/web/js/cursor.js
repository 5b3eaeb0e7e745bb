/** Walking through the hits with the keyboard: up and down the lanes, from hit to hit. */

import { firstFrom } from "./notes.js";
import { announce } from "./notice.js";
import { title } from "./words.js";

export class Cursor {
  lane = "kick";

  /** @param {import("./timeline.js").Timeline} timeline @param {import("./labels.js").Labels} labels */
  constructor(timeline, labels) {
    this.timeline = timeline;
    this.labels = labels;
  }

  /** @param {number} way -1 is up */
  changeLane(way) {
    const lanes = [...this.timeline.lanes.keys()];
    const place = Math.max(0, lanes.indexOf(this.lane));
    this.lane = lanes[Math.min(lanes.length - 1, Math.max(0, place + way))] ?? this.lane;
    const hits = this.timeline.lanes.get(this.lane)?.hits.length ?? 0;
    announce(`${title(this.lane)}, ${hits} hits`);
    this.timeline.stacked.say();
  }

  /**
   * The hit before or after the selected one, or `time`.
   * @param {number} way @param {number} time
   * @returns {import("./notes.js").Hit | undefined}
   */
  stepHit(way, time) {
    const hits = this.timeline.lanes.get(this.lane)?.hits ?? [];
    const chosen = hits.findIndex((hit) => this.timeline.song?.selection.has(hit.id));
    const from = firstFrom(hits, time);
    const next = hits[chosen >= 0 ? chosen + way : way > 0 ? from : from - 1];
    if (!next) return undefined;
    this.timeline.song?.select([next.id]);
    this.timeline.view.reveal(next.time);
    announce(this.said(next));
    return next;
  }

  /** @param {import("./notes.js").Hit} hit */
  said(hit) {
    return `${this.labels.say(hit.label)}, ${this.timeline.bars.said(hit.time)}, velocity ${hit.velocity}`;
  }

  /** What a new hit in the lane is called: as most of them there are. @param {string} drum @returns {string} */
  usual(drum) {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const hit of this.timeline.lanes.get(drum)?.hits ?? []) counts.set(hit.label, (counts.get(hit.label) ?? 0) + 1);
    const most = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
    return most ?? { hihat: "closed_hihat", toms: "mid_tom", cymbals: "crash" }[drum] ?? this.labels.all.find((l) => l.drum === drum)?.name ?? drum;
  }
}
