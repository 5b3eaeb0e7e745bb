// A reply port of this device's own. Several devices cannot share one, and Max does not say that a port is taken:
// so each port is tried by a message to ourselves.
var Doorbell = (function () {
    "use strict";

    var FIRST = 9340;
    var COUNT = 60;
    var WAIT = 150; // milliseconds for a message to ourselves
    var ECHO = "/sidestick.live/echo";

    // `listen(port)` binds the receiver, `ring(port, address, args)` sends to it; then `found(port)` or `full()`.
    function Doorbell(listen, ring, then) {
        var self = this;
        this.listen = listen;
        this.ring = ring;
        this.then = then;
        this.nonce = Math.floor(Math.random() * 0x3fffffff);
        this.tried = 0;
        this.start = Math.floor(Math.random() * COUNT);
        this.port = 0;
        this.open = false;
        this.task = new Task(function () { self.next(); });
    }

    Doorbell.prototype.next = function () {
        if (this.tried >= COUNT) {
            this.then.full();
            return;
        }
        this.port = FIRST + (this.start + this.tried) % COUNT;
        this.tried += 1;
        this.listen(this.port);
        this.ring(this.port, ECHO, [this.nonce + this.port]);
        this.task.schedule(WAIT);
    };

    Doorbell.prototype.hear = function (address, args) {
        if (address !== ECHO) {
            return false;
        }
        if (args[0] === this.nonce + this.port && !this.open) {
            this.open = true;
            this.task.cancel();
            this.then.found(this.port);
        }
        return true;
    };

    Doorbell.prototype.stop = function () {
        this.task.cancel();
    };

    return { Doorbell: Doorbell, FIRST: FIRST, LAST: FIRST + COUNT - 1 };
}());
