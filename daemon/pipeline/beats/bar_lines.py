"""Where the bars begin: the most likely way to cut a song's beats into bars, by dynamic programming.

A bar of any length may follow any other, at a price, so that one short bar moves the bar lines behind it and a song may
change its meter. What is likely in a bar is first taken from drummers (bar_patterns), then from the
song itself: its mean bar, once the first cut has told where its bars are, and where its chords change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.beats.bar_patterns import KINDS, PLACES, UNNAMED, Patterns, Strokes
from daemon.pipeline.beats.steady_tempo import Floats

CHANGE = 10.0  # nats that a bar of another length than the last one costs; by hand on tests/songs_with_beats.py
LASTING = 1.0  # more nats where the song then stays in that meter; by hand on songs of FIRST in tests/grooves.py
BLOCK, BLOCKS = 48, 6  # beats of a block that is looked at by itself, and how many of them
TEMPER = 0.6  # of the nats of a bar: strokes of a bar depend on each other
# Bars of four are two of two where their halves differ by less than ALIKE nats a beat and the chord changes in the
# middle by CHANGED standard deviations more than on the second and the fourth beat, and EVEN as much as on the first;
# where less than PLAIN of the snare is a backbeat, and MOSTLY all bars are of four. By hand: songs of FIRST and SECOND
# in 2/4 and 6/8 differ by .07 or less and change by .5 to 1; those in 4/4 keep one of these limits at least.
ALIKE, CHANGED, EVEN, PLAIN, MOSTLY = 0.13, 0.5, 0.75, 0.55, 0.9
ROUNDS = 3  # at most, in which bar lines and the song's mean bar are found by each other; chosen by hand
FIRST = 1.0  # nats for a bar that begins where the music does
# nats for a bar that begins where the chord changes by a standard deviation more than usual; on FIRST and SECOND
CHORD = 1.0
MIDDLE = 0.3  # of that, for a change in the middle of the bar
OWN = 4.0  # bars' worth of drummers' habits in the mean bar of the song
SURE = 0.1  # nats a beat by which bars must be better than any others to be sure; of 196 songs 21 are below, 3 wrong
# beats, and nats a beat by which such bars must be better than all others: of FIRST two in 5/4 are so by .62 or more,
# two in 4/4 and 2/4 by .09 or less
UNEVEN, CLEAR = (5, 7), 0.3
_UNUSUAL = {2: 1.0, 3: 0.3, 5: 0.8, 7: 0.8}  # nats that a bar of so many beats costs beside one of four
_DOTTED = {4: 0.3}  # the same in dotted quarters, beside one of two
_SNARE = 1  # the kind of bar_patterns
_FLOOR = 0.02  # of the mean rate: what can always happen at any place


@dataclass(frozen=True, slots=True)
class Bars:
    """`lines` are indices of the beats that begin a bar, and one past the last bar; `margin` in nats a beat says how
    much worse the second best bars are: each of `rival_beats` from beat `rival_start` on."""

    lines: tuple[int, ...]
    beats: int
    margin: float
    rival_beats: int = 4
    rival_start: int = 0


def cut_into_bars(
    strokes: Strokes,
    times: Floats,
    meters: Sequence[Patterns],
    joints: Sequence[int] = (),
    changes: Floats | None = None,
    *,
    thirds: bool = False,
) -> Bars:
    """Bars of the beats at `times`. `meters` count the same beat; at `joints` any bar may begin (another song does);
    `changes` says how much the chord changes at each beat (chord_changes), `thirds` that beats are in threes.

    Bars of five or seven are taken only where they are clearly better than the best cut without them.
    """
    told = np.zeros(len(times)) if changes is None else changes
    table = _Table(_sound(strokes, times), len(times), tuple(meters), frozenset(joints), told)
    best = _search(table)
    main = _main_size(best.lines)
    common = tuple(one for one in meters if one.beats != main)
    if main in UNEVEN and common:
        other = _search(replace(table, meters=common))
        best = best if best.score - other.score > CLEAR * len(times) else other
        main = _main_size(best.lines)
    if main == 4 and 2 in table.usual and _is_halved(table, best, thirds):
        return _with_rival(table, _cut_alone(table, 2), 2, halved=True)
    return _with_rival(table, best, main)


def _main_size(lines: Sequence[int]) -> int:
    """The length of the bars that fill most of the song."""
    sizes = np.diff(lines)
    return int(np.bincount(sizes, weights=sizes).argmax()) if len(sizes) else 4


@dataclass(frozen=True)
class _Table:
    """A song to be cut: `sound` is (places of all its beats, KINDS), `changes` says how much the chord changes at each
    beat."""

    sound: Floats
    beats: int
    meters: tuple[Patterns, ...]
    joints: frozenset[int]
    changes: Floats

    @cached_property
    def usual(self) -> dict[int, Floats]:
        """Nats by which what follows each beat is rather such a bar than strokes and changes of the chord anywhere."""
        drums = {one.beats: (one.rates, np.log(one.shares / one.shares.sum())) for one in self.meters}
        gains = {n: _gain(self.sound, bars) for n, bars in drums.items()}
        for n, gain in gains.items():
            gain[: self.beats] += CHORD * self.changes
            if n == 4:
                gain[: self.beats - 2] += MIDDLE * CHORD * self.changes[2:]
        return gains

    @property
    def costs(self) -> dict[int, float]:
        """Nats that a bar of so many beats costs."""
        return _DOTTED if self.meters[0].quarters == 1.5 else _UNUSUAL


@dataclass(frozen=True, slots=True)
class _Cut:
    """`lines` of bars, worth `score` nats by `gains`: what a bar of each length is worth at each beat."""

    score: float
    lines: list[int]
    gains: dict[int, Floats]


def _search(table: _Table) -> _Cut:
    """Begins with the bars of drummers. Then every block of the song may have a meter of its own, whose mean bar is
    that of the block: a fifth of the song in 5/4 is found so."""
    usual = table.usual
    best = _improve(table, _best_cut(table, usual).lines)
    for n in (n for n in usual if n % 2 == 0 and n // 2 in usual):  # a half of these bars hides what is in the other
        twice = _improve(table, _best_cut(table, {n: usual[n]}).lines)
        best = max(best, twice, key=lambda one: one.score)
    for n, own in _blocks(table):
        gains = {**best.gains, n: usual[n] + own}
        cut = _best_cut(table, gains)
        if cut.lines != best.lines:
            best = max(best, _improve(table, cut.lines), key=lambda one: one.score)
    return best


@dataclass(frozen=True, slots=True)
class _EvenBars:
    """All bars of `beats` from beat `start` on, and what they are worth in nats a beat."""

    worth: float
    beats: int
    start: int
    lines: range


def _even_bars(table: _Table) -> list[_EvenBars]:
    """Bars of one length, any length, from any beat on: the best first."""
    found = []
    for beats in table.usual:
        for start in range(min(beats, table.beats - beats)):
            lines = range(start, table.beats + 1, beats)
            found.append(_EvenBars(_worth(table, lines), beats, start, lines))
    return sorted(found, key=lambda one: -one.worth)


def _improve(table: _Table, lines: list[int]) -> _Cut:
    """What a cut becomes when the song's own mean bars count too."""
    for _ in range(ROUNDS):
        own = _own_bars(table.sound, lines, table.meters)
        cut = _best_cut(table, {n: gain + _gain(table.sound, own[n]) for n, gain in table.usual.items()})
        if cut.lines == lines:
            break
        lines = cut.lines
    return cut


