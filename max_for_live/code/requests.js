// Questions to sidestick. UDP loses packets: a question without an answer is asked again under the same id, and sidestick
// does nothing twice for it.
var Requests = (function () {
    "use strict";

    var WAITS = [400, 800, 1600, 3200]; // milliseconds to wait for an answer before each next try
    var ANSWERS = /^\/sidestick\/(pong|status\.reply|ack|done|fail|pushed|jobs\.reply|clusters\.reply)$/;

    function newName() {
        return "live-" + Math.floor(Math.random() * 0x7fffffff).toString(36) + new Date().getTime().toString(36);
    }

    // `send(address, args)` puts one message on the wire.
    function Requests(send) {
        this.send = send;
        this.name = newName();
        this.count = 0;
        this.pending = {};
        this.replyPort = 0;
    }

    Requests.prototype.newId = function () {
        this.count += 1;
        return this.name + "-" + this.count;
    };

    // `then` has any of answered(args), refused(code, text), lost(). Returns the id.
    Requests.prototype.ask = function (verb, args, then, id) {
        var self = this;
        var identity = id || this.newId();
        var question = { address: "/sidestick/" + verb, args: [identity].concat(args), then: then, tries: 0 };
        question.task = new Task(function () { self.again(identity); });
        this.forget(identity);
        this.pending[identity] = question;
        this.again(identity);
        return identity;
    };

    // reply_port comes last, but subscribe has it before the lease.
    Requests.prototype.wire = function (question) {
        var args = question.args.slice();
        args.splice(question.address === "/sidestick/subscribe" ? 1 : args.length, 0, this.replyPort);
        return args;
    };

    Requests.prototype.again = function (id) {
        var question = this.pending[id];
        if (!question) {
            return;
        }
        if (question.tries >= WAITS.length) {
            delete this.pending[id];
            if (question.then.lost) {
                question.then.lost();
            }
            return;
        }
        this.send(question.address, this.wire(question));
        question.task.schedule(WAITS[question.tries]);
        question.tries += 1;
    };

    Requests.prototype.forget = function (id) {
        if (this.pending[id]) {
            this.pending[id].task.cancel();
            delete this.pending[id];
        }
    };

    Requests.prototype.forgetAll = function () {
        Object.keys(this.pending).forEach(this.forget, this);
    };

    // Takes a message from sidestick; true if it was the answer to an open question.
    Requests.prototype.hear = function (address, args) {
        var question = ANSWERS.test(address) ? this.pending[args[0]] : null;
        if (!question) {
            return false;
        }
        this.forget(args[0]);
        if (address !== "/sidestick/fail") {
            question.then.answered(args, address);
        } else if (question.then.refused) {
            question.then.refused(args[2], args[3]);
        }
        return true;
    };

    return Requests;
}());
