/** The stems of a song, fetched when they are first needed and kept decoded. */

import { Signal } from "./signal.js";

export class StemBuffers {
  /** @type {Signal<[stem: string, loading: boolean]>} */
  loading = new Signal();
  /** @type {Map<string, AudioBuffer>} */
  ready = new Map();
  /** @type {Map<string, Promise<AudioBuffer>>} */
  #loading = new Map();
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
  }

  /** @param {AudioContext} context @param {string} stem @returns {Promise<AudioBuffer>} */
  load(context, stem) {
    const known = this.#loading.get(stem);
    if (known) return known;
    const promise = this.#fetch(context, stem);
    this.#loading.set(stem, promise);
    promise.catch(() => this.#loading.delete(stem));
    return promise;
  }

  /** @param {AudioContext} context @param {string} stem */
  async #fetch(context, stem) {
    const job = this.job;
    this.loading.emit(stem, true);
    try {
      const sound = await context.decodeAudioData(await this.api.sound(job, stem));
      if (job === this.job) this.ready.set(stem, sound);
      return sound;
    } finally {
      this.loading.emit(stem, false);
    }
  }
}
