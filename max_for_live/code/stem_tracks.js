// Stems as audio clips on new tracks, in time with the source; in versions of Live that cannot, their folder is named.
var StemTracks = (function () {
    "use strict";

    var FIRST_VERSION = [12, 0, 5]; // before it create_audio_clip is there, and does nothing
    var SETTLE = 100; // milliseconds after which Live has carried out a change of `warping`
    var PATIENCE = 20; // times that is waited for

    // Live never takes an end before its start, not even in between.
    function setRegion(clip, names, start, end) {
        var endFirst = end > Live.number(clip, names[0]);
        clip.set(names[endFirst ? 1 : 0], endFirst ? end : start);
        clip.set(names[endFirst ? 0 : 1], endFirst ? start : end);
    }

    // The source's timing in seconds of a stem, before which there may be a `padding`.
    function moveLater(timing, padding) {
        var moved = JSON.parse(JSON.stringify(timing));
        moved.markers.forEach(function (marker) { marker.second += padding; });
        return moved;
    }

    // In beats, or in seconds of a clip that is not warped. A dropped file is played whole.
    function setMarkers(clip, timing) {
        var at = function (beat) { return timing.warped ? beat : Timing.second(timing, beat); };
        if (timing.end === null) {
            return;
        }
        clip.set("looping", timing.looping ? 1 : 0);
        if (timing.looping) {
            setRegion(clip, ["loop_start", "loop_end"], at(timing.loopStart), at(timing.loopEnd));
        }
        setRegion(clip, ["start_marker", "end_marker"], at(timing.start), at(timing.end));
    }

    // False if Live did not take the warp markers, or the user removed the clip meanwhile.
    function applyTiming(clip, timing) {
        if (!Live.number(clip, "is_audio_clip")) {
            return false;
        }
        if (timing.warped) {
            WarpMarkers.copy(clip, timing);
        }
        setMarkers(clip, timing);
        return !timing.warped || WarpMarkers.areRight(clip, timing);
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

    function createClip(source, name, path) {
        var track = Tracks.createTrack("audio", source, name);
        var clip = source.start === null
            ? createSessionClip(Tracks.findFreeSlot(track, source.scene || 0), path)
            : createArrangementClip(track, path, source.start);
        if (!Live.exists(clip)) {
            Tracks.removeTrack(track);
            throw new UserError("not_created", "Live could not open " + Paths.name(path) + ".");
        }
        clip.set("warping", source.timing.warped ? 1 : 0);
        clip.set("name", name);
        return clip;
    }

    function canCreateClips(source) {
        var track = Live.byId(source.track);
        if (!Live.isAtLeast(FIRST_VERSION) || !Live.exists(track)) {
            return Live.isAtLeast(FIRST_VERSION);
        }
        return Live.hasFunction(source.start !== null ? track
            : Live.byId(Live.childIds(track, "clip_slots")[source.scene || 0]), "create_audio_clip");
    }

    // Windows opens no folder by its address.
    function showFolder(folder) {
        if (!Paths.isWindows(folder)) {
            max.launchbrowser(Paths.url(folder));
        }
        return "This Live cannot add audio clips: see the folder " + Paths.name(folder);
    }

    function describe(wrong) {
        var placed = "The stems are on new tracks";
        return !wrong.length ? placed : placed + ", but Live refused warp markers of " + wrong.length +
            ": compare them with the song";
    }

    function areSettled(clips, warped) {
        return clips.every(function (clip) { return (Live.number(clip, "warping") !== 0) === warped; });
    }

    // Waits until Live has switched the warping of the clips, then gives them their markers.
    function finish(clips, timing, finished) {
        var tries = 0;
        var task = new Task(function () {
            var wrong;
            tries += 1;
            if (!areSettled(clips, timing.warped) && tries < PATIENCE) {
                task.schedule(SETTLE);
                return;
            }
            Live.beginUndo();
            try {
                wrong = clips.filter(function (clip) { return !applyTiming(clip, timing); });
            } finally {
                Live.endUndo();
            }
            finished(describe(wrong));
        });
        task.schedule(SETTLE);
    }

    // `stems` are {name, path}; they begin with `padding` seconds of silence. Calls finished(text) with what became of
    // them, a little later.
    function create(source, stems, padding, finished) {
        var clips;
        if (!stems.length) {
            throw new UserError("no_stems", "sidestick wrote no stems for this song. Is it up to date?");
        }
        if (!canCreateClips(source)) {
            finished(showFolder(Paths.folder(stems[0].path)));
            return;
        }
        Live.beginUndo();
        try {
            clips = stems.slice().reverse().map(function (stem) { return createClip(source, stem.name, stem.path); });
        } finally {
            Live.endUndo();
        }
        finish(clips, moveLater(source.timing, padding), finished);
    }

    return { create: create, showFolder: showFolder };
}());
