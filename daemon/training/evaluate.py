"""F-measure of a drum transcriber: matching within a window, per drum and over all, on renders or recordings.

Thresholds, the snap's delay and every choice between variants come from rendered validation clips;
recordings are only read at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.backends.drum_transcriber import GROUPS, HOP, RATE, DrumActivations, Onset, chance_of_any, pick_peaks
from daemon.training.dataset import SOUNDS, Shard
from daemon.training.drum_sounds import (
    ARTICULATION_SOUNDS,
    ARTICULATIONS,
    CLASSES,
    STEM_OF_ARTICULATION,
    STEM_OF_CLASS,
    STEMS,
)

Array = NDArray[Any]
WINDOWS = (0.05, 0.02, 0.01)
THRESHOLD_GRID = tuple(number / 100 for number in range(10, 76, 3))
LEAST_PRECISION = 0.6
FEWEST_NAMED = 20
NEVER = 2.0
"""A threshold that no chance reaches."""

PAIRS = tuple(group for group in GROUPS if len(group) == 2)


@dataclass(frozen=True, slots=True)
class MatchCount:
    hits: int = 0
    wanted: int = 0
    found: int = 0

    def __add__(self, other: "MatchCount") -> "MatchCount":
        return MatchCount(self.hits + other.hits, self.wanted + other.wanted, self.found + other.found)

    @property
    def f_measure(self) -> float:
        return 2 * self.hits / max(1, self.wanted + self.found)


def match_onsets(wanted: Array, found: Array, window: float) -> list[tuple[int, int]]:
    """Largest one-to-one matching of two sorted time lists within `window` seconds."""
    pairs, at = [], 0
    for index, time in enumerate(wanted):
        while at < len(found) and found[at] < time - window - 1e-9:
            at += 1
        if at < len(found) and found[at] <= time + window + 1e-9:
            pairs.append((index, at))
            at += 1
    return pairs


def count_matches(wanted: Array, found: Array, window: float) -> MatchCount:
    return MatchCount(len(match_onsets(wanted, found, window)), len(wanted), len(found))


def stem_times(onsets: Iterable[Onset], stem: int) -> Array:
    return np.array(sorted(one.time for one in onsets if STEM_OF_CLASS[one.drum] == stem))


def reference_times(events: Array, stem: int) -> Array:
    """Label times of a stem from (seconds, class, velocity) rows, twins within 18 ms merged."""
    stems = np.array([STEM_OF_CLASS[int(drum)] for drum in events[:, 1]], dtype=int)
    times = np.sort(events[stems == stem, 0])
    return times[np.diff(times, prepend=-1.0) > 0.018] if times.size else times


@dataclass(frozen=True, slots=True)
class EvaluatedClip:
    """One clip's activations, each (frames, classes), its true (seconds, class, velocity, ...), and articulations."""

    strength: Array
    velocity: Array
    events: Array
    articulation: Array | None = None

    def detect_onsets(self, thresholds: tuple[float, ...]) -> list[Onset]:
        """`thresholds` one per class."""
        return DrumActivations(RATE / HOP, CLASSES, self.strength, self.velocity, thresholds).onsets()


def best_thresholds(clips: Sequence[EvaluatedClip]) -> tuple[float, ...]:
    """One per class, equal within a group: the highest F at 50 ms over all takes."""
    chosen: dict[int, float] = {}
    for stem, group in enumerate(GROUPS):
        scores = {limit: pool_counts(clips, stem, limit).f_measure for limit in THRESHOLD_GRID}
        best = max(scores, key=lambda limit: scores[limit])
        chosen |= dict.fromkeys(group, float(best))
    return tuple(chosen[drum] for drum in range(len(CLASSES)))


def pool_counts(clips: Sequence[EvaluatedClip], stem: int, threshold: float) -> MatchCount:
    total = MatchCount()
    for clip in clips:
        peaks = pick_peaks(chance_of_any(clip.strength[:, list(GROUPS[stem])]), threshold, 3)
        found = np.array(peaks) * HOP / RATE
        total += count_matches(reference_times(clip.events, stem), found, WINDOWS[0])
    return total


def pair_outputs(shard: Shard, outputs: Sequence[tuple[Array, ...]]) -> list[EvaluatedClip]:
    events = shard.events
    return [
        EvaluatedClip(strength, velocity, events[events[:, 0] == clip, 1:], *more[:1])
        for clip, (strength, velocity, *more) in enumerate(outputs)
    ]


