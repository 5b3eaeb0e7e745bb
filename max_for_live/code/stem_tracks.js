// Stems as audio clips on new tracks, in time with the source; in versions of Live that cannot, their folder is shown.
var StemTracks = (function () {
    "use strict";

    function shaped(clip, source) {
        var timing = source.timing;
        if (!timing.warped) {
            clip.set("warping", 0);
            clip.set("start_marker", Timing.second(timing, timing.start));
            return;
        }
        clip.set("warping", 1);
        warp(clip, timing.markers);
        clip.set("looping", timing.looping ? 1 : 0);
        clip.set("loop_end", timing.looping ? timing.loopEnd : timing.last);
        clip.set("loop_start", timing.looping ? timing.loopStart : timing.start);
        clip.set("start_marker", timing.start);
    }

    function isAmong(markers, marker) {
        return markers.some(function (other) {
            return Math.abs(other.beat - marker.beat_time) < 1e-6 && Math.abs(other.second - marker.sample_time) < 1e-6;
        });
    }

    // The markers of the source, then away with those that Live made for the new clip itself.
    function warp(clip, markers) {
        var own = Live.dictionary(clip.get("warp_markers"), "warp_markers");
        own.forEach(function (marker) {
            if (!isAmong(markers, marker)) {
                clip.call("remove_warp_marker", marker.beat_time);
            }
        });
        markers.forEach(function (marker) {
            clip.call("add_warp_marker", { sample_time: marker.second, beat_time: marker.beat });
        });
    }

    // On a Mac Live may want the name of the volume in front.
    function attempts(path) {
        return path.charAt(0) === "/" && path.indexOf("/Volumes/") !== 0
            ? [path, "/Volumes/Macintosh HD" + path] : [path];
    }

    function clipIn(slot, path) {
        attempts(path).forEach(function (attempt) {
            if (!Live.number(slot, "has_clip")) {
                slot.call("create_audio_clip", attempt);
            }
        });
        return Places.clipOf(slot);
    }

    function clipOn(track, path, start) {
        attempts(path).forEach(function (attempt) {
            if (!Live.there(Places.startingAt(track, start))) {
                track.call("create_audio_clip", attempt, start);
            }
        });
        return Places.startingAt(track, start);
    }

    function add(source, name, path) {
        var track = Places.newTrack("audio", source, name);
        var clip = source.start === null
            ? clipIn(Places.freeSlot(track, source.scene || 0), path) : clipOn(track, path, source.start);
        if (!Live.there(clip)) {
            throw new Refusal("not_created", "Live could not open " + Paths.name(path) + ".");
        }
        shaped(clip, source);
        clip.set("name", name);
    }

    function possible(source) {
        var track = Live.byId(source.track);
        if (source.start !== null) {
            return Live.can(track, "create_audio_clip");
        }
        return Live.can(Live.byId(Live.ids(track, "clip_slots")[source.scene || 0]), "create_audio_clip");
    }

    // `stems` are {name, path}. True if the clips are there, false if the folder was shown instead.
    function place(source, stems) {
        if (!stems.length) {
            throw new Refusal("no_stems", "sidestick wrote no stems for this song. Is it up to date?");
        }
        if (!possible(source)) {
            max.launchbrowser(Paths.url(Paths.folder(stems[0].path)));
            return false;
        }
        stems.slice().reverse().forEach(function (stem) { add(source, stem.name, stem.path); });
        return true;
    }

    return { place: place };
}());
