// What the user sees: texts, lights and the list of clusters, by the scripting names of the patcher's objects.
var Panel = (function () {
    "use strict";

    var ROWS = 7;
    var UNSURE = 0.6;
    var METERS = ["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8"]; // the menu has "Other" behind them
    var LIGHTS = {
        connected: [0.45, 0.8, 0.4, 1], disconnected: [0.85, 0.3, 0.25, 1], incompatible: [0.95, 0.7, 0.2, 1]
    };

    // `findBox(name)` gives an object of the patcher.
    function Panel(findBox) {
        this.findBox = findBox;
        this.clusters = [];
        this.exports = [];
        this.beat = null;
        this.page = 0;
    }

    Panel.prototype.setText = function (name, text) {
        this.findBox(name).message("set", text);
    };

    Panel.prototype.showStatus = function (text) {
        this.setText("status", text);
    };

    // The light with two or three words, and a sentence for the status line if something is to be done.
    Panel.prototype.showConnection = function (state, text, status) {
        var color = LIGHTS[state];
        this.findBox("light").message("bgfillcolor", color[0], color[1], color[2], color[3]);
        this.setText("link", text);
        if (status) {
            this.showStatus(status);
        }
    };

    function formatDuration(seconds) {
        var whole = Math.round(seconds);
        return whole < 60 ? whole + " s" : Math.floor(whole / 60) + " min " + whole % 60 + " s";
    }

    // `before` is a status on what is there already, `doing` what the daemon says it does.
    Panel.prototype.showProgress = function (before, doing, fraction, eta) {
        var left = eta >= 0 ? ", " + formatDuration(eta) + " left" : "";
        this.findBox("progress").message("setlist", fraction);
        this.showStatus(before + doing + " " + Math.round(100 * fraction) + " %" + left);
    };

    Panel.prototype.clearProgress = function () {
        this.findBox("progress").message("setlist", 0);
    };

    // `beat` is {bpm, numerator, denominator}, its bpm 0 where no beat was found.
    Panel.prototype.showBeat = function (beat) {
        this.beat = beat;
        this.redrawBeat();
    };

    Panel.prototype.redrawBeat = function () {
        var beat = this.beat;
        var meter = beat ? beat.numerator + "/" + beat.denominator : "";
        if (beat) {
            this.setText("beat_now", beat.bpm ? Number(beat.bpm.toFixed(3)) + " bpm, " + meter : "No beat");
            this.findBox("bpm").message("set", beat.bpm);
            this.findBox("meter").message("set", METERS.indexOf(meter) < 0 ? METERS.length : METERS.indexOf(meter));
        }
    };

    Panel.prototype.pageCount = function () {
        return Math.max(1, Math.ceil(this.clusters.length / ROWS));
    };

    Panel.prototype.showClusters = function (clusters) {
        this.clusters = clusters;
        this.turnPage(0);
    };

    Panel.prototype.turnPage = function (by) {
        var i;
        this.page = Math.max(0, Math.min(this.pageCount() - 1, this.page + by));
        this.setText("page", this.page + 1 + " / " + this.pageCount());
        for (i = 0; i < ROWS; i += 1) {
            this.showRow(i, this.clusters[this.page * ROWS + i]);
        }
    };

    function confidenceMark(cluster) {
        return cluster.confidence < UNSURE ? " ?" : "";
    }

    Panel.prototype.showRow = function (i, cluster) {
        var names = ["count", "label", "listen"];
        var self = this;
        names.forEach(function (name) { self.findBox(name + i).hidden = !cluster; });
        if (cluster) {
            this.setText("count" + i,
                cluster.count + " hits, vel. " + Math.round(cluster.velocity) + confidenceMark(cluster));
            this.findBox("label" + i).message("set", Drums.LABELS.indexOf(cluster.label));
        }
    };

    // `exports` are {name, ending, caption}; the menu shows its title again after each choice.
    Panel.prototype.showExports = function (exports) {
        var menu = this.findBox("exports");
        this.exports = exports;
        menu.message("clear");
        menu.message("append", "Export ...");
        exports.forEach(function (each) { menu.message("append", each.ending + ": " + each.caption); });
        menu.message("set", 0);
    };

    // What stands at `index` of the menu; nothing for its title.
    Panel.prototype.exportAt = function (index) {
        this.findBox("exports").message("set", 0);
        return this.exports[index - 1];
    };

    // The cluster that stands in row `i` now, or undefined.
    Panel.prototype.clusterAt = function (i) {
        return this.clusters[this.page * ROWS + i];
    };

    return { Panel: Panel, ROWS: ROWS, METERS: METERS };
}());
