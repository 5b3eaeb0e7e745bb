// Requests to sidestick. UDP loses packets: a request without a reply is sent again under the same id, and
// sidestick does nothing twice for it.
var Requests = (function () {
    "use strict";

    var RETRY_DELAYS = [400, 800, 1600, 3200]; // milliseconds to wait for a reply before each next try
    var LISTS = "(status|jobs|clusters|notes|exports)\\.reply";
    var REPLY_ADDRESS = new RegExp("^/sidestick/(pong|ack|done|fail|pushed|tapped|exported|" + LISTS + ")$");

    function createName() {
        return "live-" + Math.floor(Math.random() * 0x7fffffff).toString(36) + new Date().getTime().toString(36);
    }

    // `send(address, args)` sends one OSC message.
    function Requests(send) {
        this.send = send;
        this.name = createName();
        this.count = 0;
        this.pending = {};
        this.replyPort = 0;
    }

    Requests.prototype.newId = function () {
        this.count += 1;
        return this.name + "-" + this.count;
    };

    // `callbacks` has any of onReply(args), onError(code, text), onTimeout(). Returns the id.
    Requests.prototype.ask = function (verb, args, callbacks, id) {
        var self = this;
        var identity = id || this.newId();
        var request = { address: "/sidestick/" + verb, args: [identity].concat(args), callbacks: callbacks, tries: 0 };
        request.task = new Task(function () { self.resend(identity); });
        this.cancel(identity);
        this.pending[identity] = request;
        this.resend(identity);
        return identity;
    };

    // reply_port comes last, but subscribe has it before the lease.
    Requests.prototype.addReplyPort = function (request) {
        var args = request.args.slice();
        args.splice(request.address === "/sidestick/subscribe" ? 1 : args.length, 0, this.replyPort);
        return args;
    };

    Requests.prototype.resend = function (id) {
        var request = this.pending[id];
        if (!request) {
            return;
        }
        if (request.tries >= RETRY_DELAYS.length) {
            delete this.pending[id];
            if (request.callbacks.onTimeout) {
                request.callbacks.onTimeout();
            }
            return;
        }
        this.send(request.address, this.addReplyPort(request));
        request.task.schedule(RETRY_DELAYS[request.tries]);
        request.tries += 1;
    };

    Requests.prototype.cancel = function (id) {
        if (this.pending[id]) {
            this.pending[id].task.cancel();
            delete this.pending[id];
        }
    };

    Requests.prototype.cancelAll = function () {
        Object.keys(this.pending).forEach(this.cancel, this);
    };

    // Takes a message from sidestick; true if it was the reply to an open request.
    Requests.prototype.handleReply = function (address, args) {
        var request = REPLY_ADDRESS.test(address) ? this.pending[args[0]] : null;
        if (!request) {
            return false;
        }
        this.cancel(args[0]);
        if (address !== "/sidestick/fail") {
            request.callbacks.onReply(args, address);
        } else if (request.callbacks.onError) {
            request.callbacks.onError(args[2], args[3]);
        }
        return true;
    };

    return Requests;
}());
