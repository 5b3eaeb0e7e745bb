"""Where the chord changes: bars begin there more often than anywhere else."""

import numpy as np

from daemon.pipeline.audio.semitones import LOWEST, Semitones
from daemon.pipeline.beats.steady_tempo import Floats

DEEP = 52 - LOWEST  # below E3 a bass sounds, and drums
EARLY = 0.5  # beats before the bar line at which some play the next chord
EIGHTH = 0.26  # seconds; shorter beats are eighths, before which nobody changes the chord by half of one
BASS = 0.3  # of what the bass changes beside the chord above it
LEAST = 0.005  # a spread of changes below which none of them says anything
_EMPTY = 1e-6


def chord_changes(sound: Semitones, times: Floats) -> Floats:
    """(times,) how much more the chord changes at each time than it does at most, in standard deviations.

    The pitch classes of the beat behind it are held against those of the beat before, by the cosine of their angle.
    """
    if len(times) < 3 or not len(sound.loudness):
        return np.zeros(len(times))
    beat = float(np.median(np.diff(times)))
    early = EARLY * beat if beat > EIGHTH else 0.0
    below = np.concatenate([np.zeros((1, sound.loudness.shape[1])), np.cumsum(sound.loudness, axis=0)])

    def mean(start: Floats, end: Floats) -> Floats:
        frames = [np.clip(np.round(t * sound.rate).astype(int), 0, len(sound.loudness)) for t in (start, end)]
        return (below[frames[1]] - below[frames[0]]) / np.maximum(1, frames[1] - frames[0])[:, None]

    before, after = mean(times - beat, times - early), mean(times, times + beat)
    apart = np.sqrt(_turn(before[:, DEEP:], after[:, DEEP:])) + BASS * np.sqrt(_turn(before[:, :DEEP], after[:, :DEEP]))
    return np.asarray((apart - apart.mean()) / (apart.std() + LEAST))


def _turn(before: Floats, after: Floats) -> Floats:
    """(times,) 0..1: 1 less the cosine between pitch classes."""
    a, b = _by_class(before), _by_class(after)
    sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.where(sizes > _EMPTY, np.maximum(0.0, 1 - (a * b).sum(axis=1) / np.maximum(sizes, _EMPTY)), 0.0)


def _by_class(keys: Floats) -> Floats:
    return keys[:, : keys.shape[1] // 12 * 12].reshape(len(keys), -1, 12).sum(axis=1)
