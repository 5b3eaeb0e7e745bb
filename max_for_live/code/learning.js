// From edits of a clip to corrections of hits, in the words of the daemon's changes_json.
var Learning = (function () {
    "use strict";

    var NEAR = 0.1; // seconds between a hit as played and its note on the grid, at most

    function byTime(a, b) {
        return a.onset - b.onset;
    }

    function grouped(items, key) {
        var groups = {};
        items.forEach(function (item) {
            groups[key(item)] = groups[key(item)] || [];
            groups[key(item)].push(item);
        });
        return groups;
    }

    function nearest(hits, onset) {
        var best = null;
        hits.forEach(function (hit) {
            var distance = Math.abs(hit.onset - onset);
            if (distance <= NEAR && (!best || distance < Math.abs(best.onset - onset))) {
                best = hit;
            }
        });
        return best;
    }

    // Notes of a drum lie in the order of its hits, one for one; if some are not listed, the nearest counts.
    function pairUp(notes, hits, found) {
        notes.sort(byTime);
        hits.sort(byTime);
        notes.forEach(function (note, i) {
            var hit = notes.length === hits.length ? hits[i] : nearest(hits, note.onset);
            if (hit) {
                found[note.onset + " " + note.pitch] = hit.id;
            }
        });
    }

    // Which hit each note of the .mid stands for: "onset pitch" -> id. `listing` is the daemon's list of clusters.
    function hitsOf(midiNotes, listing) {
        var found = {};
        var hits = [];
        var notes = grouped(midiNotes, function (note) { return Drums.labelOf(Drums.GM, note.pitch); });
        var byLabel;
        listing.forEach(function (cluster) { hits = hits.concat(cluster.hits); });
        byLabel = grouped(hits, function (hit) { return hit.label; });
        Object.keys(notes).forEach(function (label) { pairUp(notes[label], byLabel[label] || [], found); });
        return found;
    }

    function changes(pairs, hits, map) {
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
    function withoutRepeats(found, pairs, hits) {
        var standing = {};
        pairs.same.concat(pairs.edited).forEach(function (pair) { standing[hits[pair[0].key]] = true; });
        found.delete_hits = found.delete_hits.filter(function (id) { return !standing[id]; });
        return found;
    }

    // changes_json for what the user did to the notes of a clip; null if he did nothing that can be learned.
    function learn(written, existing, hits, map) {
        var pairs = Pairing.of(written, existing);
        var found = withoutRepeats(changes(pairs, hits, map), pairs, hits);
        if (!found.delete_hits.length) {
            delete found.delete_hits;
        }
        if (!Object.keys(found.hits).length) {
            delete found.hits;
        }
        return found.hits || found.delete_hits ? found : null;
    }

    return { hitsOf: hitsOf, learn: learn };
}());
