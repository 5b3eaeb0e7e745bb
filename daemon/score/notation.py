"""From places in time to written notes: which value each has in its bar, where rests stand, what is a tuplet.

Places are whole units of 1/24 of a quarter note, in which 32nds and triplets of sixteenths come out even. A voice is
written beat by beat: each beat is divided as its strokes ask for, and never finer than 32nds.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from daemon.score.bars import Bar

QUARTER = 24  # units
_NEAR = 0.05  # of a quarter note: a stroke this near to a line of a division is meant for it; by hand
_DIVISIONS = {24: (1, 2, 4, 3, 6, 8), 36: (1, 3, 6, 2, 12), 12: (1, 2, 4, 3)}  # of a beat of so many units
_PLAIN = {96: "whole", 48: "half", 24: "quarter", 12: "eighth", 6: "16th", 3: "32nd"}
_DOTTED = {144: "whole", 72: "half", 36: "quarter", 18: "eighth", 9: "16th"}
_TRIPLET = {32: "half", 16: "quarter", 8: "eighth", 4: "16th"}  # three in the time of two

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoteValue:
    """How a length is written: `type` as MusicXML names it."""

    length: int
    type: str
    dotted: bool = False
    triplet: bool = False


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """What sounds from `start` to `end`, in units from the start of bar 1."""

    start: int
    end: int
    content: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """A note, chord or rest (no `content`) of a bar. `start` counts from the bar line.

    `tied` says that it sounds on from the one before; `beam` numbers the group that it is beamed in, and
    `tuplet` is "start", "stop" or "both" where a bracket begins or ends.
    """

    start: int
    value: NoteValue
    content: tuple[T, ...] = ()
    tied: bool = False
    beam: int = -1
    tuplet: str = ""


def beat_units(quarters_per_beat: float) -> int:
    """The beat that is written: a quarter note, a dotted one, or an eighth where the meter counts eighths."""
    if quarters_per_beat in (1.5, 3.0):
        return 36
    return 12 if quarters_per_beat == 0.5 else 24


def snap(places: Sequence[float], beat: int, shortest: int = 3) -> list[int]:
    """Places in quarter notes as units, each beat on the coarsest division that all its strokes fit.

    `places` must rise. No division is finer than `shortest` units: 3 is a 32nd, 4 a sixteenth of a triplet.
    """
    found, edges = [0] * len(places), _NEAR * QUARTER / 2
    units = [place * QUARTER for place in places]
    index = 0
    while index < len(units):
        first = int((units[index] + edges) // beat)
        stop = bisect_left(units, (first + 1) * beat - edges, index)
        stop = max(stop, index + 1)
        inside = [unit - first * beat for unit in units[index:stop]]
        step = beat / _best_division(inside, beat, shortest)
        for offset, unit in enumerate(inside):
            found[index + offset] = first * beat + round(round(unit / step) * step)
        index = stop
    return found


def _best_division(inside: Sequence[float], beat: int, shortest: int) -> int:
    """The first division whose lines are near enough to all strokes and tell them apart, else the nearest."""
    errors = {}
    apart = len({round(unit / 3) for unit in inside})  # strokes a 32nd apart or more stay two
    for division in (each for each in _DIVISIONS[beat] if beat / each >= shortest):
        step = beat / division
        errors[division] = max(abs(unit - round(unit / step) * step) for unit in inside)
        lines = len({round(unit / step) for unit in inside})
        if errors[division] <= _NEAR * QUARTER and lines >= min(apart, division):
            return division
    return min(errors, key=lambda division: (round(errors[division], 3), division))


def trim_bars(bars: Sequence[Bar], places: Sequence[int], beat: int) -> list[Bar]:
    """The bars from the first stroke's, or bar 1, to the last stroke's; a pickup begins with its beat."""
    if not places:
        return [bar for bar in bars if bar.number == 1]
    first, last = min(places) / QUARTER, max(places) / QUARTER
    kept = [bar for bar in bars if (bar.number > 0 or bar.end > first) and bar.start <= last]
    if kept and kept[0].number <= 0 and kept[0].start < first:
        start = max(kept[0].start, min(places) // beat * beat / QUARTER)
        kept[0] = replace(kept[0], start=start, quarters=kept[0].end - start)
    return kept


def write_bar(
    bar: Bar, beat: int, events: Sequence[Placed[T]], *, full_rest: bool = True, sustain: bool = True
) -> list[Written[T]]:
    """What stands in a bar: the parts of the events in it, and rests between them; nothing for an empty bar unless
    `full_rest`. What does not `sustain` is struck once, and rests fill what its first value leaves."""
    start, length = round(bar.start * QUARTER), round(bar.quarters * QUARTER)
    inside = [event for event in events if event.start < start + length and event.end > start]
    if not inside:
        return [Written(0, NoteValue(length, "whole"))] if full_rest else []
    pieces = list(_pieces(inside, start, length, beat))
    if not sustain:
        pieces = [replace(piece, content=(), tied=False) if piece.tied else piece for piece in pieces]
    return _add_beams(_add_brackets(pieces, beat), beat)


def _pieces(events: Sequence[Placed[T]], start: int, length: int, beat: int) -> Iterator[Written[T]]:
    now = 0
    for event in events:
        begin, end = max(0, event.start - start), min(length, event.end - start)
        yield from _split(now, begin, beat, length)
        yield from _split(begin, end, beat, length, event.content, event.start < start)
        now = end
    yield from _split(now, length, beat, length)


def _split(
    start: int, end: int, beat: int, bar: int, content: tuple[T, ...] = (), tied: bool = False
) -> Iterator[Written[T]]:
    """A length as values that show the beat: none crosses a beat unless it begins on one."""
    while start < end:
        value = _first_value(start, end, beat, bar)
        yield Written(start, value, content, tied)
        start += value.length
        tied = bool(content)


def _first_value(start: int, end: int, beat: int, bar: int) -> NoteValue:
    left = end - start
    if start % beat == 0 and left >= beat:
        whole = left // beat * beat
        for units in sorted((*_PLAIN, *_DOTTED), reverse=True):
            if units % beat == 0 and units <= whole and _shows_middle(start, units, bar, beat):
                return _value(units)
    left = min(left, beat - start % beat)
    within = start % beat
    table = _TRIPLET if _is_triplet(within, left, beat) else {**_PLAIN, **_DOTTED}
    fitting = [units for units in table if units <= left and (table is _TRIPLET or _lies_well(within, units))]
    if not fitting:  # between the lines of two divisions: as short as can be written
        return NoteValue(left, "32nd")
    return _value(max(fitting), triplet=table is _TRIPLET)


def _shows_middle(start: int, units: int, bar: int, beat: int) -> bool:
    """In bars of four beats nothing but what begins the bar crosses the middle."""
    middle = bar // 2
    if bar != 4 * beat or start == 0:
        return True
    return start >= middle or start + units <= middle


def _is_triplet(within: int, left: int, beat: int) -> bool:
    return beat != 36 and (within % 3 != 0 or left % 3 != 0)


def _lies_well(within: int, units: int) -> bool:
    """A dotted value begins where its plain value would."""
    return units in _PLAIN or within % (units * 2 // 3) == 0 or within % units == 0


def _value(units: int, triplet: bool = False) -> NoteValue:
    if triplet:
        return NoteValue(units, _TRIPLET[units], triplet=True)
    return NoteValue(units, _PLAIN[units]) if units in _PLAIN else NoteValue(units, _DOTTED[units], dotted=True)


def _add_brackets(pieces: Sequence[Written[T]], beat: int) -> list[Written[T]]:
    """Triplets get a bracket for each beat."""
    groups: dict[int, list[int]] = {}
    for index, piece in enumerate(pieces):
        if piece.value.triplet:
            groups.setdefault(piece.start // beat, []).append(index)
    marks = {group[0]: "start" for group in groups.values()}
    for group in groups.values():
        marks[group[-1]] = "both" if len(group) == 1 else "stop"
    return [replace(piece, tuplet=marks.get(index, "")) for index, piece in enumerate(pieces)]


def _add_beams(pieces: Sequence[Written[T]], beat: int) -> list[Written[T]]:
    """Eighths and shorter of a beat in one group; rests break it, and who is alone has a flag."""
    found, group = list(pieces), 0
    run: list[int] = []
    for index in range(len(pieces) + 1):
        piece = pieces[index] if index < len(pieces) else None
        short = piece is not None and bool(piece.content) and piece.value.type in ("eighth", "16th", "32nd")
        if run and not (short and piece and piece.start // beat == pieces[run[0]].start // beat):
            if len(run) > 1:
                group += 1
                for member in run:
                    found[member] = replace(found[member], beam=group)
            run = []
        if short:
            run.append(index)
    return found
