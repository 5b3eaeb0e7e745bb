// Gives a clip the warp markers of another one of the same song. Live keeps a clip's first marker and a shadow behind
// its last, takes no second marker at a place, and says nothing of what it refuses: so the first is moved, the others
// are made anew in order, and all are read back.
var WarpMarkers = (function () {
    "use strict";

    var TOLERANCE = 0.002; // beats: half a millisecond at 240 bpm
    var NEAR = 1e-6;

    function read(clip) {
        return Live.parseDictionary(clip.get("warp_markers"), "warp_markers").map(function (marker) {
            return { second: Number(marker.sample_time), beat: Number(marker.beat_time) };
        });
    }

    function lengthOf(clip) {
        var rate = Live.number(clip, "sample_rate");
        return rate ? Live.number(clip, "sample_length") / rate : Infinity;
    }

    // The markers that are seen, and one at the clip's end: Live guesses the tempo behind the last itself.
    function wantedMarkers(clip, timing) {
        var last = timing.markers[timing.markers.length - 1];
        var end = Math.min(Timing.second(timing, Math.max(timing.last, timing.end, last.beat)), lengthOf(clip));
        var seen = timing.markers.slice(0, -1).filter(function (marker) { return marker.second < end - NEAR; });
        return seen.concat([{ second: end, beat: Timing.beat(timing, end) }]);
    }

    function moveFirst(clip, timing, first) {
        var distance = Timing.beat(timing, first.second) - first.beat;
        if (Math.abs(distance) > NEAR) {
            clip.call("move_warp_marker", first.beat, distance);
        }
    }

    // `timing` is that of the source, in seconds of this clip's file.
    function copy(clip, timing) {
        var own = read(clip);
        own.slice(1, -1).reverse().forEach(function (marker) { clip.call("remove_warp_marker", marker.beat); });
        moveFirst(clip, timing, own[0]);
        wantedMarkers(clip, timing).forEach(function (marker) {
            if (Math.abs(marker.second - own[0].second) > NEAR) {
                clip.call("add_warp_marker", { sample_time: marker.second, beat_time: marker.beat });
            }
        });
    }

    // Whether what Live made of them plays the same seconds at the same beats.
    function areRight(clip, timing) {
        var found = read(clip);
        return found.length > 1 && wantedMarkers(clip, timing).every(function (marker) {
            return Math.abs(Timing.beat({ markers: found }, marker.second) - marker.beat) < TOLERANCE;
        });
    }

    return { copy: copy, areRight: areRight };
}());
