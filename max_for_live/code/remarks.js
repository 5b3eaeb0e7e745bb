// What sidestick remarks on a song that was done all the same: the first one in the status, all in the Max window.
var Remarks = (function () {
    "use strict";

    // The status tells of the other separator, and the device places the notes itself.
    var ELSEWHERE = ["other_separator", "tempo_map"];

    var BUTTONS = { half: "1/2", "double": "x 2", "in two thirds": "2/3", "in three halves": "3/2" };

    // What a remark says to do, in the words of this device: buttons and fields instead of options.
    function spell(text) {
        return text.replace(/ Set one, as with bpm=\d+\./, " Type its bpm, or tap it.")
            .replace(/; bpm=([\d.]+) counts it ([\w ]+)\./, function (all, bpm, way) {
                return BUTTONS[way] ? "; the button " + BUTTONS[way] + " makes it " + bpm + "."
                    : "; " + bpm + ", typed under Bpm, counts it " + way + ".";
            })
            .replace(/; downbeat=([\d.]+) puts one there, the next best place\./,
                "; the next best is at $1 s. Press Bar 1 Is Here where a bar begins.")
            .replace(/; meter=([\d\/]+) counts them otherwise, the next best\./,
                "; the next best is $1, chosen under Meter.");
    }

    // Once for each song, however often the daemon says it.
    function add(song, code, told) {
        var text = spell(told);
        song.remarks = song.remarks || [];
        if (ELSEWHERE.indexOf(code) < 0 && song.remarks.indexOf(text) < 0) {
            song.remarks.push(text);
            post("sidestick: " + song.source.name + ": " + text + "\n");
        }
    }

    // What follows the status of a song.
    function summarize(song) {
        var all = song.remarks || [];
        var more = all.length > 1 ? " (" + (all.length - 1) + " more in the Max window)" : "";
        return all.length ? ". " + all[0] + more : "";
    }

    return { add: add, summarize: summarize, spell: spell };
}());
