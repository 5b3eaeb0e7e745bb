/** The open song with everything around it: opening, following its job, corrections. */

import { BeatBar, formatBpm } from "./beat_bar.js";
import { Clusters, exampleOnsets } from "./clusters.js";
import { Cursor } from "./cursor.js";
import { byId, el } from "./dom.js";
import { Doubts } from "./doubts.js";
import { Exports } from "./exports.js";
import { KitView } from "./kit_view.js";
import { Labels } from "./labels.js";
import { showLaneHeaders } from "./lane_headers.js";
import { Mixer } from "./mixer.js";
import { hasDrums } from "./notes.js";
import { showError, showNotice } from "./notices.js";
import { Overlay } from "./overlay.js";
import { Overview } from "./overview.js";
import { Player } from "./player.js";
import { Pointer } from "./pointer.js";
import { Progress } from "./progress.js";
import { ScoreView } from "./score_view.js";
import { SelectionBar, velocityFields } from "./selection_bar.js";
import { Settings } from "./settings.js";
import { Song } from "./song.js";
import { baseName, formatCount, formatTime, title } from "./texts.js";
import { themeChanged } from "./theme.js";
import { Timeline } from "./timeline.js";
import { Transport } from "./transport.js";
import { Viewport } from "./viewport.js";
import { Waveform } from "./waveform.js";

export class SongPage {
  /** @type {Song | null} */
  song = null;
  /** @type {string[]} */
  #stems = [];
  #shown = ""; // the id of the song whose notes are seen

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    this.view = new Viewport();
    this.labels = new Labels();
    this.player = new Player(api);
    this.timeline = new Timeline(this.view);
    this.overlay = new Overlay(this.view);
    this.overview = new Overview(this.timeline);
    this.mixer = new Mixer(this.player);
    this.transport = new Transport(this.player, this.mixer, this.timeline, this.overlay);
    this.beatBar = new BeatBar(this.player, this.timeline);
    this.clusters = new Clusters(this.labels, (id) => this.playCluster(id));
    this.selectionBar = new SelectionBar(this);
    this.doubts = new Doubts(this);
    this.settings = new Settings();
    this.exports = new Exports(api);
    this.progress = new Progress(api);
    this.cursor = new Cursor(this.timeline, this.labels);
    this.scoreView = new ScoreView(this);
    this.kitView = new KitView(this);
    this.pointer = new Pointer(this.timeline, this.overlay, this.#pointerActions());
    this.#listen();
  }

  /** @param {any} options what the daemon offers */
  setOptions(options) {
    this.labels.setLabels(options.labels);
    const grid = options.schema.properties.grid.$ref.split("/").at(-1);
    this.settings.setChoices(options.drum_maps, options.schema.$defs[grid].properties.step.enum);
    this.#refresh();
  }

  /** @param {any} job */
  async open(job) {
    const song = new Song(this.api, job);
    this.song = song;
    this.player.open(job.id, 0);
    byId("empty").hidden = true;
    byId("song").hidden = false;
    byId("editor").hidden = true;
    byId("song-name").textContent = baseName(job.name);
    byId("song-facts").textContent = "";
    document.title = `${baseName(job.name)} · sidestick`;
    this.progress.open(job);
    await this.#load(song);
  }

  close() {
    this.player.pause();
    this.song = null;
    byId("empty").hidden = false;
    byId("song").hidden = true;
    document.title = "sidestick";
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
    if (ended && song.notes) await this.#replaceDraft(song, job);
    else if (ended || drafted) await this.#load(song);
    else if (song.isDraft && job.revision !== before.revision) await song.checkRevision(job.revision);
  }

