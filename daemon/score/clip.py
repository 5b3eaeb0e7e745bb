"""Hits and beats as a clip that a DAW can put at bar 1 beside the audio.

Where the clip starts is a setting of three words (`Options.start`):

audio  Tick 0 is second 0 of the audio and there is one tempo, so that every note lies at its time in any host that runs
       at this tempo, whether it imports tempo maps or not. Bar lines stand where they fall. For songs of one tempo.
bars   Everything that is written starts earlier by a padding, so that the first downbeat falls on a bar line.
map    Tick 0 is second 0 of the audio and the tempo map leads the bars through it: every beat falls on its tick and
       every downbeat on a bar line. What comes before the first beat is a pickup bar. For hosts that import tempo maps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, inf, log
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
    shift_grid,
    steady,
)
from daemon.pipeline.options import FileStart
from daemon.pipeline.records import BeatGrid, Hit

_PER_TICK = PPQ * 1e6  # from seconds per tick to microseconds per quarter note
_NO_LEAD = 0.015  # seconds: a first beat this early is the start of the file; chosen by hand
_LEADS = (1.0, 0.75, 0.5, 0.375, 0.25, 0.1875, 0.125, 0.0625)  # of a beat: a pickup at most 1.23 times off the tempo
_ON_TICK = 0.4  # ticks between a beat and its tick at most, so that a note on the beat is written on the beat
_PLAIN_BPM = 120.0  # the MIDI standard's own, where no beat was found


def clip(name: str, tracks: Sequence[Track], grid: BeatGrid, duration: Seconds, start: FileStart | None = None) -> Clip:
    """The whole transcription of `duration` seconds of audio, and of the padding before it where there is one."""
    before = padding(grid, start)
    moved = tuple(track_later(track, before) for track in tracks) if before else tuple(tracks)
    markers = tuple(Marker(Seconds(marker.time + before), marker.text) for marker in _markers(grid))
    return Clip(name, tempo_map(grid, duration, start), moved, Seconds(duration + before), markers)


def file_start(grid: BeatGrid, start: FileStart | None) -> FileStart:
    """Where files start: as was asked, else with the audio where one tempo describes the song."""
    if start is None or (start == "audio" and not grid.constant):
        return "audio" if grid.constant else "map"
    return start


def padding(grid: BeatGrid, start: FileStart | None) -> Seconds:
    """Seconds of silence before the audio in everything that is written: none unless it starts with a bar."""
    if file_start(grid, start) != "bars" or not has_beats(grid) or not grid.downbeats:
        return Seconds(0.0)
    grid = steady(grid)
    first, interval = grid.beats[0], interval_before(grid.beats)
    bar = beats_per_bar(grid)
    beats = -grid.downbeats[0] % bar
    while beats * interval < first - _NO_LEAD:
        beats += bar
    return Seconds(round(max(0.0, beats * interval - first), 6))


def track_later(track: Track, seconds: float) -> Track:
    """The notes of a track, bends included, that much later."""
    return replace(track, notes=tuple(_note_later(note, seconds) for note in track.notes))


def _note_later(note: ClipNote, seconds: float) -> ClipNote:
    bends = tuple(replace(bend, time=Seconds(bend.time + seconds)) for bend in note.bends)
    return replace(note, onset=Seconds(note.onset + seconds), bends=bends)


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
    longest, following = Seconds(note_ms / 1000), dict.fromkeys(pitches.values(), inf)
    notes = []
    order = sorted(range(len(hits)), key=[hit.id for hit in hits].__getitem__)
    order.sort(key=times.__getitem__)
    for i in reversed(order):
        hit, time = hits[i], times[i]
        pitch = pitches[hit.label]
        room: Seconds = following[pitch] - time  # type: ignore[assignment]
        notes.append(ClipNote(pitch, time, longest if longest < room else room, hit.velocity))
        following[pitch] = time
    return Track(name, DRUM_CHANNEL, tuple(reversed(notes)))


def tempo_map(grid: BeatGrid, duration: Seconds, start: FileStart | None = None) -> TempoMap:
    """Tempo and meter for `duration` seconds and the padding: 120 bpm in 4/4 where no beat was found.

    With a map, a tempo holds until a beat would be more than 0.4 ticks off: a steady song has one (and rarely a
    correction of one microsecond per beat), a song that breathes has one per beat where it must.
    """
    if not has_beats(grid):
        return TempoMap.constant(grid.bpm or _PLAIN_BPM)
    grid = steady(grid)
    if file_start(grid, start) == "audio":
        return _one_tempo(grid)
    before = padding(grid, start)
    grid = shift_grid(grid, before)
    return TempoMap.of(list(_tempi(_anchors(grid, duration + before))), list(_meters(grid)))


def _one_tempo(grid: BeatGrid) -> TempoMap:
    """The song's tempo from tick 0, in its first meter."""
    interval = (grid.beats[-1] - grid.beats[0]) / (len(grid.beats) - 1)
    first = grid.meters[0] if grid.meters else None
    meter = (
        Meter(Ticks(0), first.numerator, first.denominator) if first else _meter(Ticks(0), beats_per_bar(grid), grid)
    )
    return TempoMap.constant(60 * quarters_per_beat(grid) / interval, meter)


def _markers(grid: BeatGrid) -> Iterator[Marker]:
    """The first downbeat, where the song does not start with it."""
    if has_beats(grid) and grid.downbeats and grid.beats[grid.downbeats[0]] > _NO_LEAD:
        yield Marker(steady(grid).beats[grid.downbeats[0]], "Downbeat")


class _Anchor(NamedTuple):
    """A beat that sounds at `second` and is written at `tick`."""

    tick: int
    second: float


def _lead(grid: BeatGrid) -> float:
    """Quarter notes before the first beat, such that their tempo is near that of the song; 0 where it is at 0."""
    first, beat = grid.beats[0] / interval_before(grid.beats), quarters_per_beat(grid)
    if grid.beats[0] < _NO_LEAD:
        return 0.0
    return beat * (round(first) if first > 1 else min(_LEADS, key=lambda part: abs(log(part / first))))


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
    pickup = lead % beat
    if pickup:
        part = Fraction(pickup, 4 * PPQ).limit_denominator(128)
        yield Meter(Ticks(0), part.numerator, part.denominator)
    start, before = (lead, 0) if pickup else (0, lead // beat)
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