def _cut_alone(table: _Table, beats: int) -> _Cut:
    """All bars of one length."""
    meters = tuple(one for one in table.meters if one.beats == beats)
    alone = replace(table, meters=meters)
    return _improve(alone, _best_cut(alone, alone.usual).lines)


def _is_halved(table: _Table, cut: _Cut, thirds: bool) -> bool:
    """Whether bars of four are twice two: both halves sound alike, and the chord changes in their middle as it does on
    their first beat. A backbeat in quarters is left in four, as people write it, unless they are in threes."""
    first = np.array([a for a, b in pairwise(cut.lines) if b - a == 4 and b < table.beats], dtype=int)
    if 4 * len(first) < max(MOSTLY * table.beats, 32):
        return False
    one, middle = (float(table.changes[first + i].mean()) for i in (0, 2))
    others = float(np.concatenate([table.changes[first + i] for i in (1, 3)]).mean())
    if middle - others < CHANGED or middle - others < EVEN * (one - others):
        return False
    if table.meters[0].quarters == 1 and not thirds and _backbeat(table, first) > PLAIN:
        return False
    halves = [i for a in first for i in (a, a + 2)]
    return _own_gain(table, first.tolist(), 4) - _own_gain(table, halves, 2) < ALIKE * table.beats


def _own_gain(table: _Table, first: Sequence[int], beats: int) -> float:
    """Nats by which bars of so many beats that begin there are rather their mean than strokes at any place."""
    bars = [table.sound[a * PLACES : (a + beats) * PLACES].T for a in first]
    return float(_gain(table.sound, (np.mean(bars, axis=0)[None], np.zeros(1)))[first].sum())


