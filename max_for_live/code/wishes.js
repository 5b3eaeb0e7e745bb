// What the panel's controls ask for, in the words of the daemon's options.
var Wishes = (function () {
    "use strict";

    var ALL = ["drums", "bass", "vocals", "other"];
    var TARGETS = [["drums"], ["bass"], ["vocals"], ["other"], ALL, ALL];
    var STEMS = 5;
    var INPUTS = ["mix", "drums"];
    var GRIDS = ["off", "1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T"];
    var SWINGS = ["auto", 0.5, 0.54, 0.58, 0.62, 0.66, 0.7, 0.75];
    var DRUMS = ["kick", "snare", "toms", "hihat", "cymbals"];
    var AS_HEARD = 50; // percent

    function Wishes() {
        this.values = { target: 0, input: 0, place: 0, grid: 3, strength: 100, swing: 0, map: 0 };
        DRUMS.forEach(function (drum) { this.values[drum] = AS_HEARD; }, this);
    }

    // True if it is another value than before.
    Wishes.prototype.change = function (name, value) {
        var changed = this.values[name] !== value;
        this.values[name] = value;
        return changed;
    };

    Wishes.prototype.wantsStems = function () {
        return this.values.target === STEMS;
    };

    function grid(values) {
        var step = GRIDS[values.grid];
        if (step === "off") {
            return { quantize: false };
        }
        return { step: step, quantize: true, strength: values.strength / 100, swing: SWINGS[values.swing] };
    }

    function sensitivity(values, all) {
        var found = {};
        DRUMS.forEach(function (drum) {
            if (all || values[drum] !== AS_HEARD) {
                found[drum] = values[drum] / 100;
            }
        });
        return found;
    }

    Wishes.prototype.forProcess = function () {
        var options = {
            input: INPUTS[this.values.input], parts: TARGETS[this.values.target], drum_map: "gm",
            grid: grid(this.values), sensitivity: sensitivity(this.values, false)
        };
        if (this.wantsStems()) {
            options.stems = "wav";
        }
        return options;
    };

    Wishes.prototype.forRegenerate = function () {
        return { drum_map: "gm", grid: grid(this.values), sensitivity: sensitivity(this.values, true) };
    };

    return {
        Wishes: Wishes, GRIDS: GRIDS, SWINGS: SWINGS, DRUMS: DRUMS, TARGETS: TARGETS,
        needsDaemon: function (name) {
            return ["grid", "strength", "swing"].concat(DRUMS).indexOf(name) >= 0;
        }
    };
}());
