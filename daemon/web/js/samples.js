/** Recorded sounds: a kit, and a few notes of each instrument. Fetched once, when something is to be played. */

const KIT = [
  "kick", "snare", "high_tom", "mid_tom", "low_tom", "floor_tom", "closed_hihat", "pedal_hihat", "open_hihat",
  "crash", "crash_2", "ride", "ride_bell", "china",
];
/** @type {Record<string, number[]>} the pitches that were recorded of each part's instrument */
const PITCHES = {
  bass: [28, 35, 42, 49], guitar: [40, 50, 60, 72], piano: [36, 48, 60, 72, 84], vocals: [50, 60, 70], other: [40, 52, 64, 76],
};
/** Those that last as long as their note loop in here; seconds. @type {Record<string, {start: number, end: number}>} */
const LOOPS = { vocals: { start: 0.9, end: 1.9 } };

/** @typedef {{sound: AudioBuffer, pitch: number, loop?: {start: number, end: number}}} Sample */

export class Samples {
  /** @type {Map<string, AudioBuffer>} by label */
  kit = new Map();
  /** @type {Map<string, Sample[]>} by part */
  notes = new Map();

  /** @param {string} part @param {number} pitch @returns {Sample | undefined} the one that has to be transposed least */
  nearest(part, pitch) {
    const all = this.notes.get(part) ?? [];
    return [...all].sort((a, b) => Math.abs(a.pitch - pitch) - Math.abs(b.pitch - pitch))[0];
  }
}

/** @type {Promise<Samples> | null} */
let loading = null;

/** @param {BaseAudioContext} context @returns {Promise<Samples>} what cannot be fetched is missing in it */
export function loadSamples(context) {
  loading ??= fetchSamples(context);
  return loading;
}

/** @param {BaseAudioContext} context */
async function fetchSamples(context) {
  const found = new Samples();
  const get = async (/** @type {string} */ path) => {
    const answer = await fetch(`/static/vendor/${path}.flac`, { priority: "low" }); // behind the song itself
    return context.decodeAudioData(await answer.arrayBuffer());
  };
  const drums = KIT.map(async (label) => found.kit.set(label, await get(`muldjordkit/${label}`)));
  const tones = Object.entries(PITCHES).flatMap(([part, pitches]) =>
    pitches.map(async (pitch) => {
      const sound = await get(`fluid_gm/${part}-${pitch}`);
      found.notes.set(part, [...(found.notes.get(part) ?? []), { sound, pitch, loop: LOOPS[part] }]);
    }),
  );
  await Promise.allSettled([...drums, ...tones]);
  return found;
}
