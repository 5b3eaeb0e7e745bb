"""Grooves come back from other programs as they were written."""

import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import partitura
import pytest
from lxml import etree

from bridge.timebase import Seconds
from daemon.outlets.exports import musicxml
from daemon.pipeline.pitched.harmony import Chord, Harmony, Key
from daemon.pipeline.records import Part
from daemon.score.drum_notation import FEET
from daemon.score.note_cleanup import WrittenNote
from daemon.score.pitched_notation import key_alter, spell
from tests.grooves import GROOVES, METERS
from tests.outlets.exports.score_readers import Symbol, drum_symbols, engraved_pages, parse, uneven_bars
from tests.written_songs import ROCK, written_song

MARKS = {"x": "", "X": "accent", "o": "ghost", "f": ""}
FUNK = {
    "closed_hihat": "xxxxxxxxxxxxxx..|xxxxxxxxxxxxxxxx|",
    "open_hihat": "..............x.|................|",
    "snare": "....x..o.o..x..o|.o..x..o.o..x.xx|",
    "kick": "x..x..x...x..x..|x.x...x..xx....x|",
    "crash": "x...............|................|",
}
FILL = {
    "snare": "xxxx....|f...f...|",
    "high_tom": "....xx..|.x......|",
    "floor_tom": "......xx|......x.|",
    "pedal_hihat": "..x...x.|..x...x.|",
    "ride_bell": "........|x.x.x.x.|",
}
SHUFFLE = {
    "ride": "x.xx.xx.xx.x|x.xx.xx.xx.x|",
    "snare": "...x.....x..|...x.....xxx|",
    "kick": "x.....x.....|x..x..x.x...|",
}


def expected(rows, numerator=4, denominator=4):
    """The symbols of the rows."""
    bar = Fraction(4 * numerator, denominator)
    found = set()
    for label, row in rows.items():
        for number, cells in enumerate(row.strip("|").split("|"), 1):
            for index, cell in enumerate(cells):
                place = bar * index / len(cells)
                if cell != ".":
                    found.add(Symbol(number, place, label, MARKS[cell]))
                if cell == "f":
                    found.add(Symbol(number, place, label, "flam"))
    return found


