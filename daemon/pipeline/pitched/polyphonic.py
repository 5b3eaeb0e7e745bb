"""From what a network hears on every key to notes: polyphonic parts.

The decoding follows R. M. Bittner et al. (ICASSP 2022): a note starts at a peak of the onset posterior and lasts as
long as its key sounds; what still sounds unexplained after that becomes a note without an attack (J. Salamon's
Melodia picks contours the same way, hence "the melodia trick").
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bridge.notes import Bend
from bridge.timebase import Seconds

RATE = 22050  # Hz; this and the four below are those of the Basic Pitch network
HOP = 256  # samples at RATE, 11.6 ms
LOWEST_KEY = 21  # MIDI note of A0
KEYS = 88  # of a piano
BINS = 3  # contour bins per semitone

_PATIENCE = 11  # frames that a key may fall silent within a note; published (energy_tol)
_RISE = 2  # frames over which a sudden rise counts as an attack; published (n_diff)
_REACH = 4  # contour bins to either side of a key where its bend is looked for; chosen by hand

Floats = NDArray[np.float32]
Half = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class Posteriors:
    """What sounds: `note` and `onset` (frames, 88), `contour` (frames, 264), 0..1; frame i is at i / frame_rate s.

    Key 0 is MIDI note 21; contour bin 3 k is the middle of key k.
    """

    note: NDArray[np.float16]
    onset: NDArray[np.float16]
    contour: NDArray[np.float16]
    frame_rate: float = RATE / HOP


def join_posteriors(parts: Iterable[Posteriors]) -> Posteriors:
    """One after the other; of nothing, none."""
    found = list(parts)
    note, onset, contour = (
        np.concatenate([np.zeros((0, width), np.float16), *(getattr(part, name) for part in found)])
        for name, width in (("note", KEYS), ("onset", KEYS), ("contour", KEYS * BINS))
    )
    return Posteriors(note, onset, contour)


@dataclass(frozen=True, slots=True)
class PartNote:
    """A note as heard, never quantized. `confidence` 0..1, `level` dB below full scale at the peak of its attack.

    It sounds from the sensitivity 1 - `strength` on. A length given `by_hand` is written as it is. `half` is which one
    of a note that somebody split: both are written.
    """

    id: int
    pitch: int
    onset: Seconds
    duration: Seconds
    velocity: int
    level: float
    confidence: float
    bends: tuple[Bend, ...] = ()
    strength: float = 1.0
    by_hand: bool = False
    half: Half | None = None

    @property
    def lane(self) -> str:
        """Notes of one pitch take turns."""
        return str(self.pitch)


@dataclass(frozen=True, slots=True)
class NoteSettings:
    """How a part is heard. At the sensitivity 0.5 the thresholds are `onset` and `frame`, published as 0.5 and 0.3.

    `shortest` is the shortest note in seconds (published: 0.1277, or 0.058 for quick parts), `lowest` and `highest`
    bound the range in Hz, `melodia` also takes notes without an attack.
    """

    sensitivity: float = 0.5
    shortest: float = 0.1277
    lowest: float = 27.5
    highest: float = 4186.1
    monophonic: bool = False
    bends: bool = False
    melodia: bool = True
    onset: float = 0.5
    frame: float = 0.3

    @property
    def onset_threshold(self) -> float:
        return 2 * self.onset * (1 - self.sensitivity)

    @property
    def frame_threshold(self) -> float:
        return 2 * self.frame * (1 - self.sensitivity)


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """A note in frames: key 0-87, first frame, one past the last, mean posterior."""

    key: int
    start: int
    stop: int
    confidence: float


def key_of(hertz: float) -> float:
    """Semitones above the lowest key of a piano."""
    return float(12 * np.log2(hertz / 27.5))


def note_events(heard: Posteriors, settings: NoteSettings) -> list[NoteEvent]:
    """The notes of all keys within the range, by start and key."""
    inside = slice(max(0, round(key_of(settings.lowest))), min(KEYS, round(key_of(settings.highest)) + 1))
    note, onset = np.zeros(heard.note.shape, np.float32), np.zeros(heard.note.shape, np.float32)
    note[:, inside], onset[:, inside] = heard.note[:, inside], heard.onset[:, inside]
    if not note.any():
        return []
    shortest = round(settings.shortest * heard.frame_rate)
    decoder = _NoteDecoder(note, note.copy(), settings.frame_threshold, shortest)
    found = list(decoder.notes_with_attack(_add_rises(onset, note), settings.onset_threshold))
    if settings.melodia:
        found += decoder.notes_without_attack()
    return sorted(found, key=lambda event: (event.start, event.key))


def _add_rises(onset: Floats, note: Floats) -> Floats:
    """Onset posteriors, or where a key suddenly sounds, on the same scale: whichever is larger."""
    rise = np.full(note.shape, np.inf, np.float32)
    for lag in range(1, _RISE + 1):
        rise[lag:] = np.minimum(rise[lag:], note[lag:] - note[:-lag])
    rise[:_RISE] = 0
    highest = float(rise.max())
    return np.maximum(onset, rise * (float(onset.max()) / highest)) if highest > 0 else onset


@dataclass(frozen=True, slots=True)
class _NoteDecoder:
    """The note posteriors, and what is `remaining` of them without the notes found so far."""

    note: Floats
    remaining: Floats
    threshold: float
    shortest: int

    def notes_with_attack(self, onset: Floats, threshold: float) -> Iterator[NoteEvent]:
        """Notes with an attack, the last first, so that each ends where the next one of its key starts."""
        peak = (onset[1:-1] > onset[:-2]) & (onset[1:-1] > onset[2:]) & (onset[1:-1] >= threshold)
        frames, keys = np.nonzero(peak)
        for start, key in zip(frames[::-1] + 1, keys[::-1], strict=True):
            stop = start + 1 + self._sounding_frames(self.remaining[start + 1 : -1, key])
            if stop - start > self.shortest:
                yield self._take_note(int(key), int(start), int(stop))

    def notes_without_attack(self) -> Iterator[NoteEvent]:
        """What still sounds, strongest first, followed both ways from its peak."""
        frames, keys = np.nonzero(self.remaining > self.threshold)
        for i in np.argsort(-self.remaining[frames, keys], kind="stable"):
            peak, key = int(frames[i]), int(keys[i])
            if self.remaining[peak, key] <= self.threshold:
                continue
            stop = peak + 1 + self._sounding_frames(self.remaining[peak + 1 : -1, key])
            start = peak - self._sounding_frames(self.remaining[1:peak, key][::-1])
            event = self._take_note(key, start, stop)
            if stop - start > self.shortest:
                yield event

    def _take_note(self, key: int, start: int, stop: int) -> NoteEvent:
        """The note, taken off its key and the keys beside it, which always sound a little too."""
        self.remaining[start:stop, max(0, key - 1) : key + 2] = 0
        return NoteEvent(key, start, stop, float(self.note[start:stop, key].mean()))

    def _sounding_frames(self, column: Floats) -> int:
        """Frames until the key falls silent for longer than a note may."""
        for first in range(0, len(column), 512):
            silent = column[: first + 512] < self.threshold
            run = np.convolve(silent, np.ones(_PATIENCE, int), "valid") == _PATIENCE
            if run.any():
                return int(np.argmax(run))
        trailing = np.flatnonzero(column >= self.threshold)
        return int(trailing[-1]) + 1 if len(trailing) else 0


def bend_curve(heard: Posteriors, event: NoteEvent) -> tuple[Bend, ...]:
    """Where the pitch lies beside the key, in thirds of a semitone, whenever that changes."""
    middle = event.key * BINS
    first = max(0, middle - _REACH)
    window = heard.contour[event.start : event.stop, first : middle + _REACH + 1]
    semitones = (window.argmax(axis=1) + first - middle) / BINS if window.size else np.zeros(0)
    changes = np.flatnonzero(np.diff(semitones, prepend=0.0))
    return tuple(Bend(Seconds((event.start + i) / heard.frame_rate), float(semitones[i])) for i in changes.tolist())
