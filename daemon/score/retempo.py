"""A beat grid at another tempo than the one heard, from the hits alone: what a musician types as bpm.

Half, double, thirds and quarters of the heard tempo keep the heard beats: they are split or left out, from the first
downbeat on. Any other bpm is laid through the song as one tempo, in the phase in which its beats carry the most hits.
"""

import cmath
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import log, pi

from bridge.timebase import Seconds
from daemon.pipeline.beats.meter import beats_per_bar, has_beats, interval_after
from daemon.pipeline.records import BeatGrid, Drum, Hit

# Typed to heard bpm: what people count, as said above.
_RATIOS = ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (3, 2), (2, 3), (4, 3), (3, 4), (4, 1), (1, 4))
_ALIKE = 0.005  # of a tempo: a typed bpm has few digits; chosen by hand
# What a stroke says about where the beat is; chosen by hand.
_WEIGHTS = {Drum.KICK: 1.0, Drum.SNARE: 1.0}
_OTHERS = 0.3  # any other drum


def grid_at_bpm(heard: BeatGrid, bpm: float, hits: Sequence[Hit], duration: Seconds) -> BeatGrid:
    """The grid with `bpm` beats a minute, as many of them in a bar as in the heard one."""
    if has_beats(heard):
        for times, of in _RATIOS:
            if abs(log(bpm * of / (heard.bpm * times))) < _ALIKE:
                return _regroup(heard, times, of)
    return _lay(heard, bpm, hits, duration)


def _regroup(heard: BeatGrid, times: int, of: int) -> BeatGrid:
    """Every beat split into `times`, and every `of`-th of those kept, so that the first downbeat stays a beat."""
    beats = [*heard.beats, Seconds(heard.beats[-1] + interval_after(heard.beats))]
    split = [a + (b - a) * part / times for a, b in pairwise(beats) for part in range(times)]
    anchor = heard.downbeats[0] * times if heard.downbeats else 0
    kept = range(anchor % of, len(split), of)
    bar = beats_per_bar(heard)
    return replace(
        heard,
        beats=tuple(Seconds(round(split[i], 6)) for i in kept),
        downbeats=tuple(range((anchor - anchor % of) // of % bar, len(kept), bar)),
        bpm=round(heard.bpm * times / of, 4),
        meters=(),
        remarks=(),
    )


def _lay(heard: BeatGrid, bpm: float, hits: Sequence[Hit], duration: Seconds) -> BeatGrid:
    """One tempo through the whole song; the bar begins where kicks are and snares are not."""
    period, bar = 60 / bpm, beats_per_bar(heard) if has_beats(heard) else heard.numerator
    struck = [(hit.onset, hit.velocity / 127 * _WEIGHTS.get(hit.drum, _OTHERS)) for hit in hits]
    turn = sum((weight * cmath.exp(-2j * pi * onset / period) for onset, weight in struck), 0j)
    phase = (-cmath.phase(turn) / (2 * pi) * period) % period if abs(turn) > 0 else 0.0
    if period - phase < 0.001:
        phase = 0.0
    count = max(2, int((duration - phase) / period) + 1)
    beats = tuple(Seconds(round(phase + period * i, 6)) for i in range(count))
    gains = [0.0] * bar
    for hit in hits:
        sign = {Drum.KICK: 1.0, Drum.SNARE: -1.0}.get(hit.drum, 0.0)
        gains[round((hit.onset - phase) / period) % bar] += sign * hit.velocity / 127
    first = gains.index(max(gains))
    return replace(
        heard,
        beats=beats,
        downbeats=tuple(range(first, count, bar)),
        bpm=bpm,
        constant=True,
        confidence=1.0,
        meters=(),
        remarks=(),
    )
