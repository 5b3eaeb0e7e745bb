/** A signal: calls its listeners when something happened. */

/** @template {unknown[]} T */
export class Signal {
  /** @type {Set<(...args: T) => void>} */
  #listeners = new Set();

  /**
   * @param {(...args: T) => void} listener
   * @returns {() => void} ends it
   */
  on(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {T} args */
  emit(...args) {
    for (const listener of [...this.#listeners]) listener(...args);
  }
}
