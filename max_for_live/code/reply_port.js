// A reply port of this device's own. Several devices cannot share one, and Max does not say that a port is taken:
// so each port is tried by messages to ourselves. There are several, because the receiver takes the port a little later
// than it is told to, and because UDP loses packets.
var ReplyPort = (function () {
    "use strict";

    var FIRST = 9340;
    var COUNT = 60;
    var WAIT = 50; // milliseconds from one message to ourselves to the next
    var TRIES = 4; // messages before the port counts as taken
    var ECHO = "/sidestick.live/echo";

    // `bind(port)` binds the receiver, `sendToSelf(port, address, args)` sends to it; `callbacks` are onOpen(port) and
    // onExhausted().
    function ReplyPort(bind, sendToSelf, callbacks) {
        var self = this;
        this.bind = bind;
        this.sendToSelf = sendToSelf;
        this.callbacks = callbacks;
        this.nonce = Math.floor(Math.random() * 0x3fffffff);
        this.tried = 0;
        this.sent = 0;
        this.start = Math.floor(Math.random() * COUNT);
        this.port = 0;
        this.open = false;
        this.task = new Task(function () { self.sendEcho(); });
    }

    ReplyPort.prototype.tryNext = function () {
        if (this.tried >= COUNT) {
            this.callbacks.onExhausted();
            return;
        }
        this.port = FIRST + (this.start + this.tried) % COUNT;
        this.tried += 1;
        this.sent = 0;
        this.bind(this.port);
        this.sendEcho();
    };

    ReplyPort.prototype.sendEcho = function () {
        if (this.sent >= TRIES) {
            this.tryNext();
            return;
        }
        this.sent += 1;
        this.sendToSelf(this.port, ECHO, [this.nonce + this.port]);
        this.task.schedule(WAIT);
    };

    ReplyPort.prototype.handleEcho = function (address, args) {
        if (address !== ECHO) {
            return false;
        }
        if (args[0] === this.nonce + this.port && !this.open) {
            this.open = true;
            this.task.cancel();
            this.callbacks.onOpen(this.port);
        }
        return true;
    };

    ReplyPort.prototype.stop = function () {
        this.task.cancel();
    };

    return { ReplyPort: ReplyPort, FIRST: FIRST, LAST: FIRST + COUNT - 1 };
}());
