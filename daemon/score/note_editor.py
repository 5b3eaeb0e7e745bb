"""An editor of the notes of one part: corrections are applied one after the other."""

from collections.abc import Iterable
from dataclasses import replace

from bridge.timebase import Seconds
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.score.note_changes import AddedNote, NoteChanges, SplitNote, TimeRange

_ADDED_LEVEL = -20.0  # dB below full scale, of what nobody measured; its velocity is given


class NoteEditor:
    """Editor of `notes` as detected. A note that is not there (any more) is passed over."""

    def __init__(self, notes: Iterable[PartNote]) -> None:
        self._notes = {note.id: note for note in notes}

    def apply(self, changes: NoteChanges) -> None:
        """Each kind of change in the order in which NoteChanges lists them."""
        for span in changes.shift:
            for number in self._notes_in(span):
                self._set_pitch(number, self._notes[number].pitch + span.semitones)
        for number, octaves in changes.octave.items():
            if number in self._notes:
                self._set_pitch(number, self._notes[number].pitch + 12 * octaves)
        for number, pitch in changes.pitch.items():
            self._set_pitch(number, pitch)
        for group in changes.merge:
            self._merge(group)
        for cut in changes.split:
            self._split(cut)
        self._delete(changes)
        for number, onset in changes.move.items():
            self._move(number, Seconds(onset))
        for number, seconds in changes.length.items():
            self._change(number, duration=Seconds(seconds), by_hand=True)
        for number, velocity in changes.velocity.items():
            self._change(number, velocity=velocity)
        self._notes.update((item.id, _make_note(item)) for item in changes.add)

    def corrected_notes(self) -> tuple[PartNote, ...]:
        """The notes that are left, by onset."""
        return tuple(sorted(self._notes.values(), key=lambda note: (note.onset, note.pitch, note.id)))

    def _change(self, number: int, **values: object) -> None:
        if number in self._notes:
            self._notes[number] = replace(self._notes[number], **values)  # type: ignore[arg-type]

    def _set_pitch(self, number: int, pitch: int) -> None:
        self._change(number, pitch=min(127, max(0, pitch)), confidence=1.0)

    def _merge(self, group: Iterable[int]) -> None:
        """The first note lasts from the start of the earliest to the end of the latest; the others are gone."""
        there = [self._notes[number] for number in dict.fromkeys(group) if number in self._notes]
        if not there:
            return
        first = min(note.onset for note in there)
        last = max(note.onset + note.duration for note in there)
        loudest = max(note.velocity for note in there)
        for note in there[1:]:
            del self._notes[note.id]
        self._change(there[0].id, onset=first, duration=Seconds(last - first), velocity=loudest, confidence=1.0)

    def _split(self, cut: SplitNote) -> None:
        """The bend that holds at the cut goes on in the second note."""
        note, at = self._notes.get(cut.note), Seconds(cut.at)
        if note is None or not note.onset < at < note.onset + note.duration:
            return
        before = tuple(bend for bend in note.bends if bend.time < at)
        after = (*(replace(bend, time=at) for bend in before[-1:]), *note.bends[len(before) :])
        ends = Seconds(note.onset + note.duration - at)
        half = note.half or "first"
        self._change(note.id, duration=Seconds(at - note.onset), bends=before, confidence=1.0, half=half)
        second = replace(note, id=cut.id, onset=at, duration=ends, bends=after, confidence=1.0, half="second")
        self._notes[second.id] = second

    def _delete(self, changes: NoteChanges) -> None:
        for number in {*changes.delete, *(n for span in changes.delete_ranges for n in self._notes_in(span))}:
            self._notes.pop(number, None)

    def _move(self, number: int, onset: Seconds) -> None:
        """The bends go with their note."""
        if number in self._notes:
            note = self._notes[number]
            shift = onset - note.onset
            bends = tuple(replace(bend, time=Seconds(max(0.0, bend.time + shift))) for bend in note.bends)
            self._notes[number] = replace(note, onset=onset, bends=bends)

    def _notes_in(self, span: TimeRange) -> list[int]:
        return [note.id for note in self._notes.values() if span.start <= note.onset < span.end]


def _make_note(item: AddedNote) -> PartNote:
    return PartNote(
        id=item.id,
        pitch=item.pitch,
        onset=Seconds(item.onset),
        duration=Seconds(item.duration),
        velocity=item.velocity,
        level=_ADDED_LEVEL,
        confidence=1.0,
        by_hand=True,
    )