  /** The final numbers its hits anew: another song to the page, at the same place. @param {Song} draft @param {any} job */
  async #replaceDraft(draft, job) {
    await draft.settle();
    if (this.song !== draft) return;
    this.song = new Song(this.api, job);
    await this.#load(this.song);
  }

  /** Notes, stems and all that shows them. @param {Song} song */
  async #load(song) {
    try {
      if (song.job.manifest || song.job.state === "done") await song.load();
      const { stems } = song.notes ? await this.api.stems(song.id).catch(() => ({ stems: [] })) : { stems: [] };
      if (this.song === song && song.notes) this.#show(song, stems);
    } catch (error) {
      if (song.job.state === "done") showError(error);
    }
  }

  /** @param {Song} song @param {string[]} stems */
  #show(song, stems) {
    const notes = /** @type {import("./notes.js").Notes} */ (song.notes);
    const parts = [...(notes.hits.length ? ["drums"] : []), ...[...notes.parts].filter(([, all]) => all.length).map(([name]) => name)];
    const place = this.#placeIn(song);
    this.#stems = stems;
    byId("editor").hidden = false;
    this.player.open(song.id, notes.duration, stems);
    this.overlay.setLoop(null);
    const wave = new Waveform(this.api, song.id, stems.length ? notes.duration : 0);
    wave.loaded.on(() => this.overview.refresh());
    song.changed.on(() => this.song === song && this.#refresh());
    song.selectionChanged.on(() => this.song === song && this.#showLaneHeaders());
    this.timeline.open(song, wave);
    this.cursor.ensureLane();
    this.mixer.open(stems, parts);
    this.exports.open(song.job, stems, parts);
    this.#setWaveformChoices(stems);
    this.beatBar.open(song);
    this.clusters.open(song);
    this.doubts.open(song);
    this.selectionBar.open(song);
    this.settings.open(song);
    this.#refresh();
    if (place) this.#goTo(place);
    this.#shown = song.id;
  }

  /** Where the visitor is, if the song was shown before. @param {Song} song */
  #placeIn({ id }) {
    const { player, view } = this;
    if (this.#shown !== id || byId("editor").hidden) return null;
    return { position: player.position, playing: player.playing, loop: player.loop, start: view.start, end: view.end };
  }

  /** @param {{position: number, playing: boolean, loop: {start: number, end: number} | null, start: number, end: number}} place */
  #goTo({ position, playing, loop, start, end }) {
    this.view.show(start, end);
    this.player.seek(position);
    this.transport.setLoop(loop);
    if (playing) this.player.play().catch(showError);
  }

  /** @param {number} id of a cluster */
  playCluster(id) {
    const notes = this.song?.notes;
    const cluster = notes?.clusters.find((each) => each.id === id);
    if (!notes || !cluster) return;
    this.cursor.lane = cluster.drum;
    this.#highlight(id);
    this.playOnsets(exampleOnsets(cluster, notes.hits), cluster.drum);
  }

  /** As alone as there are stems for: the drum, else the drums, else everything. @param {number[]} onsets @param {string} [drum] */
  playOnsets(onsets, drum = "drums") {
    const isDrum = this.timeline.lanes.has(drum) || drum === "drums";
    const stem = [drum, ...(isDrum ? ["drums"] : []), "mix"].find((name) => this.#stems.includes(name));
    if (stem) this.player.audition(onsets, stem).catch(showError);
  }

  /** @param {"undo" | "redo"} way */
  stepHistory(way) {
    this.song?.step(way);
  }

  /** A hit, or in the lane of a part a note. @param {number} time @param {string} lane @param {number} velocity */
  add(time, lane, velocity) {
    const roll = this.timeline.rolls.get(lane);
    if (roll) return this.addNote(time, lane, (this.cursor.noteBefore(time) ?? { pitch: roll.middle }).pitch);
    if (this.#canEdit()) this.song?.add(time, this.cursor.commonLabel(lane), velocity);
  }

  /** An eighth long. @param {number} time @param {string} part @param {number} pitch */
  async addNote(time, part, pitch) {
    if (!this.#canEdit()) return;
    this.cursor.lane = part;
    await this.song?.addNote(part, { onset: time, duration: this.timeline.bars.beatLength(time) / 2, pitch });
    this.#playPitch();
  }

  /** The selected notes; another pitch is heard at once. @param {import("./note_changes.js").Shift} shift */
  async shiftNotes(shift) {
    if (!this.song?.noteSelection.size || !this.#canEdit()) return;
    await this.song.shiftNotes(shift);
    if (shift.pitch) this.#playPitch();
  }

  /** By a sixteenth. @param {number} way 1 is longer, -1 shorter */
  resizeNotes(way) {
    const at = this.song?.selectedNotes[0]?.time ?? 0;
    return this.shiftNotes({ end: (way * this.timeline.bars.beatLength(at)) / 4 });
  }

  splitNotes() {
    if (this.song?.noteSelection.size && this.#canEdit()) this.song.splitNotes(this.player.position);
  }

  #canEdit() {
    if (this.song?.readOnly) showNotice("There is nothing to correct before the first draft is there.");
    return !this.song?.readOnly;
  }

  /** The first selected note as its part plays it. */
  #playPitch() {
    const [note] = this.song?.selectedNotes ?? [];
    if (note && !this.player.playing) this.player.playNote(this.song?.part ?? "", note).catch(showError);
  }

  /** @param {number | null} cluster */
  #highlight(cluster) {
    this.clusters.highlighted = cluster;
    this.timeline.highlight(cluster);
    this.clusters.show();
    this.#showLaneHeaders();
  }

  clear() {
    this.song?.select([]);
    this.doubts.close();
    this.#highlight(null);
  }

  #pointerActions() {
    return {
      seek: (/** @type {number} */ time) => this.player.seek(time),
      loop: (/** @type {{start: number, end: number}} */ range) => this.transport.setLoop(range),
      play: (/** @type {import("./notes.js").Hit} */ hit) => {
        this.cursor.lane = hit.drum;
        if (!this.player.playing) this.playOnsets([hit.onset], hit.drum);
        this.#highlight(hit.cluster < 0 ? null : hit.cluster);
      },
      add: (/** @type {number} */ time, /** @type {string} */ drum, /** @type {number} */ velocity) => this.add(time, drum, velocity),
      move: async (/** @type {number} */ seconds) => {
        await this.song?.nudge(seconds);
        this.timeline.shift = 0;
        this.timeline.refresh();
      },
      playNote: (/** @type {string} */ part, /** @type {import("./notes.js").Note} */ note) => {
        this.cursor.lane = part;
        if (!this.player.playing) this.playOnsets([note.onset], part);
        this.#showLaneHeaders();
      },
      addNote: (/** @type {number} */ time, /** @type {string} */ part, /** @type {number} */ pitch) => this.addNote(time, part, pitch),
      shiftNotes: async (/** @type {import("./note_changes.js").Shift} */ shift) => {
        await this.shiftNotes(shift);
        this.timeline.noteShift = null;
        this.timeline.refresh();
      },
    };
  }

  #listen() {
    byId("undo").addEventListener("click", () => this.stepHistory("undo"));
    byId("redo").addEventListener("click", () => this.stepHistory("redo"));
    byId("waveform-select").addEventListener("change", () => this.#showWaveform(byId("waveform-select").value));
    byId("rerun-audio").addEventListener("click", () => this.progress.rerun("separate"));
    this.timeline.layoutChanged.on(() => this.#showLaneHeaders());
    this.overview.sought.on((time) => this.player.seek(time));
    themeChanged.on(() => this.#refresh());
    const box = byId("clusters").parentElement;
    box?.append(el("h4", { text: "Select by velocity" }), velocityFields(() => this.song));
  }

  #showLaneHeaders() {
    const how = { cluster: (/** @type {number} */ id) => this.playCluster(id), name: (/** @type {string} */ label) => this.labels.displayName(label) };
    showLaneHeaders(this.timeline, this.cursor.lane, how);
  }

  /** Everything that shows the notes. */
  #refresh() {
    const notes = this.song?.notes;
    if (!this.song || !notes || byId("editor").hidden) return;
    const pitched = [...notes.parts.values()].reduce((sum, all) => sum + all.length, 0);
    byId("clusters-panel").hidden = !hasDrums(notes);
    const facts = [
      formatTime(notes.duration, 0), notes.grid.beats.length ? `${formatBpm(notes.grid.bpm)} bpm` : "no beat found",
      notes.grid.beats.length && formatCount(notes.grid.downbeats.length, "bar"), notes.key, hasDrums(notes) && formatCount(notes.hits.length, "hit"),
      pitched && formatCount(pitched, "note"), this.song.isDraft ? "first draft, corrections are kept" : "",
    ];
    byId("song-facts").textContent = facts.filter(Boolean).join(" · ");
    byId("undo").disabled = !notes.canUndo || this.song.readOnly;
    byId("redo").disabled = !notes.canRedo || this.song.readOnly;
    this.player.setNotes(notes);
    this.transport.show();
    this.progress.stages.setNotes(notes);
    this.clusters.show();
    this.settings.show();
    this.scoreView.refresh();
    this.kitView.refresh();
    this.#showLaneHeaders();
  }

  /** @param {string[]} stems */
  #setWaveformChoices(stems) {
    const choices = (/** @type {string} */ how, /** @type {string} */ label) =>
      el("optgroup", { label }, ...stems.map((stem) => el("option", { value: `${how} ${stem}`, text: `${label}: ${title(stem)}` })));
    const both = [choices("wave", "Waveform"), choices("spectrum", "Spectrogram")];
    byId("waveform-select").replaceChildren(...(stems.length ? both : [el("option", { text: "No sound" })]));
    byId("waveform-select").disabled = !stems.length;
    byId("no-audio").hidden = stems.length > 0;
  }

  /** @param {string} what "wave" or "spectrum", and the stem */
  async #showWaveform(what) {
    const { timeline, song } = this;
    const [how, stem] = what.split(" ");
    const picture = how === "spectrum" ? await this.api.spectrogram(song?.id ?? "", stem).catch(showError) : null;
    if (this.song !== song || byId("waveform-select").value !== what) return;
    timeline.spectrogram = picture ?? null;
    timeline.wave?.show(stem);
    timeline.refresh();
  }
}
