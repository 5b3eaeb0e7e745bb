// What the panel's controls ask for, in the words of the daemon's options.
var Wishes = (function () {
    "use strict";

    var ALL = ["drums", "bass", "vocals", "other"];
    var TARGETS = [["drums"], ["bass"], ["vocals"], ["other"], ALL, ["drums"]]; // stems need no more notes than these
    var STEMS = 5;
    var INPUTS = ["mix", "stem"];
    var LIVE = 1;
    var GRIDS = ["off", "1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T"];
    var SWINGS = ["auto", 0.5, 0.54, 0.58, 0.62, 0.66, 0.7, 0.75];
    var DRUMS = ["kick", "snare", "toms", "hihat", "cymbals"];
    var AS_HEARD = 50; // percent

    function Wishes() {
        this.values = { target: 0, input: 0, place: 0, grid: 3, strength: 100, swing: 0, beats: 0, map: 0 };
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

    Wishes.prototype.usesLive = function () {
        return this.values.beats === LIVE && GRIDS[this.values.grid] !== "off";
    };

    function grid(values) {
        var step = GRIDS[values.grid];
        if (step === "off") {
            return { quantize: false };
        }
        return { step: step, quantize: true, strength: values.strength / 100, swing: SWINGS[values.swing] };
    }

    // A map that was sent before holds until another one, or null, is.
    Wishes.prototype.gridOf = function (source) {
        var found = grid(this.values);
        if (this.usesLive()) {
            found.tempo_map = Bars.of(source);
        }
        return found;
    };

    function sensitivity(values, all) {
        var found = {};
        DRUMS.forEach(function (drum) {
            if (all || values[drum] !== AS_HEARD) {
                found[drum] = values[drum] / 100;
            }
        });
        return found;
    }

    // A single stem is heard as what was asked for; of all parts at once no stem is, and it is not separated again.
    function input(values) {
        var parts = TARGETS[values.target];
        var single = INPUTS[values.input] === "stem" && parts.length === 1 && values.target !== STEMS;
        return single ? parts[0] : "mix";
    }

    Wishes.prototype.parts = function () {
        return TARGETS[this.values.target];
    };

    // One result lies beside a file: `there` are the parts that it has already, and they come from the cache.
    Wishes.prototype.forProcess = function (source, there) {
        var wanted = this.parts();
        var heard = input(this.values);
        var parts = heard !== "mix" ? wanted : ALL.filter(function (part) {
            return wanted.indexOf(part) >= 0 || there.indexOf(part) >= 0;
        });
        var options = {
            input: heard, parts: parts, drum_map: "gm",
            grid: this.gridOf(source), sensitivity: sensitivity(this.values, false)
        };
        if (this.wantsStems()) {
            options.stems = "wav";
        }
        return options;
    };

    Wishes.prototype.forRegenerate = function (source) {
        var found = this.gridOf(source);
        if (!found.tempo_map) {
            found.tempo_map = null;
        }
        return { drum_map: "gm", grid: found, sensitivity: sensitivity(this.values, true) };
    };

    return {
        Wishes: Wishes, GRIDS: GRIDS, SWINGS: SWINGS, DRUMS: DRUMS, TARGETS: TARGETS,
        needsDaemon: function (name) {
            return ["grid", "strength", "swing", "beats"].concat(DRUMS).indexOf(name) >= 0;
        }
    };
}());
