"""Notes as elements of MusicXML, in the order that the standard asks for."""

from collections.abc import Iterator, Sequence
from typing import TypeVar
from xml.etree.ElementTree import Element, SubElement

from daemon.score.drum_notation import PLACES, DrumNote
from daemon.score.notation import Written
from daemon.score.pitched_notation import key_alter, spell

T = TypeVar("T")
_BEAMS = {"eighth": 1, "16th": 2, "32nd": 3}
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


class VoiceWriter:
    """Writes the notes of a voice into the measures of a part, one after the other. `stave` 0 is the only one."""

    def __init__(self, number: int, stave: int = 0) -> None:
        self.number, self.stave = number, stave

    def add(self, measure: Element, voice: Sequence[Written[T]], following: Written[T] | None = None) -> None:
        """A bar; `following` is what the next bar begins with, into which the last note may be tied."""
        beams = _beam_marks(voice)
        self.start_bar()
        for index, written in enumerate(voice):
            after = voice[index + 1] if index + 1 < len(voice) else following
            held = bool(after and after.tied and written.content)
            found = list(self.notes(written, held)) if written.content else [self._rest(written)]
            main = next(note for note in found if note.find("grace") is None)
            for level, mark in enumerate(beams[index], 1):
                _insert_beam(main, level, mark)
            measure.extend(found)

    def start_bar(self) -> None:
        """Accidentals hold to the bar line."""

    def notes(self, written: Written[T], held: bool) -> Iterator[Element]:
        """The notes of a chord from the lowest up; `held` says that it is tied to what follows."""
        raise NotImplementedError

    def _rest(self, written: Written[T]) -> Element:
        """A bar without a note has the rest of a bar, whatever its length."""
        note = Element("note")
        whole = written.start == 0 and written.value.type == "whole"
        SubElement(note, "rest", {"measure": "yes"} if whole else {})
        SubElement(note, "duration").text = str(written.value.length)
        self.add_value(note, written, typed=not whole)
        self.add_modification(note, written)
        self.add_stave(note)
        if written.tuplet:
            _add_tuplet(SubElement(note, "notations"), written)
        return note

    def add_value(self, note: Element, written: Written[T], typed: bool = True) -> None:
        SubElement(note, "voice").text = str(self.number)
        if typed:
            SubElement(note, "type").text = written.value.type
            if written.value.dotted:
                SubElement(note, "dot")

    def add_modification(self, note: Element, written: Written[T]) -> None:
        if written.value.triplet:
            change = SubElement(note, "time-modification")
            SubElement(change, "actual-notes").text = "3"
            SubElement(change, "normal-notes").text = "2"

    def add_stave(self, note: Element) -> None:
        if self.stave:
            SubElement(note, "staff").text = str(self.stave)


class DrumWriter(VoiceWriter):
    """Hands (voice 1) have stems up, feet (voice 2) down."""

    def notes(self, written: Written[DrumNote], _: bool) -> Iterator[Element]:  # type: ignore[override]
        """With the grace notes of its flams first. Drums are not held."""
        yield from (self._grace(drum) for drum in written.content if drum.flam)
        for index, drum in enumerate(written.content):
            note = Element("note")
            if index:
                SubElement(note, "chord")
            _add_place(note, drum)
            SubElement(note, "duration").text = str(written.value.length)
            SubElement(note, "instrument", id=f"P1-{drum.label}")
            self.add_value(note, written)
            self.add_modification(note, written)
            self._add_head(note, drum, ghost=drum.dynamic == "ghost")
            _add_drum_notations(note, drum, written, first=index == 0)
            yield note

    def _grace(self, drum: DrumNote) -> Element:
        note = Element("note")
        SubElement(note, "grace", slash="yes")
        _add_place(note, drum)
        SubElement(note, "instrument", id=f"P1-{drum.label}")
        SubElement(note, "voice").text = str(self.number)
        SubElement(note, "type").text = "16th"
        self._add_head(note, drum, ghost=False)
        return note

    def _add_head(self, note: Element, drum: DrumNote, ghost: bool) -> None:
        SubElement(note, "stem").text = "up" if self.number == 1 else "down"
        head = PLACES[drum.label].head
        if head != "normal" or ghost:
            SubElement(note, "notehead", {"parentheses": "yes"} if ghost else {}).text = head


