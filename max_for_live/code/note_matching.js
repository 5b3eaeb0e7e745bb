// What became of the notes that sidestick wrote, after the user has worked on the clip.
var NoteMatching = (function () {
    "use strict";

    var TOLERANCE = 1e-4; // beats

    function slotOf(note) {
        return Math.round(note.start_time / TOLERANCE);
    }

    function groupBySlot(notes) {
        var slots = {};
        notes.forEach(function (note) {
            var key = slotOf(note);
            slots[key] = slots[key] || [];
            slots[key].push(note);
        });
        return slots;
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

    function takeNear(slots, note, anyPitch) {
        var key = slotOf(note);
        return takeFrom(slots[key], note, anyPitch) || takeFrom(slots[key - 1], note, anyPitch) ||
            takeFrom(slots[key + 1], note, anyPitch);
    }

    // {same: [[written, note]], edited: [[written, note]], gone: [written], own: [note]}: `edited` have another
    // pitch, `own` are the user's.
    function match(written, notes) {
        var slots = groupBySlot(notes);
        var result = { same: [], edited: [], gone: [], own: [] };
        var rest = written.filter(function (note) {
            var found = takeNear(slots, note, false);
            if (found) {
                result.same.push([note, found]);
            }
            return !found;
        });
        rest.forEach(function (note) {
            var found = takeNear(slots, note, true);
            if (found) {
                result.edited.push([note, found]);
            } else {
                result.gone.push(note);
            }
        });
        Object.keys(slots).forEach(function (key) { Array.prototype.push.apply(result.own, slots[key]); });
        return result;
    }

    return { match: match };
}());
