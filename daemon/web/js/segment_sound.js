/** The sound of a segment of the song, planned a moment ahead: chunks end to end, or grains where it is slower. */

import { stretchGrains } from "./time_stretch.js";

/** @typedef {import("./time_stretch.js").Grain} Grain */
/** @typedef {{at: number, from: number, to: number, rate: number}} Span context time `at`, seconds `from` and `to` of the song */
/** @typedef {{context: AudioContext, outputs: import("./outputs.js").Outputs, stems: import("./stem_buffers.js").StemBuffers}} Playback */

const LATE = 0.02; // seconds from now at which what comes late can still start

export class SegmentSound {
  /** @type {Map<string, AudioBufferSourceNode>} planned, by stem and chunk */
  #chunks = new Map();
  /** @type {Set<AudioBufferSourceNode>} */
  #grainSources = new Set();
  /** @type {Generator<Grain> | null} */
  #grains = null;
  #grainsUntil = -Infinity; // context time

  /** @param {Span} span @param {Playback} playback @param {number[]} onsets of drums @param {string} leading the stem whose waves grains are fitted to */
  constructor(span, playback, onsets, leading) {
    this.span = span;
    this.playback = playback;
    const sound = () => playback.stems.ready.get(leading) ?? null;
    if (span.rate !== 1) this.#grains = stretchGrains(span, onsets, (time) => sampledAt(sound(), time));
  }

  /** @param {Set<string>} audible stems @param {number} until context time */
  plan(audible, until) {
    if (this.#grains) return this.#planGrains(this.#grains, audible, until);
    for (const stem of audible) this.#planChunks(stem, until);
  }

  stop() {
    for (const source of [...this.#chunks.values(), ...this.#grainSources]) (source.stop(), source.disconnect());
  }

  /** A stem that is late joins where the others are now. @param {string} stem @param {number} until context time */
  #planChunks(stem, until) {
    const { span, playback } = this;
    const sound = playback.stems.ready.get(stem);
    const earliest = Math.max(span.at, toFrame(playback.context.currentTime + LATE, playback.context.sampleRate));
    const last = Math.min(span.to, span.from + until - span.at);
    for (let time = span.from + earliest - span.at; sound && time < last - 1e-6; ) {
      const end = Math.min(span.to, sound.startOf(sound.indexAt(time) + 1));
      if (end <= time) return;
      this.#addChunk(stem, sound, time, end);
      time = end;
    }
  }

  /** @param {string} stem @param {import("./stem_sound.js").StemSound} sound @param {number} time @param {number} end seconds of the song */
  #addChunk(stem, sound, time, end) {
    const name = `${stem} ${sound.indexAt(time)}`;
    const chunk = this.#chunks.has(name) ? null : sound.chunkAt(time);
    if (!chunk) return;
    const source = this.#createSource(chunk.buffer, this.playback.outputs.stem(stem));
    source.onended = () => this.#chunks.delete(name);
    source.start(this.span.at + time - this.span.from, time - chunk.starts, end - time);
    this.#chunks.set(name, source);
  }

  /** @param {Generator<Grain>} grains @param {Set<string>} audible @param {number} until context time */
  #planGrains(grains, audible, until) {
    while (this.#grainsUntil < until) {
      const { value: grain, done } = grains.next();
      if (done) return;
      this.#grainsUntil = this.span.at + grain.at + grain.length;
      for (const stem of audible) this.#addGrain(stem, grain);
    }
  }

  /** @param {string} stem @param {Grain} grain */
  #addGrain(stem, grain) {
    const { context, outputs, stems } = this.playback;
    const chunk = stems.ready.get(stem)?.chunkAt(grain.offset);
    if (!chunk) return;
    const gain = context.createGain();
    const at = Math.max(this.span.at + grain.at, context.currentTime);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(1, at + grain.rise);
    gain.gain.setValueAtTime(1, Math.max(at + grain.rise, at + grain.length - grain.fall));
    gain.gain.linearRampToValueAtTime(0, at + grain.length);
    gain.connect(outputs.stem(stem));
    const source = this.#createSource(chunk.buffer, gain);
    source.onended = () => (this.#grainSources.delete(source), gain.disconnect());
    source.start(at, grain.offset - chunk.starts, grain.length);
    this.#grainSources.add(source);
  }

  /** @param {AudioBuffer} buffer @param {AudioNode} target */
  #createSource(buffer, target) {
    const source = this.playback.context.createBufferSource();
    source.buffer = buffer;
    source.connect(target);
    return source;
  }
}

/** On a frame of the clock, so that chunks follow each other to the sample. @param {number} time @param {number} rate */
export const toFrame = (time, rate) => Math.ceil(time * rate) / rate;

/** One channel around `time`. @param {import("./stem_sound.js").StemSound | null} sound @param {number} time */
function sampledAt(sound, time) {
  const chunk = sound?.chunkAt(time);
  return chunk ? { samples: chunk.buffer.getChannelData(0), starts: chunk.starts, rate: chunk.buffer.sampleRate } : null;
}
