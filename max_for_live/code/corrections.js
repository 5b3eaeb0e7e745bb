// Everything that changes, plays or lists what sidestick heard in the current song.
(function () {
    "use strict";

    var MOST = 1000; // characters of one relabel: a datagram of 1.4 KB holds them with the rest

    Device.prototype.requireSong = function () {
        if (!this.current || this.current.state !== "done") {
            throw new Refusal("no_song", this.current && this.current.state === "running"
                ? "sidestick is still working on it." : "Transcribe a clip first.");
        }
        this.requireDaemon();
        this.results.remember(this.current);
        return this.current;
    };

    // One question about the current job; what comes back as /sidestick/done is written by its event.
    Device.prototype.edit = function (verb, args, answered) {
        var self = this;
        this.requests.ask(verb, [this.requireSong().job].concat(args || []), {
            answered: answered || function () {},
            refused: function (code, text) {
                self.panel.status(text);
                self.panel.turn(0);
            },
            lost: function () { self.panel.status("sidestick does not answer. Is it still running?"); }
        });
    };

    Device.prototype.refresh = function () {
        var self = this;
        this.edit("clusters", [], function (args) { self.guard(self.listed, args); });
    };

    Device.prototype.listed = function (args) {
        if (this.current && this.current.job === String(args[1])) {
            this.panel.show(Files.json(Paths.normal(args[2])));
        }
    };

    Device.prototype.relabel = function (row) {
        var cluster = this.panel.clusterIn(row.row);
        var label = Drums.LABELS[row.label];
        var changes = { clusters: {} };
        if (!cluster || label === cluster.label) {
            return;
        }
        if (cluster.cluster < 0) {
            this.correct({ hits: each(cluster.hits, label) });
            return;
        }
        changes.clusters[cluster.cluster] = label;
        this.edit("relabel", [JSON.stringify(changes)]);
    };

    // Hits that are in no cluster are relabelled one by one.
    function each(hits, label) {
        var found = {};
        hits.forEach(function (hit) { found[hit.id] = label; });
        return found;
    }

    Device.prototype.audition = function (row) {
        var cluster = this.panel.clusterIn(row);
        if (cluster) {
            this.edit("audition", [cluster.cluster]);
        }
    };

    Device.prototype.regenerate = function () {
        var song = this.requireSong();
        this.edit("regenerate", [JSON.stringify(this.wishes.forRegenerate(song.source))]);
        song.beats = this.wishes.usesLive();
    };

    Device.prototype.push = function () {
        var self = this;
        var song = this.requireSong();
        this.edit("push", [JSON.stringify({ when: "now", parts: song.wanted })], function () {
            self.panel.status("Playing on sidestick's port");
        });
    };

    Device.prototype.silence = function () {
        this.requests.ask("stop", [], { answered: function () {} });
    };

    Device.prototype.learn = function () {
        var self = this;
        this.edit("clusters", [], function (args) { self.guard(self.learnFrom, Paths.normal(args[2])); });
    };

    Device.prototype.learnFrom = function (path) {
        var found = this.results.compared(this.current);
        var hits;
        var changes;
        if (!found) {
            throw new Refusal("no_clip", "The clip of this song is gone. Transcribe it again.");
        }
        hits = Learning.hitsOf(found.written, Files.json(path));
        changes = Learning.learn(found.written, found.existing, hits, this.current.map);
        if (!changes) {
            throw new Refusal("nothing", "The notes are as sidestick wrote them: change or delete some first.");
        }
        this.correct(changes);
    };

    // Corrections of many hits go in several messages, each one revision.
    function parts(changes) {
        var found = [];
        var part = { hits: {}, delete_hits: [] };
        function add(put) {
            put();
            if (JSON.stringify(part).length > MOST) {
                found.push(part);
                part = { hits: {}, delete_hits: [] };
            }
        }
        Object.keys(changes.hits || {}).forEach(function (id) {
            add(function () { part.hits[id] = changes.hits[id]; });
        });
        (changes.delete_hits || []).forEach(function (id) {
            add(function () { part.delete_hits.push(id); });
        });
        return Object.keys(part.hits).length || part.delete_hits.length ? found.concat([part]) : found;
    }

    Device.prototype.correct = function (changes) {
        var self = this;
        parts(changes).forEach(function (part) { self.edit("relabel", [JSON.stringify(part)]); });
    };
}());
