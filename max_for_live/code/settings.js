// What the panel's controls are set to, as the daemon's options.
var Settings = (function () {
    "use strict";

    var ALL = ["drums", "bass", "vocals", "other"];
    var TARGETS = [["drums"], ["bass"], ["vocals"], ["other"], ALL, ["drums"]]; // stems need no more notes than these
    var STEMS = 5;
    var INPUTS = ["mix", "stem"];
    var LIVE = 1;
    var GRIDS = ["off", "1/4", "1/8", "1/16", "1/32", "1/4T", "1/8T", "1/16T"];
    var SWINGS = ["auto", 0.5, 0.54, 0.58, 0.62, 0.66, 0.7, 0.75];
    var DRUMS = ["kick", "snare", "toms", "hihat", "cymbals"];
    var STARTS = [null, "audio", "bars", "map"]; // where files start
    var DEFAULT_SENSITIVITY = 50; // percent

    function Settings() {
        this.values = {
            target: 0, input: 0, place: 0, grid: 3, strength: 100, swing: 0, beats: 0, map: 0, file_start: 0
        };
        DRUMS.forEach(function (drum) { this.values[drum] = DEFAULT_SENSITIVITY; }, this);
    }

    // True if it is another value than before.
    Settings.prototype.set = function (name, value) {
        var changed = this.values[name] !== value;
        this.values[name] = value;
        return changed;
    };

    Settings.prototype.wantsStems = function () {
        return this.values.target === STEMS;
    };

    Settings.prototype.usesLiveBeats = function () {
        return this.values.beats === LIVE && GRIDS[this.values.grid] !== "off";
    };

    function quantizeOptions(values) {
        var step = GRIDS[values.grid];
        if (step === "off") {
            return { quantize: false };
        }
        return { step: step, quantize: true, strength: values.strength / 100, swing: SWINGS[values.swing] };
    }

    // A map that was sent before holds until another one, or null, is.
    Settings.prototype.withBeat = function (options, source) {
        options.grid = quantizeOptions(this.values);
        if (this.usesLiveBeats()) {
            options.tempo_map = TempoMap.forSource(source);
        }
        return options;
    };

    function sensitivityOptions(values, all) {
        var found = {};
        DRUMS.forEach(function (drum) {
            if (all || values[drum] !== DEFAULT_SENSITIVITY) {
                found[drum] = values[drum] / 100;
            }
        });
        return found;
    }

    // A single stem is transcribed as what was asked for, and not separated again; of all parts at once no stem is.
    function chooseInput(values) {
        var parts = TARGETS[values.target];
        var single = INPUTS[values.input] === "stem" && parts.length === 1 && values.target !== STEMS;
        return single ? parts[0] : "mix";
    }

    Settings.prototype.parts = function () {
        return TARGETS[this.values.target];
    };

    // One result lies beside a file: `existing` are the parts that it has already, and they come from the cache.
    Settings.prototype.processOptions = function (source, existing) {
        var wanted = this.parts();
        var input = chooseInput(this.values);
        var parts = input !== "mix" ? wanted : ALL.filter(function (part) {
            return wanted.indexOf(part) >= 0 || existing.indexOf(part) >= 0;
        });
        var sensitivity = sensitivityOptions(this.values, false);
        var options = this.withBeat({ input: input, parts: parts, drum_map: "gm", sensitivity: sensitivity }, source);
        if (this.wantsStems()) {
            options.stems = "wav";
        }
        if (this.fileStart()) {
            options.start = this.fileStart();
        }
        return options;
    };

    Settings.prototype.fileStart = function () {
        return STARTS[this.values.file_start];
    };

    // Live's beats are taken back where they were `sent` before; else the musician's own corrections of the beat stay.
    Settings.prototype.regenerateOptions = function (source, sent) {
        var found = this.withBeat({ drum_map: "gm", sensitivity: sensitivityOptions(this.values, true) }, source);
        if (!found.tempo_map && sent) {
            found.tempo_map = null;
        }
        return found;
    };

    return {
        Settings: Settings, GRIDS: GRIDS, SWINGS: SWINGS, DRUMS: DRUMS, TARGETS: TARGETS,
        needsDaemon: function (name) {
            return ["grid", "strength", "swing", "beats"].concat(DRUMS).indexOf(name) >= 0;
        }
    };
}());
