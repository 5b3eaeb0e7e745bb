"""Scores of grooves whose notation is known: through the ear, from a sampled kit, and how long they take to engrave."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

from bridge.drum_map import built_in_map
from daemon.outlets.arrange import arrange
from daemon.outlets.delivery import make_manifest
from daemon.outlets.exports import engraving, musicxml
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.note_files import midi_bytes
from daemon.pipeline.beats.meter import has_beats
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.tools import Tools
from tests.benchmarks.excerpts import SOUNDFONT
from tests.benchmarks.songs import open_tools
from tests.benchmarks.tables import Setting, Table, number
from tests.grooves import GROOVES, METERS
from tests.outlets.exports.score_readers import Symbol, drum_symbols
from tests.outlets.exports.test_musicxml import accuracy, expected, straight
from tests.written_songs import written_song

LABELS = ("kick", "snare", "closed_hihat", "crash", "high_tom", "ride")
TIMES, BPM, FIRST = 12, 100.0, 0.5
SWUNG = ("shuffle", "swing")


@dataclass(frozen=True, slots=True)
class WrittenGroove:
    """A groove as it is written: its rows, and the symbols that a reader must see."""

    name: str
    rows: dict[str, str]
    numerator: int
    denominator: int

    @classmethod
    def of(cls, name: str) -> "WrittenGroove":
        rows = (row.strip().replace("|", "").replace("o", "x") for row in GROOVES[name].split(";"))
        written = {label: f"{row}|" * TIMES for label, row in zip(LABELS, rows, strict=False)}
        return cls(name, written, *METERS.get(name, (4, 4)))

    @property
    def beat_bpm(self) -> float:
        """As sidestick counts: quarters, the dotted ones of 6/8 and 12/8, the eighths of 7/8."""
        if self.denominator == 4:
            return BPM
        return BPM * 2 if self.numerator % 3 else BPM * 2 / 3

    @property
    def song(self) -> ExportSong:
        return written_song(self.rows, bpm=BPM, numerator=self.numerator, denominator=self.denominator, first=FIRST)

    @property
    def symbols(self) -> set[Symbol]:
        wanted = expected(self.rows, self.numerator, self.denominator)
        return straight(wanted) if self.name in SWUNG else wanted


@dataclass(frozen=True, slots=True)
class Reading:
    """Of 1: symbols that are right with their marks, and without; seconds to engrave."""

    marked: float
    bare: float
    seconds: float


def tables(setting: Setting) -> Iterator[Table]:
    if not (SOUNDFONT.is_file() and shutil.which("fluidsynth")):
        yield Table("scores", (), (), "Not measured: apt-get install fluidsynth fluid-soundfont-gm.")
        return
    grooves = [WrittenGroove.of(name) for name in GROOVES]
    rows = [("the strokes as they were written", *_cells([_read(groove, groove.song) for groove in grooves]))]
    with TemporaryDirectory() as name, open_tools(setting.weights) as tools:
        sounds = [(groove, _render(groove, Path(name) / f"{i}.wav")) for i, groove in enumerate(grooves)]
        told = [_read(groove, _hear(sound, tools, groove)) for groove, sound in sounds]
        blind = [_read(groove, _hear(sound, tools, None)) for groove, sound in sounds]
    rows.append(("transcribed from a rendering, bpm, meter and bar 1 told", *_cells(told)))
    rows.append(("transcribed from a rendering, nothing told", *_cells(blind)))
    head = (
        "score of",
        "songs",
        "symbols right, mean",
        "median",
        "at least .95",
        "marks too, mean",
        "s to engrave, most",
    )
    note = (
        f"Grooves of tests/grooves.py, each {TIMES} times at {BPM:.0f} bpm by fluidsynth's standard kit; drums alone."
    )
    yield Table("scores", head, tuple(rows), f"{note} A bar that is counted from another beat has every symbol wrong.")


def _cells(found: list[Reading]) -> tuple[str, ...]:
    bare = [each.bare for each in found]
    good = sum(each >= 0.95 for each in bare)
    marked = fmean(each.marked for each in found)
    figures = (number(fmean(bare), 3), number(median(bare), 3), str(good), number(marked, 3))
    return str(len(found)), *figures, number(max(each.seconds for each in found), 2)


def _read(groove: WrittenGroove, song: ExportSong) -> Reading:
    if not has_beats(song.arrangement.grid):
        return Reading(0.0, 0.0, 0.0)
    began = time.perf_counter()
    engraving.to_svg(song)
    seconds = time.perf_counter() - began
    found = drum_symbols(musicxml.to_bytes(song))
    return Reading(accuracy(found, groove.symbols), accuracy(_bare(found), _bare(groove.symbols)), seconds)


def _bare(symbols: set[Symbol]) -> set[tuple[int, Fraction, str]]:
    return {(each.bar, each.place, each.label) for each in symbols if each.mark != "flam"}


def _render(groove: WrittenGroove, target: Path) -> Path:
    score = target.with_suffix(".mid")
    score.write_bytes(midi_bytes(groove.song.arrangement, built_in_map("gm")))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-F", str(target), SOUNDFONT, str(score)]
    subprocess.run(command, check=True, capture_output=True)
    return target


def _hear(sound: Path, tools: Tools, told: WrittenGroove | None) -> ExportSong:
    """The song of a rendering, its tempo and bars told or heard."""
    meter = {"meter": f"{told.numerator}/{told.denominator}", "bpm": told.beat_bpm, "downbeat": FIRST} if told else {}
    options = Options.read({"input": "drums", "kit": "embedded", **meter})
    manifest = make_manifest(transcribe(sound, options, tools, lambda *_: None), options)
    return ExportSong(arrange(manifest), built_in_map("gm"))
