/** The open song with everything around it: opening, following its job, corrections. */

import { Adjust } from "./adjust.js";
import { Clusters, samples } from "./clusters.js";
import { Cursor } from "./cursor.js";
import { Deliver } from "./deliver.js";
import { byId, el } from "./dom.js";
import { showGutter } from "./gutter.js";
import { Labels } from "./labels.js";
import { Marks } from "./marks.js";
import { Mixer } from "./mixer.js";
import { hasDrums } from "./notes.js";
import { complain, notice } from "./notice.js";
import { Overview } from "./overview.js";
import { Picked, velocityFields } from "./picked.js";
import { Player } from "./player.js";
import { Pointer } from "./pointer.js";
import { Progress } from "./progress.js";
import { Song } from "./song.js";
import { themeChanged } from "./theme.js";
import { Timeline } from "./timeline.js";
import { Transport } from "./transport.js";
import { View } from "./view.js";
import { Wave } from "./wave.js";
import { clock, count, stemOf, title } from "./words.js";

export class Desk {
  /** @type {Song | null} */
  song = null;
  /** @type {string[]} */
  #stems = [];

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    this.view = new View();
    this.labels = new Labels();
    this.player = new Player(api);
    this.timeline = new Timeline(this.view);
    this.marks = new Marks(this.view);
    this.overview = new Overview(this.timeline);
    this.transport = new Transport(this.player, this.timeline, this.marks);
    this.mixer = new Mixer(this.player);
    this.clusters = new Clusters(this.labels, (id) => this.hearCluster(id));
    this.picked = new Picked(this.labels, (onsets) => this.hear(onsets));
    this.adjust = new Adjust();
    this.deliver = new Deliver(api);
    this.progress = new Progress(api);
    this.cursor = new Cursor(this.timeline, this.labels);
    this.pointer = new Pointer(this.timeline, this.marks, this.#acts());
    this.#wire();
  }

  /** @param {any} options what the daemon offers */
  offer(options) {
    this.labels.offer(options.labels);
    this.adjust.offer(options.drum_maps);
    this.#refresh();
  }

  /** @param {any} job */
  async open(job) {
    const song = new Song(this.api, job);
    this.song = song;
    this.player.open(job.id, 0);
    byId("empty").hidden = true;
    byId("song").hidden = false;
    byId("bench").hidden = true;
    byId("song-name").textContent = stemOf(job.name);
    byId("facts").textContent = "";
    document.title = `${stemOf(job.name)} · sidestick`;
    this.progress.open(job);
    await this.#fill(song);
  }

  /** The job moved on. @param {any} job */
  async follow(job) {
    const song = this.song;
    if (!song || song.id !== job.id) return;
    const before = song.job;
    song.job = job;
    this.progress.update(job);
    const ended = before.state !== job.state;
    const drafted = !song.notes && Boolean(job.manifest);
    if (ended || drafted) await this.#fill(song);
  }

