// What sidestick wrote for a job, as it lists it: the notes of each part in seconds of the song.
var JobNotes = (function () {
    "use strict";

    var HITS = ",\n\"notes\":"; // after it a listing has what corrections need

    function toNote(row) {
        return { onset: row[0], duration: row[1], pitch: row[2], velocity: row[3] };
    }

    // {part: [{pitch, velocity, onset, duration}]}, each part by time.
    function read(path) {
        var parts = {};
        Files.readJson(path, HITS).tracks.forEach(function (track) {
            parts[track.part] = (parts[track.part] || []).concat(track.notes.rows.map(toNote));
        });
        Object.keys(parts).forEach(function (part) {
            parts[part].sort(function (a, b) { return a.onset - b.onset || a.pitch - b.pitch; });
        });
        return parts;
    }

    return { read: read };
}());
