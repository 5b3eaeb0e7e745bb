/* An audio worklet: what plays at half speed sounds an octave too low; here it is raised again.
 *
 * Grains are read twice as fast as they were written and overlap by half; each starts where it fits best to the one
 * before, so that waves meet in phase. The latency is that of a grain's middle: GRAIN / 2 + SEARCH samples.
 */

const GRAIN = 1792;
const HOP = GRAIN / 2;
const SEARCH = 640;
const RING = 16384;
const COMPARED = 256; // samples of the overlap, every other one
const WINDOW = Float32Array.from({ length: GRAIN }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / GRAIN) ** 2);

class Octave extends AudioWorkletProcessor {
  constructor() {
    super();
    this.rings = [new Float32Array(RING), new Float32Array(RING)];
    this.written = 0;
    this.now = 0;
    this.grain = { from: -1e9, start: 0 };
    this.next = { from: 0, start: 0 };
  }

  process(inputs, outputs) {
    const [left, right] = outputs[0];
    const given = inputs[0];
    for (let i = 0; i < left.length; i += 1) {
      this.rings[0][this.written % RING] = given[0] ? given[0][i] : 0;
      this.rings[1][this.written % RING] = given[1] ? given[1][i] : given[0] ? given[0][i] : 0;
      this.written += 1;
      if (this.now % HOP === 0) this.begin();
      left[i] = this.read(0);
      if (right) right[i] = this.read(1);
      this.now += 1;
    }
    return true;
  }

  /** The next grain; the one before has half its length to go. */
  begin() {
    this.grain = this.next;
    const latest = this.written - 1 - GRAIN - SEARCH;
    const expected = this.grain.from + 2 * HOP;
    this.next = { start: this.now, from: latest + this.best(latest, expected) };
  }

  best(latest, expected) {
    let found = 0;
    let most = -Infinity;
    for (let shift = -SEARCH; shift <= SEARCH; shift += 8) {
      const likeness = this.likeness(latest + shift, expected) - Math.abs(shift) * 1e-7;
      if (likeness > most) [most, found] = [likeness, shift];
    }
    return found;
  }

  likeness(a, b) {
    const ring = this.rings[0];
    let sum = 0;
    for (let i = 0; i < COMPARED; i += 1) sum += ring[(a + 4 * i + RING * 1e6) % RING] * ring[(b + 4 * i + RING * 1e6) % RING];
    return sum;
  }

  read(channel) {
    return this.part(channel, this.grain) + this.part(channel, this.next);
  }

  part(channel, { from, start }) {
    const i = this.now - start;
    const at = from + 2 * i;
    if (i < 0 || i >= GRAIN || at < 0) return 0;
    return WINDOW[i] * this.rings[channel][at % RING];
  }
}

registerProcessor("octave", Octave);
