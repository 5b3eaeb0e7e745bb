// Everything that changes, plays or lists what sidestick transcribed in the current song.
(function () {
    "use strict";

    var CHANGES = ["relabel", "regenerate", "undo", "redo", "tap"];
    var MAX_LENGTH = 3600; // characters of one relabel: udpsend's largest packet, 5096 bytes, holds them with the rest

    Device.prototype.requireSong = function () {
        if (!this.current || this.current.state !== "done") {
            throw new UserError("no_song", this.current && this.current.state === "running"
                ? "sidestick is still working on it." : "Transcribe a clip first.");
        }
        this.requireDaemon();
        return this.current;
    };

    // The notes of a song as sidestick has them now; `use(listed)` gets them by part.
    Device.prototype.requestNotes = function (song, use) {
        var self = this;
        function fail(text) {
            song.lastResult = "";
            self.panel.showStatus(text);
        }
        this.requests.ask("notes", [song.job], {
            onReply: function (args) {
                self.guard(function () { use.call(self, JobNotes.read(Paths.normalize(args[2]))); });
            },
            onError: function (code, text) { fail(text); },
            onTimeout: function () { fail("sidestick does not answer. Is it still running?"); }
        });
    };

    // What sidestick wrote into the clips of a song must be known before it changes.
    Device.prototype.withWrittenNotes = function (song, then) {
        if (!this.results.unknownClips(song).length) {
            then.call(this);
            return;
        }
        this.requestNotes(song, function (listed) {
            this.results.setWrittenNotes(song, listed);
            then.call(this);
        });
    };

    // One request about the current job; what comes back as /sidestick/done is written by its event.
    Device.prototype.sendEdit = function (verb, args, onReply) {
        var song = this.requireSong();
        this.withWrittenNotes(song, function () { this.sendRequest(song, verb, args || [], onReply); });
    };

    Device.prototype.sendRequest = function (song, verb, args, onReply) {
        var self = this;
        if (CHANGES.indexOf(verb) >= 0) {
            song.exported = "";
        }
        this.requests.ask(verb, [song.job].concat(args), {
            onReply: onReply || function () {},
            onError: function (code, text) {
                self.panel.showStatus(text);
                self.panel.turnPage(0);
                self.panel.redrawBeat();
            },
            onTimeout: function () { self.panel.showStatus("sidestick does not answer. Is it still running?"); }
        });
    };

    Device.prototype.requestClusters = function () {
        var self = this;
        this.sendEdit("clusters", [], function (args) { self.guard(self.showClusters, args); });
    };

    Device.prototype.showClusters = function (args) {
        if (this.current && this.current.job === String(args[1])) {
            this.panel.showClusters(Files.readJson(Paths.normalize(args[2])));
        }
    };

    // What is listed of a song that is done.
    Device.prototype.requestLists = function () {
        var self = this;
        this.requestClusters();
        this.sendEdit("exports", [], function (args) { self.guard(self.showExports, args); });
    };

    Device.prototype.showExports = function (args) {
        if (this.current && this.current.job === String(args[1])) {
            this.panel.showExports(Files.readJson(Paths.normalize(args[2])).filter(function (each) {
                return !each.objection;
            }));
        }
    };

    // The file lies beside the song; its folder is opened where Max can.
    Device.prototype.exportSong = function (index) {
        var self = this;
        var chosen = this.panel.exportAt(index);
        var song = this.current;
        if (chosen) {
            this.sendEdit("export", [chosen.name], function (args) {
                var path = Paths.normalize(String(args[2]));
                song.exported = Paths.name(path) + " is written, in the folder " + Paths.folder(path);
                self.panel.showStatus(song.exported);
                if (!Paths.isWindows(path)) {
                    max.launchbrowser(Paths.url(Paths.folder(path)));
                }
            });
        }
    };

    Device.prototype.relabel = function (row) {
        var cluster = this.panel.clusterAt(row.row);
        var label = Drums.LABELS[row.label];
        var changes = { clusters: {} };
        if (!cluster || label === cluster.label) {
            return;
        }
        if (cluster.cluster < 0) {
            this.sendCorrections({ hits: labelEach(cluster.hits, label) });
            return;
        }
        changes.clusters[cluster.cluster] = label;
        this.sendEdit("relabel", [JSON.stringify(changes)]);
    };

    // Hits that are in no cluster are relabelled one by one.
    function labelEach(hits, label) {
        var found = {};
        hits.forEach(function (hit) { found[hit.id] = label; });
        return found;
    }

    Device.prototype.audition = function (row) {
        var cluster = this.panel.clusterAt(row);
        if (cluster) {
            this.sendEdit("audition", [cluster.cluster]);
        }
    };

    Device.prototype.regenerate = function () {
        var song = this.requireSong();
        this.sendEdit("regenerate", [JSON.stringify(this.settings.regenerateOptions(song.source, song.beats))]);
        song.beats = this.settings.usesLiveBeats();
    };

    Device.prototype.push = function () {
        var self = this;
        var song = this.requireSong();
        this.sendEdit("push", [JSON.stringify({ when: "now", parts: song.wanted })], function () {
            self.panel.showStatus("Playing on sidestick's port");
        });
    };

    Device.prototype.silence = function () {
        this.requests.ask("stop", [], { onReply: function () {} });
    };

    Device.prototype.learn = function () {
        var self = this;
        this.sendEdit("clusters", [], function (args) { self.guard(self.learnFromClip, Paths.normalize(args[2])); });
    };

    Device.prototype.learnFromClip = function (path) {
        var found = this.results.readDrumNotes(this.current);
        var hits;
        var changes;
        if (!found) {
            throw new UserError("no_clip", "The clip of this song is gone. Transcribe it again.");
        }
        hits = NoteEdits.matchHits(found.written, Files.readJson(path));
        changes = NoteEdits.findCorrections(found.written, found.existing, hits, this.current.map);
        if (!changes) {
            throw new UserError("nothing", "The notes are as sidestick wrote them: change or delete some first.");
        }
        this.sendCorrections(changes);
    };

    // Corrections of many hits go in several messages, each one revision.
    function splitChanges(changes) {
        var found = [];
        var part = { hits: {}, delete_hits: [] };
        function add(put) {
            put();
            if (JSON.stringify(part).length > MAX_LENGTH) {
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

    Device.prototype.sendCorrections = function (changes) {
        var self = this;
        splitChanges(changes).forEach(function (part) { self.sendEdit("relabel", [JSON.stringify(part)]); });
    };
}());
