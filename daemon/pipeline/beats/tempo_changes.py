"""The tempo of songs that have more than one: stretches that are constant each, or a map that follows the players."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from daemon.pipeline.beats.steady_tempo import (
    HOP,
    WINDOW,
    WITNESSES,
    Floats,
    PulseMap,
    refine,
    spectrum,
    wind,
)

MOST = 6  # stretches of a song; more of them are a player
SHORTEST = 10.0  # seconds of a stretch
COVERED = 0.85  # share of the strokes that stretches must hold between them
_BLOCK = 4.0  # seconds by which a stretch is tried to go on
_FAITHFUL = 0.014  # seconds that a block of a stretch may be off it
_LEAST = 0.3  # coherence of a block that goes on in the same tempo
_BRIDGED = 60.0  # blocks without strokes, in seconds, that a stretch goes on through
_LOWEST, _HIGHEST, _STEP = 40.0, 230.0, 0.004  # bpm, and a step as a part: what players are followed through
_TURN, _JUMP = 0.008, 10.0  # what a step of the tempo within a second costs, squared, and any other one
_ON_PULSE = 0.3  # coherence that says where in a pulse the strokes are
_USUAL, _SPREAD = 115.0, 0.55  # bpm, and octaves: where people tap


@dataclass(frozen=True, slots=True)
class Stretch:
    """A constant pulse of `frequency` from `start` to `end`; `gain` is the weight of the strokes that it explains."""

    start: float
    end: float
    frequency: float
    phase: float
    gain: float


def find_stretches(seconds: Floats, weights: Floats) -> list[Stretch]:
    """The few constant stretches that hold (nearly) all strokes, in order; none where there are no such."""
    left = np.ones(len(seconds), bool)
    chosen: list[Stretch] = []
    while len(chosen) <= MOST and np.sum(weights[left]) > (1 - COVERED) / 2 * np.sum(weights):
        free = _gaps(chosen, float(seconds[0]), float(seconds[-1]) + 0.01)
        found = [one for gap in free for one in _grow_all(seconds, weights, gap)]
        best = max(found, key=lambda one: one.gain, default=None)
        if best is None:
            break
        chosen.append(best)
        left &= (seconds < best.start) | (seconds > best.end)
    chosen.sort(key=lambda one: one.start)
    if len(chosen) > MOST or np.sum(weights[~left]) < COVERED * np.sum(weights):
        return []
    return _meet(chosen, seconds, weights)


def _gaps(chosen: list[Stretch], start: float, end: float) -> Iterator[tuple[float, float]]:
    now = start
    for one in sorted(chosen, key=lambda one: one.start):
        if one.start - now > SHORTEST / 2:
            yield now, one.start
        now = one.end
    if end - now > SHORTEST / 2:
        yield now, end


def _grow_all(seconds: Floats, weights: Floats, gap: tuple[float, float]) -> Iterator[Stretch]:
    """From every window of the gap, along each of its clearest pulses, as far as they hold."""
    inside = (seconds >= gap[0]) & (seconds < gap[1])
    t, w = seconds[inside], weights[inside]
    covered: list[tuple[float, float, float]] = []
    for start in np.arange(gap[0], max(gap[0] + 1, gap[1] - WINDOW / 2), HOP):
        k = slice(*np.searchsorted(t, [start, start + WINDOW]))
        if k.stop - k.start < WITNESSES:
            continue
        for frequency in _clearest(t[k], w[k]):
            if any(a <= start <= b - HOP and abs(frequency - f) < 0.02 for a, b, f in covered):
                continue
            grown = _grow(t, w, float(start), frequency)
            if grown is not None and grown.end - grown.start >= SHORTEST:
                covered.append((grown.start, grown.end, grown.frequency))
                yield grown


def _clearest(t: Floats, w: Floats) -> list[float]:
    frequencies, size = spectrum(t - t[0], w, WINDOW)
    size = np.where(frequencies > 1.5, size, 0.0)
    chance = np.sqrt(np.log(1000.0) / len(t))
    best = []
    for _ in range(3):
        i = int(np.argmax(size))
        if size[i] < max(0.4, chance):
            break
        best.append(refine(t, w, float(frequencies[i]), WINDOW))
        size = np.where(np.abs(frequencies - frequencies[i]) > 0.15, size, 0.0)
    return best


def _grow(t: Floats, w: Floats, start: float, frequency: float) -> Stretch | None:
    """As far to both sides as blocks of strokes keep the pulse, which becomes the more exact the longer it is."""
    low, high = start, start + WINDOW
    for way in (1, -1):
        edge, tried, silent = high if way > 0 else low, 0, 0.0
        while tried < 2 and silent < _BRIDGED * 5 and t[0] - _BLOCK < edge < t[-1] + _BLOCK:
            block = (t >= edge) & (t < edge + _BLOCK) if way > 0 else (t >= edge - _BLOCK) & (t < edge)
            edge += way * _BLOCK
            if block.sum() < 4:
                silent += _BLOCK
                continue
            inside = (t >= low) & (t < high)
            whole, here = wind(t[inside], w[inside], frequency), wind(t[block], w[block], frequency)
            apart = abs(np.angle(here * np.conj(whole))) / (2 * np.pi * frequency)
            if abs(here) < max(_LEAST, 0.4 * abs(whole)) or apart > _FAITHFUL:
                tried += 1
                continue
            low, high = min(low, edge), max(high, edge)
            tried, silent = 0, 0.0
            inside = (t >= low) & (t < high)
            frequency = refine(t[inside], w[inside], frequency, (high - low) * 4)
    inside = (t >= low) & (t < high)
    if inside.sum() < 2 * WITNESSES:
        return None
    mean = wind(t[inside], w[inside], frequency)
    first, last = float(t[inside][0]), float(t[inside][-1])
    phase = float(-np.angle(mean) / (2 * np.pi * frequency))
    return Stretch(first, last, frequency, phase, float(abs(mean) * w[inside].sum()))


def _meet(chosen: list[Stretch], seconds: Floats, weights: Floats) -> list[Stretch]:
    """With the changes where the strokes begin to follow the next pulse rather than the one before."""
    for i in range(len(chosen) - 1):
        a, b = chosen[i], chosen[i + 1]
        near = (seconds > max(a.start + 4, a.end - 6)) & (seconds < min(b.end - 4, b.start + 6))
        t, w = seconds[near], weights[near]
        fits = [w * np.cos(2 * np.pi * one.frequency * (t - one.phase)) for one in (a, b)]
        total = np.concatenate([[0.0], np.cumsum(fits[0] - fits[1])])
        cut = int(np.argmax(total))
        edge = (a.end + b.start) / 2 if not len(t) else float(t[cut]) - 0.03 if cut < len(t) else float(t[-1]) + 0.03
        chosen[i] = Stretch(a.start, edge, a.frequency, a.phase, a.gain)
        chosen[i + 1] = Stretch(edge, b.end, b.frequency, b.phase, b.gain)
    return chosen


def follow_players(seconds: Floats, weights: Floats) -> PulseMap:
    """A pulse near the beat whose tempo moves with the strokes: its path through the tempi of all windows, then its
    phase drawn to the strokes ever more locally."""
    centres = np.arange(0.0, float(seconds[-1]) + 2.0, 1.0)
    rates = np.exp(np.arange(np.log(_LOWEST), np.log(_HIGHEST), _STEP))
    bpm = rates[_path(_tempogram(seconds, weights, centres, rates), rates)]
    fine = np.arange(0.0, centres[-1], 0.02)
    turns = np.cumsum(np.interp(fine, centres, bpm) / 60 * 0.02)
    for width in (4.0, 2.5, 1.6):  # seconds of the strokes that are asked at a time: standard deviations
        turns -= _late(seconds, weights, fine, turns, width)
    for parts in (1, 2):  # the strokes' quarters are on the pulse's; now its whole or half turns are put on the strokes
        mean = wind(np.interp(seconds, fine, turns), weights, parts)
        if abs(mean) > _ON_PULSE:
            turns += np.angle(mean) / (2 * np.pi * parts)
            break
    return PulseMap(fine, np.maximum.accumulate(turns + 1e-9 * np.arange(len(turns))))


def _late(seconds: Floats, weights: Floats, fine: Floats, turns: Floats, width: float, parts: int = 4) -> Floats:
    """By which part of a turn the pulse is before the strokes, at `fine`."""
    centres = np.arange(0.0, fine[-1] + 0.5, 0.5)
    wound = weights * np.exp(-2j * np.pi * parts * np.interp(seconds, fine, turns))
    near = np.exp(-0.5 * ((seconds[None, :] - centres[:, None]) / width) ** 2)
    mean = near @ wound
    known = np.abs(mean) > 1e-9
    if known.sum() < 2:
        return np.zeros(len(fine))
    angle = np.unwrap(-np.angle(mean[known]))
    return np.asarray(np.interp(fine, centres[known], angle) / (2 * np.pi * parts))


def _tempogram(seconds: Floats, weights: Floats, centres: Floats, rates: Floats) -> Floats:
    """(centres, rates): coherence around each second at each bpm, its half and its quarter notes' parts."""
    out = np.zeros((len(centres), len(rates)))
    for i, centre in enumerate(centres):
        k = slice(*np.searchsorted(seconds, [centre - WINDOW / 2, centre + WINDOW / 2]))
        if k.stop - k.start < WITNESSES - 2:
            continue
        t = seconds[k] - centre
        w = weights[k] * (0.5 + 0.5 * np.cos(2 * np.pi * t / WINDOW))
        turn = np.exp(-2j * np.pi * np.outer(t, rates / 60))
        out[i] = (np.abs(w @ turn) + np.abs(w @ turn**2) + np.abs(w @ turn**4)) / (3 * w.sum() + 1e-9)
    return out


def _path(strength: Floats, rates: Floats) -> list[int]:
    """The smoothest strong way through a tempogram (Viterbi)."""
    usual = -0.5 * (np.log2(rates / _USUAL) / _SPREAD) ** 2 * 0.05
    best, came = strength[0] + usual, []
    for row in strength[1:]:
        value, origin = best.copy(), np.arange(len(rates))
        top = int(np.argmax(best))
        for shift in (s for d in range(1, 9) for s in (-d, d)):
            moved = np.full(len(rates), -np.inf)
            moved[max(0, shift) : len(rates) + min(0, shift)] = best[max(0, -shift) : len(rates) - max(0, shift)]
            better = moved - _TURN * shift * shift > value
            value[better], origin[better] = (
                (moved - _TURN * shift * shift)[better],
                (np.arange(len(rates)) - shift)[better],
            )
        jump = best[top] - _JUMP > value
        value[jump], origin[jump] = best[top] - _JUMP, top
        best = value + row + usual
        came.append(origin)
    path = [int(np.argmax(best))]
    for origin in reversed(came):
        path.append(int(origin[path[-1]]))
    return path[::-1]
