"""Tempo, beats and bars of a song.

One tempo is asked for first: songs made to a click are the rule, and a grid of one exact bpm lies on the audio in any
host (steady_tempo). Else there are a few constant stretches, or the players are followed (tempo_changes). Which
division of the bar is the beat is told by where drummers put their strokes (readings), where the bars begin by what
fills them (bar_lines) and by where the chord changes (chord_changes). What is played in free time gets no grid.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, product

import numpy as np

from bridge.timebase import Seconds
from daemon.pipeline.audio.semitones import Semitones
from daemon.pipeline.audio.superflux import Novelty
from daemon.pipeline.beats.bar_lines import SURE, Bars, cut_into_bars
from daemon.pipeline.beats.bar_patterns import Patterns, every_meter, load_patterns
from daemon.pipeline.beats.chord_changes import chord_changes
from daemon.pipeline.beats.counting import FEW, Count, Song, count_as_asked, count_by_ear, explain
from daemon.pipeline.beats.readings import SAME
from daemon.pipeline.beats.steady_tempo import Floats
from daemon.pipeline.records import BeatGrid, Hit, TimeSignature
from daemon.remarks import remark

MeterPair = tuple[int, int]  # numerator, denominator

DOTTED = 100.0  # bpm; faster threes are triplets in 4/4, unless the bars are of two
NO_BEAT = BeatGrid(  # 120: the tempo of a .mid that says none
    beats=(),
    downbeats=(),
    bpm=120.0,
    confidence=0.0,
    remarks=(remark("no_beat"),),
)


def track_beats(
    novelty: Novelty,
    hits: Sequence[Hit] = (),
    sound: Semitones | None = None,
    *,
    bpm: float | None = None,
    meter: MeterPair | None = None,
) -> BeatGrid:
    """The grid of a song, of whose bars the chords in its `sound` tell too. `bpm` and `meter`, (numerator,
    denominator), are taken as given where they are."""
    song = Song.of(novelty, [hit for hit in hits if hit.cluster >= 0])
    if len(song.seconds) < FEW:
        return _free(bpm, meter)
    meters = _meters(meter)
    count = count_as_asked(song, bpm, meters) if bpm else count_by_ear(song, meters)
    if count is None or len(count.beats) < 4:
        return _free(bpm, meter)
    changes = None if sound is None else chord_changes(sound, count.beats)
    quarters = count.patterns.quarters
    thirds = quarters == 1 and bpm is None and meter is None and _has_thirds(song, count.beats)
    meters = _alike(count.patterns, meter)
    bars = cut_into_bars(song.strokes, count.beats, meters, count.joints, changes, thirds=thirds)
    slow = 60 / float(np.median(np.diff(count.beats))) < DOTTED
    if thirds and (slow or bars.beats == 2):
        quarters = 1.5
        if bars.beats in (2, 4):
            bars = cut_into_bars(song.strokes, count.beats, _of_beat(quarters), count.joints, changes)
    return _grid(song, count, bars, quarters, bpm)


def _free(bpm: float | None, meter: MeterPair | None) -> BeatGrid:
    """Where no beat is heard, the bpm that was given still stands in the file."""
    numerator, denominator = meter or (4, 4)
    return NO_BEAT if bpm is None else replace(NO_BEAT, bpm=bpm, numerator=numerator, denominator=denominator)


def _meters(meter: MeterPair | None) -> tuple[Patterns, ...]:
    """Those that the song may be in. One that has no patterns is laid on the beats of the commonest."""
    if meter is None:
        return every_meter()
    asked = tuple(one for one in every_meter() if (one.numerator, one.denominator) == meter)
    return asked or load_patterns()[:1]


def _of_beat(quarters: float) -> tuple[Patterns, ...]:
    """The meters whose beat is so many quarter notes."""
    return tuple(one for one in every_meter() if one.quarters == quarters)


def _alike(patterns: Patterns, meter: MeterPair | None) -> tuple[Patterns, ...]:
    """The meters whose beat is the same note."""
    same = _of_beat(patterns.quarters)
    if meter is None:
        return same
    asked = tuple(one for one in same if (one.numerator, one.denominator) == meter)
    numerator, denominator = meter
    return asked or ((_stretch_map(same[0], numerator),) if denominator == patterns.denominator else (patterns,))


def _stretch_map(patterns: Patterns, beats: int) -> Patterns:
    """Bars of any other number of beats: they begin as bars of four do and go on in their way."""
    size = patterns.rates.shape[2] // patterns.beats
    order = [0] + [1 + i % (patterns.beats - 1) for i in range(beats - 1)]
    rates = np.concatenate([patterns.rates[:, :, i * size : (i + 1) * size] for i in order], axis=2)
    return Patterns(beats, patterns.denominator, rates, patterns.shares)


def _grid(song: Song, count: Count, bars: Bars, quarters: float, bpm: float | None) -> BeatGrid:
    times = count.beats
    denominator = count.patterns.denominator if quarters == count.patterns.quarters else 8
    tempo = 60 / float(np.median(np.diff(times)))
    per_beat = quarters * denominator / 4
    sizes = [(a, round((b - a) * per_beat)) for a, b in pairwise(bars.lines) if a < len(times)]
    changes = [now for before, now in zip([(0, 0), *sizes], sizes, strict=False) if now[1] != before[1]]
    grid = BeatGrid(
        beats=tuple(Seconds(round(float(t), 6)) for t in times),
        downbeats=tuple(line for line in bars.lines if line < len(times)),
        bpm=bpm or round(tempo * (1.0 if quarters == 1.5 else quarters), 4),
        numerator=round(bars.beats * per_beat),
        denominator=denominator,
        constant=count.constant,
        confidence=round(_confidence(song, count), 3),
        quarters=quarters,
        meters=tuple(TimeSignature(beat, n, denominator) for beat, n in changes) if len(changes) > 1 else (),
    )
    return grid if bpm else replace(grid, remarks=(*_octaves(grid.bpm, count), *_doubts(grid, bars)))


def _confidence(song: Song, count: Count) -> float:
    """How often such grids are right (beats F > .9): logistic in the log odds of the reading and the explained strokes.

    Fitted on the first 49 songs of tests/benchmarks/unheard_songs.py, rendered and heard from the mix, and on the 44 of
    tests/songs_with_beats.py.
    """
    share = min(0.99, _share(song, count))
    odds = 0.8 * np.log(share / (1 - share)) + 3.5 * (explain(song, count) - 0.5) - 0.7
    return float(1 / (1 + np.exp(-odds)))


def _share(song: Song, count: Count) -> float:
    """0..1: the probability of this tempo and phase among those of all readings."""
    best = count.readings[0]
    middle = float(np.median(song.seconds))
    alike = sum(np.exp(one.score - best.score) for one in count.rivals if one.agrees(best, middle))
    every = sum(np.exp(one.score - best.score) for one in count.rivals)
    return float((1 + alike) / (1 + every))


def _has_thirds(song: Song, times: Floats) -> bool:
    """Whether beats are in threes and the middle one is played too, as in 6/8 and 12/8."""
    place = np.interp(song.strokes.seconds, times, np.arange(len(times))) % 1.0
    count = np.bincount(np.round(place * 12).astype(int) % 12, minlength=12)
    threes, twos = min(count[4], count[8]), count[3] + count[6] + count[9]
    return bool(threes > 0.35 * count[0] and twos < 0.15 * (count[4] + count[8]))


def _octaves(bpm: float, count: Count) -> tuple[str, ...]:
    """The way to count that was closest."""
    best = count.readings[0]
    words = ((2.0, "double"), (0.5, "half"), (1.5, "in three halves"), (2 / 3, "in two thirds"),
             (4 / 3, "in four thirds"), (0.75, "in three quarters"))  # fmt: skip
    for rival, (factor, way) in product(count.rivals, words):
        if abs(np.log(rival.bpm / best.bpm / factor)) < SAME:
            return (remark("other_bpm", bpm=f"{bpm:.7g}", other=f"{bpm * factor:.7g}", way=way),)
    return ()


def _doubts(grid: BeatGrid, bars: Bars) -> tuple[str, ...]:
    """The bars that were closest, where they were close."""
    if bars.margin >= SURE:
        return ()
    meter = f"{grid.numerator}/{grid.denominator}"
    if bars.rival_beats == bars.beats:
        return (remark("bars_unsure", meter=meter, second=f"{grid.beats[bars.rival_start]:.3f}"),)
    other = f"{round(bars.rival_beats * grid.numerator / bars.beats)}/{grid.denominator}"
    return (remark("bars_unsure", 1, meter=meter, other=other),)