class PitchWriter(VoiceWriter):
    """Pitches, spelt in a key of so many fifths; an accidental stands where the key and the bar do not have it yet."""

    def __init__(self, number: int, stave: int, fifths: int) -> None:
        super().__init__(number, stave)
        self.fifths = fifths
        self._altered: dict[tuple[str, int], int] = {}

    def start_bar(self) -> None:
        self._altered = {}

    def notes(self, written: Written[int], held: bool) -> Iterator[Element]:  # type: ignore[override]
        for index, pitch in enumerate(written.content):
            found, note = spell(pitch, self.fifths), Element("note")
            if index:
                SubElement(note, "chord")
            place = SubElement(note, "pitch")
            SubElement(place, "step").text = found.step
            if found.alter:
                SubElement(place, "alter").text = str(found.alter)
            SubElement(place, "octave").text = str(found.octave)
            SubElement(note, "duration").text = str(written.value.length)
            ties = [kind for kind, there in (("stop", written.tied), ("start", held)) if there]
            for kind in ties:
                SubElement(note, "tie", type=kind)
            self.add_value(note, written)
            before = self._altered.get((found.step, found.octave), key_alter(found.step, self.fifths))
            if found.alter != before and not written.tied:
                SubElement(note, "accidental").text = _ACCIDENTALS[found.alter]
                self._altered[found.step, found.octave] = found.alter
            self.add_modification(note, written)
            self.add_stave(note)
            _add_pitch_notations(note, ties, written if index == 0 else None)
            yield note


def _add_place(note: Element, drum: DrumNote) -> None:
    shown = SubElement(note, "unpitched")
    SubElement(shown, "display-step").text = PLACES[drum.label].step
    SubElement(shown, "display-octave").text = str(PLACES[drum.label].octave)


def _add_drum_notations(note: Element, drum: DrumNote, written: Written[DrumNote], first: bool) -> None:
    """A bracket for the tuplet, strokes of a roll, the ring over an open hi-hat, an accent."""
    opened, accent = PLACES[drum.label].open, drum.dynamic == "accent"
    if not (opened or accent or drum.roll or (written.tuplet and first)):
        return
    notations = SubElement(note, "notations")
    if written.tuplet and first:
        _add_tuplet(notations, written)
    if drum.roll:
        SubElement(SubElement(notations, "ornaments"), "tremolo", type="single").text = str(drum.roll)
    if opened:
        SubElement(SubElement(notations, "technical"), "open-string")
    if accent:
        SubElement(SubElement(notations, "articulations"), "accent")


def _add_pitch_notations(note: Element, ties: Sequence[str], written: Written[int] | None) -> None:
    tuplet = written and written.tuplet
    if not ties and not tuplet:
        return
    notations = SubElement(note, "notations")
    for kind in ties:
        SubElement(notations, "tied", type=kind)
    if written and tuplet:
        _add_tuplet(notations, written)


def _add_tuplet(notations: Element, written: Written[T]) -> None:
    for kind in ("start", "stop") if written.tuplet == "both" else (written.tuplet,):
        SubElement(notations, "tuplet", type=kind, bracket="yes" if kind == "start" else "no", number="1")


def _insert_beam(note: Element, level: int, mark: str) -> None:
    """After stem, note head and stave, before the notations."""
    beam = Element("beam", number=str(level))
    beam.text = mark
    place = next((index for index, child in enumerate(note) if child.tag == "notations"), len(note))
    note.insert(place, beam)


def _beam_marks(voice: Sequence[Written[T]]) -> list[list[str]]:
    """For each note its marks, from the eighths' beam inwards."""
    marks: list[list[str]] = [[] for _ in voice]
    levels = [_BEAMS.get(written.value.type, 0) if written.beam >= 0 else 0 for written in voice]
    names = {(True, True): "continue", (False, True): "begin", (True, False): "end"}
    for index, written in enumerate(voice):
        first = index == 0 or voice[index - 1].beam != written.beam
        last = index + 1 == len(voice) or voice[index + 1].beam != written.beam
        for level in range(1, levels[index] + 1):
            left = not first and levels[index - 1] >= level
            right = not last and levels[index + 1] >= level
            marks[index].append(names.get((left, right), "forward hook" if first else "backward hook"))
    return marks
