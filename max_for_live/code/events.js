// The events that sidestick sends: how far a job is, its drafts, its end.
(function () {
    "use strict";

    var DRAFT_DELAY = 300; // milliseconds in which the event of a final may follow that of its file

    // An OSC message.
    Device.prototype.handleMessage = function (address, args) {
        if (this.replyPort && this.replyPort.handleEcho(address, args)) {
            return;
        }
        this.requests.handleReply(address, args);
        if (EVENTS[address]) {
            EVENTS[address].call(this, args);
        }
    };

    Device.prototype.forEachSong = function (job, act) {
        this.songs.findByJob(String(job)).forEach(act, this);
    };

    var EVENTS = {
        "/sidestick/progress": function (args) {
            this.forEachSong(args[0], function (song) {
                if (song.state === "running") {
                    this.scheduleRequery();
                    this.panel.showProgress(song.draftText || "", args[4], args[2], args[3]);
                }
            });
        },
        "/sidestick/queued": function (args) {
            this.forEachSong(args[0], function () { this.panel.showStatus("Waiting for its turn"); });
        },
        "/sidestick/midi": function (args) {
            this.forEachSong(args[0], function (song) {
                var part = this.results.wantedPart(song, Paths.normalize(args[1]));
                if (song.state === "running" && !song.options.stems && part) {
                    this.drafts.push({ song: song, part: part });
                    this.draftTask.schedule(DRAFT_DELAY);
                }
            });
        },
        "/sidestick/remark": function (args) {
            this.forEachSong(args[0], function (song) { Remarks.add(song, args[1], args[2]); });
        },
        "/sidestick/done": function (args) {
            this.forEachSong(args[1], function (song) { this.guard(this.handleDone, { song: song, args: args }); });
        },
        "/sidestick/fail": function (args) {
            this.forEachSong(args[4], function (song) {
                if (song.state === "running") {
                    this.markFailed(song, args[3]);
                }
            });
        }
    };

    // A draft that is overtaken by its final is not written.
    Device.prototype.writeDrafts = function () {
        var drafts = this.drafts;
        this.drafts = [];
        drafts.forEach(function (draft) {
            if (draft.song.state === "running") {
                this.requestNotes(draft.song, function (listed) { this.writeDraft(draft, listed); });
            }
        }, this);
    };

    Device.prototype.writeDraft = function (draft, listed) {
        var count;
        if (draft.song.state === "running") {
            count = this.results.writeNotes(draft.song, [draft.part], listed);
            draft.song.draftText = "Draft: " + Notes.formatCount(count) + ". ";
            this.panel.showStatus(draft.song.draftText + "The final one follows.");
            this.storeSongs();
        }
    };
}());
