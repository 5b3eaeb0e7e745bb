/** The stems of a song, fetched when they are first needed: the part that is heard first, then the whole. */

import { Signal } from "./signal.js";
import { readHeader, readSamples } from "./wav_parts.js";

const HEADER = 4096; // bytes in which a header ends
const FIRST = 20; // seconds that are fetched before anything sounds
const SHORT = 45; // seconds; such a song comes in one go
const PIECE = 1 << 24; // bytes of the rest at a time

export class StemBuffers {
  /** @type {Signal<[stem: string, loading: boolean]>} */
  loading = new Signal();
  /** The whole of a stem is there, of which only a part was. @type {Signal<[stem: string]>} */
  completed = new Signal();
  /** @type {Map<string, AudioBuffer>} */
  ready = new Map();
  /** @type {Map<string, Promise<AudioBuffer>>} */
  #loading = new Map();
  /** @type {Map<string, Promise<AudioBuffer | null>>} */
  #rest = new Map();
  job = "";

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
  }

  /** @param {string} job */
  open(job) {
    this.job = job;
    this.ready.clear();
    this.#loading.clear();
    this.#rest.clear();
  }

  /** Kept once it sounds from `from` on; the rest of a long song follows. @param {AudioContext} context @param {string} stem @param {number} [from] seconds @returns {Promise<AudioBuffer>} */
  load(context, stem, from = 0) {
    const known = this.#loading.get(stem);
    if (known) return known;
    const promise = this.#fetch(context, stem, from);
    this.#loading.set(stem, promise);
    promise.catch(() => this.#loading.delete(stem));
    return promise;
  }

  /** Where more than the part that is heard is needed. @param {AudioContext} context @param {string} stem @returns {Promise<AudioBuffer>} */
  async loadWhole(context, stem) {
    await this.load(context, stem);
    return (await this.#rest.get(stem)) ?? this.load(context, stem);
  }

  /** @param {AudioContext} context @param {string} stem @param {number} from */
  async #fetch(context, stem, from) {
    const job = this.job;
    this.loading.emit(stem, true);
    try {
      const header = readHeader(await this.api.soundPart(job, stem, 0, HEADER));
      if (!header || header.frames < SHORT * header.rate) return await this.#fetchWhole(context, job, stem);
      const first = Math.floor(Math.min(from, header.frames / header.rate - 1) * header.rate);
      const [start, end] = [Math.max(0, first - header.rate), Math.min(header.frames, first + FIRST * header.rate)];
      const buffer = context.createBuffer(header.channels, header.frames, header.rate);
      await this.#fill(buffer, job, stem, header, start, end);
      if (job === this.job) this.ready.set(stem, buffer);
      const rest = this.#fetchRest(context, job, stem, header, buffer);
      rest.catch(() => this.#loading.delete(stem));
      this.#rest.set(stem, rest);
      return buffer;
    } finally {
      this.loading.emit(stem, false);
    }
  }

  /** What a source plays may not change under it: the whole is a buffer of its own. @param {AudioContext} context @param {string} job @param {string} stem @param {import("./wav_parts.js").Header} header @param {AudioBuffer} part */
  async #fetchRest(context, job, stem, header, part) {
    const whole = context.createBuffer(header.channels, header.frames, header.rate);
    const step = Math.floor(PIECE / (4 * header.channels));
    for (let at = 0; at < header.frames && job === this.job; at += step) {
      await this.#fill(whole, job, stem, header, at, Math.min(header.frames, at + step));
    }
    if (job !== this.job || this.ready.get(stem) !== part) return null;
    this.ready.set(stem, whole);
    this.#loading.set(stem, Promise.resolve(whole));
    this.completed.emit(stem);
    return whole;
  }

  /** @param {AudioBuffer} buffer @param {string} job @param {string} stem @param {import("./wav_parts.js").Header} header @param {number} start @param {number} end frames */
  async #fill(buffer, job, stem, header, start, end) {
    const size = 4 * header.channels;
    const bytes = await this.api.soundPart(job, stem, header.begins + start * size, header.begins + end * size);
    readSamples(bytes, header.channels).forEach((samples, channel) => buffer.copyToChannel(samples, channel, start));
  }

  /** @param {AudioContext} context @param {string} job @param {string} stem */
  async #fetchWhole(context, job, stem) {
    const sound = await context.decodeAudioData(await this.api.sound(job, stem));
    if (job === this.job) this.ready.set(stem, sound);
    return sound;
  }
}
