// Whether sidestick is there: asked for again and again, and all events subscribed to while it is.
var Connection = (function () {
    "use strict";

    var PROTOCOL = 1;
    var BEAT = 5000; // milliseconds
    var LEASE = 60; // seconds

    // `present` is null until the first answer or silence. `panel.link` shows it; `joined()` is called whenever sidestick
    // comes (back).
    function Connection(requests, panel, joined) {
        var self = this;
        this.requests = requests;
        this.panel = panel;
        this.joined = joined;
        this.present = null;
        this.seek = function () { return false; };
        this.task = new Task(function () { self.beat(); });
    }

    Connection.prototype.start = function () {
        this.beat();
    };

    Connection.prototype.stop = function () {
        this.task.cancel();
        this.requests.forgetAll();
    };

    Connection.prototype.beat = function () {
        var self = this;
        this.task.cancel();
        this.requests.ask("ping", [], {
            answered: function (args) { self.pong(args); },
            refused: function (code, text) {
                self.task.schedule(BEAT);
                self.panel.link("old", "sidestick refuses", text);
            },
            lost: function () { self.gone(); }
        }, this.requests.name + "-ping");
    };

    Connection.prototype.pong = function (args) {
        this.task.schedule(BEAT);
        this.greet(args);
    };

    Connection.prototype.greet = function (args) {
        var version = args[2];
        var protocol = Number(args[3]);
        if (protocol !== PROTOCOL) {
            this.present = false;
            this.panel.link("old", "sidestick " + version, protocol < PROTOCOL
                ? "sidestick " + version + " is too old for this device. Update sidestick."
                : "sidestick " + version + " is newer than this device. Update the device.");
            return;
        }
        this.requests.ask("subscribe", [LEASE], { answered: function () {} }, this.requests.name + "-subscribe");
        if (!this.present) {
            this.present = true;
            this.panel.link("there", "sidestick " + version);
            this.joined();
        }
    };

    // `seek()` may find that sidestick listens on another port, and then it is asked there at once.
    Connection.prototype.gone = function () {
        var news = this.present !== false;
        this.present = false;
        this.panel.link("gone", "sidestick is not running", news ? "sidestick is not running. Start it with: sidestick run" : "");
        if (this.seek()) {
            this.beat();
        } else {
            this.task.schedule(BEAT);
        }
    };

    return Connection;
}());
