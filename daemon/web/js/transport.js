/** The buttons of the playback, and the playhead while it moves. */

import { byId, icon } from "./dom.js";
import { showError, showNotice } from "./notices.js";
import { formatTime } from "./texts.js";

export class Transport {
  #frame = 0;

  /**
   * @param {import("./player.js").Player} player @param {import("./timeline.js").Timeline} timeline
   * @param {import("./overlay.js").Overlay} overlay
   */
  constructor(player, timeline, overlay) {
    this.player = player;
    this.timeline = timeline;
    this.overlay = overlay;
    byId("play").addEventListener("click", () => this.togglePlay());
    byId("half-speed").addEventListener("click", () => this.toggleHalfSpeed());
    byId("loop").addEventListener("click", () => this.toggleLoop());
    byId("loop").append(icon("loop"), "Loop");
    for (const name of ["zoom-in", "zoom-out", "zoom-fit"]) byId(name).append(icon({ "zoom-in": "plus", "zoom-out": "minus", "zoom-fit": "fit" }[name] ?? ""));
    byId("zoom-in").addEventListener("click", () => timeline.view.zoom(1.5));
    byId("zoom-out").addEventListener("click", () => timeline.view.zoom(1 / 1.5));
    byId("zoom-fit").addEventListener("click", () => timeline.view.fit());
    for (const radio of this.#sides) radio.addEventListener("change", () => player.setSide(radio.value));
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

  toggleSide() {
    this.player.setSide(this.player.side === "midi" ? "audio" : "midi");
  }

  toggleHalfSpeed() {
    const slow = this.player.rate === 1;
    this.player.setRate(slow ? 0.5 : 1);
    if (!slow) return;
    showNotice("Half speed, at the same pitch. What rings is stretched in short grains; attacks stay sharp and on time.");
  }

  toggleLoop() {
    if (this.player.loop) return this.setLoop(null);
    const { view } = this.timeline;
    this.setLoop({ start: view.start, end: Math.min(view.end, view.duration) });
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
    byId("half-speed").setAttribute("aria-pressed", String(player.rate !== 1));
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
