"""Which of the notes that a network reports are really played: each is weighed against the sound at its own pitch.

A network hears an octave or a twelfth below a chord, overtones above a note, and a held note struck anew whenever
another one starts. In the spectrum the first have no fundamental to speak of and the last do not rise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.audio.stft import amplitudes, stream_frames
from daemon.pipeline.pitched.polyphonic import HOP, KEYS, RATE, NoteEvent, Posteriors

# Weights and limits were chosen by note F on rendered excerpts 0 to 31 and mixes 0 to 11 (tests/benchmarks/notes.py).
_WINDOW = 4096  # samples at RATE, 186 ms
_FLOOR = 1e-6  # of full scale, -120 dB
_TOLERANCE = 0.4  # semitones to either side of a key that count as its fundamental
_AFTER, _BEFORE = (3, 12), (10, 1)  # frames around a start
_ADJACENT = 6  # frames between a note and the one that might be the same
_STRUCK_DB = 1.0  # rise that proves a new stroke
_STROKE_SECONDS = 0.045  # seconds between the onset of a key and one of the stem
_STROKE_SHARE = 0.8  # of the surest onset of that moment: what a key must have that does not rise
_PER_RISE_DB, _MOST_RISE = 0.007, 6.0  # confidence for each dB that the fundamental rises; dB at most
_PER_TOP_DB = 0.003  # off for each dB by which an overtone stands above the fundamental
_PER_ONSET, _PER_SOURCE, _PER_STANDING = 0.15, 0.05, 1.0  # the attack, less a source's, and an overtone that sounds
_OVERTONES = (12, 19)  # semitones above: the octave and the twelfth
_SOURCES = (12, 19, 24, 28, 31)  # semitones below: notes of which this one may be an overtone
_TOGETHER, _MOST_COMPANY, _PER_COMPANION = 3, 4, 0.01  # frames between the attacks of a chord; notes
_SUREST, _LEAST_SURE = 95, 0.7  # percentile of a part's weights, and what it counts as at least
_CONFIDENT, _PER_SURE = 0.085, 0.5  # what a note must weigh: so much, and this share of the surest

Floats = NDArray[np.float32]
_NO_ATTACKS: NDArray[np.float64] = np.zeros(0)


def key_levels(blocks: Iterable[Floats]) -> NDArray[np.float16]:
    """(frames, 88) dB of the fundamental of every key, of mono blocks at 22.05 kHz, on the raster of the posteriors."""
    window = np.hanning(_WINDOW).astype(np.float32)
    window *= 2 / window.sum()
    parts = [_fundamentals(amplitudes(frames, window)) for frames in stream_frames(blocks, _WINDOW, HOP)]
    return np.concatenate([np.zeros((0, KEYS), np.float16), *parts])


def _fundamentals(magnitudes: Floats) -> NDArray[np.float16]:
    hertz = 27.5 * 2 ** (np.arange(KEYS) / 12)
    first = np.floor(hertz * 2 ** (-_TOLERANCE / 12) * _WINDOW / RATE).astype(int)
    last = np.ceil(hertz * 2 ** (_TOLERANCE / 12) * _WINDOW / RATE).astype(int) + 1
    peaks = [magnitudes[:, a:b].max(axis=1) for a, b in zip(first, last, strict=True)]
    return (20 * np.log10(np.maximum(_FLOOR, np.stack(peaks, axis=1)))).astype(np.float16)


def level(levels: NDArray[np.float16], event: NoteEvent) -> float:
    """dB of the fundamental at the attack."""
    return float(levels[event.start : event.start + _AFTER[1], event.key].max(initial=-120))


def drop_false_notes(
    found: Sequence[NoteEvent],
    heard: Posteriors,
    levels: NDArray[np.float16],
    sensitivity: float,
    *,
    attacks: NDArray[np.float64] = _NO_ATTACKS,
) -> list[NoteEvent]:
    """The events that hold against the surest of their part, repeated ones that were never struck joined first.

    `attacks` are the seconds of the stem's onsets.

    In a mix and in dense chords all notes are less sure than in a dry melody, the real ones too.
    """
    struck = _join_repeats(found, _StrokeEvidence(found, heard, levels, attacks))
    if not struck:
        return []
    usual = float(np.median([event.confidence for event in struck]))
    weights = _companions(struck) * _PER_COMPANION
    weights += [_weight(levels, event) + _onset_evidence(heard, event, usual) for event in struck]
    sure = max(_LEAST_SURE, float(np.percentile(weights, _SUREST)))
    least = _CONFIDENT + _PER_SURE * sure + (0.5 - sensitivity) * 0.6
    return [event for event, weight in zip(struck, weights.tolist(), strict=True) if weight >= least]


@dataclass(frozen=True, slots=True)
class _StrokeEvidence:
    """What tells a note struck again from one that is only held."""

    found: Sequence[NoteEvent]
    heard: Posteriors
    levels: NDArray[np.float16]
    attacks: NDArray[np.float64]

    def is_struck(self, event: NoteEvent, before: NoteEvent) -> bool:
        """Whether its key rises; or, on a key that plays alone or with others struck again, the stem has an onset.

        The window of a level is longer than a quick note: repeats of a string hardly rise in it.
        """
        if event.start - before.stop >= _ADJACENT or _rise(self.levels, event) >= _STRUCK_DB:
            return True
        near = np.abs(self.attacks - event.start / self.heard.frame_rate) < _STROKE_SECONDS
        return bool(near.any()) and self._onset(event.start, event.key) >= _STROKE_SHARE * self._onset(event.start)

    def _onset(self, frame: int, key: int | None = None) -> float:
        """The largest onset posterior around a frame, of one key or of all."""
        rows = self.heard.onset[max(0, frame - _TOGETHER) : frame + _TOGETHER + 1]
        return float((rows if key is None else rows[:, key]).max(initial=0))


def _join_repeats(found: Sequence[NoteEvent], evidence: _StrokeEvidence) -> list[NoteEvent]:
    kept: list[NoteEvent] = []
    last: dict[int, int] = {}
    for event in found:
        before = last.get(event.key)
        if before is None or evidence.is_struck(event, kept[before]):
            last[event.key] = len(kept)
            kept.append(event)
        else:
            kept[before] = replace(kept[before], stop=event.stop)
    return kept


def _companions(found: Sequence[NoteEvent]) -> NDArray[np.float64]:
    """(events,) how many others start with each; `found` is in order."""
    starts = np.array([event.start for event in found])
    last = np.searchsorted(starts, starts + _TOGETHER, side="right")
    first = np.searchsorted(starts, starts - _TOGETHER)
    return np.minimum(_MOST_COMPANY, last - first - 1).astype(float)


def _rise(levels: NDArray[np.float16], event: NoteEvent) -> float:
    after = levels[event.start + _AFTER[0] : event.start + _AFTER[1], event.key].max(initial=-120)
    before = levels[max(0, event.start - _BEFORE[0]) : event.start + _BEFORE[1], event.key].min(initial=0)
    return float(after) - float(before)


def _weight(levels: NDArray[np.float16], event: NoteEvent) -> float:
    """The network's confidence, corrected for how the fundamental rises and how far its overtones stand above it."""
    attack = levels[event.start : event.start + _AFTER[1]]
    tops = [float(attack[:, event.key + step].max(initial=-120)) for step in _OVERTONES if event.key + step < KEYS]
    above = max(0.0, max(tops, default=-120.0) - level(levels, event))
    rise = float(np.clip(_rise(levels, event), -10, _MOST_RISE))
    return event.confidence + _PER_RISE_DB * rise - _PER_TOP_DB * above


def _onset_evidence(heard: Posteriors, event: NoteEvent, usual: float) -> float:
    """What the network's other posteriors add: its attack, less that of a note it may be an overtone of.

    In a dense chord all notes are less sure; one whose overtones sound too is held to what is `usual` in this part.
    """
    attacks = heard.onset[max(0, event.start - 3) : event.start + 4]
    attack = float(attacks[:, event.key].max(initial=0))
    sources = [event.key - step for step in _SOURCES if event.key >= step]
    source = float(attacks[:, sources].max(initial=0)) if sources else 0.0
    tops = [event.key + step for step in _OVERTONES if event.key + step < KEYS]
    overtone = float(heard.note[event.start : event.stop, tops].astype(np.float32).mean(axis=0).max(initial=0))
    return _PER_ONSET * attack - _PER_SOURCE * source + _PER_STANDING * overtone * (event.confidence - usual)
