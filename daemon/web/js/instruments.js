/** What the notes sound like: the kit, and an instrument for each pitched part; recorded where there are samples. */

import { synthesizeDrum } from "./drum_synth.js";
import { loadSamples, Samples } from "./samples.js";

/**
 * @typedef {{time: number, part: string, velocity: number, label?: string, pitch?: number, duration?: number}} Event
 */

const CLOSING = new Set(["closed_hihat", "pedal_hihat"]);
const RELEASE = 0.06;

/** Overtones from the first up, how long a held note rings (0: as long as it is held), and how fast it starts. */
const VOICES = {
  bass: { overtones: [1, 0.55, 0.3, 0.12, 0.06], ring: 0.9, attack: 0.004, level: 0.5 },
  piano: { overtones: [1, 0.5, 0.28, 0.2, 0.1, 0.06, 0.03], ring: 0.8, attack: 0.002, level: 0.36 },
  guitar: { overtones: [1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1], ring: 0.6, attack: 0.002, level: 0.3 },
  vocals: { overtones: [1, 0.25, 0.12, 0.04], ring: 0, attack: 0.03, level: 0.34 },
  other: { overtones: [1, 0.4, 0.3, 0.12, 0.08], ring: 0, attack: 0.01, level: 0.26 },
};

/** Plays events of a song on an audio context, live or offline. */
export class Instruments {
  /** @type {Map<string, AudioBuffer>} */
  #kit = new Map();
  /** @type {Map<string, PeriodicWave>} */
  #waves = new Map();
  /** @type {{gain: GainNode, source: AudioBufferSourceNode} | null} */
  #open = null;
  #samples = new Samples();
  /** @type {Set<AudioScheduledSourceNode>} */
  #sounding = new Set();

  /** @param {BaseAudioContext} context @param {(part: string) => AudioNode} out where a part goes */
  constructor(context, out) {
    this.context = context;
    this.out = out;
  }

  /** Before this only made-up sounds are played. */
  async load() {
    this.#samples = await loadSamples(this.context);
  }

  /** @param {Event} event @param {number} at context time @param {number} [stretch] of durations */
  play(event, at, stretch = 1) {
    if (event.label) this.#playHit(event.label, event, at);
    else this.#playNote(event, at, (event.duration ?? 0.2) * stretch);
  }

  /** Nothing that was planned sounds, and what sounds ends. */
  silence() {
    for (const source of this.#sounding) {
      source.onended = null;
      source.stop();
      source.disconnect();
    }
    this.#sounding.clear();
    this.#open = null;
  }

  /** @param {string} label @param {Event} event @param {number} at */
  #playHit(label, event, at) {
    const source = this.context.createBufferSource();
    const gain = this.context.createGain();
    source.buffer = this.#drumBuffer(label);
    gain.gain.value = gainOf(event.velocity);
    source.connect(gain).connect(this.out(event.part));
    if (CLOSING.has(label) && this.#open) this.#open.gain.gain.setTargetAtTime(0, at, 0.012);
    if (label.endsWith("hihat")) this.#open = label === "open_hihat" ? { gain, source } : null;
    this.#start(source, at);
  }

  /** @param {Event} event @param {number} at @param {number} duration */
  #playNote({ part, pitch = 60, velocity }, at, duration) {
    const recorded = this.#samples.nearest(part, pitch);
    const gain = this.context.createGain();
    const end = at + Math.max(duration, 0.03);
    const source = recorded ? this.#createSampleSource(recorded, pitch) : this.#createOscillator(part, pitch);
    if (recorded) gain.gain.setValueAtTime(gainOf(velocity), at);
    else applyEnvelope(gain.gain, at, gainOf(velocity), VOICES[/** @type {keyof typeof VOICES} */ (part)] ?? VOICES.other);
    gain.gain.setTargetAtTime(0, end, RELEASE / 3);
    source.connect(gain).connect(this.out(part));
    this.#start(source, at);
    source.stop(end + RELEASE * 2);
  }

  /** @param {import("./samples.js").Sample} recorded @param {number} pitch */
  #createSampleSource({ sound, pitch: root, loop }, pitch) {
    const source = this.context.createBufferSource();
    source.buffer = sound;
    source.playbackRate.value = 2 ** ((pitch - root) / 12);
    if (loop) [source.loop, source.loopStart, source.loopEnd] = [true, loop.start, loop.end];
    return source;
  }

  /** @param {string} part @param {number} pitch */
  #createOscillator(part, pitch) {
    const source = this.context.createOscillator();
    const voice = VOICES[/** @type {keyof typeof VOICES} */ (part)] ?? VOICES.other;
    source.setPeriodicWave(this.#periodicWave(part, voice.overtones));
    source.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
    return source;
  }

  /** @param {AudioScheduledSourceNode} source @param {number} at */
  #start(source, at) {
    this.#sounding.add(source);
    source.onended = () => this.#sounding.delete(source);
    source.start(at);
  }

  /** @param {string} label */
  #drumBuffer(label) {
    const known = this.#samples.kit.get(label) ?? this.#kit.get(label);
    if (known) return known;
    const samples = synthesizeDrum(label, this.context.sampleRate);
    const buffer = this.context.createBuffer(1, samples.length, this.context.sampleRate);
    buffer.copyToChannel(/** @type {any} */ (samples), 0);
    this.#kit.set(label, buffer);
    return buffer;
  }

  /** @param {string} part @param {number[]} overtones */
  #periodicWave(part, overtones) {
    const known = this.#waves.get(part);
    if (known) return known;
    const wave = this.context.createPeriodicWave(new Float32Array(overtones.length + 1), Float32Array.from([0, ...overtones]));
    this.#waves.set(part, wave);
    return wave;
  }
}

/** @param {AudioParam} gain @param {number} at @param {number} loud @param {{attack: number, ring: number, level: number}} voice */
function applyEnvelope(gain, at, loud, { attack, ring, level }) {
  gain.setValueAtTime(0, at);
  gain.linearRampToValueAtTime(loud * level, at + attack);
  if (ring) gain.setTargetAtTime(loud * level * 0.15, at + attack, ring);
}

/** @param {number} velocity 1..127 @returns {number} 127 is 1, 1 is about -36 dB */
const gainOf = (velocity) => 10 ** ((36 * (velocity / 127 - 1)) / 20);
