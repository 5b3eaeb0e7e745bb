// Live's object model as LiveAPI shows it: objects with ids, lists as it returns them, an error for each wrong call.
"use strict";

const clips = require("./fake_clip.js");

const FARTHEST = 1576800;
const FIRST_WITH_AUDIO_CLIPS = [12, 0, 5]; // before it create_audio_clip is there and does nothing

// What each kind of object has. `functions` by the version of Live from which they are there.
const KINDS = {
  Song: {
    read: ["view", "tracks", "scenes", "is_playing"],
    write: ["tempo", "current_song_time", "signature_numerator", "signature_denominator"],
    functions: { create_midi_track: 11, create_audio_track: 11, create_scene: 11, delete_track: 11 },
  },
  Application: {
    read: [], write: [], functions: { get_major_version: 11, get_minor_version: 11, get_bugfix_version: 11 },
  },
  "Song.View": { read: ["detail_clip"], write: [], functions: {} },
  Scene: { read: [], write: ["name"], functions: {} },
  Track: {
    read: ["clip_slots", "arrangement_clips", "devices", "is_frozen", "has_midi_input"], write: ["name", "color"],
    functions: { duplicate_clip_to_arrangement: 11, create_midi_clip: 12, create_audio_clip: 12 },
  },
  ClipSlot: {
    read: ["clip", "has_clip"], write: [],
    functions: { create_clip: 11, delete_clip: 11, create_audio_clip: 12 },
  },
  Clip: {
    read: ["is_midi_clip", "is_audio_clip", "file_path", "start_time", "end_time", "warp_markers",
      "sample_length", "sample_rate", "is_playing", "playing_position"],
    write: ["name", "color", "warping", "looping", "loop_start", "loop_end", "start_marker", "end_marker",
      "pitch_coarse", "pitch_fine", "signature_numerator", "signature_denominator"],
    functions: { add_new_notes: 11, get_notes_extended: 11, remove_notes_extended: 11, remove_notes_by_id: 11,
      add_warp_marker: 11, remove_warp_marker: 11, move_warp_marker: 11 },
  },
  Device: { read: ["canonical_parent", "can_have_drum_pads", "can_have_chains", "drum_pads", "chains"], write: [], functions: {} },
  DrumPad: { read: ["note", "name", "chains"], write: [], functions: {} },
  Chain: { read: ["devices"], write: ["name"], functions: {} },
};

class LiveSet {
  constructor({
    version = 12, release = version >= 12 ? [12, 1, 0] : [11, 3, 4], tempo = 120, scenes = 4, undoSteps = false,
    without = [], autoWarp = true, inRack = false, onMain = false, markersStay = false,
  } = {}) {
    Object.assign(this, { release, autoWarp, inRack, onMain, markersStay });
    Object.assign(this, { version, undoSteps, without, errors: [], calls: [], objects: new Map(), observers: [] });
    Object.assign(this, { undo: 0, undoOpen: 0, globals: {}, clock: null });
    this.nextNote = 1;
    this.cut = 0;
    this.application = this.add("Application", {});
    this.device = this.add("Device", {});
    this.chain = this.add("Chain", { name: "Rack", devices: [this.device] });
    this.view = this.add("Song.View", { detail_clip: null });
    const meter = { signature_numerator: 4, signature_denominator: 4 };
    this.song = this.add("Song", { tempo, current_song_time: 0, is_playing: 0, tracks: [], view: this.view, ...meter });
    this.song.scenes = Array.from({ length: scenes }, () => this.add("Scene", { name: "" }));
  }

  add(kind, values) {
    const object = { kind, id: this.objects.size + 1, ...values };
    this.objects.set(object.id, object);
    return object;
  }

  // A set that is opened anew gives every object another id.
  renumber() {
    const all = [...this.objects.values()];
    this.objects.clear();
    all.forEach((object) => {
      object.id += 5000;
      this.objects.set(object.id, object);
    });
  }

  track(name, midi = false, place = -1) {
    const index = place < 0 ? this.song.tracks.length : place;
    const track = this.add("Track", {
      name, color: 0, is_frozen: 0, has_midi_input: midi ? 1 : 0, arrangement_clips: [], devices: [],
    });
    track.clip_slots = this.song.scenes.map(() => this.slot());
    this.song.tracks.splice(index, 0, track);
    return track;
  }

  slot() {
    return this.add("ClipSlot", { clip: null, has_clip: 0 });
  }

  clip(values) {
    return this.add("Clip", {
      name: "", color: 255, is_midi_clip: 0, is_audio_clip: 1, file_path: "", start_time: 0, end_time: 0, warping: 1,
      looping: 0, loop_start: 0, loop_end: 4, start_marker: 0, end_marker: 4, pitch_coarse: 0, pitch_fine: 0,
      signature_numerator: 4, signature_denominator: 4, is_playing: 0, playing_position: 0, markers: [], notes: [], ...values,
    });
  }

  midiClip(length, start = 0) {
    return this.clip({
      is_midi_clip: 1, is_audio_clip: 0, looping: 1, loop_end: length, end_marker: length, start_time: start,
      end_time: start + length,
    });
  }

