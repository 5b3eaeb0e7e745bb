/** Parts of a WAV file with float samples, so that a long one need not be there as a whole before it sounds. */

/** @typedef {{channels: number, rate: number, frames: number, begins: number}} Header `begins`: the byte of the first sample */

const FLOAT = 3; // the format tag of IEEE floats

/** @param {ArrayBuffer} bytes the first ones of a file @returns {Header | null} null for all other formats */
export function readHeader(bytes) {
  const view = new DataView(bytes);
  const name = (/** @type {number} */ at) => String.fromCharCode(...new Uint8Array(bytes, at, 4));
  if (bytes.byteLength < 12 || name(0) !== "RIFF" || name(8) !== "WAVE") return null;
  let format = null;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    if (name(at) === "fmt ") format = { tag: view.getUint16(at + 8, true), channels: view.getUint16(at + 10, true), rate: view.getUint32(at + 12, true), bits: view.getUint16(at + 22, true) };
    if (name(at) === "data") {
      if (format?.tag !== FLOAT || format.bits !== 32) return null;
      return { channels: format.channels, rate: format.rate, frames: Math.floor(size / (4 * format.channels)), begins: at + 8 };
    }
    at += 8 + size + (size % 2);
  }
  return null;
}

/** @param {ArrayBuffer} bytes interleaved @param {number} channels @returns {Float32Array<ArrayBuffer>[]} one for each channel */
export function readSamples(bytes, channels) {
  const all = new Float32Array(bytes, 0, Math.floor(bytes.byteLength / 4));
  const frames = Math.floor(all.length / channels);
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(frames);
    for (let i = 0, at = channel; i < frames; i += 1, at += channels) samples[i] = all[at];
    return samples;
  });
}
