"""What drummers play where in a bar, and how well a reading of a song agrees with it.

A pattern says how often each kind of drum is struck at each place of a bar, as learned from people who play (Groove
MIDI Dataset, see the model card). Strokes are taken as a Poisson process with those rates: the tempo, the phase and the
meter under which a song is most likely are those in which its kicks, snares and cymbals lie where drummers put them.
This one sum answers half or double time, two thirds or three quarters, on or off the beat, and where the bar begins.

Conventions: a beat has 12 places, so that sixteenths and triplets are whole places; a histogram is (KINDS, places of a
bar), in strokes, each weighted by its loudness.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.records import Drum, Hit
from daemon.weights import BAR_PATTERNS

PLACES = 12  # of a beat, as said above; `bar_patterns.npz` is made of them
KINDS = 6  # kick, snare, what keeps time (hi-hat, ride), crash, toms, and strokes of no known kind
UNNAMED = 5  # the last kind
SPREAD = 0.015  # seconds around its place within which a stroke is at it
FAR = 2.0  # nats that a stroke far from any place costs
INDEPENDENT = 3.0  # seconds: bars repeat, so a long song proves no more than this much of it
DENSITY = 4.0  # how much the number of strokes counts beside their places: people play busier and plainer
FINENESS = (
    0.2  # how much finer places are held against a slower beat; fitted with DENSITY, see daemon.pipeline.beats.readings
)
_OFF = 0.004  # strokes in a bar that anything can happen at any place
_LOUD = 80  # percentile of a drum's velocities that counts as a full stroke
RARE = {(2, 4): 0.01, (5, 4): 0.004, (7, 8): 0.004, (12, 8): 0.008}  # shares of songs; guesses, no corpus has them
_EVERY_OTHER = np.tile([1.0, 0.0], 7 * PLACES // 2)  # a stroke that was an eighth's sixth is at one of twelve places
_CRASHES = ("crash", "crash_2", "china", "splash")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Strokes:
    """Seconds, kind (0..KINDS-1) and weight (0..1) of strokes, by time."""

    seconds: Floats
    kinds: NDArray[np.int64]
    weights: Floats

    @classmethod
    def of(cls, hits: Sequence[Hit]) -> "Strokes":
        hits = sorted(hits, key=lambda hit: hit.onset)
        kinds = np.array([_kind(hit) for hit in hits], dtype=np.int64)
        loud = np.array([hit.velocity for hit in hits], dtype=float)
        weights = np.zeros(len(hits))
        for kind in np.unique(kinds):
            own = kinds == kind
            weights[own] = np.minimum(1.0, loud[own] / np.percentile(loud[own], _LOUD))
        return cls(np.array([hit.onset for hit in hits], dtype=float), kinds, weights)

    def between(self, start: float, end: float) -> "Strokes":
        """Those from `start` up to `end`, with seconds counted from `start`."""
        inside = (self.seconds >= start) & (self.seconds < end)
        return Strokes(self.seconds[inside] - start, self.kinds[inside], self.weights[inside])


@dataclass(frozen=True, slots=True)
class Patterns:
    """Bars of one meter: `rates` (patterns, KINDS, places) strokes a bar, `shares` (patterns,) how common each is."""

    numerator: int
    denominator: int
    rates: Floats
    shares: Floats

    @property
    def beats(self) -> int:
        return self.rates.shape[2] // PLACES

    @property
    def quarters(self) -> float:
        """Length of a beat in quarter notes: a dotted one in 6/8 and 12/8, an eighth in 7/8."""
        if self.denominator == 8:
            return 1.5 if self.numerator % 3 == 0 else 0.5
        return 4 / self.denominator


@dataclass(frozen=True, slots=True)
class Fold:
    """A song laid bar upon bar: its histogram, how many bars, the seconds, and what the strokes between places cost."""

    histogram: Floats
    bars: float
    seconds: float
    misfit: float


def fold(strokes: Strokes, times: Floats, beats: int) -> Fold:
    """`strokes` on the beats at `times`, `beats` to the bar."""
    inside = (strokes.seconds >= times[0] - 0.05) & (strokes.seconds < times[-1])
    place = np.interp(strokes.seconds[inside], times, np.arange(len(times))) * PLACES
    nearest, weights = np.round(place), strokes.weights[inside]
    histogram = np.zeros((KINDS, beats * PLACES))
    np.add.at(histogram, (strokes.kinds[inside], nearest.astype(int) % (beats * PLACES)), weights)
    apart = (place - nearest) / PLACES * float(np.median(np.diff(times)))
    misfit = float(np.sum(weights * np.minimum(FAR, 0.5 * (apart / SPREAD) ** 2)))
    return Fold(histogram, (len(times) - 1) / beats, float(times[-1] - times[0]), misfit)


def likelihood(found: Fold, patterns: Patterns) -> Floats:
    """(places,): the log-likelihood if the bar begins at that place after the first beat."""
    named = not found.histogram[UNNAMED].any()
    rows = slice(0, UNNAMED) if named else slice(UNNAMED, KINDS)
    struck, rates = found.histogram[rows], patterns.rates[:, rows] + _OFF
    expected, total = rates.sum(axis=2) * found.bars, struck.sum(axis=1)
    busier = (total + DENSITY * expected) / (expected + DENSITY * expected)
    spectra = np.einsum("cf,kcf->kf", np.fft.rfft(struck), np.conj(np.fft.rfft(np.log(rates))))
    alike = np.fft.irfft(spectra, rates.shape[2])
    unusual = DENSITY * expected * (busier - 1 - np.log(busier))
    amount = (total * np.log(busier) - busier * expected - unusual).sum(axis=1)
    finer = FINENESS * total.sum() * np.log(found.bars * rates.shape[2] / found.seconds)
    scale = INDEPENDENT / found.seconds
    scores = scale * (alike + amount[:, None] + finer - found.misfit) + np.log(patterns.shares)[:, None]
    return np.asarray(np.logaddexp.reduce(scores, axis=0))


def share_on_beats(strokes: Strokes, times: Floats, parts: int) -> float:
    """The share of all strokes, by weight, that lie on a beat or one of its `parts`, beyond what chance explains."""
    inside = (strokes.seconds >= times[0]) & (strokes.seconds < times[-1])
    if not inside.any():
        return 0.0
    place = np.interp(strokes.seconds[inside], times, np.arange(len(times))) * parts
    part = float(np.median(np.diff(times))) / parts
    near = np.exp(-0.5 * ((place - np.round(place)) * part / SPREAD) ** 2)
    chance = min(0.95, SPREAD * np.sqrt(2 * np.pi) / part)
    share = float(np.average(near, weights=strokes.weights[inside]))
    return max(0.0, (share - chance) / (1 - chance))


@cache
def load_patterns(path: Path = BAR_PATTERNS) -> tuple[Patterns, ...]:
    """The patterns of all meters that are read by themselves, the commonest meter first."""
    with np.load(path) as file:
        meters = [tuple(map(int, name.split("-")[1:])) for name in file.files if name.startswith("rates-")]
        return tuple(
            Patterns(n, d, file[f"rates-{n}-{d}"].astype(float), file[f"shares-{n}-{d}"].astype(float))
            for n, d in meters
        )


@cache
def every_meter() -> tuple[Patterns, ...]:
    """The learned meters, and those that are put together from parts of them because hardly any grooves are in them."""
    learned = {(one.numerator, one.denominator): one for one in load_patterns()}
    four, six = learned[4, 4], learned[6, 8]
    halves = [_select_places(four, places) for places in ((0, 1), (2, 3))]
    longer = ((0, 0, 1, 2, 3), (0, 1, 1, 2, 3), (0, 1, 2, 2, 3), (0, 1, 2, 3, 3), (0, 1, 2, 3, 0))
    fives = [_select_places(four, places) for places in longer]
    eighths = [[i for i in range(8) if i != gone] for gone in (1, 3, 5, 7)]
    sevens = [_select_places(four, places, PLACES // 2) for places in eighths]
    twelves = [_select_places(six, places) for places in ((0, 1, 0, 1),)] + [_pairs(six)]
    return (
        *load_patterns(),
        _derive_patterns(2, 4, halves),
        _derive_patterns(5, 4, fives),
        _derive_patterns(7, 8, [np.repeat(part, 2, axis=2) * _EVERY_OTHER for part in sevens]),
        _derive_patterns(12, 8, twelves),
    )


def _select_places(patterns: Patterns, parts: Sequence[int], size: int = PLACES) -> Floats:
    """Bars of these parts of a bar, `size` places each, in this order."""
    return np.concatenate([patterns.rates[:, :, part * size : (part + 1) * size] for part in parts], axis=2)


def _pairs(patterns: Patterns) -> Floats:
    """Every bar with every other one behind it."""
    rates = patterns.rates
    return np.array([np.concatenate([a, b], axis=1) for a in rates for b in rates if a is not b])


def _derive_patterns(numerator: int, denominator: int, parts: Sequence[Floats]) -> Patterns:
    rates = np.concatenate(parts)
    return Patterns(numerator, denominator, rates, np.full(len(rates), RARE[numerator, denominator] / len(rates)))


def _kind(hit: Hit) -> int:
    if hit.drum is Drum.CYMBALS:
        return 3 if hit.label in _CRASHES else 2
    return {Drum.KICK: 0, Drum.SNARE: 1, Drum.HIHAT: 2}.get(hit.drum, 4)
