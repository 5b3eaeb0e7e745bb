"""Beats, bars and tempo of whole songs: generated ones of known tempo maps, four real ones, and sounds without a beat.

Generated songs are lists of hits with a player's jitter, missed and false strokes (tests/songs_with_beats.py), so they
tell about the beat tracker alone. Those of tests/benchmarks/unheard_songs.py are rendered as a band and heard from the
mix with the embedded separator: the tracker was mended on two sets, two more are the exam. The real songs are
those of Debian's fretsonfire-songs-sectoid, sequenced at exactly 150, 135, 95 and 140 bpm, heard likewise. A constant
song is right if its bpm is within .01 % and every beat within 10 ms; a song whose tempo moves if its median beat is
within 8 ms.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from daemon.pipeline.beats.beats import track_beats
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Hit
from daemon.pipeline.tools import Tools
from tests.benchmarks.dragged import Lateness, lateness_table, measure_lateness
from tests.benchmarks.excerpts import SOUNDFONT
from tests.benchmarks.rendered_songs import RISES, render_song
from tests.benchmarks.songs import open_tools
from tests.benchmarks.tables import Setting, Table, number
from tests.benchmarks.unheard_songs import first_set, fourth_set, second_set, third_set
from tests.songs_with_beats import Song, beatless_sounds, constant_songs, moving_songs

SECTOID = Path("/usr/share/games/fretsonfire/data/songs/sectoid")
BPM = {"Metal madness": 150.0, "Escape from chaosland": 135.0, "Feelings": 95.0, "War of freedom": 140.0}
EXACT, WITHIN, MEDIAN, SAME_LEVEL = 1e-4, 0.010, 0.008, 0.02
RIGHT = 0.9  # F of beats
SETS = {"first": first_set, "second": second_set, "third": third_set, "fourth": fourth_set}
EXAM = ("third", "fourth")
BUCKETS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.01)
ONE_TEMPO = ("constant", "silence", "short bars", "meter changes")
NOT_INSTALLED = "The four real songs were not measured: apt-get install fretsonfire-songs-sectoid."


@dataclass(frozen=True, slots=True)
class Figures:
    """F of beats and downbeats within 70 ms; errors of the true beats in seconds."""

    beats: float
    downbeats: float
    median: float
    worst: float
    level: bool
    exact: bool
    bpm_exact: bool
    confidence: float


def tables(setting: Setting) -> Iterator[Table]:
    yield _song_table()
    yield from _rendered_tables(setting)
    yield _real_table(setting)
    yield _beatless_table()


def measure(song: Song) -> Figures:
    """How well the tracker counts a generated song."""
    return judge(song, track_beats(song.novelty, song.hits))


def judge(song: Song, grid: BeatGrid) -> Figures:
    """How near a grid is to the truth."""
    if len(grid.beats) < 2:
        return Figures(0.0, 0.0, 9.0, 9.0, level=False, exact=False, bpm_exact=False, confidence=0.0)
    beats, lines = _inside(song, np.array(grid.beats)), _inside(song, downbeats(grid))
    late = np.abs(song.beats[:, None] - np.array(grid.beats)[None, :]).min(axis=1)
    true, found = (float(np.median(np.diff(times))) for times in (song.beats, np.array(grid.beats)))
    matched = f_measure(song.beats, beats)
    return Figures(
        beats=matched,
        downbeats=f_measure(song.downbeats, lines),
        median=float(np.median(late)),
        worst=float(late.max()),
        level=abs(np.log(true / found)) < SAME_LEVEL or (song.kind in ("change", "player") and matched > RIGHT),
        exact=abs(true / found - 1) < EXACT and float(late.max()) < WITHIN,
        bpm_exact=abs(true / found - 1) < EXACT,
        confidence=grid.confidence,
    )


def is_right(song: Song, found: Figures) -> bool:
    return found.level and (found.exact if song.kind in ONE_TEMPO else found.median < MEDIAN)


def downbeats(grid: BeatGrid) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array(grid.beats)[list(grid.downbeats)]


def f_measure(true: Sequence[float], found: Sequence[float]) -> float:
    from mir_eval.beat import f_measure as within_70_ms

    return float(within_70_ms(np.asarray(true), np.asarray(found)))


def _inside(song: Song, times: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float]:
    """Those where music is: the grid goes on through silence, the truth does not."""
    apart = np.abs(times[:, None] - song.beats[None, :]).min(axis=1)
    return [float(time) for time in times[apart < 0.3]]


def _song_table() -> Table:
    rows, every = [], []
    for song in chain(constant_songs(), moving_songs()):
        found = measure(song)
        every.append((song, found))
        milliseconds = (number(1000 * found.median, 1), number(1000 * found.worst, 0))
        verdict = "yes" if is_right(song, found) else "no"
        figures = (number(found.beats), number(found.downbeats), *milliseconds, number(found.confidence, 2))
        rows.append((song.name, song.kind, *figures, verdict))
    right = [is_right(*one) for one in every]
    means = (fmean(found.beats for _, found in every), fmean(found.downbeats for _, found in every))
    rows.append((f"all {len(every)}", "", *map(number, means), "", "", "", f"{sum(right)} of {len(right)}"))
    levels = sum(found.level for _, found in every)
    head = ("generated songs", "kind", "beat F", "downbeat F", "median ms", "worst ms", "confidence", "right")
    return Table("whole songs", head, tuple(rows), f"The beat is at the right level in {levels} of {len(every)}.")


def _rendered_tables(setting: Setting) -> Iterator[Table]:
    if not (SOUNDFONT.is_file() and shutil.which("fluidsynth")):
        yield Table("rendered songs", (), (), "Not measured: apt-get install fluidsynth fluid-soundfont-gm.")
        return
    rows: list[tuple[str, ...]] = []
    every: dict[str, list[Figures]] = {}
    late: dict[str, list[Lateness]] = {"generated": [_dragged(song) for song in constant_songs()]}
    with TemporaryDirectory() as name, open_tools(setting.weights) as tools:
        for title, songs in SETS.items():
            heard = [(song, *_hear(render_song(song, Path(name) / "song.wav"), tools)) for song in songs()]
            judged = [(song, judge(song, grid)) for song, grid, _ in heard]
            every[title] = [found for _, found in judged]
            rows += _kind_rows(title, judged)
            late[f"rendered, {title} set"] = [
                measure_lateness(song, hits, grid, RISES) for song, grid, hits in heard if song.kind in ONE_TEMPO
            ]
    head = ("set", "kind", "songs", "beat F", "downbeat F", "right level", "bpm off < .01 %", "beats off < 10 ms")
    yield Table("rendered songs", head, tuple(rows))
    yield _reliability_table(every)
    yield lateness_table(late)


def _dragged(song: Song) -> Lateness:
    return measure_lateness(song, song.hits, track_beats(song.novelty, song.hits))


def _hear(mix: Path, tools: Tools) -> tuple[BeatGrid, tuple[Hit, ...]]:
    options = Options.read({"separator": "embedded", "kit": "embedded"})
    found = transcribe(mix, options, tools, lambda *_: None)
    return found.grid, found.drums.hits


def _kind_rows(title: str, heard: Sequence[tuple[Song, Figures]]) -> Iterator[tuple[str, ...]]:
    """A row for each kind of song, and one for all of them."""
    kinds = dict.fromkeys(song.kind for song, _ in heard)
    for kind in (*kinds, "all"):
        own = [found for song, found in heard if kind in (song.kind, "all")]
        means = (number(fmean(one.beats for one in own)), number(fmean(one.downbeats for one in own)))
        counts = (
            sum(one.level for one in own),
            sum(one.bpm_exact for one in own),
            sum(one.worst < WITHIN for one in own),
        )
        yield (title, kind, str(len(own)), *means, *map(str, counts))


def _reliability_table(sets: dict[str, list[Figures]]) -> Table:
    """How often grids of a confidence are right: beat F > .9."""
    every = [one for found in sets.values() for one in found]
    exam = [one for title in EXAM for one in sets[title]]
    rows = []
    for low, high in pairwise(BUCKETS):
        own, unseen = ([one for one in found if low <= one.confidence < high] for found in (every, exam))
        if own:
            told, true = fmean(one.confidence for one in own), fmean(one.beats > RIGHT for one in own)
            right = f"{sum(one.beats > RIGHT for one in unseen)} of {len(unseen)}"
            rows.append((f"{low:g} to {min(high, 1):g}", str(len(own)), number(told, 2), number(true, 2), right))
    head = ("confidence", "songs", "mean", "right", "of the third and fourth set alone")
    return Table("confidence", head, tuple(rows), f"Mean distance, weighted by songs (ECE): {_distance(every):.3f}.")


def _distance(found: Sequence[Figures]) -> float:
    """Between what was told and what was right, over the buckets."""
    total = 0.0
    for low, high in pairwise(BUCKETS):
        own = [one for one in found if low <= one.confidence < high]
        if own:
            total += abs(sum(one.confidence - (one.beats > RIGHT) for one in own))
    return total / len(found)


def _real_table(setting: Setting) -> Table:
    if not SECTOID.is_dir():
        return Table("sectoid", (), (), NOT_INSTALLED)
    rows = []
    with TemporaryDirectory() as name, open_tools(setting.weights) as tools:
        for title, bpm in BPM.items():
            mix = _mixed(SECTOID / title, Path(name) / "song.wav")
            grid, _ = _hear(mix, tools)
            tempi = len(set(np.round(60 / np.diff(grid.beats), 1))) if grid.beats else 0
            off = 100 * abs(grid.bpm / bpm - 1)
            rows.append((title, f"{bpm:g}", f"{grid.bpm:.3f}", number(off, 4), str(tempi), number(grid.confidence, 2)))
    return Table("sectoid", ("real songs", "true bpm", "bpm", "off %", "tempi", "confidence"), tuple(rows))


def _mixed(folder: Path, target: Path) -> Path:
    """The band and the guitar, which lie there as two files."""
    parts = [soundfile.read(folder / name, dtype="float32", always_2d=True) for name in ("song.ogg", "guitar.ogg")]
    mix = np.zeros((max(len(sound) for sound, _ in parts), 2), np.float32)
    for sound, _ in parts:
        mix[: len(sound)] += sound
    soundfile.write(target, mix / max(1.0, float(np.abs(mix).max())), parts[0][1], "PCM_16")
    return target


def _beatless_table() -> Table:
    rows = []
    for song in beatless_sounds():
        grid = track_beats(song.novelty, song.hits)
        rows.append((song.name, f"{grid.bpm:.4g} bpm" if grid.beats else "none", "no" if grid.beats else "yes"))
    return Table("no beat", ("sounds without a beat", "grid", "right"), tuple(rows))