def articulation_thresholds(clips: Sequence[EvaluatedClip]) -> tuple[float, ...]:
    """One per articulation: the lowest at which it is right for LEAST_PRECISION of what it names, else NEVER."""
    return tuple(
        next((limit for limit in THRESHOLD_GRID if _precision(clips, number, limit) >= LEAST_PRECISION), NEVER)
        for number in range(len(ARTICULATIONS))
    )


def _precision(clips: Sequence[EvaluatedClip], number: int, limit: float) -> float:
    """Of the strokes that are named `number` at that threshold; 0 where they are too few to tell."""
    named = [row for clip in clips for row in articulation_rows(clip, number) if row[0] >= limit]
    return sum(true for _, true in named) / len(named) if len(named) >= FEWEST_NAMED else 0.0


def articulation_rows(clip: EvaluatedClip, number: int) -> list[tuple[float, bool]]:
    """(chance, truth) of one articulation at every true stroke of its drum."""
    if clip.articulation is None:
        return []
    rows = []
    for time, drum, _, sound, _ in clip.events:
        if STEM_OF_CLASS[int(drum)] == STEM_OF_ARTICULATION[number]:
            frame = max(1, round(float(time) * RATE / HOP))
            chance = float(clip.articulation[frame - 1 : frame + 2, number].mean())
            rows.append((chance, SOUNDS[int(sound)] is ARTICULATION_SOUNDS[number]))
    return rows


def f_measure_table(pairs: Sequence[tuple[Array, Sequence[Onset]]]) -> dict[str, tuple[float, ...]]:
    """F per stem and `micro` at each of WINDOWS, from (true events, onsets) per clip."""
    rows: dict[str, tuple[float, ...]] = {}
    sums = [MatchCount()] * len(WINDOWS)
    for stem, name in enumerate(STEMS):
        counts = [
            sum((count_matches(reference_times(e, stem), stem_times(o, stem), w) for e, o in pairs), MatchCount())
            for w in WINDOWS
        ]
        rows[name] = tuple(round(one.f_measure, 3) for one in counts)
        sums = [total + one for total, one in zip(sums, counts, strict=True)]
    return rows | {"micro": tuple(round(one.f_measure, 3) for one in sums)}


def agreement(pairs: Sequence[tuple[Array, Sequence[Onset]]]) -> dict[str, float]:
    """Velocity correlation per class, and accuracy of the choice within each pair of classes."""
    loud: dict[int, list[tuple[float, float]]] = {}
    right: dict[int, list[bool]] = {}
    for events, onsets in pairs:
        for event, onset in pair_onsets(events, onsets):
            stem = STEM_OF_CLASS[onset.drum]
            loud.setdefault(stem, []).append((float(event[2]), onset.velocity))
            right.setdefault(stem, []).append(int(event[1]) == onset.drum)
    result = {}
    for stem, values in sorted(loud.items()):
        truth, guess = np.array(values).T
        result[f"{STEMS[stem]} velocity r"] = round(float(np.corrcoef(truth, guess)[0, 1]), 3)
    for pair in PAIRS:
        stem = STEM_OF_CLASS[pair[0]]
        name = f"{CLASSES[pair[0]]}/{CLASSES[pair[1]]} accuracy"
        result[name] = round(float(np.mean(right.get(stem, [False]))), 3)
    return result


def lateness(clips: Sequence[EvaluatedClip], thresholds: tuple[float, ...]) -> tuple[float, ...]:
    """Median of onset minus truth per class, in seconds."""
    late: dict[int, list[float]] = {}
    for clip in clips:
        for event, onset in pair_onsets(clip.events, clip.detect_onsets(thresholds)):
            late.setdefault(onset.drum, []).append(onset.time - float(event[0]))
    return tuple(round(float(np.median(late.get(drum, [0.0]))), 5) for drum in range(len(CLASSES)))


def pair_onsets(events: Array, onsets: Sequence[Onset]) -> list[tuple[Array, Onset]]:
    """Matched (event, onset) pairs within 50 ms, stem by stem."""
    found: list[tuple[Array, Onset]] = []
    for stem in range(len(STEMS)):
        mine = [event for event in events if STEM_OF_CLASS[int(event[1])] == stem]
        mine.sort(key=lambda event: float(event[0]))
        ours = sorted((o for o in onsets if STEM_OF_CLASS[o.drum] == stem), key=lambda o: o.time)
        times = np.array([event[0] for event in mine])
        pairs = match_onsets(times, np.array([o.time for o in ours]), WINDOWS[0])
        found.extend((mine[a], ours[b]) for a, b in pairs)
    return found
