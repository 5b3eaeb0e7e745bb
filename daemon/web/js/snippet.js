/** A moment of a sound on its own, faded in and out: what an audition is made of. */

export const SNIPPET = 0.38; // seconds from one hit of an audition to the next

/** @param {AudioContext} context @param {AudioNode} target @param {AudioBuffer} sound @param {{onset: number, at: number}} when in the sound, and by the context's clock */
export function playSnippet(context, target, sound, { onset, at }) {
  const [source, gain] = [context.createBufferSource(), context.createGain()];
  source.buffer = sound;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(1, at + 0.008);
  gain.gain.setTargetAtTime(0, at + 0.26, 0.03);
  source.connect(gain).connect(target);
  source.start(at, Math.max(0, onset - 0.015), SNIPPET);
}
