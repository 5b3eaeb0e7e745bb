"""Which division of the bar is the beat: a pulse may be its half, a third, a quarter, or two beats.

Every pulse that the beat may be is laid under the strokes, in every meter and from every place, and the reading wins
under which they lie where drummers put them (daemon.pipeline.beats.bar_patterns), at a tempo that people tap, and which
agrees with what repeats in the song.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from daemon.pipeline.beats.bar_patterns import PLACES, Patterns, Strokes, fold, likelihood
from daemon.pipeline.beats.steady_tempo import Floats, PulseMap, wind

SLOWEST, FASTEST = 40.0, 250.0  # quarter notes a minute
COMMON, SPREAD = 120.0, 0.4  # quarter notes a minute, octaves: van Noorden and Moelants, "Resonance", JNMR 1999
ALIKE = 0.004  # part by which two tempi differ that are one
_SHORTEST_PART, _PARTS = 32, 10  # beats of a part of the song that is read by itself, and how many parts there are
_STROKES = 4.0  # weight of strokes in a part that says something
# What a reading is worth, in nats: fitted by conditional logit on the readings of 49 rendered songs (FIRST of
# tests/grooves.py) and 45 grooves of the Groove MIDI Dataset, rendered and heard through the embedded separator.
LIKELY = 0.6  # of the likelihood of its bars
USUAL = 0.95  # of that of its tempo
REPEATS = 13.0  # for a song that repeats after a bar as well as after anything
ACCENT = 5.0  # for beats that are twice as loud as what is between them; more of it follows open hats off the beat
SAME, APART = 0.02, 0.1  # part by which two tempi differ that are one, and of a beat by which beats do
STEPS = (1, 2, 3, 4, 6, 8, 12)  # pulses in a beat
# times that accents in twos must outdo those in threes, or the other way: of 40 rendered songs to a click those in
# threes have 5.9 or less, those in twos 6.1 or more, but one in 7/8
CLEARLY = 6.0
_ENOUGH = 10  # strokes of a drum whose accents count
_TIME_KEEPER = 2  # the kind of bar_patterns: hi-hat and ride
_SAME_PLACE = 0.025  # seconds, standard deviation


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to count: a beat every `step` pulses of `pulses`, the first of them at pulse `first`."""

    pulses: PulseMap
    step: float
    first: float
    bpm: float
    patterns: Patterns
    score: float

    @property
    def quarter_bpm(self) -> float:
        return self.bpm * self.patterns.quarters

    def agrees(self, other: "Reading", second: float) -> bool:
        """Whether both count the same beats around `second`."""
        if abs(np.log(self.bpm / other.bpm)) > SAME:
            return False
        places = [(float(one.pulses.number(np.array([second]))[0]) - one.first) / one.step for one in (self, other)]
        return abs((places[0] - places[1] + 0.5) % 1.0 - 0.5) < APART

    def beats(self, start: float, end: float) -> Floats:
        """Seconds of all beats from `start` to `end`."""
        low, high = (self.pulses.number(np.array([time]))[0] for time in (start, end))
        numbers = np.arange(np.ceil((low - self.first) / self.step - 1e-6), (high - self.first) / self.step + 1e-6)
        return self.pulses.second(self.first + self.step * numbers)


@dataclass(frozen=True, slots=True)
class Level:
    """A pulse that may be the beat: every `step` pulses of `pulses`, `bpm` of them a minute."""

    pulses: PulseMap
    step: float
    bpm: float


def list_levels(pulses: PulseMap, bpm: float, steps: Iterable[float], seen: list[float]) -> Iterator[Level]:
    """Those of a pulse of `bpm` that no tempo in `seen` stands for yet."""
    for step in steps:
        tempo = bpm / step
        if SLOWEST <= tempo <= 2 * FASTEST and all(abs(np.log(tempo / other)) > ALIKE for other in seen):
            seen.append(tempo)
            yield Level(pulses, step, tempo)


def grouped_in_threes(strokes: Strokes, frequency: float) -> bool | None:
    """Whether the accents on a pulse come every third one, or every second and fourth; None where that is not clear."""
    shares = {n: _accents(strokes, frequency / n) for n in (2, 3, 4)}
    twos, threes = max(shares[2], shares[4]), shares[3]
    noise = len(np.unique(strokes.kinds)) / max(1, len(strokes.seconds))
    if twos > CLEARLY * max(threes, noise):
        return False
    return True if threes > CLEARLY * max(twos, noise) else None


def _accents(strokes: Strokes, frequency: float) -> float:
    """0..1: how much the strokes of each drum come at `frequency`: the mean square of their coherence."""
    total = 0.0
    for kind in np.unique(strokes.kinds):
        own = strokes.kinds == kind
        if own.sum() >= _ENOUGH:
            t, w = strokes.seconds[own], strokes.weights[own]
            total += float(own.sum()) * abs(wind(t, w, frequency)) ** 2
    return total / max(1, len(strokes.seconds))


def list_steps(strokes: Strokes, frequency: float) -> tuple[int, ...]:
    """How many of these pulses a beat may have."""
    threes = grouped_in_threes(strokes, frequency)
    if threes is None:
        return STEPS
    return tuple(n for n in STEPS if (n % 3 == 0 or n == 1 if threes else n % 3 != 0))


