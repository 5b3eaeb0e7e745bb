"""A score as MusicXML 4: the drums on a percussion stave, the other parts below them, chords above.

Written by hand rather than through a library: what a drummer expects (heads, brackets round ghost notes, two voices)
is a few elements of the standard, and the standard's own order of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from bridge.drum_labels import SOUNDS
from daemon import __version__
from daemon.outlets.exports.musicxml_marks import add_attributes, chord_marks, swing_mark, tempo_mark, tempo_marks
from daemon.outlets.exports.musicxml_notes import DrumWriter, PitchWriter, VoiceWriter
from daemon.outlets.exports.song import ExportSong
from daemon.pipeline.beats.meter import quarters_per_beat
from daemon.pipeline.records import Part
from daemon.score.bars import Bar, SongBars
from daemon.score.drum_notation import drum_voices
from daemon.score.notation import Placed, Written, beat_units, trim_bars, write_bar
from daemon.score.pitched_notation import Clef, staves
from daemon.score.quantize import quantize
from daemon.score.swing import Swing

_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_DOCTYPE = (
    b'<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    b'"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
PERCUSSION = Clef("percussion", 0)


@dataclass(frozen=True, slots=True)
class _Voice:
    events: list[Placed[Any]]
    writer: VoiceWriter
    needed: bool = True  # rests where it has nothing


@dataclass(frozen=True, slots=True)
class _ScorePart:
    """A line of the part list. `labels` are the drums of a percussion part."""

    id: str
    name: str
    clefs: tuple[Clef, ...]
    voices: tuple[_Voice, ...]
    labels: tuple[str, ...] = ()


def to_bytes(song: ExportSong) -> bytes:
    """The score. The song must have a beat."""
    return encode(write_score(song))


@dataclass(frozen=True, slots=True)
class WrittenScore:
    """The elements, and when what stands in them is played."""

    root: Element
    bars: tuple[Bar, ...]
    song_bars: SongBars
    swing: Swing

    def seconds(self, quarters: float) -> float:
        """When the song plays what is written so many quarter notes after the start of the score."""
        written = np.array([self.bars[0].start + quarters])
        return self.song_bars.seconds(float(self.swing.bend(written)[0]))


def encode(written: WrittenScore) -> bytes:
    indent(written.root)
    text: str = tostring(written.root, encoding="unicode")
    return _HEAD + _DOCTYPE + text.encode("utf-8")


def write_score(song: ExportSong) -> WrittenScore:
    arrangement = song.arrangement
    root = Element("score-partwise", version="4.0")
    SubElement(SubElement(root, "work"), "work-title").text = arrangement.name
    encoding = SubElement(SubElement(root, "identification"), "encoding")
    SubElement(encoding, "software").text = f"sidestick {__version__}"
    song_bars = SongBars(arrangement.grid, arrangement.duration)
    swing = quantize(arrangement.hits, arrangement.grid, arrangement.options.grid).swing
    beat = beat_units(quarters_per_beat(arrangement.grid))
    parts = list(_parts(song, song_bars, swing, beat))
    places = [event.start for part in parts for voice in part.voices for event in voice.events]
    bars = trim_bars(song_bars.bars, places, beat)
    listed = SubElement(root, "part-list")
    for part in parts:
        _add_part(listed, part)
    marks = tempo_marks(bars, song_bars, quarters_per_beat(arrangement.grid))
    for index, part in enumerate(parts):
        measures = list(_measures(SubElement(root, "part", id=part.id), part, bars, beat, _fifths(song)))
        if index == 0:
            _add_directions(measures, marks, swing)
            for place, mark in chord_marks(arrangement.harmony, bars, song_bars):
                measures[place].insert(_after_attributes(measures[place]), mark)
    return WrittenScore(root, tuple(bars), song_bars, swing)


def _fifths(song: ExportSong) -> int:
    harmony = song.arrangement.harmony
    return harmony.key.signature.sharps if harmony and harmony.key.confidence > 0 else 0


def _parts(song: ExportSong, song_bars: SongBars, swing: Swing, beat: int) -> Iterator[_ScorePart]:
    arrangement = song.arrangement
    if Part.DRUMS in arrangement.options.parts:
        drums = drum_voices(arrangement.hits, arrangement.times, song_bars, swing, beat)
        used = {note.label for event in (*drums.hands, *drums.feet) for note in event.content}
        voices = (_Voice(drums.hands, DrumWriter(1)), _Voice(drums.feet, DrumWriter(2), needed=False))
        yield _ScorePart("P1", "Drums", (PERCUSSION,), voices, tuple(label for label in SOUNDS if label in used))
    for number, (part, notes) in enumerate(arrangement.notes.items(), 2):
        if part in arrangement.options.parts:
            found = staves(part, notes, song_bars, swing, beat)
            several = len(found) > 1
            lines = tuple(
                _Voice(stave.events, PitchWriter(1 + 4 * index, (index + 1) * several, _fifths(song)))
                for index, stave in enumerate(found)
            )
            yield _ScorePart(f"P{number}", part.capitalize(), tuple(stave.clef for stave in found), lines)


def _add_part(listed: Element, part: _ScorePart) -> None:
    """The part with an instrument for each drum; MusicXML counts MIDI notes from 1."""
    found = SubElement(listed, "score-part", id=part.id)
    SubElement(found, "part-name").text = part.name
    for label in part.labels:
        instrument = SubElement(found, "score-instrument", id=f"{part.id}-{label}")
        SubElement(instrument, "instrument-name").text = SOUNDS[label].name
    for label in part.labels:
        played = SubElement(found, "midi-instrument", id=f"{part.id}-{label}")
        SubElement(played, "midi-channel").text = "10"
        SubElement(played, "midi-unpitched").text = str(SOUNDS[label].pitch + 1)


def _measures(root: Element, part: _ScorePart, bars: Sequence[Bar], beat: int, fifths: int) -> Iterator[Element]:
    meter = (0, 0)
    written = [
        [write_bar(bar, beat, voice.events, full_rest=voice.needed, sustain=not part.labels) for bar in bars]
        for voice in part.voices
    ]
    for index, bar in enumerate(bars):
        pickup = {"implicit": "yes"} if index == 0 and bar.number <= 0 else {}
        measure = SubElement(root, "measure", {"number": str(bar.number), **pickup})
        meter = add_attributes(measure, bar, meter, part.clefs, None if part.labels else fifths)
        for number, voice in enumerate(part.voices):
            now = written[number][index]
            if not now:
                continue
            if number:
                length = str(sum(piece.value.length for piece in written[0][index]))
                SubElement(SubElement(measure, "backup"), "duration").text = length
            voice.writer.add(measure, now, _first_of(written[number], index + 1))
        if index + 1 == len(bars):
            SubElement(SubElement(measure, "barline", location="right"), "bar-style").text = "light-heavy"
        yield measure


def _first_of(bars: Sequence[Sequence[Written[Any]]], index: int) -> Written[Any] | None:
    return bars[index][0] if index < len(bars) and bars[index] else None


def _add_directions(measures: Sequence[Element], marks: dict[int, str], swing: Swing) -> None:
    """What stands above the whole score, in its first part."""
    if swing.unit:
        measures[0].insert(_after_attributes(measures[0]), swing_mark(swing))
    for index, mark in marks.items():
        measures[index].insert(_after_attributes(measures[index]), tempo_mark(mark))


def _after_attributes(measure: Element) -> int:
    return sum(child.tag in ("attributes", "direction", "harmony") for child in measure)
