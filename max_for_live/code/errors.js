// What cannot be done, in one or two sentences for the musician.
function UserError(code, text) {
    "use strict";
    this.code = code;
    this.text = text;
}

UserError.prototype.toString = function () {
    "use strict";
    return this.text;
};
