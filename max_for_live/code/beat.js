// The musician corrects the beat of the current song: bpm, parts of it, taps, where bar 1 is, meter, where files start.
(function () {
    "use strict";

    var DEBOUNCE = 300; // milliseconds in which several bpm, as of a dragged number, become one
    var UNKNOWN = -1; // second of a tap while nothing plays

    function refuse(code, text) {
        throw new UserError(code, text);
    }

    // The current song, if its beat is the players': that of Live is corrected in Live.
    Device.prototype.requireOwnBeat = function () {
        var song = this.requireSong();
        if (song.beats) {
            this.panel.redrawBeat();
            refuse("lives_beat", "The beat of this song is Live's own. Choose As Played under Beats first.");
        }
        return song;
    };

    Device.prototype.correctBeat = function (options) {
        this.requireOwnBeat();
        this.sendEdit("regenerate", [JSON.stringify(options)]);
    };

    Device.prototype.showBeat = function () {
        this.panel.showBeat(this.results.beat(this.current));
    };

    Device.prototype.scaleBpm = function (word) {
        this.correctBeat({ bpm: String(word) });
    };

    Device.prototype.setBpm = function (bpm) {
        var self = this;
        var rounded = Math.round(bpm * 1000) / 1000;
        this.bpmTask.cancel();
        this.bpmTask = new Task(function () { self.guard(self.correctBeat, { bpm: rounded }); });
        this.bpmTask.schedule(DEBOUNCE);
    };

    Device.prototype.setMeter = function (index) {
        if (Panel.METERS[index]) {
            this.correctBeat({ meter: Panel.METERS[index] });
        } else {
            this.panel.redrawBeat();
        }
    };

    // The files beside the song are written anew; the clip stays where it is, whatever they start with.
    Device.prototype.setFileStart = function () {
        this.sendEdit("regenerate", [JSON.stringify({ start: this.settings.fileStart() })]);
    };

    // Where the song is: {second, playing}, or null.
    Device.prototype.readPosition = function (song) {
        var entry = song.parts[0];
        var open = entry ? this.results.findClip(song, entry.part) : null;
        return SongPosition.read(song.source, open ? { clip: Live.byId(open.clip), timing: entry.timing } : null);
    };

    Device.prototype.setBarOne = function () {
        var at = this.readPosition(this.requireOwnBeat());
        if (!at) {
            refuse("no_place", "Play the song's clip, or put Live's insert marker into it on the first beat of a bar.");
        }
        this.correctBeat({ downbeat: at.second });
    };

    // Taps to a song that plays say where its beats are; others say how fast they are.
    Device.prototype.tap = function () {
        var self = this;
        var at = this.readPosition(this.requireOwnBeat());
        this.sendEdit("tap", [at && at.playing ? at.second : UNKNOWN], function (args) {
            var bpm = Number(args[3]);
            self.panel.showStatus(bpm ? args[2] + " taps, " + Number(bpm.toFixed(2)) + " bpm" : "1 tap");
        });
    };
}());
