/** Corrections of the notes of a part in the daemon's words: from what is seen to what is to be written. */

/** @typedef {import("./notes.js").Note} Note */

export const SHORTEST = 0.02; // seconds
const LOUDER = 8; // of 127

/**
 * What a drag or a key does to notes: seconds later, semitones up, their starts and ends moved by seconds.
 * @typedef {{time?: number, pitch?: number, start?: number, end?: number}} Shift
 */

/**
 * How a note is seen while it is dragged.
 * @param {Note} note @param {Shift} shift @returns {{time: number, duration: number, pitch: number}}
 */
export function shiftNote(note, { time = 0, pitch = 0, start = 0, end = 0 }) {
  const later = Math.min(start, note.duration - SHORTEST);
  return {
    time: note.time + time + later,
    duration: Math.max(SHORTEST, note.duration - later + end),
    pitch: boundPitch(note.pitch + pitch),
  };
}

/**
 * @param {Note[]} notes @param {Shift} shift @param {{duration: number, transpose: number}} song `transpose` is added to what is written
 * @returns {object} words of a correction
 */
export function shiftNotes(notes, shift, { duration, transpose }) {
  /** @type {{move: Record<number, number>, pitch: Record<number, number>, length: Record<number, number>}} */
  const found = { move: {}, pitch: {}, length: {} };
  for (const note of notes) {
    const seen = shiftNote(note, shift);
    const onset = Math.min(duration, Math.max(0, note.onset + seen.time - note.time));
    if (seen.time !== note.time) found.move[note.id] = roundTime(onset);
    if (seen.pitch !== note.pitch) found.pitch[note.id] = boundPitch(seen.pitch - transpose);
    if (shift.start || shift.end) found.length[note.id] = roundTime(Math.max(SHORTEST, Math.min(seen.duration, duration - onset)));
  }
  return withoutEmpty(found);
}

/**
 * Cut at `time` where it lies within, else in the middle.
 * @param {Note[]} notes @param {number} time @param {number[]} lines where a cut would be on the grid
 */
export function splitNotes(notes, time, lines) {
  const inside = (/** @type {Note} */ note, /** @type {number} */ at) => at > note.time + SHORTEST && at < note.time + note.duration - SHORTEST;
  return {
    split: notes.map((note) => {
      const middle = note.time + note.duration / 2;
      const line = lines.filter((at) => inside(note, at)).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
      const at = inside(note, time) ? time : (line ?? middle);
      return { note: note.id, at: roundTime(note.onset + at - note.time) };
    }),
  };
}

/** The first one gives the pitch. @param {Note[]} notes */
export const mergeNotes = (notes) => ({ merge: [[...notes].sort((a, b) => a.time - b.time).map((note) => note.id)] });

/** @param {{id: number, velocity: number}[]} items @param {number} way 1 is louder, -1 softer @returns {Record<number, number>} */
export const changeVelocities = (items, way) =>
  Object.fromEntries(items.map(({ id, velocity }) => [id, Math.min(127, Math.max(1, velocity + way * LOUDER))]));

/** @param {number} seconds */
export const roundTime = (seconds) => Math.round(seconds * 1e6) / 1e6;

/** @param {number} pitch */
const boundPitch = (pitch) => Math.min(127, Math.max(0, pitch));

/** @param {Record<string, object>} changes */
const withoutEmpty = (changes) => Object.fromEntries(Object.entries(changes).filter(([, items]) => Object.keys(items).length));
