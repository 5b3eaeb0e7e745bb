"""Where a song changes, on bar lines, and which of its sections are alike.

Every bar is a point: what each drum plays on sixteen places, how much each part plays, which pitch classes the chords
hold. Sections are cut where the bars of each stay nearest to their mean, by the dynamic programming of change points
(R. Bellman and R. Roth, "Curve Fitting by Segmented Straight Lines", JASA 64, 1969).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.pipeline.beats.meter import has_beats
from daemon.pipeline.pitched.harmony import QUALITIES, Chord
from daemon.pipeline.records import BeatGrid, Hit, Part
from daemon.score.bars import SongBars

_SHORTEST = 4  # bars of a section
_FEWEST = 8  # bars of a song that may have sections
_PLACES = 16  # of a bar
_ROWS = ("kick", "snare", "toms", "hihat", "cymbals", "ride")
_REPEATS = (1, 2, 4, 8)  # bars after which a section repeats itself, if it does
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Chosen by a random search on 48 invented songs with sections, 24 without (tests/songs_with_sections.py, the grooves
# GROOVES and FIRST), and 38 rendered ones that never change; tests/score/test_sections.py keeps what others measure.
# What variances cost, so that of 332 performances of the Groove MIDI Dataset whose bars were shuffled 10 have sections.
_PART, _CHORD = 0.75, 0.5  # what these features weigh, drums 1
_CUT, _CUT_NOISE = 0.6, 1.3  # what a boundary costs: squared differences of bars, and variances of a bar
_UNEVEN = 0.6  # of that again, after a section of no multiple of 4 bars
_UNLIKE, _UNLIKE_NOISE = 0.1, 0.6  # squared difference of the means from which sections are not alike; in variances

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SongSection:
    """From `start` to `end` in seconds, both of them bar lines; those of one `label` (A, B, C in turn) are alike."""

    start: Seconds
    end: Seconds
    label: str


def find_sections(
    grid: BeatGrid, hits: Sequence[Hit], notes: Mapping[Part, Sequence[Seconds]], chords: Sequence[Chord] = ()
) -> tuple[SongSection, ...]:
    """From the first whole bar to the last sound; none where there is no beat or nothing ever changes.

    `notes` are the times at which those of each part begin.
    """
    lines = _bar_lines(grid, max((hit.onset for hit in hits), default=0.0), notes)
    count = len(lines) - 1
    if count < _FEWEST:
        return ()
    bars = np.hstack([_drum_features(hits, lines), _part_features(notes, lines), _chord_features(chords, lines)])
    noise = _bar_variance(bars)
    edges = _first_bars(bars, noise)
    labels = _labels(bars, edges, noise)
    starts = [n for n in range(len(labels)) if n == 0 or labels[n] != labels[n - 1]]
    if len(starts) < 2:
        return ()
    ends = [*(edges[n] for n in starts[1:]), count]
    names = {label: _section_name(place) for place, label in enumerate(dict.fromkeys(labels))}
    return tuple(
        SongSection(Seconds(float(lines[edges[n]])), Seconds(float(lines[end])), names[labels[n]])
        for n, end in zip(starts, ends, strict=True)
    )


def _section_name(place: int) -> str:
    """A to Z, then A2 to Z2."""
    return chr(ord("A") + place % 26) + (str(place // 26 + 1) if place >= 26 else "")


def _bar_lines(grid: BeatGrid, last: float, notes: Mapping[Part, Sequence[Seconds]]) -> Floats:
    """From the first downbeat to the end of the last bar in which a drum (`last`) or a note begins."""
    if not has_beats(grid):
        return np.zeros(0)
    last = max([last, *(onset for onsets in notes.values() for onset in onsets)])
    song = SongBars(grid, last)
    bars = [bar for bar in song.bars if bar.number > 0 and song.seconds(bar.start) < last - 0.1]
    return np.array([*(song.seconds(bar.start) for bar in bars), *(song.seconds(bar.end) for bar in bars[-1:])])


def _bar_places(onsets: Sequence[float], lines: Floats) -> NDArray[np.int64]:
    """The nearest place of each onset, counted from the first bar on; -1 outside."""
    count = len(lines) - 1
    bars = np.interp(np.asarray(onsets, np.float64), lines, np.arange(count + 1), -1, -1)
    places = np.round(_PLACES * bars).astype(np.int64)
    return np.where((places < 0) | (places >= _PLACES * count), -1, places)


def _drum_features(hits: Sequence[Hit], lines: Floats) -> Floats:
    """(bars, places x drums): how loud, 0-1, so that two common grooves differ by about 1; a ride is its own drum."""
    found = np.zeros(((len(lines) - 1) * _PLACES, len(_ROWS)))
    for hit, place in zip(hits, _bar_places([hit.onset for hit in hits], lines), strict=True):
        row = _ROWS.index("ride" if hit.label.startswith("ride") else hit.drum)
        if place >= 0:
            found[place, row] = max(found[place, row], hit.velocity / 127)
    found /= np.sqrt(8)
    return found.reshape(len(lines) - 1, -1)


def _part_features(notes: Mapping[Part, Sequence[Seconds]], lines: Floats) -> Floats:
    """(bars, parts): how many notes begin, 1 from four of them on."""
    found = np.zeros((len(lines) - 1, len(notes)))
    for column, onsets in enumerate(notes.values()):
        places = _bar_places(onsets, lines)
        found[:, column] = np.bincount(places[places >= 0] // _PLACES, minlength=len(lines) - 1)
    found = np.minimum(1.0, found / 4)
    return found * _PART


def _chord_features(chords: Sequence[Chord], lines: Floats) -> Floats:
    """(bars, 12): the share of a bar in which the chord holds each pitch class."""
    found = np.zeros((len(lines) - 1, 12))
    for chord in chords:
        inside = np.minimum(lines[1:], chord.onset + chord.duration) - np.maximum(lines[:-1], chord.onset)
        found[:, _pitch_classes(chord.name)] += (np.maximum(0.0, inside) / np.diff(lines))[:, None]
    return _CHORD * found


def _pitch_classes(name: str) -> list[int]:
    """Of C, Ebm, F#7 ...; none of N."""
    accidental = {"#": 1, "b": -1}.get(name[1:2], 0)
    steps = QUALITIES.get(name[1 + abs(accidental) :], ()) if name[:1] in _NATURALS else ()
    return [(_NATURALS[name[0]] + accidental + step) % 12 for step in steps]


