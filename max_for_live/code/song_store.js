// The songs that this device transcribed, as they are stored with the set.
var SongStore = (function () {
    "use strict";

    var MAX_SONGS = 12;
    var ATOM_LENGTH = 1000; // characters; a longer symbol is cut by some hosts
    var FORMAT = 1;
    var FIELDS = [
        "job", "request", "state", "source", "wanted", "options", "place", "map", "manifest", "midi", "parts",
        "stemsPlaced", "beats"
    ];

    // `owner` names the device; no other one works on its songs.
    function SongStore(owner) {
        this.owner = owner;
        this.list = [];
    }

    SongStore.prototype.add = function (song) {
        var self = this;
        SongOwners.claim(song, this.owner);
        this.list.unshift(song);
        this.list.slice(MAX_SONGS).forEach(function (old) { SongOwners.release(old, self.owner); });
        this.list = this.list.slice(0, MAX_SONGS);
        return song;
    };

    SongStore.prototype.releaseAll = function () {
        var self = this;
        this.list.forEach(function (song) { SongOwners.release(song, self.owner); });
    };

    SongStore.prototype.remove = function (song) {
        this.list = this.list.filter(function (other) { return other !== song; });
    };

    SongStore.prototype.findByJob = function (job) {
        return this.list.filter(function (song) { return song.job === job; });
    };

    SongStore.prototype.unfinished = function () {
        return this.list.filter(function (song) { return song.state === "running"; });
    };

    // The parts of a file that were made before, from all of it.
    SongStore.prototype.finishedParts = function (path) {
        return this.list.filter(function (song) {
            return song.source.path === path && song.state === "done" && song.options.input === "mix";
        }).reduce(function (all, song) { return all.concat(song.options.parts); }, []);
    };

    function selectFields(song) {
        var copy = {};
        FIELDS.forEach(function (field) { copy[field] = song[field]; });
        return copy;
    }

    // Atoms for a pattr. Encoded, so that no text of the user is taken for a number or a separator.
    SongStore.prototype.serialize = function () {
        var text = encodeURIComponent(JSON.stringify({ format: FORMAT, songs: this.list.map(selectFields) }));
        var atoms = [];
        var at;
        for (at = 0; at < text.length; at += ATOM_LENGTH) {
            atoms.push("s" + text.slice(at, at + ATOM_LENGTH));
        }
        return atoms;
    };

    // Takes the songs that no other device works on; false if there is none.
    SongStore.prototype.restore = function (atoms) {
        var self = this;
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
        this.list = found.songs.filter(function (song) { return SongOwners.isFree(song, self.owner); });
        this.list.forEach(function (song) { SongOwners.claim(song, self.owner); });
        return this.list.length > 0;
    };

    return SongStore;
}());
