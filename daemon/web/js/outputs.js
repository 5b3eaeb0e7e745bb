/** The gains of stems and parts on their way to the loudspeaker. */

const RAMP = 0.006;

/** @typedef {"audio" | "midi" | "both"} Side */

export class Outputs {
  /** @type {Map<string, GainNode>} */
  #gains = new Map();
  #mix = { side: /** @type {Side} */ ("audio"), audible: new Set(["mix"]), silent: new Set() };

  /** @param {AudioContext} context */
  constructor(context) {
    this.context = context;
    this.master = context.createGain();
    this.audio = context.createGain();
    this.midi = context.createGain();
    this.master.gain.value = 0.85;
    this.audio.connect(this.master);
    this.midi.connect(this.master);
    this.master.connect(context.destination);
  }

  /** @param {string} stem */
  stem(stem) {
    return this.#gainNode(stem, this.audio);
  }

  /** @param {string} part */
  part(part) {
    return this.#gainNode(`midi ${part}`, this.midi);
  }

  /** @param {Side} side @param {Set<string>} audible stems @param {Set<string>} silent parts of the MIDI */
  setLevels(side, audible, silent) {
    this.#mix = { side, audible, silent };
    const at = this.context.currentTime;
    this.audio.gain.setTargetAtTime(side === "midi" ? 0 : 1, at, RAMP);
    this.midi.gain.setTargetAtTime(side === "audio" ? 0 : 1, at, RAMP);
    for (const [name, node] of this.#gains) node.gain.setTargetAtTime(this.#levelOf(name), at, RAMP);
  }

  /** @param {string} name */
  #levelOf(name) {
    const on = name.startsWith("midi ") ? !this.#mix.silent.has(name.slice(5)) : this.#mix.audible.has(name);
    return on ? 1 : 0;
  }

  /** @param {string} name @param {AudioNode} out */
  #gainNode(name, out) {
    const known = this.#gains.get(name);
    if (known) return known;
    const fresh = this.context.createGain();
    fresh.gain.value = this.#levelOf(name);
    fresh.connect(out);
    this.#gains.set(name, fresh);
    return fresh;
  }
}
