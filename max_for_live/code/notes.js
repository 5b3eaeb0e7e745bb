// The notes of a clip: from seconds of the source to beats of the written clip.
var Notes = (function () {
    "use strict";

    var SHORTEST = 1 / 128; // beats
    var SAME = 1e-6;
    var TICK = 1 / 480; // beats

    function placed(note, pass, from, to) {
        return {
            pitch: note.pitch,
            start_time: from - pass.from + pass.at,
            duration: Math.max(SHORTEST, Math.min(to, pass.to) - from),
            velocity: note.velocity,
            key: note.key
        };
    }

    function beatOf(timing, second, toTick) {
        var beat = Timing.beat(timing, second);
        return toTick ? Math.round(beat / TICK) * TICK : beat;
    }

    // What sounds of `notes` in a clip of this timing. With `toTick` each starts on a whole tick of Live's beats.
    function onto(timing, notes, toTick) {
        var found = [];
        var spans = notes.map(function (note) {
            return [beatOf(timing, note.onset, toTick), Timing.beat(timing, note.onset + note.duration)];
        });
        Timing.passes(timing).forEach(function (pass) {
            notes.forEach(function (note, i) {
                if (spans[i][0] >= pass.from - SAME && spans[i][0] < pass.to - SAME) {
                    found.push(placed(note, pass, Math.max(spans[i][0], pass.from), spans[i][1]));
                }
            });
        });
        return apart(found);
    }

    // Live cuts notes of one pitch that overlap. Here the earlier one ends where the next begins, and of two that
    // begin together the louder stays.
    function apart(notes) {
        var last = {};
        var kept = [];
        notes.slice().sort(function (a, b) {
            return a.start_time - b.start_time || b.velocity - a.velocity;
        }).forEach(function (note) {
            var before = last[note.pitch];
            if (before && note.start_time - before.start_time < SHORTEST) {
                before.velocity = Math.max(before.velocity, note.velocity);
                return;
            }
            if (before) {
                before.duration = Math.min(before.duration, note.start_time - before.start_time);
            }
            last[note.pitch] = note;
            kept.push(note);
        });
        return kept;
    }

    // The notes as the instrument wants them; `key` says which note of the .mid each one is.
    function voiced(notes, map) {
        return notes.map(function (note) {
            return {
                key: note.onset + " " + note.pitch, pitch: map ? Drums.translated(map, note.pitch) : note.pitch,
                onset: note.onset, duration: note.duration, velocity: note.velocity
            };
        });
    }

    function counted(number) {
        return number + (number === 1 ? " note" : " notes");
    }

    return { onto: onto, apart: apart, voiced: voiced, counted: counted };
}());
