"""Scores as other programs read them."""

import io
from fractions import Fraction
from typing import NamedTuple
from zipfile import ZipFile

import music21
import verovio
from lxml import etree

from daemon.score.drum_notation import PLACES


class Symbol(NamedTuple):
    """A note that a reader sees: its bar, quarter notes from the bar line, the drum, and how it is marked."""

    bar: int
    place: Fraction
    label: str
    mark: str = ""


LABELS = {(place.step, place.octave, place.head, place.open): label for label, place in PLACES.items()}


def parse(data):
    """music21's stream of a score; warnings are errors."""
    return music21.converter.parseData(data, format="musicxml")


def drum_symbols(data):
    """Every note of the drums, from music21."""
    found = set()
    for measure in parse(data).parts[0].getElementsByClass("Measure"):
        for element in measure.recurse().notes:
            place = Fraction(element.getOffsetInHierarchy(measure)).limit_denominator(48)
            notes = element.notes if hasattr(element, "notes") else (element,)
            for note in notes:
                marks = {type(a).__name__ for a in (*note.articulations, *element.articulations)}
                opened = "OpenString" in {type(a).__name__ for a in note.articulations} or (
                    "OpenString" in marks and note.notehead == "x" and note.displayStep == "G"
                )
                label = LABELS[note.displayStep, note.displayOctave, note.notehead, opened]
                if note.duration.isGrace:
                    mark = "flam"
                elif note.noteheadParenthesis:
                    mark = "ghost"
                else:
                    mark = "accent" if "Accent" in {type(a).__name__ for a in note.articulations} else ""
                found.add(Symbol(measure.number, place, label, mark))
    return found


def uneven_bars(data):
    """The numbers of the bars whose voices do not add up to their length, by the XML itself."""
    root, uneven, divisions, length = etree.fromstring(data), [], 1, 0
    for measure in root.iter("measure"):
        divisions = int(measure.findtext("attributes/divisions") or divisions)
        if (time := measure.find("attributes/time")) is not None:
            length = Fraction(4 * divisions * int(time.findtext("beats")), int(time.findtext("beat-type")))
        sums = {}
        for note in measure.iter("note"):
            if note.find("chord") is None and note.find("grace") is None:
                voice = (note.findtext("staff"), note.findtext("voice"))
                sums[voice] = sums.get(voice, 0) + int(note.findtext("duration"))
        wanted = {length} if not measure.get("implicit") else set(sums.values())
        if set(sums.values()) != wanted or len(wanted) != 1:
            uneven.append(measure.get("number"))
    return uneven


def engraved_pages(data):
    toolkit = verovio.toolkit()
    assert toolkit.loadData(data.decode())
    return toolkit.getPageCount()


def zip_names(data):
    with ZipFile(io.BytesIO(data)) as found:
        return found.namelist()
