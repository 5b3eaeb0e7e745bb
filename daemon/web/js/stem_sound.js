/** One stem as a row of chunks that are fetched as they are needed: a song of an hour is never there as a whole. */

/** @typedef {import("./wav_parts.js").Header} Header */
/** @typedef {{buffer: AudioBuffer, starts: number}} Chunk `starts`: seconds of the song */

const CHUNK = 10; // seconds from one chunk to the next
const TAIL = 1; // seconds that a chunk goes on into the next, for what begins at its end
const KEPT = 12; // chunks
const AGAIN = 1000; // milliseconds after which one that failed is asked for again

export class StemSound {
  /** @type {Map<number, AudioBuffer>} the least lately used first */
  #there = new Map();
  /** @type {Map<number, Promise<AudioBuffer>>} */
  #coming = new Map();

  /**
   * @param {{frames: number, rate: number}} length
   * @param {(start: number, end: number) => Promise<AudioBuffer>} fetchFrames
   */
  constructor({ frames, rate }, fetchFrames) {
    this.frames = frames;
    this.rate = rate;
    this.fetchFrames = fetchFrames;
    this.length = CHUNK * rate; // frames from one chunk to the next
  }

  /** What is there at once. @param {AudioBuffer} buffer */
  static of(buffer) {
    const sound = new StemSound({ frames: buffer.length, rate: buffer.sampleRate }, () => Promise.resolve(buffer));
    sound.length = buffer.length;
    sound.#there.set(0, buffer);
    return sound;
  }

  /** @param {number} time */
  indexAt(time) {
    return Math.max(0, Math.min(Math.ceil(this.frames / this.length) - 1, Math.floor((time * this.rate + 0.5) / this.length)));
  }

  /** @param {number} index @returns {number} seconds at which the chunk starts, and the one before it ends */
  startOf(index) {
    return Math.min(this.frames, index * this.length) / this.rate;
  }

  /** @param {number} time @returns {Chunk | null} null while it is not there */
  chunkAt(time) {
    const index = this.indexAt(time);
    const buffer = this.#there.get(index);
    if (!buffer) return null;
    this.#there.delete(index);
    this.#there.set(index, buffer);
    return { buffer, starts: this.startOf(index) };
  }

  /** @param {number} time @returns {Promise<Chunk>} */
  async load(time) {
    const index = this.indexAt(time);
    if (!this.#there.has(index)) await (this.#coming.get(index) ?? this.#fetch(index));
    return /** @type {Chunk} */ (this.chunkAt(time));
  }

  /** So that all of it is there by then; what fails is asked for again by whoever needs it. @param {number} from @param {number} to seconds */
  prefetch(from, to) {
    const last = this.indexAt(to);
    for (let index = this.indexAt(from); index <= last; index += 1) this.load(this.startOf(index)).catch(() => {});
  }

  /** @param {number} index */
  #fetch(index) {
    const start = index * this.length;
    const promise = this.fetchFrames(start, Math.min(this.frames, start + this.length + TAIL * this.rate));
    this.#coming.set(index, promise);
    promise.then(
      (buffer) => (this.#keep(index, buffer), this.#coming.delete(index)),
      () => setTimeout(() => this.#coming.delete(index), AGAIN),
    );
    return promise;
  }

  /** @param {number} index @param {AudioBuffer} buffer */
  #keep(index, buffer) {
    this.#there.set(index, buffer);
    for (const [oldest] of this.#there) {
      if (this.#there.size <= KEPT) return;
      this.#there.delete(oldest);
    }
  }
}
