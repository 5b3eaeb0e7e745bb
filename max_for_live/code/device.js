// The device: what each button does, and what happens when sidestick answers.
var Device = (function () {
    "use strict";

    var REQUERY_DELAY = 10000; // milliseconds without an event after which a job is asked for again
    var RESTORE_DELAY = 3000; // milliseconds after which a song that another device had is asked for again
    var DEBOUNCE = 300; // milliseconds in which several changes become one

    // `host` is the way out: send, bind, sendToSelf, findBox, store.
    function Device(host) {
        var self = this;
        this.host = host;
        this.panel = new Panel.Panel(host.findBox);
        this.settings = new Settings.Settings();
        this.current = null;
        this.ready = false;
        this.requests = new Requests(host.send);
        this.songs = new SongStore(this.requests.name);
        this.connection = new Connection(this.requests, this.panel, function () { self.resume(); });
        this.results = new Results(this.settings, function (text) { self.panel.showStatus(text); });
        this.requeryTask = new Task(function () { self.requery(); });
        this.regenerateTask = new Task(function () { self.guard(self.regenerate); });
        this.bpmTask = new Task(function () {});
        this.draftTask = new Task(function () { self.guard(self.writeDrafts); });
        this.restoreTask = new Task(function () {});
        this.drafts = [];
    }

    // Runs a step; a refusal becomes the status line.
    Device.prototype.guard = function (step, argument) {
        try {
            return step.call(this, argument);
        } catch (error) {
            if (!(error instanceof UserError)) {
                throw error;
            }
            this.panel.showStatus(error.text);
        }
    };

    Device.prototype.start = function () {
        var self = this;
        this.panel.showClusters([]);
        this.panel.showExports([]);
        this.panel.clearProgress();
        this.replyPort = new ReplyPort.ReplyPort(this.host.bind, this.host.sendToSelf, {
            onOpen: function (port) { self.connect(port); },
            onExhausted: function () {
                self.panel.showConnection("disconnected", "No free port",
                    "The ports " + ReplyPort.FIRST + " to " + ReplyPort.LAST + " are all taken. " +
                        "Remove a sidestick device or close another program.");
            }
        });
        this.replyPort.tryNext();
    };

    Device.prototype.connect = function (port) {
        this.requests.replyPort = port;
        this.ready = true;
        this.connection.start();
    };

    Device.prototype.stop = function () {
        this.ready = false;
        this.songs.releaseAll();
        ["requeryTask", "regenerateTask", "bpmTask", "draftTask", "restoreTask"].forEach(function (name) {
            this[name].cancel();
        }, this);
        this.connection.stop();
        if (this.replyPort) {
            this.replyPort.stop();
        }
    };

    Device.prototype.restoreSongs = function (atoms) {
        var own = Tracks.ownTrack();
        if (this.songs.list.length === 0 && this.songs.restore(atoms)) {
            this.songs.list.forEach(function (song) { SourceClip.findTrack(song.source, own); });
            this.current = this.songs.list[0] || null;
            if (this.connection.connected) {
                this.resume();
            }
        }
    };

    // Opening a set, Live may load a device before it removes the one that had its songs until now.
    Device.prototype.restoreLater = function (atoms) {
        var self = this;
        this.restoreTask.cancel();
        this.restoreTask = new Task(function () { self.restoreSongs(atoms); });
        this.restoreTask.schedule(RESTORE_DELAY);
    };

    Device.prototype.storeSongs = function () {
        this.host.store(this.songs.serialize());
    };

    // sidestick is there again, or the set was opened anew: jobs go on, and the list of clusters is fetched.
    Device.prototype.resume = function () {
        this.songs.unfinished().forEach(this.requestJob, this);
        if (this.current && this.current.state === "done") {
            this.guard(this.showBeat);
            this.guard(this.requestLists);
        }
    };

    Device.prototype.change = function (name, value) {
        var changed = this.settings.set(name, value);
        if (!this.ready || !changed || !this.current || this.current.state !== "done") {
            return;
        }
        if (name === "map") {
            this.guard(this.rewriteDrums);
        } else if (name === "file_start") {
            this.guard(this.setFileStart);
        } else if (Settings.needsDaemon(name)) {
            this.regenerateTask.cancel();
            this.regenerateTask.schedule(DEBOUNCE);
        }
    };

    Device.prototype.requireDaemon = function () {
        if (!this.connection.connected) {
            this.connection.ping();
            throw new UserError("no_daemon", "sidestick is not running. Start it with: sidestick run");
        }
    };

    Device.prototype.transcribe = function () {
        this.requireDaemon();
        this.startJob(SourceClip.readSelected());
    };

    Device.prototype.drop = function (path) {
        this.requireDaemon();
        this.startJob(SourceClip.fromFile(path, Tracks.ownTrack()));
    };

    function isSameJob(a, b) {
        return a.state === "running" && JSON.stringify([a.source, a.options]) === JSON.stringify([b.source, b.options]);
    }

    Device.prototype.startJob = function (source) {
        var song = {
            job: "", request: this.requests.newId(), state: "running", source: source,
            wanted: this.settings.parts(), beats: this.settings.usesLiveBeats(),
            place: this.settings.values.place, map: null, manifest: "", midi: "",
            parts: [], options: this.settings.processOptions(source, this.songs.finishedParts(source.path))
        };
        if (this.songs.list.some(function (other) { return isSameJob(other, song); })) {
            throw new UserError("running", "sidestick is working on this clip already.");
        }
        this.current = this.songs.add(song);
        this.panel.showClusters([]);
        this.panel.showExports([]);
        this.panel.showStatus("Asking sidestick about " + source.name);
        this.requestJob(song);
    };

    Device.prototype.requestJob = function (song) {
        var self = this;
        this.scheduleRequery();
        this.requests.ask("process", [song.source.path, JSON.stringify(song.options)], {
            onReply: function (args) {
                song.job = String(args[1]);
                self.storeSongs();
                if (song.cancelRequested) {
                    self.cancelJob(song);
                }
            },
            onError: function (code, text) { self.markFailed(song, text); },
            onTimeout: function () {
                self.panel.showStatus("sidestick does not answer. The job goes on when sidestick is back.");
            }
        }, song.request);
    };

    Device.prototype.scheduleRequery = function () {
        this.requeryTask.cancel();
        this.requeryTask.schedule(REQUERY_DELAY);
    };

    // Asked again, sidestick sends where a job stands: an event that got lost is made good.
    Device.prototype.requery = function () {
        var open = this.songs.unfinished();
        if (open.length) {
            this.requeryTask.schedule(REQUERY_DELAY);
        }
        if (this.connection.connected) {
            open.forEach(this.requestJob, this);
        }
    };

    Device.prototype.markFailed = function (song, text) {
        song.state = "failed";
        this.panel.clearProgress();
        this.panel.showStatus(text);
        this.storeSongs();
    };

    // A message without paths is the answer to cancel, stop or panic. Every edit is reported twice: as the reply, and
    // as an event.
    Device.prototype.handleDone = function (what) {
        var song = what.song;
        var result = [what.args[2], what.args[3], what.args[4]].join(" ");
        if (what.args.length < 5 || (song.state === "done" && song.lastResult === result)) {
            return;
        }
        if (!what.args[4]) {
            this.markFailed(song, "The path of the result is too long to be told. Move the song to a shorter folder.");
            return;
        }
        song.lastResult = result;
        song.manifest = Paths.normalize(what.args[3]);
        song.midi = Paths.normalize(what.args[4]);
        song.state = "done";
        this.panel.clearProgress();
        this.writeResult(song);
        this.showBeat();
        this.requestLists();
    };

    Device.prototype.writeResult = function (song) {
        if (song.options.stems) {
            this.createStemTracks(song);
            this.storeSongs();
        } else {
            this.requestNotes(song, function (listed) { this.writeNotes(song, listed); });
        }
    };

    Device.prototype.writeNotes = function (song, listed) {
        var count = this.results.writeNotes(song, song.wanted, listed);
        var summary = count ? Notes.formatCount(count) : "sidestick heard no " + song.wanted.join(", no ") + " in it";
        this.panel.showStatus(song.source.name + ": " + summary + this.results.separatorWarning(song) +
            (song.exported ? ". " + song.exported : Remarks.summarize(song)));
        this.storeSongs();
    };

    Device.prototype.createStemTracks = function (song) {
        var self = this;
        if (!song.stemsPlaced) {
            song.stemsPlaced = true;
            this.panel.showStatus("Placing the stems");
            StemTracks.create(song.source, this.results.stems(song), this.results.padding(song), function (text) {
                self.panel.showStatus(text + self.results.separatorWarning(song) + Remarks.summarize(song));
            });
        }
    };

    Device.prototype.rewriteDrums = function () {
        this.results.updateDrumMap(this.current);
        this.writeResult(this.current);
    };

    // A job that sidestick has not named yet is cancelled as soon as it is.
    Device.prototype.cancel = function () {
        var song = this.current;
        if (!song || song.state !== "running") {
            throw new UserError("nothing", "There is nothing to cancel.");
        }
        song.cancelRequested = true;
        if (song.job) {
            this.cancelJob(song);
        }
    };

    Device.prototype.cancelJob = function (song) {
        var self = this;
        this.requests.ask("cancel", [song.job], {
            onReply: function () { self.markFailed(song, "Cancelled"); },
            onError: function (code, text) { self.panel.showStatus(text); },
            onTimeout: function () { self.panel.showStatus("sidestick does not answer. Is it still running?"); }
        });
    };

    // The user selected another clip: its song is the one to work on.
    Device.prototype.selectClip = function (clip) {
        var self = this;
        var found = this.songs.list.filter(function (song) { return self.results.hasClip(song, clip); })[0];
        if (found && found !== this.current) {
            this.current = found;
            this.panel.showStatus(found.source.name);
            if (found.state === "done" && this.connection.connected) {
                this.guard(this.showBeat);
                this.guard(this.requestLists);
            }
        }
    };

    return Device;
}());
