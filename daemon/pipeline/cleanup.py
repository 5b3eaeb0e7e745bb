"""Notes as heard to notes as a musician would write them: on the grid, without collisions, as loud as asked.

What was heard is not changed: the same notes with other settings give another clip at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bridge.notes import Bend, ClipNote
from bridge.timebase import Seconds
from daemon.jobs.options import Grid, VelocityCurve
from daemon.pipeline.notes import PartNote
from daemon.pipeline.parts import revoiced
from daemon.pipeline.quantize import quantize
from daemon.pipeline.records import BeatGrid

_BARELY = 0.010  # seconds: the shortest note that is written


@dataclass(frozen=True, slots=True)
class CleanUp:
    """How a part is written. Times in seconds.

    `gap` is left free between two notes of a voice (of a key, in a polyphonic part). A note that ends less than
    `sustain` before the next one is held until that one. `transpose` is in semitones. Notes of less than `confidence`
    are left out.
    """

    grid: Grid = field(default_factory=Grid)
    velocity: VelocityCurve = field(default_factory=VelocityCurve)
    monophonic: bool = False
    gap: float = 0.0
    sustain: float = 0.0
    transpose: int = 0
    confidence: float = 0.0
    bends: bool = True


BASS = CleanUp(monophonic=True, sustain=0.15)
VOICE = CleanUp(monophonic=True)
KEYS = CleanUp()


def cleaned(found: Sequence[PartNote], grid: BeatGrid, settings: CleanUp) -> tuple[ClipNote, ...]:
    """Notes for a clip by onset; `grid` is the one that the drums were aligned to. Without beats nothing moves."""
    sure = [note for note in found if note.confidence >= settings.confidence]
    voiced = revoiced(sure, settings.velocity)
    times = quantize(voiced, grid, settings.grid).times
    placed = [_placed(note, time, settings) for note, time in zip(voiced, times, strict=True)]
    inside = [note for note in placed if 0 <= note.pitch <= 127]
    voices = [inside] if settings.monophonic else _by_key(inside)
    written = [_clip(note) for voice in voices for note in _in_turn(voice, settings)]
    return tuple(sorted(written, key=lambda note: (note.onset, note.pitch)))


def _placed(note: PartNote, time: Seconds, settings: CleanUp) -> PartNote:
    """The note at its place on the grid, as long as it was played, with its bends."""
    shift = time - note.onset
    curve = (Bend(Seconds(max(0.0, bend.time + shift)), bend.semitones) for bend in note.bends)
    bends = tuple(curve) if settings.bends else ()
    return replace(note, onset=time, pitch=note.pitch + settings.transpose, bends=bends)


def _by_key(notes: Sequence[PartNote]) -> list[list[PartNote]]:
    keys: dict[int, list[PartNote]] = {}
    for note in notes:
        keys.setdefault(note.pitch, []).append(note)
    return list(keys.values())


def _in_turn(voice: Sequence[PartNote], settings: CleanUp) -> Iterator[PartNote]:
    """One note after the other: the next one ends the one before, and a short pause between them is filled."""
    ordered = _apart(sorted(voice, key=lambda note: note.onset))
    for note, following in pairwise([*ordered, None]):
        if note is not None:
            yield note if following is None else _until(note, following.onset, settings)


def _apart(ordered: Sequence[PartNote]) -> list[PartNote]:
    """Of notes that would start together the longest stays."""
    kept: list[PartNote] = []
    for note in ordered:
        if not kept or note.onset - kept[-1].onset >= _BARELY:
            kept.append(note)
        elif note.duration > kept[-1].duration:
            kept[-1] = replace(note, onset=kept[-1].onset)
    return kept


def _until(note: PartNote, following: Seconds, settings: CleanUp) -> PartNote:
    end, limit = note.onset + note.duration, following - settings.gap
    if end > limit or limit - end < settings.sustain:
        end = limit
    return replace(note, duration=Seconds(max(_BARELY, end - note.onset)))


def _clip(note: PartNote) -> ClipNote:
    end = note.onset + note.duration
    bends = tuple(bend for bend in note.bends if note.onset <= bend.time < end)
    return ClipNote(note.pitch, note.onset, note.duration, note.velocity, bends)
