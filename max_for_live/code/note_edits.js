// From edits of a clip to corrections of hits, in the words of the daemon's changes_json.
var NoteEdits = (function () {
    "use strict";

    var TOLERANCE = 0.004; // seconds between a note of the .mid, which stands on a whole tick, and the time of its hit
    var PITCHES = 128;

    // A whole number: texts would have to be made anew for every look.
    function slotOf(pitch, second) {
        return Math.round(second / TOLERANCE) * PITCHES + pitch;
    }

    function groupBySlot(listing) {
        var slots = {};
        listing.forEach(function (cluster) {
            cluster.hits.forEach(function (hit) {
                var key = slotOf(hit.pitch, hit.time);
                slots[key] = slots[key] || [];
                slots[key].push(hit);
            });
        });
        return slots;
    }

    function findNearest(slots, pitch, second) {
        var best = null;
        var least = TOLERANCE;
        var list;
        var far;
        var by;
        var i;
        for (by = -1; by <= 1; by += 1) {
            list = slots[slotOf(pitch, second + by * TOLERANCE)] || [];
            for (i = 0; i < list.length; i += 1) {
                far = Math.abs(list[i].time - second);
                if (far <= least) {
                    best = list[i];
                    least = far;
                }
            }
        }
        return best;
    }

    // Which hit each written note stands for: its key, "second pitch", -> id. `listing` is the daemon's.
    function matchHits(written, listing) {
        var found = {};
        var slots = groupBySlot(listing);
        written.forEach(function (note) {
            var words = note.key.split(" ");
            var hit = findNearest(slots, Number(words[1]), Number(words[0]));
            if (hit) {
                found[note.key] = hit.id;
            }
        });
        return found;
    }

    function collectChanges(pairs, hits, map) {
        var found = { hits: {}, delete_hits: [] };
        pairs.edited.forEach(function (pair) {
            var id = hits[pair[0].key];
            var label = Drums.labelOf(map, pair[1].pitch) || Drums.labelOf(Drums.GM, pair[1].pitch);
            if (id !== undefined && label) {
                found.hits[id] = label;
            }
        });
        pairs.gone.forEach(function (note) {
            if (hits[note.key] !== undefined && found.delete_hits.indexOf(hits[note.key]) < 0) {
                found.delete_hits.push(hits[note.key]);
            }
        });
        return found;
    }

    // In a looped clip a hit is written several times: it is gone when all its notes are.
    function keepRepeated(found, pairs, hits) {
        var standing = {};
        pairs.same.concat(pairs.edited).forEach(function (pair) { standing[hits[pair[0].key]] = true; });
        found.delete_hits = found.delete_hits.filter(function (id) { return !standing[id]; });
        return found;
    }

    // changes_json for what the user did to the notes of a clip; null if he did nothing that can be learned.
    function findCorrections(written, existing, hits, map) {
        var pairs = NoteMatching.match(written, existing);
        var found = keepRepeated(collectChanges(pairs, hits, map), pairs, hits);
        if (!found.delete_hits.length) {
            delete found.delete_hits;
        }
        if (!Object.keys(found.hits).length) {
            delete found.hits;
        }
        return found.hits || found.delete_hits ? found : null;
    }

    return { matchHits: matchHits, findCorrections: findCorrections };
}());
