// The audio clip that is to be transcribed: its file, where it lies, and how seconds become beats in it.
var SourceClip = (function () {
    "use strict";

    var NOTHING = "Select an audio clip first: click it in the Session or the Arrangement.";

    function refuse(code, text) {
        throw new Refusal(code, text);
    }

    function requireReadable(path) {
        var name = Paths.name(path);
        if (!Paths.absolute(path)) {
            refuse("no_file", "Live names no file for this clip. Save the set, then try again.");
        }
        if (Paths.temporary(path)) {
            refuse("temporary", name + " is a temporary copy that Live will delete. Use the original file instead.");
        }
        if (!Files.exists(path)) {
            refuse("missing", name + " is missing. Use Live's Locate function, then try again.");
        }
        if (Files.encrypted(path)) {
            refuse("encrypted", name + " is an encrypted sample of a Live Pack. Consolidate the clip first.");
        }
        return path;
    }

    function requireAudio(clip) {
        if (!Live.there(clip)) {
            refuse("no_clip", NOTHING);
        }
        if (Live.number(clip, "is_midi_clip")) {
            refuse("midi_clip", "This is a MIDI clip already. " + NOTHING);
        }
    }

    function requireLiveTrack(track) {
        if (Live.number(track, "is_frozen")) {
            refuse("frozen", "The track " + Live.text(track, "name") + " is frozen. Unfreeze it, then try again.");
        }
    }

    function warpMarkers(clip) {
        var markers = Timing.rising(Live.dictionary(clip.get("warp_markers"), "warp_markers").map(function (marker) {
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

    function timing(clip) {
        var warped = Live.number(clip, "warping") !== 0;
        var bpm = Live.number(Live.song(), "tempo");
        var markers = warped ? warpMarkers(clip) : Timing.unwarped(bpm, playingRate(clip));
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

    function meter(clip) {
        var found = ["signature_numerator", "signature_denominator"].map(function (property) {
            return Live.number(clip, property);
        });
        return found[0] && found[1] ? found : [4, 4];
    }

    function place(clip) {
        var slot = /clip_slots (\d+)/.exec(Live.path(clip));
        return { scene: slot ? Number(slot[1]) : null, start: slot ? null : Live.number(clip, "start_time") };
    }

    // How a track is found again when the set is opened anew: ids are new then.
    function home(track) {
        return { name: Live.text(track, "name"), index: Live.tracks().indexOf(Number(track.id)) };
    }

    // The track of a source that was stored: the nearest of that name, or else `own`, the one that the device is on.
    function settle(source, own) {
        var at = source.home || { name: "", index: 0 };
        var best = null;
        var far = Infinity;
        Live.tracks().forEach(function (id, i) {
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
        track = Live.at("live_set tracks " + Live.trackIndex(clip));
        requireLiveTrack(track);
        found = place(clip);
        found.path = requireReadable(Paths.normal(Live.text(clip, "file_path")));
        found.name = Live.text(clip, "name") || Paths.title(found.path);
        found.color = Live.number(clip, "color");
        found.track = Number(track.id);
        found.home = home(track);
        found.timing = timing(clip);
        found.meter = meter(clip);
        if (found.scene === null) {
            found.timing.arranged = Live.number(clip, "end_time") - found.start;
        }
        return found;
    }

    function selected() {
        return read(Live.byId(Live.child(Live.at("live_set view"), "detail_clip")));
    }

    // A file that was dropped on the device: it goes to the device's own track, unwarped, in the first scene on.
    function dropped(path, track) {
        var file = requireReadable(Paths.normal(path));
        var markers = Timing.unwarped(Live.number(Live.song(), "tempo"), 1);
        return {
            path: file, name: Paths.title(file), color: Live.number(track, "color"), track: Number(track.id),
            home: home(track), scene: 0, start: null, meter: meter(Live.song()),
            timing: {
                warped: false, markers: markers, looping: false, start: 0, end: null, loopStart: 0, loopEnd: 0,
                arranged: null, first: 0, last: null
            }
        };
    }

    return { selected: selected, dropped: dropped, settle: settle };
}());
