/** A song's notes as events in time: what the player plays, and what a rendering is made of. */

import { Instruments } from "./instruments.js";
import { firstFrom } from "./notes.js";

/** @typedef {import("./instruments.js").Event} Event */

export class Score {
  /** @param {import("./notes.js").Notes | null} notes */
  constructor(notes) {
    /** @type {Event[]} by time */
    this.events = notes ? [...drums(notes), ...pitched(notes)].sort((a, b) => a.time - b.time) : [];
    /** When drums are struck in the sound, not in the MIDI. */
    this.heard = notes ? notes.hits.map((hit) => hit.onset).sort((a, b) => a - b) : [];
  }

  /** @param {number} time @returns {number} the place of the first event that is not before it */
  from(time) {
    return firstFrom(this.events, time);
  }
}

/** @param {import("./notes.js").Notes} notes @returns {Event[]} */
const drums = (notes) => notes.hits.map(({ time, label, velocity }) => ({ time, part: "drums", label, velocity }));

/** @param {import("./notes.js").Notes} notes @returns {Event[]} */
const pitched = (notes) =>
  [...notes.parts].flatMap(([part, all]) => all.map(({ time, pitch, velocity, duration }) => ({ time, part, pitch, velocity, duration })));

/**
 * The MIDI as sound, faster than it plays.
 * @param {Score} score @param {number} duration seconds @param {number} [rate] samples a second
 * @returns {Promise<AudioBuffer>} stereo
 */
export async function rendered(score, duration, rate = 44100) {
  const context = new OfflineAudioContext(2, Math.ceil(duration * rate), rate);
  const instruments = new Instruments(context, () => context.destination);
  await instruments.load();
  for (const event of score.events) if (event.time < duration) instruments.play(event, event.time);
  return context.startRendering();
}
