// The device: what each button does, and what happens when sidestick answers.
var Device = (function () {
    "use strict";

    var NUDGE = 10000; // milliseconds without news after which a job is asked for again
    var SETTLE = 300; // milliseconds in which several changes become one

    // `host` is the way out: send, listen, ring, aim, find, store.
    function Device(host) {
        var self = this;
        this.host = host;
        this.panel = new Panel.Panel(host.find);
        this.wishes = new Wishes.Wishes();
        this.songs = new Songs();
        this.current = null;
        this.ready = false;
        this.requests = new Requests(host.send);
        this.connection = new Connection(this.requests, this.panel, function () { self.resume(); });
        this.results = new Results(this.wishes, function (text) { self.panel.status(text); });
        this.nudger = new Task(function () { self.nudge(); });
        this.settler = new Task(function () { self.guard(self.regenerate); });
        this.drafter = new Task(function () { self.guard(self.deliverDraft); });
        this.drafts = [];
    }

    // Runs a step; a refusal becomes the status line.
    Device.prototype.guard = function (step, argument) {
        try {
            return step.call(this, argument);
        } catch (error) {
            if (!(error instanceof Refusal)) {
                throw error;
            }
            this.panel.status(error.text);
        }
    };

    Device.prototype.start = function () {
        var self = this;
        this.panel.show([]);
        this.panel.idle();
        this.doorbell = new Doorbell.Doorbell(this.host.listen, this.host.ring, {
            found: function (port) { self.listening(port); },
            full: function () {
                self.panel.link("gone", "No free port", "The ports " + Doorbell.FIRST + " to " + Doorbell.LAST +
                    " are all taken. Remove a sidestick device or close another program.");
            }
        });
        this.doorbell.next();
    };

    Device.prototype.listening = function (port) {
        this.requests.replyPort = port;
        this.ready = true;
        this.connection.start();
    };

    Device.prototype.stop = function () {
        this.ready = false;
        [this.nudger, this.settler, this.drafter].forEach(function (task) { task.cancel(); });
        this.connection.stop();
        if (this.doorbell) {
            this.doorbell.stop();
        }
    };

    Device.prototype.restore = function (atoms) {
        var own = Live.at("this_device canonical_parent");
        if (this.songs.list.length === 0 && this.songs.restore(atoms)) {
            this.songs.list.forEach(function (song) { SourceClip.settle(song.source, own); });
            this.current = this.songs.list[0] || null;
            if (this.connection.present) {
                this.resume();
            }
        }
    };

    Device.prototype.store = function () {
        this.host.store(this.songs.stored());
    };

    // sidestick is there again, or the set was opened anew: jobs go on, and the list of clusters is fetched.
    Device.prototype.resume = function () {
        this.songs.unfinished().forEach(this.ask, this);
        if (this.current && this.current.state === "done") {
            this.guard(this.refresh);
        }
    };

    Device.prototype.change = function (name, value) {
        var changed = this.wishes.change(name, value);
        if (!this.ready || !changed || !this.current || this.current.state !== "done") {
            return;
        }
        if (name === "map") {
            this.guard(this.revoice);
        } else if (Wishes.needsDaemon(name)) {
            this.settler.cancel();
            this.settler.schedule(SETTLE);
        }
    };

    Device.prototype.requireDaemon = function () {
        if (!this.connection.present) {
            this.connection.beat();
            throw new Refusal("no_daemon", "sidestick is not running. Start it with: sidestick run");
        }
    };

    Device.prototype.transcribe = function () {
        this.requireDaemon();
        this.begin(SourceClip.selected());
    };

    Device.prototype.drop = function (path) {
        this.requireDaemon();
        this.begin(SourceClip.dropped(path, Live.at("this_device canonical_parent")));
    };

    function sameWork(a, b) {
        return a.state === "running" && JSON.stringify([a.source, a.options]) === JSON.stringify([b.source, b.options]);
    }

    Device.prototype.begin = function (source) {
        var song = {
            job: "", request: this.requests.newId(), state: "running", source: source,
            wanted: this.wishes.parts(), beats: this.wishes.usesLive(),
            place: this.wishes.values.place, map: null, manifest: "", midi: "",
            parts: [], options: this.wishes.forProcess(source, this.songs.partsOf(source.path))
        };
        if (this.songs.list.some(function (other) { return sameWork(other, song); })) {
            throw new Refusal("running", "sidestick is working on this clip already.");
        }
        this.current = this.songs.add(song);
        this.panel.show([]);
        this.panel.status("Asking sidestick about " + source.name);
        this.ask(song);
    };

    Device.prototype.ask = function (song) {
        var self = this;
        this.expectNews();
        this.requests.ask("process", [song.source.path, JSON.stringify(song.options)], {
            answered: function (args) {
                song.job = String(args[1]);
                self.store();
                if (song.unwanted) {
                    self.abandon(song);
                }
            },
            refused: function (code, text) { self.failed(song, text); },
            lost: function () { self.panel.status("sidestick does not answer. The job goes on when sidestick is back."); }
        }, song.request);
    };

    Device.prototype.expectNews = function () {
        this.nudger.cancel();
        this.nudger.schedule(NUDGE);
    };

    // Asked again, sidestick tells where a job stands: an event that got lost is made good.
    Device.prototype.nudge = function () {
        var open = this.songs.unfinished();
        if (open.length) {
            this.nudger.schedule(NUDGE);
        }
        if (this.connection.present) {
            open.forEach(this.ask, this);
        }
    };

    Device.prototype.failed = function (song, text) {
        song.state = "failed";
        this.panel.idle();
        this.panel.status(text);
        this.store();
    };

    // A message without paths is the answer to cancel, stop or panic. Every edit is told twice: as the answer, and
    // as an event.
    Device.prototype.done = function (what) {
        var song = what.song;
        var news = [what.args[2], what.args[3], what.args[4]].join(" ");
        if (what.args.length < 5 || (song.state === "done" && song.news === news)) {
            return;
        }
        if (!what.args[4]) {
            this.failed(song, "The path of the result is too long to be told. Move the song to a shorter folder.");
            return;
        }
        song.news = news;
        song.manifest = Paths.normal(what.args[3]);
        song.midi = Paths.normal(what.args[4]);
        song.state = "done";
        this.panel.idle();
        this.deliver(song);
        this.refresh();
    };

    Device.prototype.deliver = function (song) {
        if (song.options.stems) {
            this.deliverStems(song);
        } else {
            this.deliverNotes(song);
        }
        this.store();
    };

    Device.prototype.deliverNotes = function (song) {
        var count = this.results.deliver(song, null);
        var told = count ? Notes.counted(count) : "sidestick heard no " + song.wanted.join(", no ") + " in it";
        this.panel.status(song.source.name + ": " + told + this.results.remark(song));
    };

    Device.prototype.deliverStems = function (song) {
        if (!song.stemsPlaced) {
            song.stemsPlaced = true;
            this.panel.status((StemTracks.place(song.source, this.results.stems(song))
                ? "The stems are on new tracks" : "This version of Live cannot add audio clips: see the folder") +
                this.results.remark(song));
        }
    };

    Device.prototype.revoice = function () {
        this.results.revoice(this.current);
        this.deliver(this.current);
    };

    // A job that sidestick has not named yet is cancelled as soon as it is.
    Device.prototype.cancel = function () {
        var song = this.current;
        if (!song || song.state !== "running") {
            throw new Refusal("nothing", "There is nothing to cancel.");
        }
        song.unwanted = true;
        if (song.job) {
            this.abandon(song);
        }
    };

    Device.prototype.abandon = function (song) {
        var self = this;
        this.requests.ask("cancel", [song.job], {
            answered: function () { self.failed(song, "Cancelled"); },
            refused: function (code, text) { self.panel.status(text); },
            lost: function () { self.panel.status("sidestick does not answer. Is it still running?"); }
        });
    };

    // The user selected another clip: its song is the one to work on.
    Device.prototype.selected = function (clip) {
        var self = this;
        var found = this.songs.list.filter(function (song) { return self.results.holds(song, clip); })[0];
        if (found && found !== this.current) {
            this.current = found;
            this.panel.status(found.source.name);
            if (found.state === "done" && this.connection.present) {
                this.guard(this.refresh);
            }
        }
    };

    return Device;
}());
