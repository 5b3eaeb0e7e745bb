/** The daemon's events as they happen. */

import { Signal } from "./signal.js";

const NAMES = ["state", "queued", "progress", "midi", "done", "failed", "pushed", "revision", "log", "deleted"];
const RETRY_MS = 2000;

export class Feed {
  /** @type {Signal<[name: string, data: any]>} */
  heard = new Signal();
  /** @type {Signal<[online: boolean]>} */
  connection = new Signal();
  online = false;
  /** @type {EventSource | null} */
  #source = null;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
  }

  /** A dropped connection is taken up again by the browser, with what was missed; a refused one by us. */
  open() {
    const source = new EventSource(this.api.url("/api/events"));
    this.#source = source;
    source.onopen = () => this.#found();
    source.onerror = () => this.#lost(source);
    for (const name of NAMES) source.addEventListener(name, (event) => this.#pass(name, event));
  }

  /** @param {string} name @param {Event} event */
  #pass(name, event) {
    this.heard.say(name, JSON.parse(/** @type {MessageEvent} */ (event).data));
  }

  #found() {
    this.online = true;
    this.connection.say(true);
  }

  /** @param {EventSource} source */
  #lost(source) {
    this.online = false;
    this.connection.say(false);
    if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
    setTimeout(() => this.open(), RETRY_MS);
  }
}
