"""A pitched part: its settings, its notes, and which of them sound at a sensitivity."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np

from daemon.pipeline.drums import velocity
from daemon.pipeline.options import PartOptions, VelocityCurve
from daemon.pipeline.pitched.polyphonic import Floats, NoteSettings, PartNote, Posteriors
from daemon.pipeline.records import Part, Weights

SENSITIVITIES = (0.25, 0.5, 0.75)  # sensitivities at which a part is heard; between them confidence decides
USUAL = 0.5  # the sensitivity if nobody says another

_SLOT = 0.05  # seconds: two onsets of one pitch this near are one note; chosen by hand
_Place = tuple[int, int]  # pitch and slot

# Ranges and shortest notes of each part (Hz, seconds); 0.058 is published for quick parts, the rest chosen by hand.
PRESETS = {
    Part.BASS: NoteSettings(lowest=30, highest=400, shortest=0.058, monophonic=True),
    Part.VOCALS: NoteSettings(lowest=65, highest=1050, shortest=0.08, monophonic=True, bends=True),
    Part.OTHER: NoteSettings(shortest=0.09),
    Part.GUITAR: NoteSettings(lowest=70, highest=1400, shortest=0.058),
    Part.PIANO: NoteSettings(shortest=0.07),
}


class NoteNetwork(StrEnum):
    """What tells which keys sound: sidestick's own network, Basic Pitch's, or the mean of what both say."""

    OWN = "own"
    BASIC_PITCH = "basic_pitch"
    BOTH = "both"


# Whichever is best by note F on rendered excerpts 0 to 9 and mixes 0 to 5 (tests/benchmarks/notes.py).
NETWORKS = {
    Part.BASS: NoteNetwork.OWN,
    Part.VOCALS: NoteNetwork.OWN,
    Part.OTHER: NoteNetwork.BOTH,
    Part.GUITAR: NoteNetwork.BOTH,
    Part.PIANO: NoteNetwork.BOTH,
}

HARMONY_NETWORK = NoteNetwork.BASIC_PITCH
"""Key and chords are told by fainter sounds than notes are: chords right for .999 of the time on ten rendered songs,
.918 with sidestick's own network, .974 with both."""


class NoteTranscriber(Protocol):
    """A note transcriber: tells which keys sound. `blocks` are mono at `rate` Hz."""

    @property
    def weights(self) -> Weights: ...
    def transcribe(self, blocks: Iterable[Floats], rate: int) -> Posteriors: ...


@dataclass(frozen=True, slots=True)
class ClassicNoteSettings:
    """The published options of Basic Pitch, at their published values: `shortest` in seconds, the range in Hz."""

    onset: float = 0.5
    frame: float = 0.3
    shortest: float = 0.1277
    lowest: float | None = None
    highest: float | None = None
    melodia: bool = True
    multiple_bends: bool = False


class ClassicRecipe(Protocol):
    """Notes of a wave file by the published recipe; `report` hears of fractions of the way."""

    @property
    def weights(self) -> Weights: ...
    def transcribe(
        self, wave: Path, settings: ClassicNoteSettings, report: Callable[[float], None]
    ) -> tuple[PartNote, ...]: ...


@dataclass(frozen=True, slots=True)
class PartTranscription:
    """The notes of one part by onset, those that sound at the highest sensitivity only among them.

    `tuning` is in semitones off concert pitch, 0 for polyphonic parts.
    """

    notes: tuple[PartNote, ...]
    tuning: float = 0.0
    remarks: tuple[str, ...] = ()


def settings_of(part: Part, asked: PartOptions) -> NoteSettings:
    """How `part` is heard: its preset, and over it what was asked for."""
    preset = PRESETS[part]
    return replace(
        preset,
        shortest=preset.shortest if asked.shortest_ms is None else asked.shortest_ms / 1000,
        lowest=asked.lowest or preset.lowest,
        highest=asked.highest or preset.highest,
        onset=asked.onset,
        frame=asked.frame,
        monophonic=preset.monophonic if asked.monophonic is None else asked.monophonic,
        bends=preset.bends or bool(asked.bends),
        melodia=asked.melodia,
    )


def classic_settings_of(asked: PartOptions) -> ClassicNoteSettings:
    """The published options as asked for; the part itself changes nothing."""
    return ClassicNoteSettings(
        onset=asked.onset,
        frame=asked.frame,
        shortest=ClassicNoteSettings().shortest if asked.shortest_ms is None else asked.shortest_ms / 1000,
        lowest=asked.lowest,
        highest=asked.highest,
        melodia=asked.melodia,
        multiple_bends=bool(asked.bends),
    )


def grade_notes(transcribe: Callable[[float], Sequence[PartNote]], voice: bool) -> tuple[PartNote, ...]:
    """The notes at USUAL sensitivity and the fainter ones of higher ones, each with its strength.

    `strength` is 1 less the sensitivity from which on a note sounds. A fainter note of a single voice only fills gaps.
    """
    places = _moments if voice else _attack
    kept: list[PartNote] = []
    sure: dict[_Place, float] = {}
    for sensitivity in SENSITIVITIES:
        taken = {place for note in kept for place in places(note)} if sensitivity > USUAL else set()
        found = [
            _grade_note(note, sensitivity, sure) for note in transcribe(sensitivity) if taken.isdisjoint(places(note))
        ]
        sure = {place: note.strength for note in found for place in _attack(note)}
        kept = [*kept, *found] if sensitivity > USUAL else found
    return tuple(sorted(kept, key=lambda note: (note.onset, note.pitch)))


def audible_notes(notes: Iterable[PartNote], sensitivity: float = USUAL) -> tuple[PartNote, ...]:
    """The notes that are strong enough at `sensitivity`."""
    return tuple(note for note in notes if note.strength >= 1 - sensitivity)


def revoice_notes(found: Sequence[PartNote], curve: VelocityCurve) -> tuple[PartNote, ...]:
    """The same notes with the velocities of a curve, by the law that instruments have for it."""
    levels = np.array([note.level for note in found], np.float32)
    law = curve.model_copy(update={"gamma": velocity.LAW * curve.gamma})
    fresh = velocity.velocities(levels, law, velocity.reference(levels))
    pairs = zip(found, map(int, fresh), strict=True)
    return tuple(note if note.velocity == v else replace(note, velocity=v) for note, v in pairs)


def _grade_note(note: PartNote, sensitivity: float, sure: Mapping[_Place, float]) -> PartNote:
    """`note` as strong as `level` makes it, or as it was among those that are surer still."""
    before = [sure[place] for place in _attack(note) if place in sure]
    return replace(note, strength=max([*before, 1 - sensitivity + 0.249 * note.confidence]))


def _attack(note: PartNote) -> list[_Place]:
    """Two notes share one of these if they are the same note."""
    slot = int(note.onset / _SLOT)
    return [(note.pitch, slot), (note.pitch, slot + 1)]


def _moments(note: PartNote) -> list[_Place]:
    """Two notes share one of these if they sound at the same time."""
    return [(0, slot) for slot in range(int(note.onset / _SLOT), int((note.onset + note.duration) / _SLOT) + 1)]