def _bar_variance(bars: Floats) -> float:
    """How far bars of one section are from each other: what is left between those one repeat apart."""
    between = [np.sum((bars[lag:] - bars[:-lag]) ** 2, axis=1) for lag in _REPEATS if lag < len(bars)]
    return min(float(np.median(squares)) for squares in between) / 2


def _first_bars(bars: Floats, noise: float) -> list[int]:
    """The bar in which each section begins, the first one's included."""
    count, price = len(bars), _CUT + _CUT_NOISE * noise
    sums = np.vstack([np.zeros(bars.shape[1]), np.cumsum(bars, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum(np.sum(bars**2, axis=1))])
    best, origin = np.full(count + 1, np.inf), np.zeros(count + 1, np.int64)
    best[0] = 0.0
    for end in range(_SHORTEST, count + 1):
        starts = np.arange(end - _SHORTEST + 1)
        lengths = end - starts
        spread = squares[end] - squares[starts] - np.sum((sums[end] - sums[starts]) ** 2, axis=1) / lengths
        is_uneven = (lengths % 4 > 0) & (end < count)
        total = best[starts] + spread + price * (1 + _UNEVEN * is_uneven)
        origin[end], best[end] = np.argmin(total), np.min(total)
    edges = [int(origin[count])]
    while edges[0] > 0:
        edges.insert(0, int(origin[edges[0]]))
    return edges


def _labels(bars: Floats, edges: Sequence[int], noise: float) -> list[int]:
    """A number for each section, the same for those that are alike: the nearest are joined first."""
    pieces = [bars[start:end] for start, end in pairwise([*edges, len(bars)])]
    means, sizes = np.array([piece.mean(0) for piece in pieces]), np.array([len(piece) for piece in pieces])
    labels = np.arange(len(pieces))
    while len(means) > 1:
        own = np.sum(means**2, axis=1)
        by_chance = noise * (1 / sizes[:, None] + 1 / sizes)
        apart = own[:, None] + own - 2 * means @ means.T - by_chance
        apart[np.tril_indices(len(means))] = np.inf
        first, second = np.unravel_index(int(np.argmin(apart)), apart.shape)
        if apart[first, second] >= _UNLIKE + _UNLIKE_NOISE * noise:
            break
        means[first] = np.average(means[[first, second]], axis=0, weights=sizes[[first, second]])
        sizes[first] += sizes[second]
        labels[labels == second] = first
        labels[labels > second] -= 1
        means, sizes = np.delete(means, second, axis=0), np.delete(sizes, second)
    return [int(label) for label in labels]
