/** The buttons of the playback, and the playhead while it moves. */

import { byId, el, icon } from "./dom.js";
import { showError, showNotice } from "./notices.js";
import { formatTime } from "./texts.js";

const SPEEDS = [1, 0.9, 0.8, 0.75, 0.7, 0.6, 0.5];

export class Transport {
  #frame = 0;
  #explained = false;

  /**
   * @param {import("./player.js").Player} player @param {import("./mixer.js").Mixer} mixer
   * @param {import("./timeline.js").Timeline} timeline @param {import("./overlay.js").Overlay} overlay
   */
  constructor(player, mixer, timeline, overlay) {
    this.player = player;
    this.mixer = mixer;
    this.timeline = timeline;
    this.overlay = overlay;
    byId("play").addEventListener("click", () => this.togglePlay());
    byId("count-in").addEventListener("click", () => this.toggleCountIn());
    byId("speed").append(...SPEEDS.map((rate) => el("option", { value: rate, text: `${100 * rate} %` })));
    byId("speed").addEventListener("change", () => this.setSpeed(Number(byId("speed").value)));
    byId("loop").addEventListener("click", () => this.toggleLoop());
    byId("loop").append(icon("loop"), el("span"));
    for (const name of ["zoom-in", "zoom-out", "zoom-fit"]) byId(name).append(icon({ "zoom-in": "plus", "zoom-out": "minus", "zoom-fit": "fit" }[name] ?? ""));
    byId("zoom-in").addEventListener("click", () => timeline.view.zoom(1.5));
    byId("zoom-out").addEventListener("click", () => timeline.view.zoom(1 / 1.5));
    byId("zoom-fit").addEventListener("click", () => timeline.view.fit());
    for (const radio of this.#sides) radio.addEventListener("change", () => mixer.setSide(radio.value));
    player.changed.on(() => this.show());
    this.show();
  }

  /** @returns {any[]} */
  get #sides() {
    return [...document.querySelectorAll("input[name=side]")];
  }

  togglePlay() {
    if (this.player.playing) this.player.pause();
    else this.player.play().catch(showError);
  }

  /** Swaps the original and another side. @param {import("./outputs.js").Side} side */
  toggleSide(side) {
    this.mixer.setSide(this.player.side === side ? "audio" : side);
  }

  toggleCountIn() {
    this.player.setCountIn(!this.player.countIn);
  }

  /** @param {number} rate 0.5 to 1 */
  setSpeed(rate) {
    this.player.setRate(rate);
    if (rate === 1 || this.#explained) return;
    this.#explained = true;
    showNotice("Slower, at the same pitch. What rings is stretched in short grains; attacks stay sharp and on time.");
  }

  /** @param {number} way 1 is slower, -1 is faster */
  stepSpeed(way) {
    const place = SPEEDS.indexOf(this.player.rate) + way;
    this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place))]);
  }

  toggleHalfSpeed() {
    this.setSpeed(this.player.rate === 1 ? 0.5 : 1);
  }

  /** The bars of what is selected, or else what is seen. */
  toggleLoop() {
    const { view, song, bars } = this.timeline;
    if (this.player.loop) return this.setLoop(null);
    this.setLoop(song?.selectedSpan ? bars.cover(song.selectedSpan) : { start: view.start, end: Math.min(view.end, view.duration) });
  }

  /** The bar at the playhead is the first or the last one of the loop. @param {"start" | "end"} which */
  setLoopEnd(which) {
    const { bars } = this.timeline;
    const here = bars.cover({ start: this.player.position, end: this.player.position });
    const loop = { ...(this.player.loop ?? here), [which]: here[which] };
    this.setLoop(loop.end > loop.start ? loop : here);
  }

  /** @param {{start: number, end: number} | null} range */
  setLoop(range) {
    this.player.setLoop(range);
    this.overlay.setLoop(this.player.loop);
  }

  /** @param {number} time */
  seek(time) {
    this.player.seek(time);
    this.timeline.view.reveal(time);
  }

  show() {
    const { player } = this;
    const play = byId("play");
    play.replaceChildren(icon(player.playing ? "pause" : "play"));
    play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    byId("count-in").setAttribute("aria-pressed", String(player.countIn));
    byId("speed").value = String(player.rate);
    byId("loop").lastElementChild.textContent = player.loop ? this.timeline.bars.describeSpan(player.loop) : "Loop";
    byId("loop").setAttribute("aria-pressed", String(Boolean(player.loop)));
    for (const radio of this.#sides) {
      radio.checked = radio.value === player.side;
      radio.disabled = player.noAudio && radio.value !== "midi";
    }
    this.#showPosition();
    if (player.playing && !this.#frame) this.#animate();
  }

  #animate() {
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const { view } = this.timeline;
      const seen = this.overlay.playhead >= view.start && this.overlay.playhead <= view.end;
      this.#showPosition();
      if (!this.player.playing) return;
      if (seen) view.reveal(this.player.position, true); // who looks elsewhere is left there
      this.#animate();
    });
  }

  #showPosition() {
    const at = this.player.position;
    this.overlay.setPlayhead(at);
    const { bar, beat } = this.timeline.bars.at(at);
    byId("position-bar").textContent = this.timeline.bars.beats.length ? `Bar ${bar} · ${beat}` : "";
    byId("position-time").textContent = formatTime(at);
  }
}
