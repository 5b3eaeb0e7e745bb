"""Notes as heard to notes as a musician would write them: on the grid, without collisions, as loud as asked.

What was heard is not changed: the same notes with other settings give another clip at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bridge.notes import Bend, ClipNote
from bridge.timebase import Seconds
from daemon.pipeline.options import Grid, Options, PartOptions
from daemon.pipeline.pitched.polyphonic import Half, PartNote
from daemon.pipeline.records import BeatGrid, Part
from daemon.score.quantize import quantize

_BARELY = 0.010  # seconds: the shortest note that is written
_TOGETHER = 0.020  # seconds: nobody plays two notes of one voice or key as close; chosen by hand


@dataclass(frozen=True, slots=True)
class CleanUpSettings:
    """How a part is written. Times in seconds.

    `gap` is left free between two notes of a voice (of a key, in a polyphonic part). A note that ends less than
    `sustain` before the next one is held until that one, unless its length was given by hand. `transpose` is in
    semitones. Notes of less than `confidence` are left out. `as_heard` leaves times and lengths as they are.
    """

    grid: Grid = field(default_factory=Grid)
    monophonic: bool = False
    gap: float = 0.0
    sustain: float = 0.0
    transpose: int = 0
    confidence: float = 0.0
    bends: bool = True
    as_heard: bool = False


BASS = CleanUpSettings(monophonic=True, sustain=0.15)  # seconds; chosen by hand
VOICE = CleanUpSettings(monophonic=True)
KEYS = CleanUpSettings()


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note at its place: heard at `onset`, written at `time`, seconds of the source."""

    id: int
    pitch: int
    onset: Seconds
    time: Seconds
    duration: Seconds
    velocity: int
    confidence: float
    bends: tuple[Bend, ...] = ()
    by_hand: bool = False
    half: Half | None = None

    @property
    def clip_note(self) -> ClipNote:
        return ClipNote(self.pitch, self.time, self.duration, self.velocity, self.bends)


@dataclass(frozen=True, slots=True)
class _GridNote:
    """What the grid needs to know of a note. Those of one voice stay in order, whatever their pitch."""

    onset: Seconds
    velocity: int
    lane: str


def clean_up_settings(part: Part, options: Options) -> CleanUpSettings:
    """How `part` is written: as it suits it, and over that what was asked for."""
    asked = options.part_options(part)
    usual = {Part.BASS: BASS, Part.VOCALS: VOICE}.get(part, KEYS)
    alone = usual.monophonic if asked.monophonic is None else asked.monophonic
    return CleanUpSettings(
        grid=asked.grid or options.grid,
        monophonic=alone if asked.overlap is None else asked.overlap == "cut",
        gap=asked.gap_ms / 1000,
        sustain=usual.sustain if asked.sustain_ms is None else asked.sustain_ms / 1000,
        transpose=asked.transpose,
        confidence=asked.confidence,
        bends=asked.bends is not False,
        as_heard=options.note_recipe == "classic" and not _asks_for_clean_up(asked),
    )


def _asks_for_clean_up(asked: PartOptions) -> bool:
    """Whether the part itself was told how it is to be written; the classic recipe writes what it heard otherwise."""
    return bool(asked.grid or asked.overlap or asked.gap_ms or asked.sustain_ms)


def clean_up_notes(found: Sequence[PartNote], grid: BeatGrid, settings: CleanUpSettings) -> tuple[WrittenNote, ...]:
    """Notes for a clip by time; `grid` is the one that the drums were aligned to. Without beats nothing moves."""
    sure = [note for note in found if note.confidence >= settings.confidence]
    if settings.as_heard:
        heard = [_place_note(note, note.onset, settings) for note in sure]
        return _sort_notes(note for note in heard if 0 <= note.pitch <= 127)
    lanes = [_GridNote(note.onset, note.velocity, "" if settings.monophonic else note.lane) for note in sure]
    times = quantize(lanes, grid, settings.grid).times
    placed = [_place_note(note, time, settings) for note, time in zip(sure, times, strict=True)]
    inside = [note for note in placed if 0 <= note.pitch <= 127]
    voices = [inside] if settings.monophonic else _group_by_key(inside)
    written = [_drop_stray_bends(note) for voice in voices for note in _separate_notes(voice, settings)]
    return _sort_notes(written)


def _sort_notes(notes: Iterable[WrittenNote]) -> tuple[WrittenNote, ...]:
    return tuple(sorted(notes, key=lambda note: (note.time, note.pitch)))


def _place_note(note: PartNote, time: Seconds, settings: CleanUpSettings) -> WrittenNote:
    """The note at its place on the grid, as long as it was played, with its bends."""
    bends = _shift_bends(note.bends, time - note.onset) if settings.bends else ()
    return WrittenNote(
        id=note.id,
        pitch=note.pitch + settings.transpose,
        onset=note.onset,
        time=time,
        duration=note.duration,
        velocity=note.velocity,
        confidence=note.confidence,
        bends=bends,
        by_hand=note.by_hand,
        half=note.half,
    )


def _shift_bends(bends: Iterable[Bend], shift: float) -> tuple[Bend, ...]:
    return tuple(Bend(Seconds(max(0.0, bend.time + shift)), bend.semitones) for bend in bends)


def _group_by_key(notes: Sequence[WrittenNote]) -> list[list[WrittenNote]]:
    keys: dict[int, list[WrittenNote]] = {}
    for note in notes:
        keys.setdefault(note.pitch, []).append(note)
    return list(keys.values())


def _separate_notes(voice: Sequence[WrittenNote], settings: CleanUpSettings) -> Iterator[WrittenNote]:
    """One note after the other: the next one ends the one before, and a short pause between them is filled."""
    ordered = _drop_doubles(sorted(voice, key=lambda note: note.time))
    for note, following in pairwise([*ordered, None]):
        if note is not None:
            yield note if following is None else _fit_duration(note, following.time, settings)


def _drop_doubles(ordered: Sequence[WrittenNote]) -> list[WrittenNote]:
    """Of notes that would start together the longest stays; the halves of a split note do both."""
    kept: list[WrittenNote] = []
    for note in ordered:
        if not kept or note.time - kept[-1].time >= _TOGETHER:
            kept.append(note)
        elif note.half == "second" or kept[-1].half == "second":
            kept.append(_place_behind(note, kept[-1]))
        elif (note.half is not None, note.duration) > (kept[-1].half is not None, kept[-1].duration):
            kept[-1] = replace(note, time=kept[-1].time)
    return kept


def _place_behind(note: WrittenNote, before: WrittenNote) -> WrittenNote:
    """At its own time where the grid would put both on one step; the note before it is long enough to be written."""
    wished = note.onset if note.half == "second" else note.time
    time = Seconds(max(wished, before.time + _BARELY))
    return replace(note, time=time, bends=_shift_bends(note.bends, time - note.time))


def _fit_duration(note: WrittenNote, following: Seconds, settings: CleanUpSettings) -> WrittenNote:
    end, limit = note.time + note.duration, following - settings.gap
    if end > limit or (limit - end < settings.sustain and not note.by_hand):
        end = limit
    elif note.duration >= _BARELY:
        return note
    return replace(note, duration=Seconds(max(_BARELY, end - note.time)))


def _drop_stray_bends(note: WrittenNote) -> WrittenNote:
    if not note.bends:
        return note
    end = note.time + note.duration
    return replace(note, bends=tuple(bend for bend in note.bends if note.time <= bend.time < end))
