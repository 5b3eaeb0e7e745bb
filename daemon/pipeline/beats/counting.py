"""The ways to count a song: at one tempo, at a few of them, or as its players go.

Each way gives beats and says how much of the strokes they explain; daemon.pipeline.beats takes the simplest that does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daemon.pipeline.audio.superflux import Novelty, peaks
from daemon.pipeline.beats.bar_patterns import UNNAMED, Patterns, Strokes, share_on_beats
from daemon.pipeline.beats.readings import FASTEST, SLOWEST, Level, Reading, list_levels, list_steps, read_all
from daemon.pipeline.beats.steady_tempo import Floats, PulseMap, find_pulses, find_steady_pulses, weigh, wind
from daemon.pipeline.beats.tempo_changes import Stretch, find_stretches, follow_players
from daemon.pipeline.records import Hit

FEW = 8  # strokes; fewer have no beat
SILENT = 6.0  # seconds without drums, in which other onsets tell the beat
FREE = 0.15  # the least share of the strokes, beyond chance, that a beat explains; free time stays below
FOLLOWED = 0.3  # the same for beats that follow the players, which fit anything a little
CLEARLY = 0.10  # share of the strokes that a few tempi must explain beyond one to be taken, half of it more for a map
ENOUGH = 0.75  # share of the strokes that one tempo explains if nothing else has to be tried
SPARSE = 0.5  # strokes a beat; a map through fewer proves nothing
FEW_FOLLOWED = 40  # strokes; the same
CLOSE = 4.0  # nats between two ways to count that people may choose between
ON_BEAT, NEAR = 0.035, 0.12  # seconds, and part of a beat: a stroke this near to a beat was meant for it
ROUND = 0.0015  # seconds that a rounder bpm may move the ends of the song by
WHOLE = 0.0032  # the same for a whole number, which most clicks are; on 20 s of one song in four containers
ASKED = (SLOWEST / 4, 4 * FASTEST)  # bpm that are counted when asked for
NEARLY = 0.05  # part by which a tempo that moves may be off the bpm that was asked for
# Beats for one beat of a tempo that was followed: it may be half, double, a third of what people count.
FOLLOWED_STEPS = (1, 2, 0.5, 3, 1 / 3, 1.5, 2 / 3)


@dataclass(frozen=True, slots=True)
class Song:
    """What is known of a song before it is counted. `seconds` and `weights` are all onsets that tell the tempo."""

    strokes: Strokes
    seconds: Floats
    weights: Floats
    duration: float

    @classmethod
    def of(cls, novelty: Novelty, hits: Sequence[Hit]) -> "Song":
        """Drums tell the tempo, and where they are silent whatever starts."""
        rest = _other_onsets(novelty)
        strokes = Strokes.of(hits) if len(hits) >= FEW else rest
        edges = np.concatenate([[-np.inf], strokes.seconds, [np.inf]])
        before = np.searchsorted(strokes.seconds, rest.seconds)
        silent = edges[before + 1] - edges[before] > SILENT
        seconds = np.concatenate([strokes.seconds, rest.seconds[silent]])
        weights = np.concatenate([weigh(strokes), 0.5 * weigh(rest)[silent]])
        order = np.argsort(seconds)
        return cls(strokes, seconds[order], weights[order], len(novelty.values) / novelty.rate)


@dataclass(frozen=True, slots=True)
class Count:
    """Beats of a song, read in stretches: `joints` are the beats that begin the second and later ones."""

    beats: Floats
    readings: tuple[Reading, ...]
    rivals: tuple[Reading, ...]
    joints: tuple[int, ...]
    constant: bool

    @property
    def patterns(self) -> Patterns:
        return self.readings[0].patterns


def count_by_ear(song: Song, meters: Sequence[Patterns]) -> Count | None:
    """One tempo; else a few, or the players' own, if they explain clearly more. None where nothing has a beat."""
    steady = count_steadily(song, meters)
    if steady is not None and explain(song, steady) >= ENOUGH:
        return steady
    forced = steady or count_steadily(song, meters, forced=True)
    ranked = ((forced, 0.0), (count_stretches(song, meters), CLEARLY), (count_players(song, meters), 1.5 * CLEARLY))
    counts = [(explain(song, one) - cost, one) for one, cost in ranked if one is not None]
    if not counts:
        return None
    worth, best = max(counts, key=lambda one: one[0])
    straight = straighten(song, best)
    return straight if explain(song, straight) > worth else best


