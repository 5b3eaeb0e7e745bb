/** A song's notes as events in time: what the player plays, and what a rendering is made of. */

import { Instruments } from "./instruments.js";
import { firstIndexFrom } from "./notes.js";

/** @typedef {import("./instruments.js").Event} Event */

export class PlayEvents {
  /** @param {import("./notes.js").Notes | null} notes */
  constructor(notes) {
    /** @type {Event[]} by time */
    this.events = notes ? [...drumEvents(notes), ...pitchedEvents(notes)].sort((a, b) => a.time - b.time) : [];
    /** Onsets of the drums in the sound, not in the MIDI. */
    this.onsets = notes ? notes.hits.map((hit) => hit.onset).sort((a, b) => a - b) : [];
  }

  /** @param {number} time @returns {number} the place of the first event that is not before it */
  indexFrom(time) {
    return firstIndexFrom(this.events, time);
  }
}

/** @param {import("./notes.js").Notes} notes @returns {Event[]} */
const drumEvents = (notes) => notes.hits.map(({ time, label, velocity }) => ({ time, part: "drums", label, velocity }));

/** @param {import("./notes.js").Notes} notes @returns {Event[]} */
const pitchedEvents = (notes) =>
  [...notes.parts].flatMap(([part, all]) => all.map(({ time, pitch, velocity, duration }) => ({ time, part, pitch, velocity, duration })));

/**
 * The MIDI as sound, faster than it plays.
 * @param {PlayEvents} events @param {number} duration seconds @param {number} [rate] samples a second
 * @returns {Promise<AudioBuffer>} stereo
 */
export async function renderAudio(events, duration, rate = 44100) {
  const context = new OfflineAudioContext(2, Math.ceil(duration * rate), rate);
  const instruments = new Instruments(context, () => context.destination);
  await instruments.load();
  for (const event of events.events) if (event.time < duration) instruments.play(event, event.time);
  return context.startRendering();
}
