// What the user sees: texts, lights and the list of clusters, by the scripting names of the patcher's objects.
var Panel = (function () {
    "use strict";

    var ROWS = 7;
    var UNSURE = 0.6;
    var LIGHTS = { there: [0.45, 0.8, 0.4, 1], gone: [0.85, 0.3, 0.25, 1], old: [0.95, 0.7, 0.2, 1] };
    var STAGES = {
        queued: "Waiting", draft: "First draft", decode: "Reading the file", separate: "Separating",
        listen: "Listening", kit: "Taking the kit apart", hits: "Finding hits", beats: "Finding the beat",
        notes: "Finding notes", harmony: "Finding the chords", write: "Writing"
    };

    // `find(name)` gives an object of the patcher.
    function Panel(find) {
        this.find = find;
        this.clusters = [];
        this.page = 0;
    }

    Panel.prototype.set = function (name, text) {
        this.find(name).message("set", text);
    };

    Panel.prototype.status = function (text) {
        this.set("status", text);
    };

    // The light with two or three words, and a sentence for the status line if something is to be done.
    Panel.prototype.link = function (state, words, sentence) {
        var color = LIGHTS[state];
        this.find("light").message("bgfillcolor", color[0], color[1], color[2], color[3]);
        this.set("link", words);
        if (sentence) {
            this.status(sentence);
        }
    };

    function duration(seconds) {
        var whole = Math.round(seconds);
        return whole < 60 ? whole + " s" : Math.floor(whole / 60) + " min " + whole % 60 + " s";
    }

    // `before` is a sentence on what is there already.
    Panel.prototype.progress = function (before, stage, fraction, eta) {
        var left = eta >= 0 ? ", " + duration(eta) + " left" : "";
        this.find("progress").message("setlist", fraction);
        this.status(before + (STAGES[stage] || stage) + " " + Math.round(100 * fraction) + " %" + left);
    };

    Panel.prototype.idle = function () {
        this.find("progress").message("setlist", 0);
    };

    Panel.prototype.pages = function () {
        return Math.max(1, Math.ceil(this.clusters.length / ROWS));
    };

    Panel.prototype.show = function (clusters) {
        this.clusters = clusters;
        this.turn(0);
    };

    Panel.prototype.turn = function (by) {
        var i;
        this.page = Math.max(0, Math.min(this.pages() - 1, this.page + by));
        this.set("page", this.page + 1 + " / " + this.pages());
        for (i = 0; i < ROWS; i += 1) {
            this.row(i, this.clusters[this.page * ROWS + i]);
        }
    };

    function sure(cluster) {
        return cluster.confidence < UNSURE ? " ?" : "";
    }

    Panel.prototype.row = function (i, cluster) {
        var names = ["count", "label", "listen"];
        var self = this;
        names.forEach(function (name) { self.find(name + i).hidden = !cluster; });
        if (cluster) {
            this.set("count" + i, cluster.count + " hits, vel. " + Math.round(cluster.velocity) + sure(cluster));
            this.find("label" + i).message("set", Drums.LABELS.indexOf(cluster.label));
        }
    };

    // The cluster that stands in row `i` now, or undefined.
    Panel.prototype.clusterIn = function (i) {
        return this.clusters[this.page * ROWS + i];
    };

    return { Panel: Panel, ROWS: ROWS };
}());
