"""A given tempo: the tempo map of a DAW, beats as they are, the first downbeat, the meter.

A DAW sends its tempo map with `process` or `regenerate`, in seconds of the source:

    {"tempo_map": [[-0.75, 120, 4, 4], [61.25, 96.5, 3, 4]], "downbeat": 1.25}

A mark is [second, bpm, numerator, denominator] (the meter is 4/4 if left out) and holds until the next one; bpm counts
quarter notes, whatever the meter. Second 0 of the source may lie anywhere in a bar, so a mark may have a negative
second; before the first mark its tempo holds too. A bar starts at the first mark and wherever the meter changes; a mark
that keeps the meter may lie inside a bar. `downbeat` is any second at which a bar starts, where the first mark does not
lie on one. A ramp is sent as a mark per beat. A map is a few bytes a mark and fits into a datagram; one of any length
fits into the spool. A song whose beats are known one by one is sent as {"beats": [...], "downbeats": [0, 4]}.

Such a grid is the truth: hits go to it and do not bend it, and the tempo map of the .mid follows it. A new map or new
beats take the place of all that was told before; an undo brings it back, and null the heard beats.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil, floor, inf
from statistics import median

from bridge.timebase import Seconds
from daemon.pipeline.beats.meter import compound, has_beats, interval_after, interval_before, quarters_per_beat
from daemon.pipeline.records import BeatGrid, TimeSignature
from daemon.pipeline.tempo_settings import TempoMark, TempoSettings, split_meter

_SAME = 0.25  # of a beat: a downbeat this near to a heard beat is that beat, else the grid moves; by hand
_ROUNDING = 1e-6  # quarter notes
_ENOUGH = 12  # quarter notes that are laid however short the song is: there are always two beats


def grid_from_settings(settings: TempoSettings, duration: Seconds) -> BeatGrid | None:
    """The grid that `settings` give, cut to the song, if they give one."""
    if settings.tempo_map is not None:
        return _grid_from_map(settings.tempo_map, settings.downbeat, duration)
    return _grid_from_beats(settings, settings.beats) if settings.beats is not None else None


def correct_grid(heard: BeatGrid, settings: TempoSettings) -> BeatGrid:
    """The heard grid with the downbeat and the meter of `settings`.

    A heard beat keeps its length in quarter notes, whatever note the meter counts, so that a setting never changes the
    tempo: 7/8 halves the beats, 2/2 takes two of them. Only 6/8, 9/8 and 12/8 make dotted quarters of heard quarters.
    """
    if not has_beats(heard) or (settings.downbeat is None and settings.meter is None):
        return heard
    meter = split_meter(settings.meter) if settings.meter else (heard.numerator, heard.denominator)
    numerator, denominator = meter
    grid = heard if settings.downbeat is None else _move_to_downbeat(heard, settings.downbeat)
    if settings.meter is None and grid.meters:
        return _move_bars(grid, settings.downbeat)
    quarters = 1.5 if compound(numerator, denominator) else min(1.0, quarters_per_beat(heard))
    bar = 4 * numerator / denominator / quarters
    parts = next((n for n in range(1, 17) if (n * bar).is_integer()), 1)
    split = _split_beats(grid, parts)
    bars = range(_first_downbeat(split, settings.downbeat), len(split.beats), max(1, round(bar * parts)))
    return replace(
        split,
        downbeats=tuple(bars),
        numerator=numerator,
        denominator=denominator,
        quarters=quarters / parts,
        meters=(),
    )


def _move_bars(grid: BeatGrid, downbeat: float | None) -> BeatGrid:
    """Where the meter changes, a given downbeat moves all bar lines alike."""
    first = _first_downbeat(grid, downbeat)
    by = first - min(grid.downbeats, key=lambda i: abs(i - first))
    moved = tuple(i + by for i in grid.downbeats if 0 <= i + by < len(grid.beats))
    meters = tuple(replace(one, beat=max(0, one.beat + by)) for one in grid.meters)
    return replace(grid, downbeats=moved, meters=meters)


def _split_beats(grid: BeatGrid, parts: int) -> BeatGrid:
    """Every beat in so many even parts."""
    if parts == 1:
        return grid
    beats = [*grid.beats, grid.beats[-1] + interval_after(grid.beats)]
    times = [a + (b - a) * n / parts for a, b in pairwise(beats) for n in range(parts)]
    downbeats = tuple(i * parts for i in grid.downbeats)
    return replace(grid, beats=tuple(Seconds(round(time, 6)) for time in times), downbeats=downbeats)


def _first_downbeat(grid: BeatGrid, downbeat: float | None) -> int:
    if downbeat is None:
        return grid.downbeats[0] if grid.downbeats else 0
    return min(range(len(grid.beats)), key=lambda i: abs(grid.beats[i] - downbeat))


def _move_to_downbeat(heard: BeatGrid, downbeat: float) -> BeatGrid:
    """The grid with a beat at `downbeat`: the heard ones, or all of them later by the same part of a beat."""
    beats = [heard.beats[0] - interval_before(heard.beats), *heard.beats]
    after = max(0, min(bisect_right(beats, downbeat), len(beats) - 1) - 1)
    part = (downbeat - beats[after]) / (beats[after + 1] - beats[after]) % 1.0
    if min(part, 1 - part) < _SAME:
        return heard
    beats.append(beats[-1] + interval_after(heard.beats))
    times = [a + part * (b - a) for a, b in pairwise(beats)]
    return replace(heard, beats=tuple(Seconds(round(time, 6)) for time in times if time >= 0))


def _grid_from_beats(settings: TempoSettings, beats: Sequence[float]) -> BeatGrid:
    """The beats as they were sent. Those before second 0 are let go, but two always stay."""
    gone = min(sum(beat < 0 for beat in beats), len(beats) - 2)
    kept = tuple(Seconds(max(0.0, beat)) for beat in beats[gone:])
    meter = split_meter(settings.meter) if settings.meter else None
    told = settings.downbeats or range(0, len(beats), meter[0] if meter else 4)
    downbeats = tuple(i - gone for i in told if i >= gone)
    gaps = [b - a for a, b in pairwise(told)]
    bar = round(median(gaps)) if gaps else meter[0] if meter else 4
    numerator, denominator = meter or (bar, 4)
    quarters = _quarters_of_beats(bar, numerator, denominator)
    bars = zip(told, gaps, [0, *gaps], strict=False)
    meters = tuple(
        TimeSignature(i - gone, round(gap * quarters * denominator / 4), denominator)
        for i, gap, last in bars
        if gap != last and i >= gone
    )
    bpm = 60 / median(b - a for a, b in pairwise(kept))
    return BeatGrid(
        beats=kept,
        downbeats=downbeats,
        bpm=round(bpm, 4),
        numerator=numerator,
        denominator=denominator,
        constant=False,
        quarters=quarters,
        meters=meters,
    )


def _quarters_of_beats(bar: int, numerator: int, denominator: int) -> float:
    """How long beats are, `bar` of them in a bar: quarters if those fill it, as in 2/2, else as the meter counts."""
    if bar * denominator == 4 * numerator:
        return 1.0
    return (3 if compound(numerator, denominator) and numerator == 3 * bar else 1) * 4 / denominator


class _QuarterClock:
    """Seconds to quarter notes and back; quarter note 0 is at the first mark."""

    def __init__(self, marks: Sequence[TempoMark]) -> None:
        self._marks = marks
        lengths = ((b.second - a.second) * a.bpm / 60 for a, b in pairwise(marks))
        self._quarters = list(accumulate(lengths, initial=0.0))

    def quarter(self, second: float) -> float:
        i = max(0, bisect_right(self._marks, second, key=lambda mark: mark.second) - 1)
        return self._quarters[i] + (second - self._marks[i].second) * self._marks[i].bpm / 60

    def second(self, quarter: float) -> float:
        i = max(0, bisect_right(self._quarters, quarter) - 1)
        return self._marks[i].second + (quarter - self._quarters[i]) * 60 / self._marks[i].bpm


@dataclass(frozen=True, slots=True)
class _Section:
    """The song from quarter note `start` to `end`, in one meter. A bar starts at `line`."""

    mark: TempoMark
    start: float
    end: float
    line: float


@dataclass(frozen=True, slots=True)
class _Beat:
    second: float
    downbeat: bool
    section: _Section


def _grid_from_map(marks: Sequence[TempoMark], downbeat: float | None, duration: Seconds) -> BeatGrid:
    unit, sections = _beat_unit(marks), _sections(marks, downbeat)
    beats = [beat for beat in _lay_beats(sections, unit, _QuarterClock(marks), duration) if beat.second >= 0]
    beats = [beat for i, beat in enumerate(beats) if i < 2 or beat.second <= duration]
    downbeats = tuple(i for i, beat in enumerate(beats) if beat.downbeat)
    interval, mark = median(b.second - a.second for a, b in pairwise(beats)), beats[len(beats) // 2].section.mark
    return BeatGrid(
        beats=tuple(Seconds(round(beat.second, 9)) for beat in beats),
        downbeats=downbeats,
        bpm=round(60 / interval * (1.0 if unit == 1.5 else unit), 4),
        numerator=mark.numerator,
        denominator=mark.denominator,
        constant=False,
        quarters=unit,
        meters=tuple(_signatures(beats, downbeats)),
    )


def _sections(marks: Sequence[TempoMark], downbeat: float | None) -> list[_Section]:
    """One for each change of meter; `downbeat` says where the bars are in the one in which it lies."""
    clock = _QuarterClock(marks)
    changes = [marks[0], *(b for a, b in pairwise(marks) if a.meter != b.meter)]
    lines = [clock.quarter(mark.second) for mark in changes]
    ends = [*lines[1:], inf]
    if downbeat is not None:
        anchor = clock.quarter(downbeat)
        lines[next(i for i, end in enumerate(ends) if anchor < end)] = anchor
    starts = [-inf, *ends[:-1]]
    return [_Section(*each) for each in zip(changes, starts, ends, lines, strict=True)]


def _lay_beats(sections: Sequence[_Section], unit: float, clock: _QuarterClock, duration: Seconds) -> Iterator[_Beat]:
    """The beats of the song and some more. One just before a change of meter would be the first beat after it."""
    first, last = clock.quarter(0.0) - _ROUNDING, max(clock.quarter(duration), clock.quarter(0.0) + _ENOUGH)
    for section in sections:
        bar = round(4 * section.mark.numerator / section.mark.denominator / unit)
        here, there = max(first, section.start - _ROUNDING), min(last, section.end - unit / 2)
        for number in range(ceil((here - section.line) / unit), floor((there - section.line) / unit) + 1):
            second = clock.second(section.line + number * unit)
            yield _Beat(0.0 if abs(second) < _ROUNDING else second, number % bar == 0, section)


def _signatures(beats: Sequence[_Beat], downbeats: Sequence[int]) -> Iterator[TimeSignature]:
    before = None
    for i in downbeats:
        if (section := beats[i].section) is not before:
            yield TimeSignature(i, *section.mark.meter)
        before = section


def _beat_unit(marks: Sequence[TempoMark]) -> float:
    """Quarter notes in a beat: that of the meter, or the smallest where several meters count differently."""
    natural = {1.5 if compound(*mark.meter) else 4 / mark.denominator for mark in marks}
    return natural.pop() if len(natural) == 1 else min(4 / mark.denominator for mark in marks)
