"""What somebody did to the drum notes in a DAW, as a correction: the notes as written against those of the saved file.

A DAW may keep the seconds of the notes or their beats (it plays a file at its own tempo), and may write them from
another place of its time line: what fits most notes is taken.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from bridge.notes import ClipNote
from bridge.timebase import Beats, Seconds, TempoMap
from daemon.errors import Rejected

_SAME = 0.006  # seconds: half a tick of 96 to a quarter note at 52 bpm, the coarsest that a DAW saves
_MOVED = 0.25  # seconds that a note may have been moved; one that is further off is a new one
_STEP = 0.01  # seconds or beats: how finely a shift of the whole file is looked for
_PROBES = 64  # notes that a shift is looked for with: a file of thousands has it in its first ones
_FITTING = 0.5  # of the notes: a file of which fewer are where they were written is another song's


class WrittenHit(NamedTuple):
    """A hit as a note of the .mid: `time` in seconds of that file."""

    id: int
    time: float
    pitch: int
    velocity: int


class EditedNote(NamedTuple):
    """A note of the saved file, at the second of the written one."""

    time: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Edits:
    """What was done. `changes` is in the format of daemon.score.changes, with times in seconds of the written file.

    `unknown` are notes on pitches that no drum of the map has: they are left out.
    """

    changes: dict[str, Any]
    relabelled: int
    moved: int
    deleted: int
    added: int
    louder: int
    unknown: int

    @property
    def count(self) -> int:
        return self.relabelled + self.moved + self.deleted + self.added + self.louder + self.unknown

    @property
    def summary(self) -> str:
        words = (
            (self.relabelled, "relabelled"), (self.moved, "moved"), (self.deleted, "deleted"), (self.added, "added"),
            (self.louder, "of another velocity"), (self.unknown, "on no drum's note and left out"),
        )  # fmt: skip
        return ", ".join(f"{count} {word}" for count, word in words if count)


def place_notes(
    written: Sequence[WrittenHit], tempo_map: TempoMap, found: Sequence[ClipNote], found_map: TempoMap
) -> tuple[EditedNote, ...]:
    """The notes of the saved file where the written one has them. Raises Rejected for the file of another song.

    `tempo_map` is that of the written file, `found_map` that of the saved one.
    """
    pitches = [note.pitch for note in found]
    seconds: list[float] = [note.onset for note in found]
    beats: list[float] = [found_map.beats(note.onset) for note in found]
    by_second = _usual_shift([(hit.time, hit.pitch) for hit in written], seconds, pitches)
    by_beat = _usual_shift([(tempo_map.beats(Seconds(hit.time)), hit.pitch) for hit in written], beats, pitches)
    candidates: list[list[float]] = [
        seconds,
        [tempo_map.seconds(Beats(beat)) for beat in beats],
        [second - by_second for second in seconds],
        [tempo_map.seconds(Beats(beat - by_beat)) for beat in beats],
    ]
    fits = [_count_fitting(written, times) for times in candidates]
    best = fits.index(max(fits))
    if fits[best] < _FITTING * len(written):
        raise Rejected(
            "not_this_song",
            f"Only {fits[best]} of {len(written)} notes are where they were written; is it the file of another song?",
        )
    placed = zip(candidates[best], found, strict=True)
    return tuple(EditedNote(time, note.pitch, note.velocity) for time, note in placed)


def find_edits(
    written: Sequence[WrittenHit], found: Sequence[EditedNote], label_of: Callable[[int], str | None]
) -> Edits:
    """What makes of the written hits the notes that were found. `label_of` gives the drum that a pitch plays."""
    hits, notes = dict(enumerate(written)), dict(enumerate(found))
    same = _take_pairs(hits, notes, _SAME, same_pitch=True)
    other = _take_pairs(hits, notes, _SAME, same_pitch=False)
    moved = _take_pairs(hits, notes, _MOVED, same_pitch=True)
    labels = {hit.id: label_of(note.pitch) for hit, note in other}
    own = [(note, label_of(note.pitch)) for note in notes.values()]
    relabelled = {number: label for number, label in labels.items() if label}
    moves = {hit.id: round(max(0.0, note.time), 6) for hit, note in moved}
    deleted = sorted(hit.id for hit in hits.values())
    louder = {hit.id: note.velocity for hit, note in (*same, *other, *moved) if note.velocity != hit.velocity}
    added = [_describe(note, label) for note, label in own if label]
    changes = {"hits": relabelled, "move": moves, "delete_hits": deleted, "velocities": louder, "add": added}
    return Edits(
        changes={name: value for name, value in changes.items() if value},
        relabelled=len(relabelled),
        moved=len(moves),
        deleted=len(deleted),
        added=len(added),
        louder=len(louder),
        unknown=len(labels) - len(relabelled) + len(own) - len(added),
    )


def _describe(note: EditedNote, label: str) -> dict[str, Any]:
    return {"onset": round(max(0.0, note.time), 6), "label": label, "velocity": note.velocity}


def _usual_shift(written: Sequence[tuple[float, int]], times: Sequence[float], pitches: Sequence[int]) -> float:
    """How much later the notes of a pitch are than those written, in most cases."""
    places: defaultdict[int, list[float]] = defaultdict(list)
    for time, pitch in written[:_PROBES]:
        places[pitch].append(time)
    apart = [time - at for time, pitch in zip(times, pitches, strict=True) for at in places[pitch]]
    if not apart:
        return 0.0
    steps = Counter(round(by / _STEP) for by in apart)
    usual = max(steps, key=lambda step: (steps[step], -abs(step)))
    return median(by for by in apart if abs(by / _STEP - usual) <= 1)


def _count_fitting(written: Sequence[WrittenHit], times: Sequence[float]) -> int:
    """Notes that were written and are there at their time, of any pitch."""
    there = sorted(times)
    return sum(bisect_left(there, hit.time - _SAME) < bisect_right(there, hit.time + _SAME) for hit in written)


def _take_pairs(
    hits: dict[int, WrittenHit], notes: dict[int, EditedNote], within: float, *, same_pitch: bool
) -> list[tuple[WrittenHit, EditedNote]]:
    """The nearest hits and notes, each once, are taken out of both."""
    taken = []
    for _, _, i, j in sorted(_pairs(hits, notes, within, same_pitch=same_pitch)):
        if i in hits and j in notes:
            taken.append((hits.pop(i), notes.pop(j)))
    return taken


def _pairs(
    hits: dict[int, WrittenHit], notes: dict[int, EditedNote], within: float, *, same_pitch: bool
) -> Iterator[tuple[float, int, int, int]]:
    """(seconds apart, pitches apart, hit, note) of all that may belong together."""
    order = sorted(notes, key=lambda j: notes[j].time)
    times = [notes[j].time for j in order]
    for i, hit in hits.items():
        for j in order[bisect_left(times, hit.time - within) : bisect_right(times, hit.time + within)]:
            if not same_pitch or notes[j].pitch == hit.pitch:
                yield abs(notes[j].time - hit.time), abs(notes[j].pitch - hit.pitch), i, j
