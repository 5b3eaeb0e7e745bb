// Live's beats as sidestick takes a tempo map: changes at a second of the file, quarter notes a minute, and the meter.
var TempoMap = (function () {
    "use strict";

    var TOLERANCE = 0.0003; // seconds that a warp marker may be off when several become one change
    var MAX_LENGTH = 3600; // characters of all changes: udpsend's largest packet, 5096 bytes, holds them with the rest

    function round(value, digits) {
        var scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }

    // The last of the points that a straight line from point `first` reaches, all between lying on it.
    function findStraightEnd(points, first) {
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
            slowest = Math.max(slowest, exact - TOLERANCE / span);
            fastest = Math.min(fastest, exact + TOLERANCE / span);
        }
        return best;
    }

    // The markers, from the start of the bar in which the first of them lies.
    function pointsFromBar(timing, bar) {
        var first = timing.markers[0];
        var line = Math.floor(first.beat / bar + 1e-9) * bar;
        var start = { second: Timing.second(timing, line), beat: line };
        return line < first.beat - 1e-9 ? [start].concat(timing.markers) : timing.markers;
    }

    // `meter` is [numerator, denominator]. The first change is the start of a bar.
    function tempoChanges(timing, meter) {
        var list = pointsFromBar(timing, meter[0] * 4 / meter[1]);
        var changes = [];
        var first = 0;
        var last;
        var bpm;
        while (first < list.length - 1) {
            last = findStraightEnd(list, first);
            bpm = 60 * (list[last].beat - list[first].beat) / (list[last].second - list[first].second);
            changes.push([round(list[first].second, 6), round(bpm, 5), meter[0], meter[1]]);
            first = last;
        }
        return changes;
    }

    // The tempo map of a source, or a refusal where there are more than a message can hold.
    function forSource(source) {
        var changes = tempoChanges(source.timing, source.meter || [4, 4]);
        if (JSON.stringify(changes).length > MAX_LENGTH) {
            throw new UserError("too_long", "The clip has too many warp markers for Live's beats. Choose As Played.");
        }
        return changes;
    }

    return { tempoChanges: tempoChanges, forSource: forSource };
}());
