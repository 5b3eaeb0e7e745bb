// Where the result goes: a clip on a MIDI track beside the source.
var Places = (function () {
    "use strict";

    var NEW_TRACK = 0;
    var NEXT_SLOT = 1;
    var ARRANGEMENT = 2;
    var SAME = 1e-3; // beats

    function newTrack(kind, source, name) {
        var index = Live.tracks().indexOf(source.track) + 1;
        var track;
        Live.song().call(kind === "audio" ? "create_audio_track" : "create_midi_track", index);
        track = Live.at("live_set tracks " + index);
        track.set("name", name);
        track.set("color", source.color);
        return track;
    }

    function usable(track) {
        return Live.there(track) && Live.number(track, "has_midi_input") && !Live.number(track, "is_frozen");
    }

    function neighbour(source) {
        var track = Live.at("live_set tracks " + (Live.tracks().indexOf(source.track) + 1));
        return usable(track) ? track : null;
    }

    function clipOf(slot) {
        return Live.byId(Live.child(slot, "clip"));
    }

    function freeSlot(track, scene) {
        var slots = Live.ids(track, "clip_slots").map(Live.byId);
        var free = slots.slice(scene).filter(function (slot) { return !Live.number(slot, "has_clip"); });
        if (free.length) {
            return free[0];
        }
        Live.song().call("create_scene", -1);
        slots = Live.ids(track, "clip_slots").map(Live.byId);
        return slots[slots.length - 1];
    }

    function created(clip, what) {
        if (!Live.there(clip)) {
            throw new Refusal("not_created", "Live did not make " + what + ". Is the track frozen or recording?");
        }
        return clip;
    }

    function sessionClip(track, scene, length) {
        var slot = freeSlot(track, scene);
        slot.call("create_clip", length);
        return created(clipOf(slot), "the MIDI clip");
    }

    function arrangedClips(track) {
        return Live.ids(track, "arrangement_clips").map(Live.byId);
    }

    function startingAt(track, start) {
        var found = arrangedClips(track).filter(function (clip) {
            return Math.abs(Live.number(clip, "start_time") - start) < SAME;
        });
        return found.length ? found[0] : Live.byId(0);
    }

    function isFree(track, start, length) {
        return !arrangedClips(track).some(function (clip) {
            return Live.number(clip, "start_time") < start + length && Live.number(clip, "end_time") > start;
        });
    }

    // Older versions make no MIDI clip in the Arrangement: one is made in a slot, copied, and taken away again.
    function arrangedClip(track, start, length) {
        var slot;
        if (Live.can(track, "create_midi_clip")) {
            track.call("create_midi_clip", start, length);
        } else {
            slot = freeSlot(track, 0);
            slot.call("create_clip", length);
            track.call("duplicate_clip_to_arrangement", "id " + created(clipOf(slot), "the MIDI clip").id, start);
            slot.call("delete_clip");
        }
        return created(startingAt(track, start), "the MIDI clip");
    }

    // The timing of the written clip: a session clip that goes to the Arrangement is written once, from its start.
    function settled(source, place) {
        var timing = JSON.parse(JSON.stringify(source.timing));
        if (place === ARRANGEMENT && timing.arranged === null) {
            timing.arranged = timing.last - timing.start;
        }
        return timing;
    }

    function length(timing) {
        return Math.max(1 / 4, timing.arranged === null ? timing.last - timing.first : timing.arranged);
    }

    function trackFor(source, place, name, start, beats) {
        var beside = place === NEW_TRACK ? null : neighbour(source);
        if (beside && start !== null && !isFree(beside, start, beats)) {
            beside = null;
        }
        return beside || newTrack("midi", source, name);
    }

    // Markers of a clip can only be set in an order that never puts an end before its start.
    function shape(clip, timing) {
        if (timing.arranged !== null) {
            return;
        }
        clip.set("looping", 1);
        clip.set("loop_end", (timing.looping ? timing.loopEnd : timing.last) - timing.first);
        clip.set("loop_start", (timing.looping ? timing.loopStart : timing.start) - timing.first);
        clip.set("end_marker", Math.max(timing.last, timing.end || 0) - timing.first);
        clip.set("start_marker", timing.start - timing.first);
        clip.set("looping", timing.looping ? 1 : 0);
    }

    // A session clip goes to where the song stands.
    function arrangedAt(source) {
        return source.start !== null ? source.start : Live.number(Live.song(), "current_song_time");
    }

    // An empty MIDI clip for one part of `source`. Returns {clip, timing}.
    function make(source, place, name) {
        var timing = settled(source, place);
        var arranged = timing.arranged !== null;
        var start = arranged ? arrangedAt(source) : null;
        var beats = length(timing);
        var track = trackFor(source, place, name, start, beats);
        var clip = arranged ? arrangedClip(track, start, beats) : sessionClip(track, source.scene || 0, beats);
        shape(clip, timing);
        clip.set("name", name);
        clip.set("color", source.color);
        return { clip: clip, timing: timing };
    }

    // How a clip is found again when the set is opened anew.
    function address(clip) {
        var slot = /clip_slots (\d+)/.exec(Live.path(clip));
        var start = Live.number(clip, "start_time");
        return { name: Live.text(clip, "name"), scene: slot ? Number(slot[1]) : null, start: start };
    }

    function candidates(track, place) {
        var slot = place.scene === null ? 0 : Number(Live.ids(track, "clip_slots")[place.scene]);
        return slot ? [clipOf(Live.byId(slot))] : [startingAt(track, place.start)];
    }

    function fits(clip, place) {
        return Live.there(clip) && Live.number(clip, "is_midi_clip") && Live.text(clip, "name") === place.name;
    }

    // The clip at `place`, on whichever track it is now; null if it was deleted, moved or renamed.
    function find(place) {
        var found = null;
        Live.tracks().forEach(function (id) {
            candidates(Live.byId(id), place).forEach(function (clip) {
                found = found || (fits(clip, place) ? clip : null);
            });
        });
        return found;
    }

    return {
        NEW_TRACK: NEW_TRACK, NEXT_SLOT: NEXT_SLOT, ARRANGEMENT: ARRANGEMENT, make: make, newTrack: newTrack,
        address: address, find: find, freeSlot: freeSlot, clipOf: clipOf, startingAt: startingAt
    };
}());