def count_as_asked(song: Song, bpm: float, meters: Sequence[Patterns]) -> Count | None:
    """At this tempo from end to end, with the phase that the strokes have at it; players who clearly do not keep it
    are followed, counted at the level that is nearest."""
    frequency = max(
        (bpm / 60 * parts for parts in (1, 2, 4, 3)), key=lambda f: abs(wind(song.seconds, song.weights, f))
    )
    level = Level(_constant(song, frequency), round(frequency * 60 / bpm), bpm)
    readings = read_all(song.strokes, [level], meters, ASKED)
    if not readings:
        return None
    times = readings[0].beats(0.0, song.duration)
    phase = times[0] + _late(song, times, 60 / bpm) if len(times) else 0.0
    steady = Count(_even(song, 60 / bpm, phase), (readings[0],), (), (), constant=True)
    if explain(song, steady) >= ENOUGH:
        return steady
    followed = count_players(song, meters, near=bpm)
    better = followed is not None and explain(song, followed) > explain(song, steady) + 3 * CLEARLY
    return followed if better else steady


def count_steadily(song: Song, meters: Sequence[Patterns], *, forced: bool = False) -> Count | None:
    """One tempo and one phase for all of the song, if they explain it; `forced` takes the best there is."""
    pulses = (find_pulses if forced else find_steady_pulses)(song.seconds, song.weights)
    seen: list[float] = []
    levels = [
        level
        for pulse in pulses[:8]
        for level in list_levels(
            _constant(song, pulse.frequency), 60 * pulse.frequency, list_steps(song.strokes, pulse.frequency), seen
        )
    ]
    readings = read_all(song.strokes, levels, meters)
    if not readings:
        return None
    best = readings[0]
    period, phase = _settle(song, best.beats(0.0, song.duration))
    count = Count(_even(song, period, phase), (best,), _rivals(readings), (), constant=True)
    least = FOLLOWED if forced or len(song.seconds) < FEW_FOLLOWED else FREE
    return count if len(count.beats) > 3 and explain(song, count) >= least else None


def straighten(song: Song, count: Count) -> Count:
    """The same beats at the one tempo that comes nearest: jazz without a backbeat is read at its level only by the map.

    Of 300 rendered songs it explains .03 less than the map of two that are steady, .13 or more where drummers swim
    round a click, .66 where there is no click.
    """
    period, phase = _settle(song, count.beats)
    return Count(_even(song, period, phase), count.readings[:1], count.rivals, (), constant=True)


def count_stretches(song: Song, meters: Sequence[Patterns]) -> Count | None:
    """A few constant stretches, each counted by itself, at tempi that are near each other if that may be."""
    stretches = find_stretches(song.seconds, song.weights)
    beats: list[float] = []
    joints: list[int] = []
    chosen: list[Reading] = []
    rivals: tuple[Reading, ...] = ()
    for i, stretch in enumerate(stretches):
        start = stretch.start if i else 0.0
        end = stretch.end if i < len(stretches) - 1 else song.duration
        readings = _read_stretch(song, stretch, meters, chosen)
        if not readings:
            return None
        best = readings[0]
        rivals = rivals or _rivals(readings)
        part = _part(song, start, end)
        period, phase = _settle(part, best.beats(start, end))
        first = np.ceil((start - phase) / period - 0.25)
        own = phase + period * np.arange(first, (end - phase) / period - (0.25 if end < song.duration else 0.0))
        if beats:
            own = own[own > beats[-1] + 0.6 * period]
            joints.append(len(beats))
        beats += own.tolist()
        chosen.append(best)
    if not chosen:
        return None
    count = Count(np.maximum(0.0, beats), tuple(chosen), rivals, tuple(joints), constant=len(chosen) == 1)
    return count if explain(song, count) >= FREE else None


def _read_stretch(song: Song, stretch: Stretch, meters: Sequence[Patterns], before: Sequence[Reading]) -> list[Reading]:
    part = _part(song, stretch.start, stretch.end)
    pulses = [stretch.frequency] + [pulse.frequency for pulse in find_pulses(part.seconds, part.weights)[:6]]
    seen: list[float] = []
    levels = [
        level for f in pulses for level in list_levels(_constant(part, f), 60 * f, list_steps(part.strokes, f), seen)
    ]  # fmt: skip
    if before:
        unit = before[0].patterns.quarters
        meters = [one for one in meters if one.quarters == unit]
    readings = read_all(part.strokes, levels, meters)
    if not before:
        return readings
    last = before[-1].quarter_bpm
    return sorted(readings, key=lambda one: -(one.score - 1.0 * np.log2(one.quarter_bpm / last) ** 2))


