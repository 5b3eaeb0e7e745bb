// What sidestick tells without being asked: how far a job is, its drafts, its end.
(function () {
    "use strict";

    var GATHER = 300; // milliseconds in which the news of a final may follow that of its file

    // A message from the wire.
    Device.prototype.hear = function (address, args) {
        if (this.doorbell && this.doorbell.hear(address, args)) {
            return;
        }
        this.requests.hear(address, args);
        if (EVENTS[address]) {
            EVENTS[address].call(this, args);
        }
    };

    Device.prototype.each = function (job, act) {
        this.songs.ofJob(String(job)).forEach(act, this);
    };

    var EVENTS = {
        "/sidestick/progress": function (args) {
            this.each(args[0], function (song) {
                if (song.state === "running") {
                    this.expectNews();
                    this.panel.progress(song.drafted || "", args[1], args[2], args[3]);
                }
            });
        },
        "/sidestick/queued": function (args) {
            this.each(args[0], function () { this.panel.status("Waiting for its turn"); });
        },
        "/sidestick/midi": function (args) {
            this.each(args[0], function (song) {
                var path = Paths.normal(args[1]);
                if (song.state === "running" && !song.options.stems && this.results.wants(song, path)) {
                    this.drafts.push({ song: song, path: path });
                    this.drafter.schedule(GATHER);
                }
            });
        },
        "/sidestick/done": function (args) {
            this.each(args[1], function (song) { this.guard(this.done, { song: song, args: args }); });
        },
        "/sidestick/fail": function (args) {
            this.each(args[4], function (song) {
                if (song.state === "running") {
                    this.failed(song, args[3]);
                }
            });
        }
    };

    // A draft that is overtaken by its final is not written.
    Device.prototype.deliverDraft = function () {
        var drafts = this.drafts;
        this.drafts = [];
        drafts.forEach(function (draft) {
            if (draft.song.state === "running") {
                draft.song.drafted = "Draft: " + Notes.counted(this.results.deliver(draft.song, draft.path)) + ". ";
                this.panel.status(draft.song.drafted + "The final one follows.");
                this.store();
            }
        }, this);
    };
}());
