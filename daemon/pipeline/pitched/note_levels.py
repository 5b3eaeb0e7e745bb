"""How hard each note was played: the level of its partials at the attack, against its neighbours in pitch.

The fundamental alone says little of a string or a voice, whose body makes one pitch loud and the next one soft; more
partials even that out. In the chords of a piano the partials of several notes fall together, and the fundamental is
the better witness.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.audio.stft import amplitudes, hann, stream_frames
from daemon.pipeline.pitched.polyphonic import HOP, RATE, PartNote

# Chosen on rendered excerpts 0 to 7 of each part (tests/benchmarks/notes.py) by how levels go with true velocities.
_WINDOW = 2048  # samples at RATE, 93 ms
_ATTACK = 12  # frames after an onset that hold its peak
_PARTIALS = 12  # of a tone, the fundamental among them
_TOLERANCE = 0.4  # semitones to either side of a partial
_FLOOR = 1e-6  # of full scale, -120 dB
_HIGHEST = 0.95 * RATE / 2  # Hz
_DOUBT = 3.0  # notes an octave apart that speak for no trend at all

Floats = NDArray[np.float32]


def measure_levels(
    notes: Sequence[PartNote], blocks: Iterable[Floats], *, fundamental_only: bool
) -> tuple[PartNote, ...]:
    """`notes` with the level of their attacks in dB, from the mono `blocks` at RATE that they were heard in.

    Levels follow how hard a note was played and not how well its pitch sounds on the instrument.
    """
    peaks = _partial_peaks(notes, blocks, 1 if fundamental_only else _PARTIALS)
    # Roots of powers are added, so that the strongest partial does not speak for all.
    levels = 40 * np.log10(np.sqrt(peaks).sum(axis=1) + np.sqrt(_FLOOR))
    even = levels if fundamental_only else _remove_trend(levels, [note.pitch for note in notes])
    return tuple(replace(note, level=float(level)) for note, level in zip(notes, even, strict=True))


def _partial_peaks(notes: Sequence[PartNote], blocks: Iterable[Floats], partials: int) -> NDArray[np.float64]:
    """(notes, partials) the largest amplitude of each within the attack, 0 for those above what RATE holds."""
    window = hann(_WINDOW)
    window *= 2 / window.sum()
    bands = {note.pitch: list(_bands(note.pitch, partials)) for note in notes}
    starts = np.array([round(note.onset * RATE / HOP) for note in notes], int)
    peaks, first = np.zeros((len(notes), partials)), 0
    for frames in stream_frames(blocks, _WINDOW, HOP):
        spectrum = amplitudes(frames, window)
        stop = first + len(spectrum)
        for i in np.flatnonzero((starts < stop) & (starts + _ATTACK > first)).tolist():
            attack = spectrum[max(0, starts[i] - first) : starts[i] + _ATTACK - first]
            for k, (low, high) in enumerate(bands[notes[i].pitch]):
                peaks[i, k] = max(peaks[i, k], attack[:, low:high].max())
        first = stop
    return peaks


def _bands(pitch: int, partials: int) -> Iterable[tuple[int, int]]:
    """First bin and the one after the last of every partial below _HIGHEST."""
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    for partial in range(1, partials + 1):
        if partial * hertz < _HIGHEST:
            bins = partial * hertz * _WINDOW / RATE
            yield int(bins * 2 ** (-_TOLERANCE / 12)), int(np.ceil(bins * 2 ** (_TOLERANCE / 12))) + 1


def _remove_trend(levels: NDArray[np.float64], pitches: Sequence[int]) -> NDArray[np.float64]:
    """The straight line over pitch is taken off, as far as there are notes enough to draw it."""
    if not pitches:
        return levels
    octaves = np.array(pitches) / 12
    octaves -= octaves.mean()
    slope = float(octaves @ (levels - levels.mean())) / (float(octaves @ octaves) + _DOUBT)
    return np.asarray(levels - slope * octaves)