  select(clip) {
    this.view.detail_clip = clip;
    this.observers.forEach((callback) => callback(["detail_clip", "id", clip ? clip.id : 0]));
  }

  remove(object) {
    this.objects.delete(object.id);
  }

  error(text) {
    this.errors.push(text);
    return null;
  }

  // What Live's Undo takes back one by one: each change is a step of its own unless a step is open.
  countUndo() {
    if (!this.undoOpen) this.undo += 1;
  }

  can(object, name) {
    if (object === this.song && /_undo_step$/.test(name)) {
      return this.undoSteps;
    }
    return KINDS[object.kind].functions[name] <= this.version && !this.without.includes(name);
  }

  // [object, path], or [null, ""].
  resolve(path) {
    const words = path.replace(/"/g, "").trim().split(/\s+/);
    if (words[0] === "id") {
      const object = this.objects.get(Number(words[1])) || null;
      return [object, object ? this.pathOf(object) : ""];
    }
    if (words[0] === "this_device") {
      if (this.onMain) return [this.device, "live_set master_track devices 0"];
      const inside = this.inRack ? `${this.pathOf(this.own)} devices 0 chains 0` : this.pathOf(this.own);
      if (words.length === 1) return [this.device, `${inside} devices 0`];
      return [this.inRack ? this.chain : this.own, inside];
    }
    if (words[0] === "live_app") return [this.application, "live_app"];
    let object = words.shift() === "live_set" ? this.song : null;
    while (object && words.length) {
      object = object[words.shift()] || null;
      object = Array.isArray(object) ? object[Number(words.shift())] || null : object;
    }
    return [object, object ? path : ""];
  }

  pathOf(object) {
    for (const [t, track] of this.song.tracks.entries()) {
      const at = `live_set tracks ${t}`;
      if (track === object) return at;
      const s = track.clip_slots.findIndex((slot) => slot === object || slot.clip === object);
      if (s >= 0) return `${at} clip_slots ${s}` + (track.clip_slots[s] === object ? "" : " clip");
      const a = track.arrangement_clips.indexOf(object);
      if (a >= 0) return `${at} arrangement_clips ${a}`;
    }
    return object === this.song ? "live_set" : "";
  }
}

function given(set, object, name) {
  const value = object[object.kind === "Clip" ? clips.nameOf(object, name) : name];
  if (name === "playing_position" && !object.is_playing) return [0]; // of a clip that plays only
  if (name === "has_clip") return [object.clip ? 1 : 0];
  if (name === "warp_markers") {
    const shown = object.markers.map((m) => ({ beat_time: m.beat, sample_time: m.second }));
    return [JSON.stringify(set.version >= 12 ? { warp_markers: shown } : shown)];
  }
  if (name === "sample_rate") return [clips.RATE];
  if (name === "sample_length") return [clips.RATE * clips.LENGTH];
  if (Array.isArray(value)) return value.flatMap((child) => ["id", child.id]);
  if (value === null || (typeof value === "object")) return ["id", value ? value.id : 0];
  return [/^\d+$/.test(value) ? Number(value) : value]; // a name like 808 arrives as a number
}

const FUNCTIONS = {
  create_midi_track: (set, song, index) => { set.track("MIDI", true, index); },
  create_audio_track: (set, song, index) => { set.track("Audio", false, index); },
  create_scene: (set, song, index) => {
    if (index !== -1) throw new Error("the fake only appends scenes");
    song.scenes.push(set.add("Scene", { name: "" }));
    song.tracks.forEach((track) => track.clip_slots.push(set.slot()));
  },
  begin_undo_step: (set) => {
    if (set.undoOpen) throw new Error("begin_undo_step: a step is open");
    set.undo += 1;
    set.undoOpen = 1;
  },
  end_undo_step: (set) => { set.undoOpen = 0; },
  create_clip: (set, slot, length) => {
    const track = set.song.tracks.find((one) => one.clip_slots.includes(slot));
    if (!track.has_midi_input || slot.clip || !(length > 0)) throw new Error("create_clip: not possible here");
    slot.clip = set.midiClip(length);
  },
  delete_clip: (set, slot) => {
    set.remove(slot.clip);
    slot.clip = null;
  },
  create_midi_clip: (set, track, start, length) => {
    if (!track.has_midi_input || !(length > 0) || start < 0) throw new Error("create_midi_clip: not possible here");
    track.arrangement_clips.push(set.midiClip(length, start));
  },
  duplicate_clip_to_arrangement: (set, track, clip, start) => {
    const [source] = set.resolve(String(clip));
    if (!source || start < 0) throw new Error("duplicate_clip_to_arrangement: no such clip");
    track.arrangement_clips.push(set.midiClip(source.loop_end - source.loop_start, start));
  },
  get_major_version: (set) => set.release[0],
  get_minor_version: (set) => set.release[1],
  get_bugfix_version: (set) => set.release[2],
  delete_track: (set, song, index) => { song.tracks.splice(index, 1); },
  create_audio_clip: (set, owner, path, start) => {
    const late = FIRST_WITH_AUDIO_CLIPS.map((part, i) => set.release[i] - part).find((difference) => difference);
    if (late < 0 || set.refuses) return;
    const clip = set.clip(clips.audioClip(path, set.autoWarp));
    if (owner.kind === "Track") {
      clip.start_time = start;
      owner.arrangement_clips.push(clip);
    } else {
      owner.clip = clip;
    }
  },
  add_new_notes: (set, clip, given) => {
    if (!clip.is_midi_clip || !Array.isArray(given.notes)) throw new Error("add_new_notes: wants {notes: [...]}");
    given.notes.forEach((note) => addNote(set, clip, note));
  },
  get_notes_extended: (set, clip, pitch, pitches, from, span) => {
    if (!clip.is_midi_clip) throw new Error("get_notes_extended: not a MIDI clip");
    return JSON.stringify({ notes: clip.notes.filter((note) => within(note, pitch, pitches, from, span)) });
  },
  remove_notes_extended: (set, clip, pitch, pitches, from, span) => {
    clip.notes = clip.notes.filter((note) => !within(note, pitch, pitches, from, span));
  },
  remove_notes_by_id: (set, clip, id) => {
    if (!clip.notes.some((note) => note.note_id === id)) throw new Error("no such note");
    clip.notes = clip.notes.filter((note) => note.note_id !== id);
  },
  ...clips.FUNCTIONS,
};

function within(note, pitch, pitches, from, span) {
  if (from < 0 || from + span > FARTHEST) throw new Error("a time is out of range");
  const inTime = note.start_time >= from && note.start_time < from + span;
  return inTime && note.pitch >= pitch && note.pitch < pitch + pitches;
}

// Of overlapping notes of one pitch Live cuts the earlier; one that starts together with the new one goes.
function addNote(set, clip, note) {
  const fits = note.pitch >= 0 && note.pitch <= 127 && Number.isInteger(note.pitch) && note.duration > 0 &&
    note.velocity >= 1 && note.velocity <= 127 && Number.isFinite(note.start_time);
  const strange = Object.keys(note).filter((key) => !["pitch", "start_time", "duration", "velocity"].includes(key));
  if (!fits || strange.length) throw new Error("not a note: " + JSON.stringify(note));
  clip.notes = clip.notes.filter((other) => other.pitch !== note.pitch || other.start_time !== note.start_time);
  clip.notes.filter((other) => other.pitch === note.pitch && other.start_time < note.start_time).forEach((other) => {
    const room = note.start_time - other.start_time;
    if (other.duration > room + 1e-9) {
      set.cut += 1;
      other.duration = room;
    }
  });
  const more = { note_id: set.nextNote, mute: 0, probability: 1, velocity_deviation: 0, release_velocity: 64 };
  clip.notes.push({ ...note, ...more });
  set.nextNote += 1;
}

// The LiveAPI constructor for a script that works on `set`.
function liveApi(set) {
  return class LiveAPI {
    constructor(first, second) {
      [this.found, this.way] = set.resolve(typeof first === "string" ? first : second);
      this.callback = typeof first === "function" ? first : null;
    }

    // What was removed from the set is nothing from then on.
    get object() { return this.found && set.objects.get(this.found.id) === this.found ? this.found : null; }
    get id() { return this.object ? String(this.object.id) : "0"; }
    get path() { return `"${this.way}"`; }
    get type() { return this.object ? this.object.kind : ""; }
    get info() {
      if (!this.object) return "No object";
      const names = [...Object.keys(KINDS[this.object.kind].functions), "begin_undo_step", "end_undo_step"];
      return `id ${this.id}\ntype ${this.type}\n` +
        names.filter((name) => set.can(this.object, name)).map((name) => `function ${name}\n`).join("") + "done";
    }

    set property(name) {
      set.observers.push(this.callback);
      this.callback(["id", this.object[name] ? this.object[name].id : 0]);
    }

    known(name) {
      if (!this.object) return set.error(`get ${name}: no valid object`);
      const kind = KINDS[this.object.kind];
      return kind.read.includes(name) || kind.write.includes(name) || set.error(`${this.type} has no ${name}`);
    }

    get(name) { return this.known(name) ? given(set, this.object, name) : null; }

    set(name, value) {
      if (!this.known(name)) return;
      if (!KINDS[this.object.kind].write.includes(name)) set.error(`${name} is read-only`);
      set.countUndo();
      if (this.object.kind !== "Clip") {
        this.object[name] = value;
      } else if (name === "warping") {
        clips.setWarping(set, this.object, value);
      } else {
        const why = clips.refusal(this.object, name, value);
        if (why) set.error(why);
        else this.object[clips.nameOf(this.object, name)] = value;
      }
    }

    call(name, ...args) {
      if (!this.object) return set.error(`call ${name}: no valid object`);
      if (!set.can(this.object, name)) return set.error(`${this.type} has no function ${name}`);
      set.calls.push(name);
      if (!/^get_|_undo_step$/.test(name)) set.countUndo();
      try {
        return FUNCTIONS[name](set, this.object, ...args);
      } catch (error) {
        return set.error(error.message);
      }
    }
  };
}

module.exports = { LiveSet, liveApi };
