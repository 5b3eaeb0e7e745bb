// Puts notes into a clip, a few hundred at a time so that Live stays fluid. Only what differs is touched, and notes
// that the user added stay.
var NoteWriter = (function () {
    "use strict";

    var CHUNK = 400;
    var PAUSE = 15; // milliseconds between two chunks
    var TOLERANCE = 1e-3;

    function isSame(a, b) {
        return Math.abs(a.duration - b.duration) < TOLERANCE && Math.abs(a.velocity - b.velocity) < 1;
    }

    // The notes to take away and those to add.
    function diffNotes(written, wanted, existing) {
        var before = NoteMatching.match(written, existing);
        var ours = before.same.concat(before.edited).map(function (pair) { return pair[1]; });
        var after = NoteMatching.match(wanted, ours);
        var changed = after.same.filter(function (pair) { return !isSame(pair[0], pair[1]); }).concat(after.edited);
        return {
            remove: after.own.concat(changed.map(function (pair) { return pair[1]; })),
            add: after.gone.concat(changed.map(function (pair) { return pair[0]; }))
        };
    }

    function toLiveNote(note) {
        return {
            pitch: note.pitch, start_time: note.start_time, duration: note.duration, velocity: note.velocity
        };
    }

    function removeById(clip, notes) {
        notes.forEach(function (note) { clip.call("remove_notes_by_id", note.note_id); });
    }

    function removeByPosition(clip, notes) {
        notes.forEach(function (note) {
            clip.call("remove_notes_extended", note.pitch, 1, note.start_time - TOLERANCE / 2, TOLERANCE);
        });
    }

    function removalStep(clip, notes) {
        return function () {
            if (Live.hasFunction(clip, "remove_notes_by_id")) {
                removeById(clip, notes);
            } else {
                removeByPosition(clip, notes);
            }
        };
    }

    function additionStep(clip, notes) {
        return function () {
            clip.call("add_new_notes", { notes: notes.map(toLiveNote) });
        };
    }

    function splitChunks(items, make) {
        var found = [];
        var at;
        for (at = 0; at < items.length; at += CHUNK) {
            found.push(make(items.slice(at, at + CHUNK)));
        }
        return found;
    }

    function Run(steps, finished) {
        var self = this;
        this.steps = steps;
        this.finished = finished;
        this.task = new Task(function () { self.next(); });
    }

    Run.prototype.start = function () {
        Live.beginUndo();
        this.next();
    };

    Run.prototype.next = function () {
        var step = this.steps.shift();
        if (step) {
            step();
        }
        if (this.steps.length) {
            this.task.schedule(PAUSE);
        } else {
            Live.endUndo();
            this.finished();
        }
    };

    Run.prototype.cancel = function () {
        if (this.steps.length) {
            this.steps = [];
            this.task.cancel();
            Live.endUndo();
        }
    };

    // What goes into one slice is not seen half done.
    function createSteps(clip, todo) {
        var steps = splitChunks(todo.remove, function (part) { return removalStep(clip, part); });
        steps = steps.concat(splitChunks(todo.add, function (part) { return additionStep(clip, part); }));
        if (todo.remove.length + todo.add.length > CHUNK) {
            return steps;
        }
        return [function () { steps.forEach(function (step) { step(); }); }];
    }

    // A run that, once started, brings the clip from the `written` notes to the `wanted` ones and calls `finished`.
    function createRun(clip, written, wanted, finished) {
        var todo = diffNotes(written, wanted, Live.notes(clip));
        return new Run(createSteps(clip, todo), finished);
    }

    return { createRun: createRun };
}());
