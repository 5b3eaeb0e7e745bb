// The audio clip that is to be transcribed: its file, where it lies, and how seconds become beats in it.
var SourceClip = (function () {
    "use strict";

    var SELECT_FIRST = "Select an audio clip first: click it in the Session or the Arrangement.";

    function refuse(code, text) {
        throw new UserError(code, text);
    }

    function requireReadable(path) {
        var name = Paths.name(path);
        if (!Paths.isAbsolute(path)) {
            refuse("no_file", "Live names no file for this clip. Save the set, then try again.");
        }
        if (Paths.isTemporary(path)) {
            refuse("temporary", name + " is a temporary copy that Live will delete. Use the original file instead.");
        }
        if (!Files.exists(path)) {
            refuse("missing", name + " is missing. Use Live's Locate function, then try again.");
        }
        if (Files.isEncrypted(path)) {
            refuse("encrypted", name + " is an encrypted sample of a Live Pack. Consolidate the clip first.");
        }
        return path;
    }

    function requireAudio(clip) {
        if (!Live.exists(clip)) {
            refuse("no_clip", SELECT_FIRST);
        }
        if (Live.number(clip, "is_midi_clip")) {
            refuse("midi_clip", "This is a MIDI clip already. " + SELECT_FIRST);
        }
    }

    function requireLiveTrack(track) {
        if (Live.number(track, "is_frozen")) {
            refuse("frozen", "The track " + Live.text(track, "name") + " is frozen. Unfreeze it, then try again.");
        }
    }

    function warpMarkers(clip) {
        var stored = Live.parseDictionary(clip.get("warp_markers"), "warp_markers");
        var markers = Timing.sortMarkers(stored.map(function (marker) {
            return { second: Number(marker.sample_time), beat: Number(marker.beat_time) };
        }));
        if (markers.length < 2) {
            refuse("no_markers", "The warp markers of this clip cannot be read. Live 11 or newer is needed.");
        }
        return markers;
    }

    // Without warping, transposing a clip changes the speed of its file.
    function playingRate(clip) {
        var semitones = Live.number(clip, "pitch_coarse") + Live.number(clip, "pitch_fine") / 100;
        return Math.pow(2, semitones / 12);
    }

    function readTiming(clip) {
        var warped = Live.number(clip, "warping") !== 0;
        var bpm = Live.number(Live.song(), "tempo");
        var markers = warped ? warpMarkers(clip) : Timing.unwarpedMarkers(bpm, playingRate(clip));
        var beats = function (property) {
            var value = Live.number(clip, property);
            return warped ? value : Timing.beat({ markers: markers }, value);
        };
        var looping = warped && Live.number(clip, "looping") !== 0;
        var start = beats("start_marker");
        var found = {
            warped: warped, markers: markers, looping: looping, start: start, end: beats("end_marker"),
            loopStart: beats("loop_start"), loopEnd: beats("loop_end"), arranged: null
        };
        found.first = looping ? Math.min(start, found.loopStart) : start;
        found.last = looping ? Math.max(found.loopEnd, start) : found.end;
        return found;
    }

    function readMeter(clip) {
        var found = ["signature_numerator", "signature_denominator"].map(function (property) {
            return Live.number(clip, property);
        });
        return found[0] && found[1] ? found : [4, 4];
    }

    function readPosition(clip) {
        var slot = /clip_slots (\d+)/.exec(Live.path(clip));
        return { scene: slot ? Number(slot[1]) : null, start: slot ? null : Live.number(clip, "start_time") };
    }

    // How a track is found again when the set is opened anew: ids are new then.
    function identifyTrack(track) {
        return { name: Live.text(track, "name"), index: Live.trackIds().indexOf(Number(track.id)) };
    }

    // The track of a source that was stored: the nearest of that name, or else `own`, the one that the device is on.
    function findTrack(source, own) {
        var at = source.home || { name: "", index: 0 };
        var best = null;
        var far = Infinity;
        Live.trackIds().forEach(function (id, i) {
            if (Live.text(Live.byId(id), "name") === at.name && Math.abs(i - at.index) < far) {
                best = id;
                far = Math.abs(i - at.index);
            }
        });
        source.track = best || Number(own.id);
    }

    // {path, name, color, track (its id), home, scene or start (beats), timing}
    function read(clip) {
        var track;
        var found;
        requireAudio(clip);
        track = Live.byPath("live_set tracks " + Live.trackIndex(clip));
        requireLiveTrack(track);
        found = readPosition(clip);
        found.path = requireReadable(Paths.normalize(Live.text(clip, "file_path")));
        found.name = Live.text(clip, "name") || Paths.title(found.path);
        found.color = Live.number(clip, "color");
        found.track = Number(track.id);
        found.home = identifyTrack(track);
        found.timing = readTiming(clip);
        found.meter = readMeter(clip);
        if (found.scene === null) {
            found.timing.arranged = Live.number(clip, "end_time") - found.start;
        }
        return found;
    }

    function readSelected() {
        return read(Live.byId(Live.childId(Live.byPath("live_set view"), "detail_clip")));
    }

    // A file that was dropped on the device: it goes beside the device's own track, or behind all tracks
    // if the device is on a return or the main track; unwarped, in the first scene on.
    function fromFile(path, track) {
        var file = requireReadable(Paths.normalize(path));
        var markers = Timing.unwarpedMarkers(Live.number(Live.song(), "tempo"), 1);
        var there = Live.exists(track);
        return {
            path: file, name: Paths.title(file), color: there ? Live.number(track, "color") : 0,
            track: Number(track.id), home: there ? identifyTrack(track) : null, scene: 0, start: null,
            meter: readMeter(Live.song()),
            timing: {
                warped: false, markers: markers, looping: false, start: 0, end: null, loopStart: 0, loopEnd: 0,
                arranged: null, first: 0, last: null
            }
        };
    }

    return { readSelected: readSelected, readTiming: readTiming, fromFile: fromFile, findTrack: findTrack };
}());
