// The songs that this device transcribed, as they are stored with the set.
var Songs = (function () {
    "use strict";

    var KEPT = 12;
    var PIECE = 1000; // characters; a longer symbol is cut by some hosts
    var FORMAT = 1;
    var FIELDS = [
        "job", "request", "state", "source", "wanted", "options", "place", "map", "manifest", "midi", "parts",
        "stemsPlaced", "beats"
    ];

    function Songs() {
        this.list = [];
    }

    Songs.prototype.add = function (song) {
        this.list.unshift(song);
        this.list = this.list.slice(0, KEPT);
        return song;
    };

    Songs.prototype.remove = function (song) {
        this.list = this.list.filter(function (other) { return other !== song; });
    };

    Songs.prototype.ofJob = function (job) {
        return this.list.filter(function (song) { return song.job === job; });
    };

    Songs.prototype.unfinished = function () {
        return this.list.filter(function (song) { return song.state === "running"; });
    };

    // The parts of a file that were made before, from all of it.
    Songs.prototype.partsOf = function (path) {
        return this.list.filter(function (song) {
            return song.source.path === path && song.state === "done" && song.options.input === "mix";
        }).reduce(function (all, song) { return all.concat(song.options.parts); }, []);
    };

    function kept(song) {
        var copy = {};
        FIELDS.forEach(function (field) { copy[field] = song[field]; });
        return copy;
    }

    // Atoms for a pattr. Encoded, so that no text of the user is taken for a number or a separator.
    Songs.prototype.stored = function () {
        var text = encodeURIComponent(JSON.stringify({ format: FORMAT, songs: this.list.map(kept) }));
        var atoms = [];
        var at;
        for (at = 0; at < text.length; at += PIECE) {
            atoms.push("s" + text.slice(at, at + PIECE));
        }
        return atoms;
    };

    Songs.prototype.restore = function (atoms) {
        var found;
        var text = atoms.map(function (atom) { return String(atom).slice(1); }).join("");
        try {
            found = JSON.parse(decodeURIComponent(text));
        } catch (ignore) {
            return false;
        }
        if (!found || found.format !== FORMAT) {
            return false;
        }
        this.list = found.songs;
        return true;
    };

    return Songs;
}());
