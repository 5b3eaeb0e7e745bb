"""Tablature of guitar and bass as plain text: a line for each string, bars side by side."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from daemon.outlets.arrange import Arrangement
from daemon.outlets.exports.song import ExportSong, require_beat
from daemon.pipeline.records import Part
from daemon.score.bars import Bar, SongBars
from daemon.score.fretting import BASS, GUITAR, FretPlace, FrettedNote, Tuning, choose_tuning, find_frets
from daemon.score.note_cleanup import WrittenNote

TUNINGS = {Part.GUITAR: GUITAR, Part.BASS: BASS}
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_LINE = 100  # characters
_PER_QUARTER = (1, 2, 3, 4, 6, 8, 12)  # columns, the fewest that keep the rhythm
_NEAR = Fraction(1, 16)  # of a quarter note that a column may lie off


def object_to_tab(arrangement: Arrangement) -> str:
    """Why a song has no tablature, or ''."""
    if not any(arrangement.notes.get(part) for part in TUNINGS):
        return f"{arrangement.name} has no notes of a guitar or a bass. Ask for the part guitar or bass as well."
    return require_beat(arrangement)


def fret_part(part: Part, notes: Sequence[WrittenNote]) -> tuple[Tuning, list[FretPlace | None]]:
    """The tuning that reaches every note, and a place on the neck for each; None where no hand can hold it."""
    tuning = choose_tuning([note.pitch for note in notes], TUNINGS[part])
    return tuning, find_frets([FrettedNote(note.pitch, note.time, note.velocity) for note in notes], tuning)


def to_bytes(song: ExportSong) -> bytes:
    """Every part with strings, one below the other. UTF-8."""
    arrangement = song.arrangement
    bars = SongBars(arrangement.grid, arrangement.duration)
    parts = [(part, notes) for part in TUNINGS if (notes := arrangement.notes.get(part))]
    text = [f"{arrangement.name}, {arrangement.grid.bpm:.2f} bpm" if arrangement.grid.bpm else arrangement.name]
    for part, notes in parts:
        text += ["", *_part_lines(part, notes, bars)]
    return ("\n".join(text) + "\n").encode("utf-8")


@dataclass(frozen=True, slots=True)
class _TabStroke:
    """What is played at `quarters` after the bar line: frets by the line they are written on, from the top."""

    quarters: float
    frets: Mapping[int, int]


def _part_lines(part: Part, notes: Sequence[WrittenNote], bars: SongBars) -> Iterator[str]:
    tuning, places = fret_part(part, notes)
    missing = places.count(None)
    yield f"{part.capitalize()}, {tuning.name} tuning"
    if missing:
        yield f"{missing} of {len(notes)} notes are left out: no hand can hold them beside the others."
    names = [_NAMES[pitch % 12].ljust(2) for pitch in reversed(tuning.strings)]
    found = _strokes_by_bar(notes, places, bars)
    line: list[list[str]] = []
    first = 1
    shown = [bar for bar in bars.bars if min(found, default=1) <= bar.number <= max(found, default=0)]
    for bar in shown:
        block = _bar_block(bar, found.get(bar.number, []), len(names))
        if line and sum(len(each[0]) for each in line) + len(block[0]) > _LINE:
            yield from _write_line(first, names, line)
            line = []
        first = first if line else bar.number
        line.append(block)
    if line:
        yield from _write_line(first, names, line)


def _write_line(first: int, names: Sequence[str], blocks: Sequence[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"bar {first}"
    for i, name in enumerate(names):
        yield f"{name}|" + "|".join(block[i] for block in blocks) + "|"


def _strokes_by_bar(
    notes: Sequence[WrittenNote], places: Sequence[FretPlace | None], bars: SongBars
) -> dict[int, list[_TabStroke]]:
    """Notes written at one time are one stroke."""
    at_once: defaultdict[float, dict[int, int]] = defaultdict(dict)
    for note, place in zip(notes, places, strict=True):
        if place:
            at_once[round(bars.quarters(note.time), 3)].setdefault(place.string - 1, place.fret)
    found: defaultdict[int, list[_TabStroke]] = defaultdict(list)
    for quarters, frets in sorted(at_once.items()):
        bar = bars.bar_at(quarters)
        found[bar.number].append(_TabStroke(max(0.0, quarters - bar.start), frets))
    return dict(found)


def _bar_block(bar: Bar, strokes: Sequence[_TabStroke], lines: int) -> list[str]:
    """The bar on each line, all equally long."""
    per_quarter = next((each for each in _PER_QUARTER if _keeps_rhythm(strokes, each)), _PER_QUARTER[-1])
    count = max(1, round(bar.quarters * per_quarter))
    width = 1 + max((len(str(fret)) for stroke in strokes for fret in stroke.frets.values()), default=1)
    cells = [["-" * width] * count for _ in range(lines)]
    for stroke in strokes:
        column = min(count - 1, round(stroke.quarters * per_quarter))
        for line, fret in stroke.frets.items():
            cells[line][column] = str(fret).rjust(width, "-")
    return ["".join(row) + "-" for row in cells]


def _keeps_rhythm(strokes: Sequence[_TabStroke], per_quarter: int) -> bool:
    columns = [round(stroke.quarters * per_quarter) for stroke in strokes]
    near = all(abs(s.quarters - c / per_quarter) <= _NEAR for s, c in zip(strokes, columns, strict=True))
    return near and len(set(columns)) == len(columns)
