"""Bass, voice, guitar and keys as notes on staves: one voice a stave, notes that sound together as chords."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from daemon.pipeline.records import Part
from daemon.score.bars import SongBars
from daemon.score.notation import QUARTER, Placed, snap
from daemon.score.note_cleanup import WrittenNote
from daemon.score.swing import Swing

_SHORTEST = QUARTER // 4  # units: lengths are written in sixteenths
_LEGATO = QUARTER // 2  # units: a shorter pause before the next note is a matter of playing, not of writing
_MIDDLE_C = 60
_LOW_VOICE = 57  # MIDI note: voices that lie lower in the middle read better with a clef that sounds an octave lower
_STEPS = "FCGDAEB"


@dataclass(frozen=True, slots=True)
class Clef:
    """`octave` -1 sounds an octave lower than it looks, as basses and guitars are written."""

    sign: str
    line: int
    octave: int = 0


@dataclass(frozen=True, slots=True)
class Stave:
    clef: Clef
    events: list[Placed[int]]


@dataclass(frozen=True, slots=True)
class Spelling:
    step: str
    alter: int
    octave: int


TREBLE, BASS = Clef("G", 2), Clef("F", 4)


def staves(part: Part, notes: Sequence[WrittenNote], song_bars: SongBars, swing: Swing, beat: int) -> list[Stave]:
    """Two for keys and for what nobody named, else one."""
    if part in (Part.PIANO, Part.OTHER):
        high = [note for note in notes if note.pitch >= _MIDDLE_C]
        low = [note for note in notes if note.pitch < _MIDDLE_C]
        hands = ((TREBLE, high), (BASS, low))
        return [Stave(clef, place_notes(hand, song_bars, swing, beat)) for clef, hand in hands]
    return [Stave(_clef(part, notes), place_notes(notes, song_bars, swing, beat))]


def _clef(part: Part, notes: Sequence[WrittenNote]) -> Clef:
    if part is Part.BASS:
        return Clef("F", 4, -1)
    low = part is Part.GUITAR or (notes and float(np.median([note.pitch for note in notes])) < _LOW_VOICE)
    return Clef("G", 2, -1) if low else TREBLE


def place_notes(notes: Iterable[WrittenNote], song_bars: SongBars, swing: Swing, beat: int) -> list[Placed[int]]:
    """Chords by place, each until the next one at most."""
    ordered = sorted(notes, key=lambda note: note.time)
    starts = _quarters([note.time for note in ordered], song_bars, swing)
    ends = _quarters([note.time + note.duration for note in ordered], song_bars, swing)
    chords, lengths = defaultdict[int, set[int]](set), defaultdict[int, int](int)
    for note, place, end in zip(ordered, snap(starts, beat, shortest=4), ends, strict=True):
        chords[place].add(note.pitch)
        lengths[place] = max(lengths[place], round(end * QUARTER) - place)
    places = sorted(chords)
    following = [*places[1:], None]
    return [
        Placed(place, _end(place, lengths[place], after, beat), tuple(sorted(chords[place])))
        for place, after in zip(places, following, strict=True)
    ]


def _quarters(times: Sequence[float], song_bars: SongBars, swing: Swing) -> list[float]:
    quarters = np.array([song_bars.quarters(time) for time in times])
    straight: list[float] = (swing.straighten(quarters) if swing.unit else quarters).tolist()
    return straight


def _end(place: int, length: int, following: int | None, beat: int) -> int:
    """Where a note ends: on the sixteenths, and at the next one where hardly anything is between."""
    if place % 3:  # a triplet lasts to the next note or to the end of its beat
        end = (place // beat + 1) * beat
    else:
        end = max(place + _SHORTEST, round((place + length) / _SHORTEST) * _SHORTEST)
    if following is None:
        return end
    if following % 3 and end // beat == following // beat:  # the rest before a triplet's note is part of the triplet
        end -= end % 4
    return following if following - end < _LEGATO or end <= place else end


def spell(pitch: int, fifths: int) -> Spelling:
    """A MIDI note as it is written in a key of so many sharps (flats below 0): its own notes, then the nearest."""
    place = next(f for f in range(fifths - 4, fifths + 8) if (7 * f - pitch) % 12 == 0)
    step, alter = _STEPS[(place + 1) % 7], (place + 1) // 7
    return Spelling(step, alter, (pitch - alter) // 12 - 1)


def key_alter(step: str, fifths: int) -> int:
    """What the key signature makes of a step."""
    order = _STEPS.index(step)
    return (fifths - order + 6) // 7 if fifths >= 0 else -((-fifths - (6 - order) + 6) // 7)
