// What became of the notes that stemd wrote, after the user has worked on the clip.
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

    function takeNear(places, note, fits) {
        var found = null;
        [slot(note), slot(note) - 1, slot(note) + 1].forEach(function (key) {
            (places[key] || []).forEach(function (candidate, i) {
                if (!found && fits(candidate)) {
                    found = candidate;
                    places[key].splice(i, 1);
                }
            });
        });
        return found;
    }

    // {same: [[written, note]], edited: [[written, note]], gone: [written], own: [note]}: `edited` have another
    // pitch, `own` are the user's.
    function of(written, notes) {
        var places = index(notes);
        var result = { same: [], edited: [], gone: [], own: [] };
        var rest = written.filter(function (note) {
            var match = takeNear(places, note, function (other) { return other.pitch === note.pitch; });
            if (match) {
                result.same.push([note, match]);
            }
            return !match;
        });
        rest.forEach(function (note) {
            var match = takeNear(places, note, function () { return true; });
            if (match) {
                result.edited.push([note, match]);
            } else {
                result.gone.push(note);
            }
        });
        Object.keys(places).forEach(function (key) { result.own = result.own.concat(places[key]); });
        return result;
    }

    return { of: of, SAME: SAME };
}());
