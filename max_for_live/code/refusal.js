// What cannot be done, in one or two sentences for the musician.
function Refusal(code, text) {
    "use strict";
    this.code = code;
    this.text = text;
}

Refusal.prototype.toString = function () {
    "use strict";
    return this.text;
};
