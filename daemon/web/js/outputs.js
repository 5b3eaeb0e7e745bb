/** The way of the sound: stems and notes, each with a gain, to the loudspeaker; at half speed through the octave. */

const RAMP = 0.006;
const OCTAVE_SAMPLES = 1792 / 2 + 640; // the latency of octave.js

/** @typedef {"audio" | "midi" | "both"} Side */

export class Outputs {
  /** @type {Map<string, GainNode>} */
  #gains = new Map();
  /** @type {AudioWorkletNode | null} */
  #octave = null;
  #mix = { side: /** @type {Side} */ ("audio"), audible: new Set(["mix"]), silent: new Set() };

  /** @param {AudioContext} context */
  constructor(context) {
    this.context = context;
    this.master = context.createGain();
    this.audio = context.createGain();
    this.midi = context.createGain();
    this.delay = context.createDelay(0.5);
    this.master.gain.value = 0.85;
    this.master.connect(context.destination);
  }

  async prepare() {
    await this.context.audioWorklet?.addModule("/static/js/octave.js");
    this.route(1);
  }

  /** How late the sound is at this rate. @param {number} rate @returns {number} seconds */
  latency(rate) {
    return rate !== 1 && this.context.audioWorklet ? OCTAVE_SAMPLES / this.context.sampleRate : 0;
  }

  /** At half speed the notes wait as long as the octave takes. @param {number} rate */
  route(rate) {
    for (const node of [this.audio, this.midi, this.delay, this.#octave]) node?.disconnect();
    if (rate === 1 || !this.context.audioWorklet) {
      this.audio.connect(this.master);
      this.midi.connect(this.master);
      return;
    }
    this.#octave = new AudioWorkletNode(this.context, "octave", { outputChannelCount: [2] });
    this.audio.connect(this.#octave).connect(this.master);
    this.delay.delayTime.value = this.latency(rate);
    this.midi.connect(this.delay).connect(this.master);
  }

  /** @param {string} stem */
  stem(stem) {
    return this.#gain(stem, this.audio);
  }

  /** @param {string} part */
  part(part) {
    return this.#gain(`midi ${part}`, this.midi);
  }

  /** @param {Side} side @param {Set<string>} audible stems @param {Set<string>} silent parts of the MIDI */
  balance(side, audible, silent) {
    this.#mix = { side, audible, silent };
    const at = this.context.currentTime;
    this.audio.gain.setTargetAtTime(side === "midi" ? 0 : 1, at, RAMP);
    this.midi.gain.setTargetAtTime(side === "audio" ? 0 : 1, at, RAMP);
    for (const [name, node] of this.#gains) node.gain.setTargetAtTime(this.#level(name), at, RAMP);
  }

  /** @param {string} name */
  #level(name) {
    const on = name.startsWith("midi ") ? !this.#mix.silent.has(name.slice(5)) : this.#mix.audible.has(name);
    return on ? 1 : 0;
  }

  /** @param {string} name @param {AudioNode} out */
  #gain(name, out) {
    const known = this.#gains.get(name);
    if (known) return known;
    const fresh = this.context.createGain();
    fresh.gain.value = this.#level(name);
    fresh.connect(out);
    this.#gains.set(name, fresh);
    return fresh;
  }
}