def read_all(
    strokes: Strokes,
    levels: Iterable[Level],
    meters: Sequence[Patterns],
    limits: tuple[float, float] = (SLOWEST, FASTEST),
) -> list[Reading]:
    """All ways to count the strokes, the best first: one for each level, meter and place of the beat, at a bpm in
    quarter notes within `limits`; a beat of an eighth is as fast as a quarter at least."""
    found = [
        one
        for level in levels
        for patterns in meters
        if limits[0] / min(1.0, patterns.quarters) <= level.bpm * patterns.quarters <= limits[1]
        for one in _read(strokes, level, patterns)
    ]
    return sorted(found, key=lambda one: -one.score)


def _read(strokes: Strokes, level: Level, patterns: Patterns) -> Iterator[Reading]:
    """From every twelfth of the beat; a beat of eight pulses has places between those, so it is laid twice."""
    low, high = (level.pulses.number(strokes.seconds[[0, -1]])).tolist()
    even = replace(strokes, seconds=level.pulses.number(strokes.seconds) / level.step * 60 / level.bpm)
    usual = USUAL * -0.5 * (np.log2(level.bpm * patterns.quarters / COMMON) / SPREAD) ** 2
    usual += REPEATS * repetition(even, 60 / level.bpm * patterns.beats)
    for shift in (0, 1) if level.step == 8 else (0,):
        numbers = shift + level.step * np.arange(np.floor(low / level.step) - 1, np.ceil(high / level.step) + 2)
        parts = _split_song(strokes, level.pulses.second(numbers))
        if len(numbers) <= 2 * patterns.beats or not parts:
            continue
        scores = np.zeros(PLACES)
        loud = accents(strokes, level, float(numbers[0]))
        for share, part, own in parts:
            scores += share * likelihood(fold(part, own, patterns.beats), patterns).reshape(-1, PLACES).max(axis=0)
        for place in range(PLACES):
            first = float(numbers[0] + place / PLACES * level.step)
            score = float(LIKELY * scores[place] + ACCENT * loud[place] + usual)
            yield Reading(level.pulses, level.step, first, level.bpm, patterns, score)


def _split_song(strokes: Strokes, times: Floats) -> list[tuple[float, Strokes, Floats]]:
    """The song in parts, so that a bar cut short spoils one of them only: (share, strokes, beats)."""
    size = max(_SHORTEST_PART, -(-len(times) // _PARTS))
    parts = []
    for start in range(0, len(times), size):
        own = times[start : start + size + 1]
        if len(own) < min(_SHORTEST_PART, len(times)) / 2:
            continue
        a, b = np.searchsorted(strokes.seconds, [own[0] - 0.05, own[-1]])
        part = Strokes(strokes.seconds[a:b], strokes.kinds[a:b], strokes.weights[a:b])
        weight = float(part.weights.sum())
        if weight >= _STROKES:
            parts.append((weight, part, own))
    total = sum(weight for weight, _, _ in parts)
    return [(weight / total, part, own) for weight, part, own in parts]


def accents(strokes: Strokes, level: Level, first: float) -> Floats:
    """(PLACES,) 0..0.5: by how much what keeps time is louder at that place of the beat than elsewhere, as a part."""
    own = strokes.kinds == _TIME_KEEPER
    if own.sum() < _ENOUGH:
        return np.zeros(PLACES)
    place = (level.pulses.number(strokes.seconds[own]) - first) / level.step * PLACES
    place = np.round(place).astype(int) % PLACES
    weights = strokes.weights[own]
    loud = np.bincount(place, weights, PLACES)
    count = np.bincount(place, minlength=PLACES)
    elsewhere = (weights.sum() - loud) / np.maximum(1, len(weights) - count)
    here = loud / np.maximum(1, count)
    clear = (count > len(weights) / PLACES) & (len(weights) - count > len(weights) / PLACES)
    return np.where(clear, np.clip((here - elsewhere) / weights.mean(), 0.0, 0.5), 0.0)


def repetition(strokes: Strokes, lag: float) -> float:
    """0..1: how much of the song sounds again on the same drum `lag` seconds later, beyond chance."""
    same = total = chance = 0.0
    for kind in np.unique(strokes.kinds):
        own = strokes.kinds == kind
        t, w = strokes.seconds[own], strokes.weights[own]
        later = t + lag
        inside = later <= strokes.seconds[-1]
        if inside.sum() < 4:
            continue
        after = np.clip(np.searchsorted(t, later), 1, len(t) - 1)
        apart = np.minimum(np.abs(t[after] - later), np.abs(t[after - 1] - later))
        rate = len(t) / max(1.0, float(t[-1] - t[0]))
        same += float(np.sum((w * np.exp(-0.5 * (apart / _SAME_PLACE) ** 2))[inside]))
        total += float(w[inside].sum())
        chance += float(w[inside].sum()) * min(0.95, rate * _SAME_PLACE * 2.5)
    return (same - chance) / (total - chance) if total > chance else 0.0
