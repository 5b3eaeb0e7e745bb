// Brings what sidestick wrote into Live: each part of a song into its clip.
var Results = (function () {
    "use strict";

    var DRUM_RACK = 0;
    var GENERAL_MIDI = 1;
    var BAR = 4; // beats
    var FALLBACK_WARNING = ". Separated without htdemucs, with more bleed: sidestick doctor says why";
    var MANIFEST_TABLES = ",\n\"history\":"; // after it a manifest has corrections, notes and hits by the thousand

    // `settings` are those of the panel; `showStatus(text)` shows a sentence.
    function Results(settings, showStatus) {
        this.settings = settings;
        this.showStatus = showStatus;
        this.clips = {};
    }

    // The part whose notes a .mid holds; none for the one of the whole song. A name that is taken gets a number.
    function partOfFile(path, song) {
        var title = Paths.title(path);
        var first = title.replace(/-\d+$/, "");
        var whole = Paths.title(song.source.path);
        var found = /\.([a-z]+)$/.exec(first);
        return found && title !== whole && first !== whole ? found[1] : "";
    }

    function listOutputs(song, pattern) {
        var folder = Paths.folder(song.manifest);
        return Files.readJson(song.manifest, MANIFEST_TABLES).outputs.filter(function (output) {
            return pattern.test(output.kind);
        }).map(function (output) {
            return { name: pattern.exec(output.kind)[1], path: folder + "/" + output.path };
        });
    }

    // Seconds of silence that sidestick wrote before the song, if the files begin with a bar.
    Results.prototype.padding = function (song) {
        return Files.exists(song.manifest) ? Number(Files.readJson(song.manifest, MANIFEST_TABLES).padding) || 0 : 0;
    };

    // The beat that the notes lie on: {bpm, numerator, denominator}, its bpm 0 where none was found.
    Results.prototype.beat = function (song) {
        var found = Files.readJson(song.manifest, MANIFEST_TABLES);
        var grid = found.corrected_grid || found.grid || { beats: [], numerator: 4, denominator: 4 };
        return {
            bpm: grid.beats.length ? Number(grid.bpm) : 0, numerator: grid.numerator, denominator: grid.denominator
        };
    };

    Results.prototype.stems = function (song) {
        return listOutputs(song, /^\.stems\/([a-z]+)\./).map(function (stem) {
            return { name: song.source.name + " " + stem.name, path: stem.path };
        });
    };

    Results.prototype.chooseDrumMap = function (track) {
        var choice = this.settings.values.map;
        var found;
        if (choice === DRUM_RACK || choice === GENERAL_MIDI) {
            return choice === DRUM_RACK ? Drums.DRUM_RACK : Drums.GM;
        }
        found = DrumRack.readMap(track);
        if (!found) {
            this.showStatus(
                "There is no Drum Rack with named pads on the track of the result; Live's usual pads are used.");
        }
        return found || Drums.DRUM_RACK;
    };

    function entryOf(song, name) {
        return song.parts.filter(function (entry) { return entry.part === name; })[0];
    }

    // A dropped file tells its length by its last note: the clip ends with that bar.
    function setEnd(timing, notes) {
        var end = notes.reduce(function (last, note) { return Math.max(last, note.onset + note.duration); }, 0);
        if (timing.last === null) {
            timing.last = timing.end = BAR * Math.max(1, Math.ceil(Timing.beat(timing, end) / BAR));
        }
    }

    function trackOf(clip) {
        return Live.byPath("live_set tracks " + Live.trackIndex(clip));
    }

    Results.prototype.createClip = function (song, name, notes) {
        var made;
        var entry;
        setEnd(song.source.timing, notes);
        made = MidiClip.create(song.source, song.place, song.source.name + " " + name);
        entry = { part: name, at: MidiClip.positionOf(made.clip), timing: made.timing };
        song.parts.push(entry);
        if (name === "drums" && !song.map) {
            song.map = this.chooseDrumMap(trackOf(made.clip));
        }
        return { clip: Number(made.clip.id), written: [], run: null };
    };

    Results.prototype.keyOf = function (song, name) {
        return song.request + " " + name;
    };

    // The clip of a part, if the user has not deleted it: known from before, or found by its place.
    Results.prototype.findClip = function (song, name) {
        var key = this.keyOf(song, name);
        var known = this.clips[key];
        var entry = entryOf(song, name);
        var clip = known ? Live.byId(known.clip) : entry ? MidiClip.find(entry.at) : null;
        if (!clip || !Live.exists(clip)) {
            return null;
        }
        if (!known) {
            this.clips[key] = { clip: Number(clip.id), written: null, run: null };
        }
        return this.clips[key];
    };

    // sidestick's ticks are those of Live's beats if it was sent them: then every line is met to the tick.
    function placeNotes(song, name, notes) {
        var mapped = Notes.mapPitches(notes, name === "drums" ? song.map : null);
        return Notes.placeInClip(entryOf(song, name).timing, mapped, song.beats);
    }

    // A part without a note gets no clip.
    Results.prototype.writePart = function (song, name, notes) {
        var open = this.findClip(song, name);
        var wanted;
        if (!open && !notes.length) {
            return 0;
        }
        if (!open) {
            song.parts = song.parts.filter(function (entry) { return entry.part !== name; });
            open = this.createClip(song, name, notes);
            this.clips[this.keyOf(song, name)] = open;
        }
        wanted = placeNotes(song, name, notes);
        this.startRun(open, wanted);
        return wanted.length;
    };

    // While it is being written, notes of both states may be there.
    Results.prototype.startRun = function (open, wanted) {
        if (open.run) {
            open.run.cancel();
        }
        open.run = NoteWriter.createRun(Live.byId(open.clip), open.written || wanted, wanted, function () {
            open.written = wanted;
            open.run = null;
        });
        open.written = (open.written || []).concat(wanted);
        open.run.start();
    };

    // A sentence if the embedded separator took the song apart because htdemucs was missing, else nothing.
    Results.prototype.separatorWarning = function (song) {
        var found = Files.exists(song.manifest) ? Files.readJson(song.manifest, MANIFEST_TABLES) : {};
        var fallback = (found.stages || []).some(function (stage) {
            return stage.stage === "separate" && stage.model === "embedded";
        });
        return fallback && (found.options || {}).separator !== "embedded" ? FALLBACK_WARNING : "";
    };

    // The part whose notes a .mid holds, if it is one of those that were asked for.
    Results.prototype.wantedPart = function (song, path) {
        var part = partOfFile(path, song);
        return song.wanted.indexOf(part) >= 0 ? part : "";
    };

    // Writes these parts of what sidestick listed. Returns how many notes there are.
    Results.prototype.writeNotes = function (song, names, listed) {
        var self = this;
        Live.beginUndo();
        try {
            // Each new track goes right beside the source: the first part is made last.
            return names.slice().reverse().reduce(function (sum, name) {
                return sum + self.writePart(song, name, listed[name] || []);
            }, 0);
        } finally {
            Live.endUndo();
        }
    };

    // The clips of which nobody knows any more what sidestick wrote: those of a set that was opened anew.
    Results.prototype.unknownClips = function (song) {
        var self = this;
        return song.parts.filter(function (entry) {
            var open = self.findClip(song, entry.part);
            return open && !open.written;
        });
    };

    // What sidestick wrote into them, before it changes.
    Results.prototype.setWrittenNotes = function (song, listed) {
        var self = this;
        this.unknownClips(song).forEach(function (entry) {
            self.findClip(song, entry.part).written = placeNotes(song, entry.part, listed[entry.part] || []);
        });
    };

    // What sidestick wrote into the clip of the drums and what is in it now; null if the clip is gone.
    Results.prototype.readDrumNotes = function (song) {
        var open = this.findClip(song, "drums");
        if (!open) {
            return null;
        }
        return { written: open.written, existing: Live.notes(Live.byId(open.clip)) };
    };

    Results.prototype.updateDrumMap = function (song) {
        var open = this.findClip(song, "drums");
        song.map = this.chooseDrumMap(open ? trackOf(Live.byId(open.clip)) : Live.byId(song.source.track));
    };

    Results.prototype.hasClip = function (song, clip) {
        var self = this;
        return song.parts.some(function (entry) {
            var open = self.clips[self.keyOf(song, entry.part)];
            return open && open.clip === clip;
        });
    };

    return Results;
}());
