/** A moment of a sound on its own, faded in and out: what an audition is made of. */

export const SNIPPET = 0.38; // seconds from one hit of an audition to the next

/** @param {number} onset @returns {number} the second of the song at which its snippet starts */
export const snippetStart = (onset) => Math.max(0, onset - 0.015);

/** @param {AudioContext} context @param {AudioNode} target @param {import("./stem_sound.js").Chunk} chunk @param {{from: number, at: number}} when in the song, and by the context's clock */
export function playSnippet(context, target, chunk, { from, at }) {
  const [source, gain] = [context.createBufferSource(), context.createGain()];
  source.buffer = chunk.buffer;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(1, at + 0.008);
  gain.gain.setTargetAtTime(0, at + 0.26, 0.03);
  source.connect(gain).connect(target);
  source.start(at, from - chunk.starts, SNIPPET);
}
