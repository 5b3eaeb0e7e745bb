// What sidestick remarks on a song that was done all the same: the first one in the status, all in the Max window.
var Remarks = (function () {
    "use strict";

    // The status tells of the other separator, and the device places the notes itself.
    var ELSEWHERE = ["other_separator", "tempo_map"];

    // Once for each song, however often the daemon says it.
    function add(song, code, text) {
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

    return { add: add, summarize: summarize };
}());
