// Brings what sidestick wrote into Live: each part of a song into its clip.
var Results = (function () {
    "use strict";

    var RACK = 0;
    var GENERAL_MIDI = 1;
    var BAR = 4; // beats
    var MAKESHIFT = ". Separated without htdemucs, with more bleed: sidestick doctor says why";
    var TABLES = ",\n\"history\":"; // what follows in a manifest are corrections, notes and hits by the thousand

    // `settings` are the panel's wishes; `told(text)` shows a sentence.
    function Results(settings, told) {
        this.settings = settings;
        this.told = told;
        this.open = {};
    }

    // The part whose notes a .mid holds; none for the one of the whole song. A name that is taken gets a number.
    function part(path, song) {
        var title = Paths.title(path);
        var first = title.replace(/-\d+$/, "");
        var whole = Paths.title(song.source.path);
        var found = /\.([a-z]+)$/.exec(first);
        return found && title !== whole && first !== whole ? found[1] : "";
    }

    function outputs(song, pattern) {
        var folder = Paths.folder(song.manifest);
        return Files.json(song.manifest, TABLES).outputs.filter(function (output) {
            return pattern.test(output.kind);
        }).map(function (output) {
            return { name: pattern.exec(output.kind)[1], path: folder + "/" + output.path };
        });
    }

    // The .mid of every part that was asked for.
    function files(song) {
        var wanted = song.wanted;
        var found;
        if (wanted.length === 1 && part(song.midi, song) === wanted[0]) {
            return [{ name: wanted[0], path: song.midi }];
        }
        found = outputs(song, /^\.([a-z]+)\.mid$/).filter(function (file) { return wanted.indexOf(file.name) >= 0; });
        if (!found.length) {
            throw new Refusal("no_part", "sidestick wrote no notes for " + wanted.join(", ") + ". Is it up to date?");
        }
        return found;
    }

    Results.prototype.stems = function (song) {
        return outputs(song, /^\.stems\/([a-z]+)\./).map(function (stem) {
            return { name: song.source.name + " " + stem.name, path: stem.path };
        });
    };

    Results.prototype.voice = function (track) {
        var choice = this.settings.values.map;
        var found;
        if (choice === RACK || choice === GENERAL_MIDI) {
            return choice === RACK ? Drums.RACK : Drums.GM;
        }
        found = Rack.map(track);
        if (!found) {
            this.told("There is no Drum Rack with named pads on the track of the result; Live's usual pads are used.");
        }
        return found || Drums.RACK;
    };

    function midiNotes(path) {
        return MidiFile.read(path).reduce(function (all, track) { return all.concat(track.notes); }, []);
    }

    function placeOf(song, name) {
        return song.parts.filter(function (entry) { return entry.part === name; })[0];
    }

    // A dropped file tells its length by its last note: the clip ends with that bar.
    function bounded(timing, notes) {
        var end = notes.reduce(function (last, note) { return Math.max(last, note.onset + note.duration); }, 0);
        if (timing.last === null) {
            timing.last = timing.end = BAR * Math.max(1, Math.ceil(Timing.beat(timing, end) / BAR));
        }
    }

    function track(clip) {
        return Live.at("live_set tracks " + Live.trackIndex(clip));
    }

    Results.prototype.make = function (song, name, notes) {
        var made;
        var entry;
        bounded(song.source.timing, notes);
        made = Places.make(song.source, song.place, song.source.name + " " + name);
        entry = { part: name, at: Places.address(made.clip), timing: made.timing };
        song.parts.push(entry);
        if (name === "drums" && !song.map) {
            song.map = this.voice(track(made.clip));
        }
        return { clip: Number(made.clip.id), written: [], run: null };
    };

    Results.prototype.key = function (song, name) {
        return song.request + " " + name;
    };

    // The clip of a part, if the user has not deleted it: known from before, or found by its place.
    Results.prototype.opened = function (song, name) {
        var key = this.key(song, name);
        var known = this.open[key];
        var entry = placeOf(song, name);
        var clip = known ? Live.byId(known.clip) : entry ? Places.find(entry.at) : null;
        if (!clip || !Live.there(clip)) {
            return null;
        }
        if (!known) {
            this.open[key] = { clip: Number(clip.id), written: null, run: null };
        }
        return this.open[key];
    };

    // sidestick's ticks are those of Live's beats if it was told of them: then every line is met to the tick.
    function placed(song, name, notes) {
        var voiced = Notes.voiced(notes, name === "drums" ? song.map : null);
        return Notes.onto(placeOf(song, name).timing, voiced, song.beats);
    }

    // A part without a note gets no clip.
    Results.prototype.part = function (song, file) {
        var held = this.opened(song, file.name);
        var notes = midiNotes(file.path);
        var wanted;
        if (!held && !notes.length) {
            return 0;
        }
        if (!held) {
            song.parts = song.parts.filter(function (entry) { return entry.part !== file.name; });
            held = this.make(song, file.name, notes);
            this.open[this.key(song, file.name)] = held;
        }
        wanted = placed(song, file.name, notes);
        this.write(held, wanted);
        return wanted.length;
    };

    // While it is being written, notes of both states may be there.
    Results.prototype.write = function (held, wanted) {
        if (held.run) {
            held.run.cancel();
        }
        held.run = Writer.prepared(Live.byId(held.clip), held.written || wanted, wanted, function () {
            held.written = wanted;
            held.run = null;
        });
        held.written = (held.written || []).concat(wanted);
        held.run.start();
    };

    // What is to be said of the sound: nothing, or that the separator that was wished for could not be had.
    Results.prototype.remark = function (song) {
        var found = Files.exists(song.manifest) ? Files.json(song.manifest, TABLES) : {};
        var makeshift = (found.stages || []).some(function (stage) {
            return stage.stage === "separate" && stage.model === "embedded";
        });
        return makeshift && (found.options || {}).separator !== "embedded" ? MAKESHIFT : "";
    };

    // Whether a .mid is one of the parts that were asked for.
    Results.prototype.wants = function (song, path) {
        return song.wanted.indexOf(part(path, song)) >= 0;
    };

    // Writes the draft at that path, or else the final notes of all parts. Returns how many there are.
    Results.prototype.deliver = function (song, draft) {
        var self = this;
        var list = draft ? [{ name: part(draft, song), path: draft }] : files(song);
        // Each new track goes right beside the source: the first part is made last.
        return list.slice().reverse().reduce(function (count, file) { return count + self.part(song, file); }, 0);
    };

    // In a set that was opened anew: what sidestick wrote is told from its .mid, before that changes.
    Results.prototype.remember = function (song) {
        var self = this;
        song.parts.forEach(function (entry) {
            var held = self.opened(song, entry.part);
            var file = files(song).filter(function (one) { return one.name === entry.part; })[0];
            if (held && file && !held.written) {
                held.written = placed(song, entry.part, midiNotes(file.path));
            }
        });
    };

    // What sidestick wrote into the clip of the drums and what is in it now; null if the clip is gone.
    Results.prototype.compared = function (song) {
        var held = this.opened(song, "drums");
        if (!held) {
            return null;
        }
        return { written: held.written, existing: Live.notes(Live.byId(held.clip)) };
    };

    Results.prototype.revoice = function (song) {
        var held = this.opened(song, "drums");
        song.map = this.voice(held ? track(Live.byId(held.clip)) : Live.byId(song.source.track));
    };

    Results.prototype.holds = function (song, clip) {
        var self = this;
        return song.parts.some(function (entry) {
            var held = self.open[self.key(song, entry.part)];
            return held && held.clip === clip;
        });
    };

    return Results;
}());
