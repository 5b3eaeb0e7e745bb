// The MIDI clip of a result: created beside its source, and found again when the set is opened anew.
var MidiClip = (function () {
    "use strict";

    var NEW_TRACK = 0;
    var ARRANGEMENT = 2;

    function requireClip(clip) {
        if (!Live.exists(clip)) {
            throw new UserError("not_created", "Live did not make the MIDI clip. Is the track frozen or recording?");
        }
        return clip;
    }

    function createSessionClip(track, scene, length) {
        var slot = Tracks.findFreeSlot(track, scene);
        slot.call("create_clip", length);
        return requireClip(Tracks.clipInSlot(slot));
    }

    // Older versions make no MIDI clip in the Arrangement: one is made in a slot, copied, and taken away again.
    function createArrangementClip(track, start, length) {
        var slot;
        if (Live.hasFunction(track, "create_midi_clip")) {
            track.call("create_midi_clip", start, length);
        } else {
            slot = Tracks.findFreeSlot(track, 0);
            slot.call("create_clip", length);
            track.call("duplicate_clip_to_arrangement", "id " + requireClip(Tracks.clipInSlot(slot)).id, start);
            slot.call("delete_clip");
        }
        return requireClip(Tracks.findArrangementClip(track, start));
    }

    // The timing of the written clip: a session clip that goes to the Arrangement is written once, from its start.
    function timingFor(source, place) {
        var timing = JSON.parse(JSON.stringify(source.timing));
        if (place === ARRANGEMENT && timing.arranged === null) {
            timing.arranged = timing.last - timing.start;
        }
        return timing;
    }

    function lengthOf(timing) {
        return Math.max(1 / 4, timing.arranged === null ? timing.last - timing.first : timing.arranged);
    }

    function chooseTrack(source, place, name, start, beats) {
        var next = place === NEW_TRACK ? null : Tracks.nextMidiTrack(source);
        if (next && start !== null && !Tracks.isFree(next, start, beats)) {
            next = null;
        }
        return next || Tracks.createTrack("midi", source, name);
    }

    // Markers of a clip can only be set in an order that never puts an end before its start.
    function setMarkers(clip, timing) {
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
    function startInArrangement(source) {
        return source.start !== null ? source.start : Live.number(Live.song(), "current_song_time");
    }

    // An empty MIDI clip for one part of `source`. Returns {clip, timing}.
    function create(source, place, name) {
        var timing = timingFor(source, place);
        var arranged = timing.arranged !== null;
        var start = arranged ? startInArrangement(source) : null;
        var beats = lengthOf(timing);
        var track = chooseTrack(source, place, name, start, beats);
        var clip = arranged
            ? createArrangementClip(track, start, beats) : createSessionClip(track, source.scene || 0, beats);
        setMarkers(clip, timing);
        clip.set("name", name);
        clip.set("color", source.color);
        return { clip: clip, timing: timing };
    }

    // How a clip is found again when the set is opened anew: {name, scene or null, start}.
    function positionOf(clip) {
        var slot = /clip_slots (\d+)/.exec(Live.path(clip));
        var start = Live.number(clip, "start_time");
        return { name: Live.text(clip, "name"), scene: slot ? Number(slot[1]) : null, start: start };
    }

    function clipAt(track, position) {
        var slot;
        if (position.scene === null) {
            return Tracks.findArrangementClip(track, position.start);
        }
        slot = Number(Live.childIds(track, "clip_slots")[position.scene]);
        return slot ? Tracks.clipInSlot(Live.byId(slot)) : Tracks.findArrangementClip(track, position.start);
    }

    function isSameClip(clip, position) {
        return Live.exists(clip) && Live.number(clip, "is_midi_clip") && Live.text(clip, "name") === position.name;
    }

    // The clip at `position`, on whichever track it is now; null if it was deleted, moved or renamed.
    function find(position) {
        var clips = Live.trackIds().map(function (id) { return clipAt(Live.byId(id), position); });
        return clips.filter(function (clip) { return isSameClip(clip, position); })[0] || null;
    }

    return { create: create, positionOf: positionOf, find: find };
}());
