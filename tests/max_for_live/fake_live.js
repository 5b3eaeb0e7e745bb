// Live's object model as LiveAPI shows it: objects with ids, lists as it returns them, an error for each wrong call.
"use strict";

const FARTHEST = 1576800;

// What each kind of object has. `functions` by the version of Live from which they are there.
const KINDS = {
  Song: {
    read: ["view", "tracks", "scenes"],
    write: ["tempo", "current_song_time", "signature_numerator", "signature_denominator"],
    functions: { create_midi_track: 11, create_audio_track: 11, create_scene: 11 },
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
    read: ["is_midi_clip", "is_audio_clip", "file_path", "start_time", "end_time", "warp_markers"],
    write: ["name", "color", "warping", "looping", "loop_start", "loop_end", "start_marker", "end_marker",
      "pitch_coarse", "pitch_fine", "signature_numerator", "signature_denominator"],
    functions: { add_new_notes: 11, get_notes_extended: 11, remove_notes_extended: 11, remove_notes_by_id: 11,
      add_warp_marker: 11, remove_warp_marker: 11 },
  },
  Device: { read: ["can_have_drum_pads", "can_have_chains", "drum_pads", "chains"], write: [], functions: {} },
  DrumPad: { read: ["note", "name", "chains"], write: [], functions: {} },
  Chain: { read: ["devices"], write: ["name"], functions: {} },
};

class LiveSet {
  constructor({ version = 12, tempo = 120, scenes = 4, undoSteps = false, without = [] } = {}) {
    Object.assign(this, { version, undoSteps, without, errors: [], calls: [], objects: new Map(), observers: [] });
    Object.assign(this, { undo: 0, undoOpen: 0, globals: {}, clock: null });
    this.nextNote = 1;
    this.cut = 0;
    this.view = this.add("Song.View", { detail_clip: null });
    const meter = { signature_numerator: 4, signature_denominator: 4 };
    this.song = this.add("Song", { tempo, current_song_time: 0, tracks: [], view: this.view, ...meter });
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

  track(name, midi = false, index = this.song.tracks.length) {
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
      signature_numerator: 4, signature_denominator: 4, markers: [], notes: [], ...values,
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
      return [this.own, this.pathOf(this.own)];
    }
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
  const value = object[name];
  if (name === "has_clip") return [object.clip ? 1 : 0];
  if (name === "warp_markers") {
    const shown = object.markers.map((m) => ({ beat_time: m.beat, sample_time: m.second }));
    return [JSON.stringify(set.version >= 12 ? { warp_markers: shown } : shown)];
  }
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
  create_audio_clip: (set, owner, path, start) => {
    const clip = set.clip({ file_path: path, markers: [{ second: 0, beat: 0 }, { second: 0.5, beat: 1 }] });
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
  add_warp_marker: (set, clip, marker) => {
    clip.markers = clip.markers.filter((one) => one.beat !== marker.beat_time);
    clip.markers.push({ second: marker.sample_time, beat: marker.beat_time });
  },
  remove_warp_marker: (set, clip, beat) => {
    clip.markers = clip.markers.filter((one) => one.beat !== beat);
  },
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
      [this.object, this.way] = set.resolve(typeof first === "string" ? first : second);
      this.callback = typeof first === "function" ? first : null;
    }

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
      const next = { ...this.object, [name]: value };
      const empty = this.object.kind === "Clip" && next.loop_start >= next.loop_end;
      if (empty) set.error(`${name} ${value}: the loop is empty`);
      this.object[name] = value;
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