def count_players(song: Song, meters: Sequence[Patterns], near: float | None = None) -> Count | None:
    """Beats that move with the players; only those whose tempo is `near` a bpm, if one is given."""
    pulses = follow_players(song.seconds, song.weights)
    low, high = float(song.seconds[0]), float(song.seconds[-1])
    turns = np.diff(pulses.number(np.array([low, high])))[0]
    if turns < 4:
        return None
    levels = list(list_levels(pulses, 60 * turns / (high - low), FOLLOWED_STEPS, []))
    if near is not None:
        levels = [level for level in levels if abs(np.log(level.bpm / near)) < NEARLY]
    readings = read_all(song.strokes, levels, meters)
    if not readings:
        return None
    best = readings[0]
    beats = _draw_beats(song, best.beats(0.0, song.duration))
    count = Count(np.maximum(0.0, beats), (best,), _rivals(readings), (), constant=False)
    enough = len(song.seconds) >= max(FEW_FOLLOWED, SPARSE * len(beats))
    return count if enough and explain(song, count) >= FOLLOWED else None


def _other_onsets(novelty: Novelty) -> Strokes:
    """The peaks of the onset strength."""
    frames = peaks(novelty)
    values = novelty.values[frames].astype(float)
    loud = np.percentile(values, 80) if len(values) else 1.0
    return Strokes(novelty.seconds(frames), np.full(len(frames), UNNAMED), np.minimum(1.0, values / loud))


def _part(song: Song, start: float, end: float) -> Song:
    inside = (song.seconds >= start) & (song.seconds < end)
    own = (song.strokes.seconds >= start) & (song.strokes.seconds < end)
    strokes = Strokes(song.strokes.seconds[own], song.strokes.kinds[own], song.strokes.weights[own])
    return Song(strokes, song.seconds[inside], song.weights[inside], song.duration)


def _constant(song: Song, frequency: float) -> PulseMap:
    phase = -np.angle(wind(song.seconds, song.weights, frequency)) / (2 * np.pi * frequency)
    return PulseMap.constant(frequency, float(phase))


def _rivals(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    return tuple(one for one in readings[1:] if one.score > readings[0].score - CLOSE)


def _settle(song: Song, times: Floats) -> tuple[float, float]:
    """(period, phase) in seconds of the straight line through the strokes on the beats, to a round bpm."""
    period = float(times[-1] - times[0]) / (len(times) - 1)
    phase = float(times[0])
    for _ in range(4):
        place = (song.seconds - phase) / period
        number = np.round(place)
        near = np.abs(place - number) * period < min(ON_BEAT, NEAR * period)
        if near.sum() < FEW or len(np.unique(number[near])) < 4:
            break
        slope, start = np.polyfit(number[near], song.seconds[near], 1, w=np.sqrt(song.weights[near]))
        period, phase = float(slope), float(start)
    middle = float(np.mean(song.seconds[[0, -1]]))
    period = 60 / _round(60 / period, max(1.0, float(np.ptp(song.seconds))))
    phase += period * round((middle - phase) / period)
    return period, phase + _late(song, np.array([phase, phase + period]), period)


def _late(song: Song, times: Floats, period: float) -> float:
    """Seconds by which the strokes on the beats are late as a whole."""
    place = (song.seconds - times[0]) / period
    apart = (place - np.round(place)) * period
    near = np.abs(apart) < min(ON_BEAT, NEAR * period)
    return float(np.median(apart[near])) if near.sum() >= FEW else 0.0


def _round(bpm: float, seconds: float) -> float:
    """The roundest bpm that does not move the ends of the song."""
    for digits in range(4):
        near = round(bpm, digits)
        if near > 0 and abs(near / bpm - 1) * seconds / 2 < (ROUND if digits else WHOLE):
            return near
    return bpm


def _even(song: Song, period: float, phase: float) -> Floats:
    """All beats of the song."""
    first = int(np.ceil(-phase / period - 0.1))
    return np.maximum(0.0, phase + period * np.arange(first, int((song.duration - phase) / period) + 1))


def _draw_beats(song: Song, times: Floats) -> Floats:
    """Beats drawn to the strokes on them, as a whole over nine beats: players breathe, but not from beat to beat."""
    if len(times) < 2:
        return times
    numbers = np.arange(len(times))
    place = np.interp(song.seconds, times, numbers)
    nearest = np.round(place).astype(int)
    apart = song.seconds - times[nearest]
    gap = float(np.median(np.diff(times)))
    near = np.abs(apart) < min(ON_BEAT, NEAR * gap)
    kernel = np.exp(-0.5 * ((numbers[:, None] - nearest[None, near]) / 2.0) ** 2) * song.weights[None, near]
    return times + (kernel @ apart[near]) / (kernel.sum(axis=1) + 0.5)


def explain(song: Song, count: Count) -> float:
    parts = (4, 3) if count.patterns.quarters >= 1 else (2, 2)
    return max(
        share_on_beats(song.strokes, count.beats, parts[0]), 0.9 * share_on_beats(song.strokes, count.beats, parts[1])
    )