def _backbeat(table: _Table, first: NDArray[np.int64]) -> float:
    """The share of the snare that is on the second and the fourth beat of the bars."""
    size = 4 * PLACES
    bar = np.sum([table.sound[a * PLACES : a * PLACES + size, _SNARE] for a in first], axis=0)
    return float((bar[PLACES] + bar[3 * PLACES]) / (bar.sum() + 1e-9))


def _blocks(table: _Table) -> Iterator[tuple[int, Floats]]:
    """(length of a bar, what such a bar is worth anywhere), if it is the mean bar of one of the song's blocks."""
    for start in range(0, table.beats - BLOCK // 2, max(BLOCK // 2, table.beats // BLOCKS)):
        for patterns in table.meters:
            n, usual = patterns.beats, table.usual
            begin = start + int(np.argmax([usual[n][start + i : start + BLOCK : n].sum() for i in range(n)]))
            lines = list(range(begin, min(table.beats, start + BLOCK) + 1, n))
            if len(lines) > 4:
                yield n, _gain(table.sound, _own_bars(table.sound, lines, [patterns])[n])


def _sound(strokes: Strokes, times: Floats) -> Floats:
    """(places of all beats, KINDS): what is struck where."""
    out = np.zeros(((len(times) + 8) * PLACES, KINDS))
    inside = (strokes.seconds >= times[0] - 0.05) & (strokes.seconds < times[-1])
    place = np.round(np.interp(strokes.seconds[inside], times, np.arange(len(times))) * PLACES).astype(int)
    np.add.at(out, (place, strokes.kinds[inside]), strokes.weights[inside])
    if out[:, UNNAMED].any():
        out[:, :UNNAMED] = 0.0
    return out


def _gain(sound: Floats, bars: tuple[Floats, Floats]) -> Floats:
    """(beats,): nats by which what follows a beat is rather such a bar than strokes at any place of it."""
    rates, shares = bars
    size = rates.shape[2]
    level = rates.mean(axis=2, keepdims=True)
    shape = np.log((rates + _FLOOR * level + 1e-4) / (level * (1 + _FLOOR) + 1e-4))
    weights = shape.transpose(0, 2, 1).reshape(len(rates), -1)
    windows = np.lib.stride_tricks.sliding_window_view(sound, size, axis=0)[::PLACES].transpose(0, 2, 1)
    fits = TEMPER * windows.reshape(len(windows), -1) @ weights.T
    return np.asarray(np.logaddexp.reduce(fits + shares, axis=1))


def _own_bars(sound: Floats, lines: Sequence[int], meters: Sequence[Patterns]) -> dict[int, tuple[Floats, Floats]]:
    """The mean bar of each length in the song; lengths that it has not are parts of its commonest bar."""
    sizes = np.diff(lines)
    own: dict[int, tuple[Floats, Floats]] = {}
    main = int(np.bincount(sizes).argmax()) if len(sizes) else 4
    mean = {int(n): _mean_bar(sound, lines, int(n)) for n in set(sizes.tolist()) | {main}}
    for patterns in meters:
        n = patterns.beats
        usual = np.einsum("k,kcp->cp", patterns.shares / patterns.shares.sum(), patterns.rates)
        whole, count = mean.get(n, (np.zeros_like(usual), 0))
        rates = [(count * whole + OWN * usual) / (count + OWN)] if count > 3 else []
        if n < main:
            rates += [mean[main][0][:, : n * PLACES], mean[main][0][:, -n * PLACES :]]
        rates = rates or [usual]
        own[n] = np.array(rates), np.full(len(rates), -np.log(len(rates)))
    return own


def _mean_bar(sound: Floats, lines: Sequence[int], size: int) -> tuple[Floats, int]:
    bars = [sound[a * PLACES : b * PLACES].T for a, b in pairwise(lines) if b - a == size]
    return (np.mean(bars, axis=0), len(bars)) if bars else (np.zeros((KINDS, size * PLACES)), 0)


def _best_cut(table: _Table, gains: dict[int, Floats]) -> _Cut:
    """By Viterbi over (beat, length of the bars there); the first full bar begins within the longest bar."""
    sizes = sorted(gains)
    heard = np.flatnonzero(table.sound.sum(axis=1))
    opening = round(int(heard[0]) / PLACES) if len(heard) else 0
    best = np.full((table.beats + max(sizes) + 1, len(sizes)), -np.inf)
    came = np.full((*best.shape, 2), -1, dtype=int)
    for i in range(min(table.beats, max(sizes))):
        best[i] = FIRST * (i == opening)
    for i in range(table.beats):
        top = int(np.argmax(best[i]))
        another = best[i, top] - (0.0 if i in table.joints else CHANGE + LASTING)
        for k in range(len(sizes)):
            origin = k if best[i, k] >= another else top
            for m, size in enumerate(sizes):  # a bar of another length may come in between
                value = max(best[i, k], another) + gains[size][i] - table.costs.get(size, 0.0) - CHANGE * (m != k)
                if value > best[i + size, k]:
                    best[i + size, k], came[i + size, k] = value, (i, origin)
    ends = best[table.beats : table.beats + max(sizes)]
    at, k = (int(v) for v in np.unravel_index(int(np.argmax(ends)), ends.shape))
    score, lines = float(ends[at, k]), [at + table.beats]
    while came[lines[-1], k, 0] >= 0:
        at, k = (int(v) for v in came[lines[-1], k])
        lines.append(at)
    return _Cut(score, lines[::-1], gains)


def _with_rival(table: _Table, cut: _Cut, main: int, *, halved: bool = False) -> Bars:
    """The bars, held against the best ones of one length that are not these, of the same if they were `halved`."""
    starts = {line % main for line in cut.lines}
    for one in _even_bars(table):
        if (one.beats == main and one.start in starts) or (halved and one.beats != main):
            continue
        return Bars(tuple(cut.lines), main, _worth(table, cut.lines) - one.worth, one.beats, one.start)
    return Bars(tuple(cut.lines), main, np.inf)


def _worth(table: _Table, lines: Sequence[int]) -> float:
    """Nats a beat of bars, by what is usual and by the song's own ones."""
    usual, own = table.usual, _own_bars(table.sound, lines, table.meters)
    total = 0.0
    for n in {b - a for a, b in pairwise(lines)}:
        first = [a for a, b in pairwise(lines) if b - a == n and a < len(usual[n])]
        total += float(usual[n][first].sum() + _gain(table.sound, own[n])[first].sum())
        total -= table.costs.get(n, 0.0) * len(first)
    return total / table.beats
