// Reads the .mid files that sidestick writes: notes in seconds of the audio, by track.
var MidiFile = (function () {
    "use strict";

    var DATA_BYTES = { 8: 2, 9: 2, 10: 2, 11: 2, 12: 1, 13: 1, 14: 2 };
    var END_OF_TRACK = 0x2f;
    var TEMPO = 0x51;
    var TRACK_NAME = 0x03;

    function Reader(bytes, path) {
        this.bytes = bytes;
        this.at = 0;
        this.path = path;
    }

    Reader.prototype.fail = function () {
        throw new UserError("damaged", Paths.name(this.path) + " is not a complete .mid file. Transcribe it again.");
    };

    Reader.prototype.readByte = function () {
        if (this.at >= this.bytes.length) {
            this.fail();
        }
        this.at += 1;
        return this.bytes[this.at - 1];
    };

    Reader.prototype.readNumber = function (size) {
        var value = 0;
        var i;
        for (i = 0; i < size; i += 1) {
            value = value * 256 + this.readByte();
        }
        return value;
    };

    Reader.prototype.readVariableLength = function () {
        var value = 0;
        var next;
        do {
            next = this.readByte();
            value = value * 128 + (next & 0x7f);
        } while (next & 0x80);
        return value;
    };

    Reader.prototype.readBytes = function (size) {
        this.at += size;
        if (this.at > this.bytes.length) {
            this.fail();
        }
        return this.bytes.slice(this.at - size, this.at);
    };

    Reader.prototype.readChunkHeader = function (expected) {
        if (Files.ascii(this.bytes, this.at, this.at + 4) !== expected) {
            this.fail();
        }
        this.at += 4;
        return this.readNumber(4);
    };

    function readMetaEvent(reader, track, tick) {
        var type = reader.readByte();
        var content = reader.readBytes(reader.readVariableLength());
        if (type === TEMPO) {
            track.tempi.push({ tick: tick, microseconds: content[0] * 65536 + content[1] * 256 + content[2] });
        } else if (type === TRACK_NAME) {
            track.name = Files.ascii(content, 0, content.length);
        }
        return type !== END_OF_TRACK;
    }

    function endNote(track, sounding, key, tick) {
        var note = sounding[key];
        if (note) {
            note.end = tick;
            track.notes.push(note);
            delete sounding[key];
        }
    }

    function handleChannelEvent(track, sounding, tick, status, data) {
        var key = (status & 15) * 128 + data[0];
        var on = status >> 4 === 9 && data[1] > 0;
        if (on || status >> 4 === 8 || status >> 4 === 9) {
            endNote(track, sounding, key, tick);
        }
        if (on) {
            sounding[key] = { pitch: data[0], velocity: data[1], tick: tick };
        }
    }

    function readEvent(reader, track, sounding, state) {
        var first = reader.readByte();
        if (first === 0xff) {
            return readMetaEvent(reader, track, state.tick);
        }
        if (first === 0xf0 || first === 0xf7) {
            reader.readBytes(reader.readVariableLength());
            return true;
        }
        if (first < 0x80) {
            reader.at -= 1;
        } else {
            state.status = first;
        }
        if (!DATA_BYTES[state.status >> 4]) {
            reader.fail();
        }
        handleChannelEvent(track, sounding, state.tick, state.status, reader.readBytes(DATA_BYTES[state.status >> 4]));
        return true;
    }

    function readTrack(reader) {
        var track = { name: "", tempi: [], notes: [] };
        var sounding = {};
        var state = { tick: 0, status: 0 };
        reader.readChunkHeader("MTrk");
        do {
            state.tick += reader.readVariableLength();
        } while (readEvent(reader, track, sounding, state));
        return track;
    }

    // Points in seconds where the tempo changes, {tick, second, microseconds}.
    function tempoMap(tempi, division) {
        var points = [{ tick: 0, second: 0, microseconds: 500000 }];
        tempi.sort(function (a, b) { return a.tick - b.tick; });
        tempi.forEach(function (tempo) {
            var last = points[points.length - 1];
            var second = last.second + (tempo.tick - last.tick) * last.microseconds / (division * 1e6);
            if (tempo.tick === last.tick) {
                points.pop();
            }
            points.push({ tick: tempo.tick, second: second, microseconds: tempo.microseconds });
        });
        return points;
    }

    function createSecondOf(points, division) {
        var at = 0;
        return function (tick) {
            while (at > 0 && points[at].tick > tick) {
                at -= 1;
            }
            while (at + 1 < points.length && points[at + 1].tick <= tick) {
                at += 1;
            }
            return points[at].second + (tick - points[at].tick) * points[at].microseconds / (division * 1e6);
        };
    }

    function toSeconds(track, second) {
        var notes = track.notes.map(function (note) {
            var from = second(note.tick);
            return { pitch: note.pitch, velocity: note.velocity, onset: from, duration: second(note.end) - from };
        });
        notes.sort(function (a, b) { return a.onset - b.onset || a.pitch - b.pitch; });
        return { name: track.name, notes: notes };
    }

    // [{name, notes: [{pitch, velocity, onset, duration}]}], tracks without notes left out.
    function parse(bytes, path) {
        var reader = new Reader(bytes, path);
        var tracks = [];
        var tempi = [];
        var count;
        var division;
        var second;
        reader.readChunkHeader("MThd");
        reader.readNumber(2);
        count = reader.readNumber(2);
        division = reader.readNumber(2);
        while (tracks.length < count) {
            tracks.push(readTrack(reader));
        }
        tracks.forEach(function (track) { tempi = tempi.concat(track.tempi); });
        second = createSecondOf(tempoMap(tempi, division), division);
        return tracks.filter(function (track) { return track.notes.length; }).map(function (track) {
            return toSeconds(track, second);
        });
    }

    function read(path) {
        return parse(Files.readBytes(path), path);
    }

    return { read: read, parse: parse };
}());