def straight(symbols):
    """Swung eighths are written straight: the last third of a beat, unless the beat is a whole triplet."""
    whole = {(s.bar, s.place // 1, s.label in FEET) for s in symbols if s.place % 1 == Fraction(1, 3)}
    return {
        s._replace(place=s.place // 1 + Fraction(1, 2))
        if s.place % 1 == Fraction(2, 3) and (s.bar, s.place // 1, s.label in FEET) not in whole
        else s
        for s in symbols
    }


def groove(name):
    """A groove of tests/grooves.py as rows, twice; kick, snare, hi-hat, ..."""
    labels = ("kick", "snare", "closed_hihat", "crash", "high_tom", "ride")
    rows = (row.strip().replace("|", "").replace("o", "x") for row in GROOVES[name].split(";"))
    return {label: f"{row}|{row}|" for label, row in zip(labels, rows, strict=False)}


def accuracy(found, wanted):
    return 2 * len(found & wanted) / (len(found) + len(wanted))


def test_a_shuffle_is_written_straight_with_its_mark():
    data = musicxml.to_bytes(written_song(SHUFFLE))
    assert drum_symbols(data) == straight(expected(SHUFFLE))
    assert b"<swing-type>eighth</swing-type>" in data and uneven_bars(data) == []


@pytest.mark.parametrize("rows", [ROCK, FUNK, FILL], ids=["rock", "funk", "fill"])
def test_a_groove_comes_back_as_it_was_written(rows):
    data = musicxml.to_bytes(written_song(rows))
    wanted = expected(rows) if rows is not ROCK else {s._replace(mark="") for s in expected(rows)}
    assert drum_symbols(data) == wanted
    assert uneven_bars(data) == []


@pytest.mark.parametrize("name", GROOVES)
def test_grooves_in_all_meters_come_back(name):
    numerator, denominator = METERS.get(name, (4, 4))
    rows = groove(name)
    exact = written_song(rows, bpm=100, numerator=numerator, denominator=denominator)
    wanted = expected(rows, numerator, denominator)
    if name in ("shuffle", "swing"):
        wanted = straight(wanted)
    assert accuracy(drum_symbols(musicxml.to_bytes(exact)), wanted) >= 0.95
    assert uneven_bars(musicxml.to_bytes(exact)) == []


@pytest.mark.parametrize("reader", [parse, engraved_pages, lambda data: partitura.load_musicxml(io.BytesIO(data))])
@pytest.mark.parametrize("rows", [ROCK, FUNK, FILL, SHUFFLE], ids=["rock", "funk", "fill", "shuffle"])
def test_every_reader_opens_it(rows, reader):
    assert reader(musicxml.to_bytes(written_song(rows, first=0.7, pickup=1)))


def with_part(song, part, rows, harmony=None):
    """`rows` of (pitch, start, length) in quarter notes."""
    quarter = 60 / song.arrangement.grid.bpm
    notes = tuple(
        WrittenNote(number, pitch, Seconds(0), Seconds(start * quarter), Seconds(length * quarter), 80, 0.9)
        for number, (pitch, start, length) in enumerate(rows)
    )
    options = song.arrangement.options.model_copy(update={"parts": (Part.DRUMS, part)})
    changed = replace(song.arrangement, notes={part: notes}, options=options, harmony=harmony)
    return replace(song, arrangement=changed)


def sounding(data, part=1):
    """(pitch, start, length in quarter notes) with ties taken together, from music21."""
    found = parse(data).parts[part].stripTies().flatten().notes
    return [(p.midi, float(n.offset), float(n.quarterLength)) for n in found for p in n.pitches]


BASS_LINE = [(28, 0, 1), (31, 1, 0.5), (33, 1.5, 2), (28, 3.5, 1.5), (40, 5, 0.75), (38, 5.75, 0.25), (36, 6, 2)]


def test_a_bass_line_comes_back_with_its_ties():
    data = musicxml.to_bytes(with_part(written_song(ROCK), Part.BASS, BASS_LINE))
    assert sounding(data) == BASS_LINE
    assert uneven_bars(data) == []
    assert b"<clef-octave-change>-1</clef-octave-change>" in data and b'<tie type="start"' in data


def test_a_short_pause_is_no_rest_and_a_long_one_is():
    data = musicxml.to_bytes(with_part(written_song(ROCK), Part.BASS, [(28, 0, 0.8), (31, 1, 0.5), (33, 3, 1)]))
    assert sounding(data) == [(28, 0, 1), (31, 1, 0.5), (33, 3, 1)]


def test_keys_have_a_staff_for_each_hand():
    data = musicxml.to_bytes(
        with_part(written_song(ROCK), Part.PIANO, [(48, 0, 2), (64, 0, 1), (67, 0, 1), (72, 1, 1)])
    )
    assert uneven_bars(data) == []
    score = parse(data)
    right, left = score.parts[1], score.parts[2]
    assert [p.midi for n in right.flatten().notes for p in n.pitches] == [64, 67, 72]
    assert [p.midi for n in left.flatten().notes for p in n.pitches] == [48]


def test_notes_are_spelt_in_the_key_of_the_song():
    harmony = Harmony(Key(3, False, 0.9), (Chord(Seconds(0), Seconds(2), "Eb"), Chord(Seconds(2), Seconds(2), "Bb7")))
    data = musicxml.to_bytes(
        with_part(written_song(ROCK), Part.BASS, [(39, 0, 1), (44, 1, 1), (42, 2, 1), (42, 3, 1)], harmony)
    )
    bass = parse(data).parts[1]
    assert [n.name for n in bass.flatten().notes if not hasattr(n, "chordKind")] == ["E-", "A-", "G-", "G-"]
    assert bass.flatten().getElementsByClass("KeySignature")[0].sharps == -3
    shown = [n.pitch.accidental.displayStatus for n in bass.flatten().notes if hasattr(n, "pitch")]
    assert data.count(b"<accidental>") == 1 and shown
    assert [c.figure for c in parse(data).parts[0].flatten().getElementsByClass("ChordSymbol")] == ["E-", "B-7"]


@pytest.mark.parametrize(
    ("pitch", "fifths", "name"),
    [
        (61, 0, "C#"),
        (61, -4, "Db"),
        (66, 6, "F#"),
        (66, -6, "Gb"),
        (70, 2, "Bb"),
        (70, 4, "A#"),
        (70, -1, "Bb"),
        (59, -6, "Cb"),
        (60, 7, "B#"),
    ],
)
def test_a_note_is_spelt_by_its_key(pitch, fifths, name):
    found = spell(pitch, fifths)
    assert found.step + {-1: "b", 0: "", 1: "#"}[found.alter] == name
    assert 12 * (found.octave + 1) + "C D EF G A B".index(found.step) + found.alter == pitch


def test_a_signature_alters_its_own_notes():
    altered = {fifths: {step: key_alter(step, fifths) for step in "CDEFGAB"} for fifths in (2, -3, 0, 7)}
    assert altered[2] == {**dict.fromkeys("CDEFGAB", 0), "F": 1, "C": 1}
    assert altered[-3] == {**dict.fromkeys("CDEFGAB", 0), "B": -1, "E": -1, "A": -1}
    assert set(altered[0].values()) == {0} and set(altered[7].values()) == {1}


def test_what_is_played_before_bar_1_is_a_pickup():
    song = written_song({"snare": "xxxx|x...|"}, first=1.0, pickup=2)
    early = replace(song.arrangement.hits[0], id=99, onset=Seconds(0.5))
    arrangement = replace(
        song.arrangement, hits=(early, *song.arrangement.hits), times=(Seconds(0.5), *song.arrangement.times)
    )
    data = musicxml.to_bytes(replace(song, arrangement=arrangement))
    first = etree.fromstring(data).find("part/measure")
    assert (first.get("number"), first.get("implicit")) == ("0", "yes")
    assert sum(int(d.text) for d in first.findall("note/duration")) == 24
    assert uneven_bars(data) == []


def test_a_change_of_meter_and_of_tempo_is_written_where_it_happens():
    song = written_song({"kick": "x...|x...|x...|"})
    beats = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.1, 4.7, 5.3]
    grid = replace(song.arrangement.grid, beats=tuple(map(Seconds, beats)), downbeats=(0, 4, 7, 10), constant=False)
    hits = tuple(replace(song.arrangement.hits[n], onset=Seconds(t)) for n, t in enumerate((0.0, 2.0, 3.5)))
    arrangement = replace(
        song.arrangement, grid=grid, hits=hits, times=tuple(h.onset for h in hits), duration=Seconds(5.3)
    )
    data = musicxml.to_bytes(replace(song, arrangement=arrangement))
    bars = etree.fromstring(data).findall("part/measure")
    assert [bar.findtext("attributes/time/beats") for bar in bars] == ["4", "3", None]
    assert [bar.findtext("direction/direction-type/metronome/per-minute") for bar in bars] == ["120", None, "100"]


def test_six_eight_counts_dotted_quarters():
    rows = {"closed_hihat": "xxxxxx|", "snare": "...x..|", "kick": "x....x|"}
    song = written_song(rows, bpm=90, numerator=6, denominator=8)
    grid = replace(
        song.arrangement.grid, beats=song.arrangement.grid.beats[::3], downbeats=(0, 2), bpm=60.0, quarters=1.5
    )
    data = musicxml.to_bytes(replace(song, arrangement=replace(song.arrangement, grid=grid)))
    assert drum_symbols(data) == expected(rows, 6, 8)
    root = etree.fromstring(data)
    assert root.find(".//beat-unit-dot") is not None and root.findtext(".//per-minute") == "60"
    assert not root.findall(".//time-modification")


def test_no_value_is_shorter_than_a_32nd():
    rng = np.random.default_rng(7)
    song = written_song({"snare": "x" * 32 + "|", "closed_hihat": "x" * 24 + "|", "kick": "x" * 20 + "|"})
    times = tuple(Seconds(max(0.0, t + rng.normal(0, 0.02))) for t in song.arrangement.times)
    data = musicxml.to_bytes(replace(song, arrangement=replace(song.arrangement, times=times)))
    assert {e.text for e in etree.fromstring(data).iter("type")} <= {
        "whole",
        "half",
        "quarter",
        "eighth",
        "16th",
        "32nd",
    }
    assert uneven_bars(data) == []


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("part", [Part.BASS, Part.PIANO])
def test_bars_add_up_whatever_is_played(part, seed):
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.uniform(0, 15.5, 40))
    rows = [(int(rng.integers(30, 90)), float(start), float(rng.uniform(0.05, 2))) for start in starts]
    data = musicxml.to_bytes(with_part(written_song({"snare": "x...|" * 4}), part, rows))
    assert uneven_bars(data) == []
    for note in etree.fromstring(data).iter("note"):
        if note.find("type") is not None and note.find("duration") is not None:
            length = {"whole": 96, "half": 48, "quarter": 24, "eighth": 12, "16th": 6, "32nd": 3}[note.findtext("type")]
            length = length * 3 // 2 if note.find("dot") is not None else length
            length = length * 2 // 3 if note.find("time-modification") is not None else length
            assert int(note.findtext("duration")) == length


@pytest.mark.slow
@pytest.mark.parametrize("reader", [engraved_pages, lambda data: partitura.load_musicxml(io.BytesIO(data))])
def test_twenty_grooves_open_in_every_reader(reader):
    for name in GROOVES:
        numerator, denominator = METERS.get(name, (4, 4))
        assert reader(
            musicxml.to_bytes(written_song(groove(name), bpm=110, numerator=numerator, denominator=denominator))
        )


def tremolos(data):
    """(bar, type of the note, strokes through its stem) of every roll."""
    return [
        (int(bar.get("number")), note.findtext("type"), int(note.findtext("notations/ornaments/tremolo")))
        for bar in etree.fromstring(data).iter("measure")
        for note in bar.iter("note")
        if note.find("notations/ornaments/tremolo") is not None
    ]


ROLL = {
    "snare": "x.......x.......xxxxxxxxxxxxxxxx|Xxxxxxxxx.......xxxxx...........|",
    "kick": "x...............x...............|x...............x...............|",
}


def test_a_roll_is_a_note_with_strokes_through_its_stem():
    data = musicxml.to_bytes(written_song(ROLL, bpm=80))
    assert tremolos(data) == [(1, "quarter", 3), (1, "quarter", 3), (2, "quarter", 3), (2, "eighth", 2)]
    assert {s.mark for s in drum_symbols(data) if s.bar == 2 and s.place == 0 and s.label == "snare"} == {"accent"}
    assert uneven_bars(data) == [] and engraved_pages(data) == 1


@pytest.mark.parametrize("row", ["xxxoxxoxxxXxxoxx", "xfxxxxfxxxxfx.xx"], ids=["uneven", "flam"])
def test_strokes_that_are_not_alike_are_written_out(row):
    data = musicxml.to_bytes(written_song({"snare": f"{row}{'.' * 16}|", "kick": f"x{'.' * 31}|"}, bpm=60))
    assert tremolos(data) == []
