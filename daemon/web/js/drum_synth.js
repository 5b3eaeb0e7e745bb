/** Drum synthesis from sines and noise: each sound is computed once, and begins at its first sample. */

/**
 * @typedef {{seconds: number, tones?: [hertz: number, decay: number, level: number, fall?: number][],
 *   noise?: [decay: number, level: number, highpass: number][], metal?: [decay: number, level: number, hertz: number][]}} Patch
 * `fall`: the pitch starts this many times higher and drops within some 20 ms. `highpass` is 0..1.
 */

/** @type {Record<string, Patch>} */
const PATCHES = {
  kick: { seconds: 0.5, tones: [[52, 0.16, 1, 3.4]], noise: [[0.004, 0.5, 0.3]] },
  snare: { seconds: 0.35, tones: [[186, 0.07, 0.55, 1.3], [331, 0.045, 0.3]], noise: [[0.085, 0.75, 0.55], [0.006, 0.5, 0.2]] },
  rimshot: { seconds: 0.3, tones: [[420, 0.04, 0.6], [1730, 0.012, 0.5]], noise: [[0.06, 0.6, 0.6]] },
  side_stick: { seconds: 0.12, tones: [[520, 0.012, 0.5], [1720, 0.014, 0.7]], noise: [[0.004, 0.6, 0.5]] },
  clap: { seconds: 0.3, noise: [[0.012, 0.8, 0.45], [0.09, 0.55, 0.5]] },
  high_tom: { seconds: 0.5, tones: [[196, 0.14, 0.95, 1.5]], noise: [[0.01, 0.3, 0.3]] },
  mid_tom: { seconds: 0.55, tones: [[147, 0.16, 0.95, 1.5]], noise: [[0.01, 0.3, 0.3]] },
  low_tom: { seconds: 0.6, tones: [[115, 0.19, 0.95, 1.5]], noise: [[0.01, 0.3, 0.3]] },
  floor_tom: { seconds: 0.7, tones: [[82, 0.23, 1, 1.5]], noise: [[0.01, 0.3, 0.25]] },
  closed_hihat: { seconds: 0.12, noise: [[0.022, 0.65, 0.9]], metal: [[0.025, 0.3, 410]] },
  pedal_hihat: { seconds: 0.14, noise: [[0.03, 0.4, 0.85]], metal: [[0.03, 0.25, 380]] },
  open_hihat: { seconds: 0.9, noise: [[0.22, 0.5, 0.9]], metal: [[0.24, 0.3, 410]] },
  crash: { seconds: 2.4, noise: [[0.55, 0.55, 0.75], [0.03, 0.5, 0.5]], metal: [[0.6, 0.22, 296]] },
  crash_2: { seconds: 2.2, noise: [[0.48, 0.55, 0.8], [0.03, 0.5, 0.5]], metal: [[0.55, 0.22, 343]] },
  ride: { seconds: 1.6, noise: [[0.3, 0.16, 0.9]], metal: [[0.4, 0.3, 517]], tones: [[3150, 0.05, 0.3]] },
  ride_bell: { seconds: 1.4, metal: [[0.35, 0.2, 517]], tones: [[1180, 0.3, 0.4], [2960, 0.18, 0.3]] },
  china: { seconds: 1.6, noise: [[0.32, 0.7, 0.6]], metal: [[0.3, 0.35, 237]] },
  splash: { seconds: 0.9, noise: [[0.19, 0.65, 0.85]], metal: [[0.2, 0.2, 463]] },
  tambourine: { seconds: 0.3, noise: [[0.055, 0.6, 0.93]], metal: [[0.07, 0.25, 880]] },
  cowbell: { seconds: 0.4, tones: [[562, 0.09, 0.5], [845, 0.08, 0.5]] },
  shaker: { seconds: 0.12, noise: [[0.03, 0.5, 0.93]] },
};

const METAL = [1, 1.342, 1.674, 2.013, 2.527, 3.083]; // squares at these ratios beat like a cymbal

/**
 * @param {string} label of the drum; one without a sound of its own gets the snare's
 * @param {number} rate in samples a second
 * @returns {Float32Array} mono, within -1..1
 */
export function synthesizeDrum(label, rate) {
  const patch = PATCHES[label] ?? PATCHES.snare;
  const sound = new Float32Array(Math.round(patch.seconds * rate));
  for (const tone of patch.tones ?? []) addTone(sound, rate, tone);
  for (const noise of patch.noise ?? []) addNoise(sound, rate, noise);
  for (const metal of patch.metal ?? []) addMetal(sound, rate, metal);
  fadeOut(sound, Math.round(0.02 * rate));
  return sound;
}

/** @param {Float32Array} sound @param {number} rate @param {[number, number, number, number?]} tone */
function addTone(sound, rate, [hertz, decay, level, fall = 1]) {
  let phase = Math.PI / 2; // at its peak, so that the attack is the first sample
  for (let i = 0; i < sound.length; i += 1) {
    const at = i / rate;
    sound[i] += level * Math.sin(phase) * Math.exp(-at / decay);
    phase += (2 * Math.PI * hertz * (1 + (fall - 1) * Math.exp(-at / 0.02))) / rate;
  }
}

/** @param {Float32Array} sound @param {number} rate @param {[number, number, number]} noise */
function addNoise(sound, rate, [decay, level, highpass]) {
  const random = createNoise(sound.length);
  let low = 0;
  for (let i = 0; i < sound.length; i += 1) {
    const white = random();
    low += (1 - highpass * 0.55) * (white - low) * highpass;
    sound[i] += level * (white - low * highpass) * Math.exp(-i / (rate * decay));
  }
}

/** @param {Float32Array} sound @param {number} rate @param {[number, number, number]} metal */
function addMetal(sound, rate, [decay, level, hertz]) {
  let before = 0;
  for (let i = 0; i < sound.length; i += 1) {
    const at = i / rate;
    const beat = METAL.reduce((sum, ratio) => sum + Math.sign(Math.sin(2 * Math.PI * hertz * ratio * at + ratio)), 0) / METAL.length;
    sound[i] += level * (beat - before) * Math.exp(-at / decay);
    before = beat * 0.92;
  }
}

/** @param {Float32Array} sound @param {number} length samples of silence to end in, and no louder than full scale */
function fadeOut(sound, length) {
  let peak = 1;
  for (const value of sound) peak = Math.max(peak, Math.abs(value));
  for (let i = 0; i < sound.length; i += 1) {
    sound[i] *= Math.min(1, (sound.length - i) / length) / peak;
  }
}

/** The same noise every time. @param {number} seed @returns {() => number} -1..1 */
function createNoise(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  };
}
