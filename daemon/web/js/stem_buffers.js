/** The stems of a song, fetched when they are first needed and kept decoded. */

import { Signal } from "./signal.js";

export class Sounds {
  /** @type {Signal<[stem: string, loading: boolean]>} */
  loading = new Signal();
  /** @type {Map<string, AudioBuffer>} */
  ready = new Map();
  /** @type {Map<string, Promise<AudioBuffer>>} */
  #coming = new Map();
  job = "";

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
  }

  /** @param {string} job */
  open(job) {
    this.job = job;
    this.ready.clear();
    this.#coming.clear();
  }

  /** @param {AudioContext} context @param {string} stem @returns {Promise<AudioBuffer>} */
  load(context, stem) {
    const known = this.#coming.get(stem);
    if (known) return known;
    const coming = this.#fetched(context, stem);
    this.#coming.set(stem, coming);
    coming.catch(() => this.#coming.delete(stem));
    return coming;
  }

  /** @param {AudioContext} context @param {string} stem */
  async #fetched(context, stem) {
    const job = this.job;
    this.loading.say(stem, true);
    try {
      const sound = await context.decodeAudioData(await this.api.sound(job, stem));
      if (job === this.job) this.ready.set(stem, sound);
      return sound;
    } finally {
      this.loading.say(stem, false);
    }
  }
}
