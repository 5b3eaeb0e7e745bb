/** The stems of a song, fetched when they are first needed, and of long ones only what is heard soon. */

import { Signal } from "./signal.js";
import { StemSound } from "./stem_sound.js";
import { readHeader, readSamples } from "./wav_parts.js";

const HEADER = 4096; // bytes in which a header ends
const SHORT = 45; // seconds; such a song comes in one go

export class StemBuffers {
  /** @type {Signal<[stem: string, loading: boolean]>} */
  loading = new Signal();
  /** @type {Map<string, StemSound>} stems of which something is there */
  ready = new Map();
  /** @type {Map<string, Promise<StemSound>>} */
  #opened = new Map();
  job = "";

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
  }

  /** @param {string} job */
  open(job) {
    this.job = job;
    this.ready.clear();
    this.#opened.clear();
  }

  /** Until it can sound from `time` on. @param {AudioContext} context @param {string} stem @param {number} time seconds @returns {Promise<import("./stem_sound.js").Chunk>} */
  async load(context, stem, time) {
    const known = this.ready.get(stem);
    if (known?.chunkAt(time)) return known.load(time);
    const { job } = this;
    this.loading.emit(stem, true);
    try {
      const sound = await this.#open(context, job, stem);
      const chunk = await sound.load(time);
      if (job === this.job) this.ready.set(stem, sound);
      return chunk;
    } finally {
      this.loading.emit(stem, false);
    }
  }

  /** @param {AudioContext} context @param {string} job @param {string} stem @returns {Promise<StemSound>} */
  #open(context, job, stem) {
    const known = this.#opened.get(stem);
    if (known) return known;
    const promise = this.#readSound(context, job, stem);
    this.#opened.set(stem, promise);
    promise.catch(() => this.#opened.delete(stem));
    return promise;
  }

  /** @param {AudioContext} context @param {string} job @param {string} stem */
  async #readSound(context, job, stem) {
    const header = readHeader(await this.api.soundPart(job, stem, 0, HEADER));
    if (header && header.frames >= SHORT * header.rate) return new StemSound(header, (start, end) => this.#fetchFrames(job, stem, header, start, end));
    return StemSound.of(await context.decodeAudioData(await this.api.sound(job, stem)));
  }

  /** @param {string} job @param {string} stem @param {import("./wav_parts.js").Header} header @param {number} start @param {number} end frames */
  async #fetchFrames(job, stem, { channels, rate, begins }, start, end) {
    const size = 4 * channels;
    const bytes = await this.api.soundPart(job, stem, begins + start * size, begins + end * size);
    const buffer = new AudioBuffer({ numberOfChannels: channels, length: end - start, sampleRate: rate });
    readSamples(bytes, channels).forEach((samples, channel) => buffer.copyToChannel(samples, channel));
    return buffer;
  }
}
