"""How much of a note's sound in the mix lies in the stem that it was heard in: what is faint there is bleed.

A separator leaves a little of everything in every stem. A note that a stem owns has most of its overtones there; a
leaking one has them in another stem, some 20 dB louder.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from daemon.pipeline.audio.mono import MonoMix, mono_mix
from daemon.pipeline.pitched.periodicity import hertz
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import RATE, Audio

_WINDOW = 8192  # samples, 186 ms
_AFTER = 0.02  # seconds from the attack, which drums share, to the window
_OVERTONES = (0, 12, 19, 24)  # semitones above: the fundamental and three overtones
_TOLERANCE = 0.4  # semitones to either side of a partial
_BLEED_DB = -12.0  # of a partial in the stem against the mix; leaks are some 20 dB down; chosen by hand
_FAINT = 0.49  # of its strength: it sounds only to those who ask for more
_SILENCE = 1e-6  # magnitude of the smallest partial that counts

Floats = NDArray[np.float64]


def weaken_bleed(found: Sequence[PartNote], stem: Audio, mix: Audio) -> tuple[PartNote, ...]:
    """The same notes; those that are not `stem`'s own in `mix` are too faint to sound by themselves."""
    own, whole = (mono_mix(sound, gain=mix.gain) for sound in (stem, mix))
    return tuple(note if stem_share(note, own, whole) > _BLEED_DB else _weaken(note) for note in found)


def stem_share(note: PartNote, stem: MonoMix, mix: MonoMix) -> float:
    """dB of the note's partials in `stem` against those in `mix`, the median of four; 0 is all of them."""
    start = round((note.onset + _AFTER) * RATE)
    pitches = [note.pitch + step for step in _OVERTONES]
    return float(np.median(_partials(stem, start, pitches) - _partials(mix, start, pitches)))


def _weaken(note: PartNote) -> PartNote:
    return replace(note, strength=_FAINT * note.strength)


def _partials(sound: MonoMix, start: int, pitches: Sequence[int]) -> Floats:
    """dB at each pitch."""
    samples = sound.read(start, _WINDOW)
    spectrum = np.abs(rfft(np.pad(samples, (0, _WINDOW - len(samples))) * np.hanning(_WINDOW)))
    edges = [(hertz(p - _TOLERANCE), hertz(p + _TOLERANCE)) for p in pitches]
    bins = [(int(a * _WINDOW / RATE), int(np.ceil(b * _WINDOW / RATE)) + 1) for a, b in edges]
    return 20 * np.log10([max(_SILENCE, float(spectrum[a:b].max(initial=0))) for a, b in bins])
