"""Tempo, beats and bars.

Several tempi are tried, and the one wins under which the strokes lie where drummers put them in a bar
(daemon.pipeline.beats.bar_patterns); that also says on which stroke the beat is and where the bar begins. A song
at one tempo gets one exact, fractional bpm; music in free time gets no grid.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.timebase import Seconds
from daemon.pipeline.audio.superflux import Novelty, peaks
from daemon.pipeline.beats.bar_patterns import (
    PLACES,
    UNNAMED,
    Patterns,
    Strokes,
    fold,
    likelihood,
    load_patterns,
    share_on_beats,
)
from daemon.pipeline.beats.tempo import (
    ALIKE,
    Floats,
    Line,
    Strength,
    extended,
    laid,
    later,
    placed,
    smoothed,
    tempi,
)
from daemon.pipeline.records import BeatGrid, Drum, Hit

STEADY = 0.018  # seconds; beats that stray less (robustly) from one tempo have one tempo
LOOSE = 0.035  # seconds; beats that stray this much have one tempo if the strokes lie better on it than on the beats
FEW = 8  # hits
EXCERPT = 75.0  # seconds that a tempo is chosen on
COMMON, SPREAD = 120.0, 0.4  # quarter notes a minute, octaves: van Noorden and Moelants, "Resonance", JNMR 1999
FIRST = 1.0  # nats for a bar that begins where the music does
FREE = 0.15  # the least share of the strokes, beyond chance, that a beat explains; free time stays below
CLOSE = 4.0  # nats between two ways to count that people may choose between

NO_BEAT = BeatGrid(
    beats=(),
    downbeats=(),
    bpm=120.0,
    confidence=0.0,
    remarks=("No beat was found; the notes are free. --bpm sets one.",),
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to count the song: beats on `bpm`, later by `place` of the beat, in the meter of `patterns`."""

    bpm: float
    place: int
    patterns: Patterns
    score: float


def beats(
    found: Novelty, hits: Sequence[Hit] = (), *, bpm: float | None = None, numerator: int | None = None
) -> BeatGrid:
    """The grid of a song. `bpm` and the `numerator`, beats in a bar, are taken as given where they are."""
    sure = [hit for hit in hits if hit.cluster >= 0]
    strength = Strength.of(found, sure)
    if strength.seconds < 2 or strength.values.max(initial=0) <= 0:
        return _free(bpm, numerator)
    strokes = Strokes.of(sure) if len(sure) >= FEW else _unnamed(found)
    readings = _readings(strength, strokes, bpm, _meters(numerator))
    reading = max(readings, key=lambda one: one.score, default=None)
    times = np.array([]) if reading is None else laid(strength, bpm or reading.bpm)
    if reading is None or len(times) < 4:
        return _free(bpm, numerator)
    times = placed(found, later(times, reading.place % PLACES / PLACES))
    grid = _grid(times, strokes, reading.patterns, strength.seconds, bpm)
    if bpm is None and _explained(strokes, np.array(grid.beats)) < FREE:
        return _free(bpm, numerator)
    barred = _barred(grid, sure, strokes, reading.patterns, numerator)
    return replace(barred, remarks=() if bpm else _octaves(barred.bpm, reading, readings))


def _free(bpm: float | None, numerator: int | None) -> BeatGrid:
    """Where no beat is heard, the bpm that was given still stands in the file."""
    return NO_BEAT if bpm is None else replace(NO_BEAT, bpm=bpm, numerator=numerator or 4)


def _meters(numerator: int | None) -> tuple[Patterns, ...]:
    """Those that the song may be in; the commonest where the one asked for is not known."""
    asked = tuple(patterns for patterns in load_patterns() if patterns.beats == numerator and patterns.denominator == 4)
    return asked or (load_patterns() if numerator is None else load_patterns()[:1])


def _unnamed(found: Novelty) -> Strokes:
    """The peaks of the onset strength, where hardly any drum is heard."""
    frames = peaks(found)
    values = found.values[frames].astype(float)
    loud = np.percentile(values, 80) if len(values) else 1.0
    return Strokes(found.seconds(frames), np.full(len(frames), UNNAMED), np.minimum(1.0, values / loud))


def _readings(strength: Strength, strokes: Strokes, bpm: float | None, meters: Sequence[Patterns]) -> list[_Reading]:
    """All ways to count the middle of the song."""
    middle, start = strength.middle(EXCERPT)
    heard = strokes.between(start, start + middle.seconds)
    proposed = tempi(middle) if bpm is None else [bpm]
    return [one for tempo in proposed for one in _at(laid(middle, tempo), heard, meters)]


