// From seconds of an audio file to beats of its clip. Beats are quarter notes on the clip's own time line.
var Timing = (function () {
    "use strict";

    // `markers` are {second, beat} that rise in both; before the first and behind the last the slope goes on.
    function findSegment(markers, key, value) {
        var low = 0;
        var high = markers.length - 2;
        var middle;
        while (low < high) {
            middle = Math.ceil((low + high) / 2);
            if (markers[middle][key] <= value) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    function interpolate(markers, from, to, value) {
        var at = findSegment(markers, from, value);
        var a = markers[at];
        var b = markers[at + 1];
        return a[to] + (value - a[from]) * (b[to] - a[to]) / (b[from] - a[from]);
    }

    function beat(timing, second) {
        return interpolate(timing.markers, "second", "beat", second);
    }

    function second(timing, at) {
        return interpolate(timing.markers, "beat", "second", at);
    }

    // An unwarped clip plays at the speed of its file: `rate` is 1 unless it is transposed.
    function unwarpedMarkers(bpm, rate) {
        return [{ second: 0, beat: 0 }, { second: rate, beat: bpm / 60 }];
    }

    function sortMarkers(markers) {
        var sorted = markers.slice().sort(function (a, b) { return a.beat - b.beat; });
        return sorted.filter(function (marker, i) {
            return i === 0 || (marker.beat > sorted[i - 1].beat && marker.second > sorted[i - 1].second);
        });
    }

    // The stretches of the clip's time line in the order in which they sound: {from, to, at}, all in beats.
    // `at` counts from the start of the written clip. A session clip is written once; an arrangement clip repeats
    // its loop until its end, and is written out.
    function loopPasses(timing) {
        var passes = [];
        var from = timing.start;
        var at = 0;
        var to;
        if (timing.arranged === null) {
            return [{ from: timing.first, to: Infinity, at: 0 }];
        }
        while (at < timing.arranged - 1e-9) {
            to = timing.looping ? Math.min(timing.loopEnd, from + timing.arranged - at) : from + timing.arranged - at;
            if (to <= from) {
                from = timing.loopStart;
                to = Math.min(timing.loopEnd, from + timing.arranged - at);
            }
            passes.push({ from: from, to: to, at: at });
            at += to - from;
            from = timing.loopStart;
        }
        return passes;
    }

    return {
        beat: beat, second: second, unwarpedMarkers: unwarpedMarkers, sortMarkers: sortMarkers, loopPasses: loopPasses
    };
}());
