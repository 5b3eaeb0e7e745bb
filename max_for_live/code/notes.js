// The notes of a clip: from seconds of the source to beats of the written clip.
var Notes = (function () {
    "use strict";

    var MIN_DURATION = 1 / 128; // beats
    var TOLERANCE = 0.01; // beats, 5 ms at 120 bpm: a stroke so little before the start of a clip or loop is on it
    var TICK = 1 / 480; // beats

    function placeNote(note, pass, from, to) {
        return {
            pitch: note.pitch,
            start_time: from - pass.from + pass.at,
            duration: Math.max(MIN_DURATION, Math.min(to, pass.to) - from),
            velocity: note.velocity,
            key: note.key
        };
    }

    function beatOf(timing, second, toTick) {
        var beat = Timing.beat(timing, second);
        return toTick ? Math.round(beat / TICK) * TICK : beat;
    }

    // What sounds of `notes` in a clip of this timing. With `toTick` each starts on a whole tick of Live's beats.
    function placeInClip(timing, notes, toTick) {
        var placed = [];
        var spans = notes.map(function (note) {
            return [beatOf(timing, note.onset, toTick), Timing.beat(timing, note.onset + note.duration)];
        });
        Timing.loopPasses(timing).forEach(function (pass) {
            notes.forEach(function (note, i) {
                if (spans[i][0] >= pass.from - TOLERANCE && spans[i][0] < pass.to - TOLERANCE) {
                    placed.push(placeNote(note, pass, Math.max(spans[i][0], pass.from), spans[i][1]));
                }
            });
        });
        return removeOverlaps(placed);
    }

    // Live cuts notes of one pitch that overlap. Here the earlier one ends where the next begins, and of two that
    // begin together the louder stays.
    function removeOverlaps(notes) {
        var last = {};
        var result = [];
        notes.slice().sort(function (a, b) {
            return a.start_time - b.start_time || b.velocity - a.velocity;
        }).forEach(function (note) {
            var before = last[note.pitch];
            if (before && note.start_time - before.start_time < MIN_DURATION) {
                before.velocity = Math.max(before.velocity, note.velocity);
                return;
            }
            if (before) {
                before.duration = Math.min(before.duration, note.start_time - before.start_time);
            }
            last[note.pitch] = note;
            result.push(note);
        });
        return result;
    }

    // The notes as the instrument wants them; `key` says which note of the .mid each one is.
    function mapPitches(notes, map) {
        return notes.map(function (note) {
            return {
                key: note.onset + " " + note.pitch, pitch: map ? Drums.translatePitch(map, note.pitch) : note.pitch,
                onset: note.onset, duration: note.duration, velocity: note.velocity
            };
        });
    }

    function formatCount(number) {
        return number + (number === 1 ? " note" : " notes");
    }

    return { placeInClip: placeInClip, mapPitches: mapPitches, formatCount: formatCount };
}());
