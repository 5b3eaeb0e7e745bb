"""One voice at a time: bass lines and singing, followed by their period and cut into notes at their attacks.

A hidden path through semitones and silence is found by the Viterbi algorithm over the dips of `periodicity`; a change
of note costs less where the stem has an onset. Then repeated notes are told from held ones by the attacks within.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.pitched.periodicity import STEPS, Floats, Periodicity

# Costs were chosen by note F on rendered excerpts 0 to 31 and mixes 0 to 11 (tests/benchmarks/notes.py).
_VIBRATO = 0.4  # semitones off that cost nothing
_OFF_COST = 0.8  # per semitone further off
_LOW_COST = 0.05  # per octave: twice the period fits as well as the period
_INAUDIBLE = 2.0  # on top of every pitch where the stem is too soft
_CHANGE = 3.0  # dips that a change of pitch must win back
_CHANGE_AT_ATTACK = 1.0  # the same where the stem has an attack
_SURE = 0.15  # dips of frames that are asked for their tuning
_EQUAL = 0.05  # difference of dips that says nothing
_AGREED = 0.3  # how much they must agree, 0..1
_BLOCK = 4096  # frames at a time


@dataclass(frozen=True, slots=True)
class PitchRun:
    """Frames `start` to `stop` on one MIDI pitch."""

    pitch: int
    start: int
    stop: int


def tuning(found: Periodicity) -> float:
    """How far the whole recording lies off concert pitch, semitones -0.5..0.5; 0 where its frames do not agree.

    Of dips that are equally deep the highest counts: the others are multiples of its period, and seven periods are a
    third of a semitone off any note.
    """
    least = found.dips.min(axis=1, initial=1.0)
    rows = np.flatnonzero(least < _SURE)
    if not len(rows):
        return 0.0
    deep = found.dips[rows] <= least[rows, None] + np.float16(_EQUAL)
    bins = deep.shape[1] - 1 - deep[:, ::-1].argmax(axis=1)
    turns = np.exp(2j * np.pi * (found.shifts[rows, bins].astype(float) + (bins - 1) / STEPS))
    mean = turns.mean()
    return float(np.angle(mean) / (2 * np.pi)) if abs(mean) > _AGREED else 0.0


def costs(found: Periodicity, tuned: float = 0.0) -> Floats:
    """(frames, semitones): how badly each pitch explains each frame, 0..1 and a little more for low ones."""
    semitones = found.dips.shape[1] // STEPS
    out = np.ones((len(found.dips), semitones), np.float32)
    for start in range(0, len(out), _BLOCK):
        _block_costs(found, tuned, slice(start, start + _BLOCK), out[start : start + _BLOCK])
    out += _LOW_COST * np.arange(semitones - 1, -1, -1, dtype=np.float32) / 12
    return out


def _block_costs(found: Periodicity, tuned: float, rows: slice, out: Floats) -> None:
    reach = STEPS - 1
    dips = np.pad(found.dips[rows].astype(np.float32), ((0, 0), (reach, reach)), constant_values=1)
    shifts = np.pad(found.shifts[rows].astype(np.float32), ((0, 0), (reach, reach)))
    for first in range(2 * reach + 1):
        columns = slice(first, first + STEPS * out.shape[1], STEPS)
        place = shifts[:, columns] + ((first - reach - 1) / STEPS - tuned)
        off = np.maximum(0, np.abs(place) - _VIBRATO)
        np.minimum(out, dips[:, columns] + _OFF_COST * off, out=out)


def add_silence(cost: Floats, audible: NDArray[np.bool_], price: float) -> Floats:
    """One column more: silence, which costs `price`; what is not audible can hardly be anything else."""
    out = np.pad(cost, ((0, 0), (0, 1)), constant_values=price)
    out[~audible, :-1] += _INAUDIBLE
    return out


def path(cost: Floats, attacks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The cheapest way through `cost`, (frames,) columns."""
    frames, states = cost.shape
    back = np.empty((frames, states), np.int16)
    total = np.zeros(states, np.float32)
    stay = np.arange(states)
    prices = np.where(attacks, _CHANGE_AT_ATTACK, _CHANGE)
    for i in range(frames):
        best = int(total.argmin())
        moved = total[best] + prices[i]
        changes = moved < total
        back[i] = np.where(changes, best, stay)
        total = np.where(changes, moved, total) + cost[i]
        total -= total[best]
    return _trace_back(back, int(total.argmin()))


def _trace_back(back: NDArray[np.int16], state: int) -> NDArray[np.int64]:
    out = np.empty(len(back), np.int64)
    for i in range(len(back) - 1, -1, -1):
        out[i] = state
        state = int(back[i, state])
    return out


def runs(states: NDArray[np.int64], silence: int, lowest: int) -> Iterator[PitchRun]:
    """Stretches of one pitch, without the silence."""
    edges = np.flatnonzero(np.diff(states, prepend=-1, append=-1))
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if (state := int(states[start])) != silence:
            yield PitchRun(lowest + state, start, stop)


def pitch_curve(found: Periodicity, run: PitchRun, tuned: float) -> Floats:
    """Semitones off the run's pitch, frame by frame; 0 where nothing was heard."""
    dips, places = found.dips_around(run.pitch, run.start, run.stop, STEPS + 1)
    best = dips.argmin(axis=1)[:, None]
    depth, place = (np.take_along_axis(each, best, axis=1)[:, 0] for each in (dips, places))
    return np.where(depth < 2 * _SURE, place - tuned, 0.0).astype(np.float32)
