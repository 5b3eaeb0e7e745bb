/** Slower at the same pitch: the song in short grains, each played as fast as ever, laid out over more time.
 *
 * Every detected onset begins a grain of its own, exactly when it is due, and no grain before it reaches into it:
 * attacks stay sharp and on time. In between, grains start where their waves fit best to what sounds already.
 */

/** @typedef {{at: number, offset: number, length: number, rise: number, fall: number}} Grain
 * seconds: `at` and `length` as they are played, `offset` in the song; `rise` and `fall` are its fades, within `length`
 * @typedef {{samples: Float32Array, starts: number, rate: number}} Samples `starts`: the second of the song of the first */

const HOP = 0.06;
const FADE = 0.025;
const ONSET_FADE = 0.002; // the fade into an onset
const CLOSEST = 0.02; // onsets closer than this begin one grain
const SEARCH = 0.009;
const MATCH_LENGTH = 0.006;

/**
 * From song time `from` up to `to`, without end conditions of its own: pull as many as are due.
 * @param {{from: number, to: number, rate: number}} span
 * @param {number[]} onsets song times, ascending
 * @param {(time: number) => Samples | null} samplesAt one channel around a time, for the fit
 * @returns {Generator<Grain>}
 */
export function* stretchGrains({ from, to, rate }, onsets, samplesAt) {
  const end = (to - from) / rate;
  let index = onsets.findIndex((onset) => onset > from + CLOSEST);
  let [at, rise, last] = [0, ONSET_FADE, from];
  let before = { at: 0, offset: from };
  while (at < end) {
    const onset = index < 0 ? undefined : onsets[index];
    const due = onset === undefined ? Infinity : (onset - ONSET_FADE - from) / rate;
    const atOnset = due < at + 1.5 * HOP;
    const next = Math.min(end, atOnset ? due : at + HOP);
    const fall = atOnset ? ONSET_FADE : FADE;
    const length = next + fall - at;
    const offset = rise === ONSET_FADE ? from + at * rate : grainOffset({ at, length, last, onset }, before, { from, rate, samplesAt });
    yield { at, offset, length, rise, fall };
    before = { at, offset };
    if (atOnset && onset !== undefined) {
      last = onset;
      while (index >= 0 && onsets[index] <= onset + CLOSEST) index = index + 1 < onsets.length ? index + 1 : -1;
    }
    [at, rise] = [next, fall];
  }
}

/**
 * Where a grain between onsets begins in the song: near its time, behind the last onset, before the next.
 * @param {{at: number, length: number, last: number, onset: number | undefined}} grain
 * @param {{at: number, offset: number}} before @param {any} sound
 */
function grainOffset({ at, length, last, onset }, before, { from, rate, samplesAt }) {
  const lowest = last + 0.01;
  const highest = Math.max(lowest, (onset ?? Infinity) - ONSET_FADE - length);
  const wanted = Math.min(highest, Math.max(lowest, from + at * rate));
  const continued = before.offset + at - before.at;
  const range = [Math.max(lowest, wanted - SEARCH), Math.min(highest, wanted + SEARCH)];
  const sound = samplesAt(Math.min(continued, range[0]));
  return sound ? bestMatch(sound, continued, range, wanted) : wanted;
}

/**
 * The place within `range` whose wave is most like that at `model`.
 * @param {Samples} sound @param {number} model seconds
 * @param {number[]} range seconds @param {number} otherwise
 */
function bestMatch({ samples, starts, rate }, model, [low, high], otherwise) {
  const a = Math.round((model - starts) * rate);
  const length = Math.round(MATCH_LENGTH * rate);
  let [best, most] = [otherwise, 0];
  for (let b = Math.round((low - starts) * rate); b <= (high - starts) * rate; b += 6) {
    let [like, power] = [0, 1e-9];
    for (let i = 0; i < length; i += 4) {
      like += (samples[a + i] ?? 0) * (samples[b + i] ?? 0);
      power += (samples[b + i] ?? 0) ** 2;
    }
    if (like / Math.sqrt(power) > most) [best, most] = [starts + b / rate, like / Math.sqrt(power)];
  }
  return best;
}
