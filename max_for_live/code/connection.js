// Whether sidestick is there: asked for again and again, and all events subscribed to while it is.
var Connection = (function () {
    "use strict";

    var PROTOCOL = 1;
    var PING_INTERVAL = 5000; // milliseconds
    var LEASE = 60; // seconds

    // `connected` is null until the first reply or silence. `panel.showConnection` shows it; `onConnected()` is called
    // whenever sidestick comes (back).
    function Connection(requests, panel, onConnected) {
        var self = this;
        this.requests = requests;
        this.panel = panel;
        this.onConnected = onConnected;
        this.connected = null;
        this.findPort = function () { return false; };
        this.task = new Task(function () { self.ping(); });
    }

    Connection.prototype.start = function () {
        this.ping();
    };

    Connection.prototype.stop = function () {
        this.task.cancel();
        this.requests.cancelAll();
    };

    Connection.prototype.ping = function () {
        var self = this;
        this.task.cancel();
        this.requests.ask("ping", [], {
            onReply: function (args) { self.handlePong(args); },
            onError: function (code, text) {
                self.task.schedule(PING_INTERVAL);
                self.panel.showConnection("incompatible", "sidestick refuses", text);
            },
            onTimeout: function () { self.handleTimeout(); }
        }, this.requests.name + "-ping");
    };

    Connection.prototype.handlePong = function (args) {
        this.task.schedule(PING_INTERVAL);
        this.checkVersion(args);
    };

    Connection.prototype.checkVersion = function (args) {
        var version = args[2];
        var protocol = Number(args[3]);
        if (protocol !== PROTOCOL) {
            this.connected = false;
            this.panel.showConnection("incompatible", "sidestick " + version, protocol < PROTOCOL
                ? "sidestick " + version + " is too old for this device. Update sidestick."
                : "sidestick " + version + " is newer than this device. Update the device.");
            return;
        }
        this.requests.ask("subscribe", [LEASE], { onReply: function () {} }, this.requests.name + "-subscribe");
        if (!this.connected) {
            this.connected = true;
            this.panel.showConnection("connected", "sidestick " + version);
            this.onConnected();
        }
    };

    // `findPort()` may find that sidestick listens on another port, and then it is asked there at once.
    Connection.prototype.handleTimeout = function () {
        var changed = this.connected !== false;
        this.connected = false;
        this.panel.showConnection("disconnected", "sidestick is not running",
            changed ? "sidestick is not running. Start it with: sidestick run" : "");
        if (this.findPort()) {
            this.ping();
        } else {
            this.task.schedule(PING_INTERVAL);
        }
    };

    return Connection;
}());