  /** Notes, stems and all that shows them. @param {Song} song */
  async #fill(song) {
    try {
      if (song.job.manifest || song.job.state === "done") await song.load();
      const { stems } = song.notes ? await this.api.stems(song.id).catch(() => ({ stems: [] })) : { stems: [] };
      if (this.song === song && song.notes) this.#show(song, stems);
    } catch (error) {
      if (song.job.state === "done") complain(error);
    }
  }

  /** @param {Song} song @param {string[]} stems */
  #show(song, stems) {
    const notes = /** @type {import("./notes.js").Notes} */ (song.notes);
    const parts = [...(notes.hits.length ? ["drums"] : []), ...[...notes.parts].filter(([, all]) => all.length).map(([name]) => name)];
    this.#stems = stems;
    byId("bench").hidden = false;
    this.player.open(song.id, notes.duration, stems);
    this.marks.setLoop(null);
    const wave = new Wave(this.api, song.id, stems.length ? notes.duration : 0);
    wave.arrived.on(() => this.overview.refresh());
    song.changed.on(() => this.song === song && this.#refresh());
    song.selected.on(() => this.song === song && this.#gutter());
    this.timeline.open(song, wave);
    this.cursor.settle();
    this.mixer.open(stems, parts);
    this.deliver.open(song.job, stems, parts);
    this.#offerSounds(stems);
    this.clusters.open(song);
    this.picked.open(song);
    this.adjust.open(song);
    this.#refresh();
  }

  /** @param {number} id of a cluster */
  hearCluster(id) {
    const notes = this.song?.notes;
    const cluster = notes?.clusters.find((each) => each.id === id);
    if (!notes || !cluster) return;
    this.#light(id);
    this.cursor.lane = cluster.drum;
    this.hear(samples(cluster, notes.hits), cluster.drum);
  }

  /** As alone as there are stems for: the drum, else the drums, else everything. @param {number[]} onsets @param {string} [drum] */
  hear(onsets, drum = "drums") {
    const struck = this.timeline.lanes.has(drum) || drum === "drums";
    const stem = [drum, ...(struck ? ["drums"] : []), "mix"].find((name) => this.#stems.includes(name));
    if (stem) this.player.audition(onsets, stem).catch(complain);
  }

  /** @param {"undo" | "redo"} way */
  step(way) {
    const { notes } = this.song ?? {};
    if (way === "undo" ? notes?.canUndo : notes?.canRedo) this.song?.step(way);
  }

  /** @param {number} time @param {string} drum @param {number} velocity */
  add(time, drum, velocity) {
    if (this.song?.fixed) return void notice("Wait until the song is done; these notes are a first draft.");
    this.song?.add(time, this.cursor.usual(drum), velocity);
  }

  /** @param {number | null} cluster */
  #light(cluster) {
    this.clusters.lit = cluster;
    this.timeline.light(cluster);
    this.clusters.show();
    this.#gutter();
  }

  clear() {
    this.song?.select([]);
    this.#light(null);
  }

  #acts() {
    return {
      seek: (/** @type {number} */ time) => this.player.seek(time),
      loop: (/** @type {any} */ range) => this.transport.setLoop(range),
      hear: (/** @type {import("./notes.js").Hit} */ hit) => {
        this.cursor.lane = hit.drum;
        if (!this.player.playing) this.hear([hit.onset], hit.drum);
        this.#light(hit.cluster < 0 ? null : hit.cluster);
      },
      add: (/** @type {number} */ time, /** @type {string} */ drum, /** @type {number} */ velocity) => this.add(time, drum, velocity),
      move: async (/** @type {number} */ seconds) => {
        await this.song?.nudge(seconds);
        this.timeline.shift = 0;
        this.timeline.refresh();
      },
    };
  }

  #wire() {
    byId("undo").addEventListener("click", () => this.step("undo"));
    byId("redo").addEventListener("click", () => this.step("redo"));
    byId("shown").addEventListener("change", () => this.#shown(byId("shown").value));
    byId("sound-again").addEventListener("click", () => this.progress.again("separate"));
    this.timeline.stacked.on(() => this.#gutter());
    themeChanged.on(() => this.#refresh());
    const box = byId("clusters").parentElement;
    box?.append(el("h4", { text: "Select by velocity" }), velocityFields(() => this.song));
  }

  #gutter() {
    const how = { cluster: (/** @type {number} */ id) => this.hearCluster(id), name: (/** @type {string} */ label) => this.labels.say(label) };
    showGutter(this.timeline, this.cursor.lane, how);
  }

  /** Everything that tells of the notes. */
  #refresh() {
    const notes = this.song?.notes;
    if (!this.song || !notes || byId("bench").hidden) return;
    const pitched = [...notes.parts.values()].reduce((sum, all) => sum + all.length, 0);
    byId("sounds").hidden = !hasDrums(notes);
    const facts = [
      clock(notes.duration, 0), notes.grid.beats.length ? `${Number(notes.grid.bpm.toFixed(1))} bpm` : "no beat found",
      notes.grid.beats.length && count(notes.grid.downbeats.length, "bar"), notes.key, hasDrums(notes) && count(notes.hits.length, "hit"),
      pitched && count(pitched, "note"), this.song.fixed ? "first draft" : "",
    ];
    byId("facts").textContent = facts.filter(Boolean).join(" · ");
    byId("undo").disabled = !notes.canUndo || this.song.fixed;
    byId("redo").disabled = !notes.canRedo || this.song.fixed;
    this.player.setNotes(notes);
    this.transport.show();
    this.progress.stages.setNotes(notes);
    this.clusters.show();
    this.adjust.show();
    this.#gutter();
  }

  /** @param {string[]} stems */
  #offerSounds(stems) {
    const choices = (/** @type {string} */ how, /** @type {string} */ label) =>
      el("optgroup", { label }, ...stems.map((stem) => el("option", { value: `${how} ${stem}`, text: title(stem) })));
    const both = [choices("wave", "Waveform"), choices("spectrum", "Spectrogram")];
    byId("shown").replaceChildren(...(stems.length ? both : [el("option", { text: "No sound" })]));
    byId("shown").disabled = !stems.length;
    byId("soundless").hidden = stems.length > 0;
  }

  /** @param {string} what "wave" or "spectrum", and the stem */
  async #shown(what) {
    const { timeline, song } = this;
    const [how, stem] = what.split(" ");
    const picture = how === "spectrum" ? await this.api.spectrogram(song?.id ?? "", stem).catch(complain) : null;
    if (this.song !== song || byId("shown").value !== what) return;
    timeline.spectrogram = picture ?? null;
    timeline.wave?.show(stem);
    timeline.refresh();
  }
}
