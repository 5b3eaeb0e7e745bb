// Tracks and slots of the set: new ones beside a source, free ones, and the clips in them.
var Tracks = (function () {
    "use strict";

    var TOLERANCE = 1e-3; // beats

    // The track that the device is on, also from inside of a Rack; one with the id 0 on a return or the main track.
    function ownTrack() {
        var index = Live.trackIndex(Live.byPath("this_device"));
        return index < 0 ? Live.byId(0) : Live.byPath("live_set tracks " + index);
    }

    // A new track right of the source, or behind all of them if that has no track; `kind` is "audio" or "midi".
    function createTrack(kind, source, name) {
        var ids = Live.trackIds();
        var index = ids.indexOf(source.track) + 1 || ids.length;
        var track;
        Live.song().call(kind === "audio" ? "create_audio_track" : "create_midi_track", index);
        track = Live.byPath("live_set tracks " + index);
        track.set("name", name);
        track.set("color", source.color);
        return track;
    }

    function removeTrack(track) {
        Live.song().call("delete_track", Live.trackIndex(track));
    }

    function canHoldMidi(track) {
        return Live.exists(track) && Live.number(track, "has_midi_input") && !Live.number(track, "is_frozen");
    }

    // The track right of the source if a MIDI clip can go there, or null.
    function nextMidiTrack(source) {
        var track = Live.byPath("live_set tracks " + (Live.trackIds().indexOf(source.track) + 1));
        return canHoldMidi(track) ? track : null;
    }

    function clipInSlot(slot) {
        return Live.byId(Live.childId(slot, "clip"));
    }

    // The first free slot from `scene` on; where there is none, a scene is added.
    function findFreeSlot(track, scene) {
        var slots = Live.childIds(track, "clip_slots").map(Live.byId);
        var free = slots.slice(scene).filter(function (slot) { return !Live.number(slot, "has_clip"); });
        if (free.length) {
            return free[0];
        }
        Live.song().call("create_scene", -1);
        slots = Live.childIds(track, "clip_slots").map(Live.byId);
        return slots[slots.length - 1];
    }

    function arrangementClips(track) {
        return Live.childIds(track, "arrangement_clips").map(Live.byId);
    }

    // The clip that starts at beat `start`; one with the id 0 if there is none.
    function findArrangementClip(track, start) {
        var clips = arrangementClips(track).filter(function (clip) {
            return Math.abs(Live.number(clip, "start_time") - start) < TOLERANCE;
        });
        return clips.length ? clips[0] : Live.byId(0);
    }

    function isFree(track, start, length) {
        return !arrangementClips(track).some(function (clip) {
            return Live.number(clip, "start_time") < start + length && Live.number(clip, "end_time") > start;
        });
    }

    return {
        ownTrack: ownTrack, createTrack: createTrack, removeTrack: removeTrack, nextMidiTrack: nextMidiTrack,
        clipInSlot: clipInSlot, findFreeSlot: findFreeSlot, arrangementClips: arrangementClips,
        findArrangementClip: findArrangementClip, isFree: isFree
    };
}());
