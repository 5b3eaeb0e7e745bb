"""The drums as a drummer reads them: hands with stems up, feet with stems down, ghost notes, accents and flams."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from bridge.drum_labels import SOUNDS
from bridge.timebase import Seconds
from daemon.pipeline.records import Hit
from daemon.score.bars import SongBars
from daemon.score.dynamics import Dynamic, dynamics
from daemon.score.notation import Placed, snap
from daemon.score.swing import Swing

Head = Literal["normal", "x", "circle-x", "diamond", "triangle", "slashed"]

_FLAM = 0.055  # seconds between the two strokes of a flam at most; by hand
_MIDDLE = 0.06  # of a swung pair: what is so near to its first third is the middle of a triplet; by hand
_FLAM_DRUMS = ("snare", "toms")
_FAST = 3  # units: a 32nd
_ROLLS = ((24, 3), (12, 2))  # units of a quarter and an eighth, and the strokes that make 32nds of them
FEET = ("kick", "pedal_hihat")


@dataclass(frozen=True, slots=True)
class StavePlace:
    """Where a drum stands on five lines, named as in the treble clef, and its note head."""

    step: str
    octave: int
    head: Head = "normal"
    open: bool = False


# N. Weinberg, "Guidelines for Drumset Notation", Percussive Notes, June 1994; what it leaves open is near its kin.
PLACES: dict[str, StavePlace] = {
    "kick": StavePlace("F", 4), "snare": StavePlace("C", 5), "side_stick": StavePlace("C", 5, "x"),
    "rimshot": StavePlace("C", 5, "slashed"), "clap": StavePlace("C", 5, "triangle"),
    "high_tom": StavePlace("E", 5), "mid_tom": StavePlace("D", 5), "low_tom": StavePlace("B", 4),
    "floor_tom": StavePlace("A", 4), "closed_hihat": StavePlace("G", 5, "x"),
    "open_hihat": StavePlace("G", 5, "x", open=True), "pedal_hihat": StavePlace("D", 4, "x"),
    "ride": StavePlace("F", 5, "x"), "ride_bell": StavePlace("F", 5, "diamond"), "crash": StavePlace("A", 5, "x"),
    "crash_2": StavePlace("B", 5, "x"), "china": StavePlace("C", 6, "circle-x"), "splash": StavePlace("C", 6, "x"),
    "tambourine": StavePlace("B", 5, "triangle"), "cowbell": StavePlace("E", 5, "triangle"),
    "shaker": StavePlace("D", 6, "triangle"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DrumNote:
    """`roll` are the strokes through its stem: it stands for 32nds of the same drum, as long as the note lasts."""

    label: str
    dynamic: Dynamic = "plain"
    flam: bool = False
    roll: int = 0


@dataclass(frozen=True, slots=True)
class DrumVoices:
    hands: list[Placed[DrumNote]]
    feet: list[Placed[DrumNote]]


def drum_voices(
    hits: Sequence[Hit], times: Sequence[Seconds], song_bars: SongBars, swing: Swing, beat: int, *, rolls: bool = True
) -> DrumVoices:
    """Hits at their written times on the bars. Swung notes are straight; without `rolls` each stroke stands."""
    voices = _split_voices(_merge_flams(hits, times))
    hands, feet = (_events(_place(voice, song_bars, swing, beat), beat) for voice in voices)
    return DrumVoices(write_rolls(hands, beat), feet) if rolls else DrumVoices(hands, feet)


_Stroke = tuple[Seconds, DrumNote]


def _split_voices(strokes: Sequence[_Stroke]) -> tuple[list[_Stroke], list[_Stroke]]:
    """Hands and feet."""
    ordered = sorted(strokes, key=lambda stroke: stroke[0])
    return [s for s in ordered if s[1].label not in FEET], [s for s in ordered if s[1].label in FEET]


def _place(voice: Sequence[_Stroke], song_bars: SongBars, swing: Swing, beat: int) -> dict[int, dict[str, DrumNote]]:
    """The strokes of a voice by place and label. What is swung is written straight; whole triplets stay triplets."""
    found = defaultdict[int, dict[str, DrumNote]](dict)
    quarters = np.array([song_bars.quarters(time) for time, _ in voice])
    straight = swing.straighten(quarters) if swing.unit else quarters
    middle = np.abs(quarters / swing.pair % 1.0 - 1 / 3) < _MIDDLE
    triplets = np.isin(quarters // swing.pair, (quarters // swing.pair)[middle])
    straight = np.where(triplets, quarters, straight)
    for (_, note), place in zip(voice, snap(straight.tolist(), beat), strict=True):
        found[place].setdefault(note.label, note)
    return found


def _merge_flams(hits: Sequence[Hit], times: Sequence[Seconds]) -> list[_Stroke]:
    """The strokes to be written, each with its time: the first of two that make a flam is part of the second."""
    kinds = dynamics(hits)
    found: list[_Stroke] = []
    before: dict[str, tuple[int, float]] = {}
    for index in sorted(range(len(hits)), key=lambda index: hits[index].onset):
        hit = hits[index]
        note = DrumNote(hit.label, kinds[index])
        last, onset = before.get(hit.label, (-1, -1.0))
        is_flam = SOUNDS[hit.label].family in _FLAM_DRUMS and hit.onset - onset <= _FLAM and last >= 0
        if is_flam and not found[last][1].flam:
            found[last] = times[index], DrumNote(hit.label, _louder(found[last][1].dynamic, note.dynamic), flam=True)
            continue
        before[hit.label] = len(found), hit.onset
        found.append((times[index], note))
    return found


def _louder(one: Dynamic, other: Dynamic) -> Dynamic:
    return max(one, other, key=("ghost", "plain", "accent").index)


def _events(voice: dict[int, dict[str, DrumNote]], beat: int) -> list[Placed[DrumNote]]:
    """A stroke lasts to the next one of its voice, or to the end of its beat."""
    places = sorted(voice)
    ends = [*places[1:], 1 << 30][: len(places)]
    return [
        Placed(place, min(end, (place // beat + 1) * beat), tuple(sorted(voice[place].values(), key=_height)))
        for place, end in zip(places, ends, strict=True)
    ]


def write_rolls(events: Sequence[Placed[DrumNote]], beat: int) -> list[Placed[DrumNote]]:
    """32nds of one drum that fill a quarter or an eighth become one note with strokes through its stem."""
    found: list[Placed[DrumNote]] = []
    rolls = [(length, strokes) for length, strokes in _ROLLS if beat % length == 0]
    index = 0
    while index < len(events):
        fitting = (each for each in rolls if _is_roll(events[index : index + each[0] // _FAST], each[0]))
        length, strokes = next(fitting, (0, 0))
        if length:
            first = events[index]
            found.append(Placed(first.start, first.start + length, (replace(first.content[0], roll=strokes),)))
        else:
            found.append(events[index])
        index += max(1, length // _FAST)
    return found


def _is_roll(run: Sequence[Placed[DrumNote]], length: int) -> bool:
    """An accent may begin it; what has a flam or another drum in it is written out."""
    if len(run) * _FAST < length or run[0].start % length:
        return False
    even = all(event.end - event.start == _FAST and len(event.content) == 1 for event in run)
    joined = all(after.start == before.end for before, after in pairwise(run))
    notes = [event.content[0] for event in run]
    alike = len({note.label for note in notes}) == 1 and len({note.dynamic for note in notes[1:]}) == 1
    return even and joined and alike and not any(note.flam for note in notes)


def _height(note: DrumNote) -> tuple[int, int]:
    place = PLACES[note.label]
    return place.octave, "CDEFGAB".index(place.step)
