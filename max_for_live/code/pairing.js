// What became of the notes that sidestick wrote, after the user has worked on the clip.
var Pairing = (function () {
    "use strict";

    var SAME = 1e-4; // beats

    function slot(note) {
        return Math.round(note.start_time / SAME);
    }

    function index(notes) {
        var places = {};
        notes.forEach(function (note) {
            var key = slot(note);
            places[key] = places[key] || [];
            places[key].push(note);
        });
        return places;
    }

    // Called for each of thousands of notes: plain loops are many times faster than closures in Max's engine.
    function takeFrom(list, note, anyPitch) {
        var i;
        for (i = 0; list && i < list.length; i += 1) {
            if (anyPitch || list[i].pitch === note.pitch) {
                return list.splice(i, 1)[0];
            }
        }
        return null;
    }

    function takeNear(places, note, anyPitch) {
        var key = slot(note);
        return takeFrom(places[key], note, anyPitch) || takeFrom(places[key - 1], note, anyPitch) ||
            takeFrom(places[key + 1], note, anyPitch);
    }

    // {same: [[written, note]], edited: [[written, note]], gone: [written], own: [note]}: `edited` have another
    // pitch, `own` are the user's.
    function of(written, notes) {
        var places = index(notes);
        var result = { same: [], edited: [], gone: [], own: [] };
        var rest = written.filter(function (note) {
            var match = takeNear(places, note, false);
            if (match) {
                result.same.push([note, match]);
            }
            return !match;
        });
        rest.forEach(function (note) {
            var match = takeNear(places, note, true);
            if (match) {
                result.edited.push([note, match]);
            } else {
                result.gone.push(note);
            }
        });
        Object.keys(places).forEach(function (key) { Array.prototype.push.apply(result.own, places[key]); });
        return result;
    }

    return { of: of, SAME: SAME };
}());
