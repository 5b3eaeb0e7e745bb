"""Hits and beats as a clip that a DAW can put at bar 1 beside the audio.

Tick 0 is second 0 of the audio, every beat falls on its tick and every downbeat on a bar line. What comes before
the first beat is a lead-in whose tempo makes it end exactly there.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, inf
from typing import NamedTuple

from bridge.drum_map import DrumMap
from bridge.notes import DRUM_CHANNEL, Clip, ClipNote, Marker, Track
from bridge.timebase import PPQ, SLOWEST, Meter, Seconds, TempoMap, Ticks
from daemon.pipeline.beats.meter import (
    beats_per_bar,
    has_beats,
    interval_after,
    interval_before,
    quarters_per_beat,
    steady,
)
from daemon.pipeline.records import BeatGrid, Hit

_PER_TICK = PPQ * 1e6  # from seconds per tick to microseconds per quarter note
_NO_LEAD = 0.015  # seconds: a first beat this early is the start of the file; chosen by hand
_FASTEST_LEAD = 960  # bpm; what is shorter than a quarter note at it becomes a bar of 1/16
_SHORT_LEAD = 0.25  # quarter notes, the bar of 1/16
_ON_TICK = 0.4  # ticks between a beat and its tick at most, so that a note on the beat is written on the beat
_PLAIN_BPM = 120.0  # the MIDI standard's own, where no beat was found


def clip(name: str, tracks: Sequence[Track], grid: BeatGrid, duration: Seconds) -> Clip:
    """The whole transcription of `duration` seconds of audio."""
    return Clip(name, tempo_map(grid, duration), tuple(tracks), duration, tuple(_markers(grid)))


def drum_track(
    hits: Sequence[Hit],
    times: Sequence[Seconds],
    drum_map: DrumMap,
    *,
    note_ms: float = 50.0,
    name: str = "Drums",
) -> Track:
    """A note per hit at its time, `note_ms` long or until the next note of its pitch."""
    pitches = {label: drum_map.pitch(label) for label in {hit.label for hit in hits}}
    longest, following = note_ms / 1000, dict.fromkeys(pitches.values(), inf)
    notes = []
    ids = [hit.id for hit in hits]  # no two are equal, so hits themselves are not compared
    for time, _, hit in sorted(zip(times, ids, hits, strict=True), reverse=True):
        pitch = pitches[hit.label]
        notes.append(ClipNote(pitch, time, Seconds(min(longest, following[pitch] - time)), hit.velocity))
        following[pitch] = time
    return Track(name, DRUM_CHANNEL, tuple(reversed(notes)))


def tempo_map(grid: BeatGrid, duration: Seconds) -> TempoMap:
    """Tempo and meter for `duration` seconds: 120 bpm in 4/4 where no beat was found.

    A tempo holds until a beat would be more than 0.4 ticks off: a steady song has one (and rarely a correction of
    one microsecond per beat), a song that breathes has one per beat where it must.
    """
    if not has_beats(grid):
        return TempoMap.constant(_PLAIN_BPM)
    grid = steady(grid)
    return TempoMap.of(list(_tempi(_anchors(grid, duration))), list(_meters(grid)))


def _markers(grid: BeatGrid) -> Iterator[Marker]:
    """The first downbeat, where the song does not start with it."""
    if has_beats(grid) and grid.downbeats and grid.beats[grid.downbeats[0]] > _NO_LEAD:
        yield Marker(steady(grid).beats[grid.downbeats[0]], "Downbeat")


class _Anchor(NamedTuple):
    """A beat that sounds at `second` and is written at `tick`."""

    tick: int
    second: float


def _lead(grid: BeatGrid) -> float:
    """Quarter notes before the first beat: as many beats as fit best, or 1/16, or none."""
    first, beat = grid.beats[0], quarters_per_beat(grid)
    if first < _NO_LEAD:
        return 0.0
    beats = max(1, round(first / interval_before(grid.beats)))
    return beats * beat if 60 * beats * beat / first <= _FASTEST_LEAD else _SHORT_LEAD


def _beat_ticks(grid: BeatGrid) -> int:
    return round(PPQ * quarters_per_beat(grid))


def _anchors(grid: BeatGrid, duration: float) -> list[_Anchor]:
    """Second 0, then every beat, going on evenly to the end of the audio."""
    lead = round(_lead(grid) * PPQ)
    times = [*grid.beats] if lead else [0.0, *grid.beats[1:]]
    last, interval = times[-1], interval_after(grid.beats)
    times += [last + interval * n for n in range(1, int((duration - last) / interval) + 1)]
    beats = [_Anchor(lead + i * _beat_ticks(grid), time) for i, time in enumerate(times)]
    return [_Anchor(0, 0.0), *beats] if lead else beats


def _tempi(anchors: Sequence[_Anchor]) -> Iterator[tuple[Ticks, int]]:
    """(tick, microseconds per quarter note); each tempo reaches as many anchors as it can."""
    here, second = 0, 0.0
    while here < len(anchors) - 1:
        start = _Anchor(anchors[here].tick, second)
        microseconds, reached = _longest(start, anchors[here:])
        yield Ticks(start.tick), microseconds
        here += reached
        second += (anchors[here].tick - start.tick) * microseconds / _PER_TICK


def _longest(start: _Anchor, anchors: Sequence[_Anchor]) -> tuple[int, int]:
    """The one tempo from `start` that keeps the most anchors on their ticks, and how many those are."""
    low, high, reached = 1.0, float(SLOWEST), 0
    for before, anchor in pairwise(anchors):
        ticks = anchor.tick - start.tick
        slack = _ON_TICK * (anchor.second - before.second) / (anchor.tick - before.tick)
        exact = (anchor.second - start.second) * _PER_TICK / ticks
        low, high = max(low, exact - slack * _PER_TICK / ticks), min(high, exact + slack * _PER_TICK / ticks)
        if reached and ceil(low) > floor(high):
            break
        reached, best = reached + 1, min(max(round(exact), ceil(low)), floor(high))
    return min(max(best, 1), SLOWEST), reached


def _meters(grid: BeatGrid) -> Iterator[Meter]:
    """A time signature wherever the length of a bar changes."""
    lead, beat = round(_lead(grid) * PPQ), _beat_ticks(grid)
    sixteenth = lead % beat != 0
    if sixteenth:
        yield Meter(Ticks(0), 1, 16)
    start, before = (lead, 0) if sixteenth else (0, lead // beat)
    if grid.meters:
        yield from _grid_meters(grid, start, before)
        return
    current = 0
    for position, beats in _bars(grid, before):
        if beats != current:
            yield _meter(Ticks(start + position * beat), beats, grid)
        current = beats


def _grid_meters(grid: BeatGrid, start: int, before: int) -> Iterator[Meter]:
    """The meters of the grid, behind a pickup of what is left before the first bar line."""
    first, ticks = grid.meters[0], _beat_ticks(grid)
    bar = round(4 * first.numerator / first.denominator / quarters_per_beat(grid))
    position = before + first.beat
    if pickup := position % bar:
        yield Meter(Ticks(start), round(pickup * first.numerator / bar), first.denominator)
    if position >= bar:
        yield Meter(Ticks(start + pickup * ticks), first.numerator, first.denominator)
    for told in grid.meters[position >= bar :]:
        yield Meter(Ticks(start + (before + told.beat) * ticks), told.numerator, told.denominator)


def _bars(grid: BeatGrid, before: int) -> Iterator[tuple[int, int]]:
    """(beats since the start, beats in the bar) of every kind of bar in turn.

    `before` beats of lead-in and those before the first downbeat are a pickup: the short bar comes first. Later a
    short bar comes last.
    """
    bar = beats_per_bar(grid)
    position = before + (grid.downbeats[0] if grid.downbeats else 0)
    if position % bar:
        yield 0, position % bar
    if position >= bar:
        yield position % bar, bar
    for gap in (b - a for a, b in pairwise(grid.downbeats)):
        if gap >= bar:
            yield position, bar
        if gap % bar:
            yield position + gap - gap % bar, gap % bar
        position += gap
    yield position, bar


def _meter(tick: Ticks, beats: int, grid: BeatGrid) -> Meter:
    """A bar of so many beats, in the note of the grid's meter or a smaller one that it needs."""
    denominator = grid.denominator
    while not (numerator := beats * quarters_per_beat(grid) * denominator / 4).is_integer() and denominator < 64:
        denominator *= 2
    return Meter(tick, max(1, round(numerator)), denominator)
