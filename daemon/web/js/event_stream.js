/** Server-sent events of the daemon. */

import { Signal } from "./signal.js";

const NAMES = ["state", "queued", "progress", "midi", "remark", "done", "failed", "pushed", "revision", "log", "deleted"];
const RETRY_MS = 2000;

export class EventStream {
  /** @type {Signal<[name: string, data: any]>} */
  received = new Signal();
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
    source.onopen = () => this.#setOnline();
    source.onerror = () => this.#handleError(source);
    for (const name of NAMES) source.addEventListener(name, (event) => this.#receive(name, event));
  }

  /** @param {string} name @param {Event} event */
  #receive(name, event) {
    this.received.emit(name, JSON.parse(/** @type {MessageEvent} */ (event).data));
  }

  #setOnline() {
    this.online = true;
    this.connection.emit(true);
  }

  /** @param {EventSource} source */
  #handleError(source) {
    this.online = false;
    this.connection.emit(false);
    if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
    setTimeout(() => this.open(), RETRY_MS);
  }
}
