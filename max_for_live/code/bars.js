// Live's beats as sidestick takes a tempo map: marks of a second of the file, quarter notes a minute, and the meter.
var Bars = (function () {
    "use strict";

    var CLOSE = 0.0003; // seconds that a warp marker may be off when several become one mark
    var LONGEST = 900; // characters of the marks: a datagram of 1.4 KB holds them with the rest

    function rounded(value, digits) {
        var scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }

    // The last of the points that a straight line from point `first` reaches, all between lying on it.
    function reach(points, first) {
        var from = points[first];
        var best = first + 1;
        var slowest = -Infinity;
        var fastest = Infinity;
        var at;
        var span;
        var exact;
        for (at = first + 1; at < points.length; at += 1) {
            span = points[at].beat - from.beat;
            exact = (points[at].second - from.second) / span;
            if (exact < slowest || exact > fastest) {
                break;
            }
            best = at;
            slowest = Math.max(slowest, exact - CLOSE / span);
            fastest = Math.min(fastest, exact + CLOSE / span);
        }
        return best;
    }

    // The markers, from the start of the bar in which the first of them lies.
    function points(timing, bar) {
        var first = timing.markers[0];
        var line = Math.floor(first.beat / bar + 1e-9) * bar;
        var start = { second: Timing.second(timing, line), beat: line };
        return line < first.beat - 1e-9 ? [start].concat(timing.markers) : timing.markers;
    }

    // `meter` is [numerator, denominator]. The first mark is the start of a bar.
    function marks(timing, meter) {
        var list = points(timing, meter[0] * 4 / meter[1]);
        var found = [];
        var first = 0;
        var last;
        var bpm;
        while (first < list.length - 1) {
            last = reach(list, first);
            bpm = 60 * (list[last].beat - list[first].beat) / (list[last].second - list[first].second);
            found.push([rounded(list[first].second, 6), rounded(bpm, 5), meter[0], meter[1]]);
            first = last;
        }
        return found;
    }

    // The marks of a source, or a refusal where there are more than a message can hold.
    function of(source) {
        var found = marks(source.timing, source.meter || [4, 4]);
        if (JSON.stringify(found).length > LONGEST) {
            throw new Refusal("too_long", "The clip has too many warp markers for Live's beats. Choose As Played.");
        }
        return found;
    }

    return { marks: marks, of: of };
}());
