// Stems as audio clips on new tracks, in time with the source; in versions of Live that cannot, their folder is shown.
var StemTracks = (function () {
    "use strict";

    function applyTiming(clip, source) {
        var timing = source.timing;
        if (!timing.warped) {
            clip.set("warping", 0);
            clip.set("start_marker", Timing.second(timing, timing.start));
            return;
        }
        clip.set("warping", 1);
        copyWarpMarkers(clip, timing.markers);
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
    function copyWarpMarkers(clip, markers) {
        var own = Live.parseDictionary(clip.get("warp_markers"), "warp_markers");
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
    function pathVariants(path) {
        return path.charAt(0) === "/" && path.indexOf("/Volumes/") !== 0
            ? [path, "/Volumes/Macintosh HD" + path] : [path];
    }

    function createSessionClip(slot, path) {
        pathVariants(path).forEach(function (variant) {
            if (!Live.number(slot, "has_clip")) {
                slot.call("create_audio_clip", variant);
            }
        });
        return Tracks.clipInSlot(slot);
    }

    function createArrangementClip(track, path, start) {
        pathVariants(path).forEach(function (variant) {
            if (!Live.exists(Tracks.findArrangementClip(track, start))) {
                track.call("create_audio_clip", variant, start);
            }
        });
        return Tracks.findArrangementClip(track, start);
    }

    function createTrack(source, name, path) {
        var track = Tracks.createTrack("audio", source, name);
        var clip = source.start === null
            ? createSessionClip(Tracks.findFreeSlot(track, source.scene || 0), path)
            : createArrangementClip(track, path, source.start);
        if (!Live.exists(clip)) {
            throw new UserError("not_created", "Live could not open " + Paths.name(path) + ".");
        }
        applyTiming(clip, source);
        clip.set("name", name);
    }

    function canCreateClips(source) {
        var track = Live.byId(source.track);
        if (source.start !== null) {
            return Live.hasFunction(track, "create_audio_clip");
        }
        return Live.hasFunction(Live.byId(Live.childIds(track, "clip_slots")[source.scene || 0]), "create_audio_clip");
    }

    // `stems` are {name, path}. True if the clips are there, false if the folder was shown instead.
    function create(source, stems) {
        if (!stems.length) {
            throw new UserError("no_stems", "sidestick wrote no stems for this song. Is it up to date?");
        }
        if (!canCreateClips(source)) {
            max.launchbrowser(Paths.url(Paths.folder(stems[0].path)));
            return false;
        }
        stems.slice().reverse().forEach(function (stem) { createTrack(source, stem.name, stem.path); });
        return true;
    }

    return { create: create };
}());