def _at(times: Floats, strokes: Strokes, meters: Sequence[Patterns]) -> Iterator[_Reading]:
    """The readings of these beats, whose tempo may have become another than the one proposed."""
    tempo = 60 / float(np.diff(times).mean()) if len(times) > 1 else 0.0
    for patterns in meters:
        if len(times) <= patterns.beats:
            continue
        quarters = tempo * (1.5 if patterns.denominator == 8 else 1.0)
        usual = -0.5 * (np.log2(quarters / COMMON) / SPREAD) ** 2
        scores = likelihood(fold(strokes, times, patterns.beats), patterns)
        for place in patterns.rotations:
            yield _Reading(tempo, int(place), patterns, float(scores[place] + usual))


def _octaves(bpm: float, best: _Reading, readings: Sequence[_Reading]) -> tuple[str, ...]:
    """The choice between half and double time, where it was close."""
    for factor, way in ((2.0, "double"), (0.5, "half")):
        rival = max((r.score for r in readings if abs(np.log(r.bpm / best.bpm / factor)) < ALIKE), default=-np.inf)
        if rival > best.score - CLOSE:
            return (f"Read as {bpm:.4g} bpm; --bpm {bpm * factor:.4g} counts it {way}.",)
    return ()


def _explained(strokes: Strokes, times: Floats) -> float:
    return max(share_on_beats(strokes, times, 4), 0.9 * share_on_beats(strokes, times, 3)) if len(times) > 1 else 0.0


def _grid(times: Floats, strokes: Strokes, patterns: Patterns, duration: float, bpm: float | None) -> BeatGrid:
    """Beats to both ends of the song: of one tempo, unless the players breathe."""
    line = Line.through(times, None if bpm is None else 60 / bpm)
    even, followed = line.beats(duration), extended(smoothed(times), duration)
    steadier = line.stray < LOOSE and _fit(strokes, even, patterns) > _fit(strokes, followed, patterns)
    constant = line.stray < STEADY or bpm is not None or steadier
    chosen = even if constant else followed
    interval = line.period if constant else float(np.median(np.diff(chosen)))
    return BeatGrid(
        beats=tuple(Seconds(round(float(t), 6)) for t in chosen),
        downbeats=(),
        bpm=round(60 / interval, 4),
        constant=constant,
        confidence=round(float(np.exp(-line.stray / 0.05)), 3),
    )


def _fit(strokes: Strokes, times: Floats, patterns: Patterns) -> float:
    if len(times) <= patterns.beats:
        return -np.inf
    return float(likelihood(fold(strokes, times, patterns.beats), patterns).max())


def _barred(
    grid: BeatGrid, hits: Sequence[Hit], strokes: Strokes, patterns: Patterns, numerator: int | None
) -> BeatGrid:
    """With its bars: where drummers begin them, and rather with the first stroke than before or after it."""
    times = np.array(grid.beats)
    if numerator not in (None, patterns.beats):
        first, bar = _downbeat(times, hits, numerator), numerator
        return replace(grid, downbeats=tuple(range(first, len(times), bar)), numerator=bar)
    bar = patterns.beats
    gain = likelihood(fold(strokes, times, bar), patterns)[::PLACES].copy()
    if len(strokes.seconds):
        gain[int(np.argmin(np.abs(times - strokes.seconds[0]))) % bar] += FIRST
    downbeats = tuple(range(int(np.argmax(gain)), len(times), bar))
    quarters = 1.5 if patterns.denominator == 8 else 0.0
    return replace(
        grid, downbeats=downbeats, numerator=patterns.numerator, denominator=patterns.denominator, quarters=quarters
    )


def _downbeat(times: Floats, hits: Sequence[Hit], numerator: int) -> int:
    """Which of the first beats starts a bar of any length: kicks and crashes like it, snares do not."""
    if not len(times):
        return 0
    gain = np.zeros(numerator)
    for hit in hits:
        i = int(np.argmin(np.abs(times - hit.onset)))
        if hit.cluster >= 0 and abs(times[i] - hit.onset) < 0.06:
            for phase in range(numerator):
                gain[phase] += _likes(hit, (i - phase) % numerator, numerator)
    return int(np.argmax(gain))


def _likes(hit: Hit, position: int, numerator: int) -> float:
    weight = hit.velocity / 127
    back = {2: (1,), 3: (1, 2), 4: (1, 3)}.get(numerator, (numerator // 2,))
    if hit.drum is Drum.KICK:
        return weight * (1.0 if position == 0 else 0.0)
    if hit.drum is Drum.SNARE:
        return weight * (0.5 if position in back else -1.0 if position == 0 else 0.0)
    if hit.label in ("crash", "crash_2", "china"):
        return 1.5 * weight * (position == 0)
    return 0.0
