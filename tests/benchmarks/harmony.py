"""Key and chords of rendered songs in all 24 keys: bass, piano and a sung line, dry, with the true beats given.

Key by the weights of MIREX: 1 right, 0.5 a fifth off, 0.3 relative, 0.2 parallel. Chords by time, major against
minor against none (a seventh counts as its triad, a diminished triad is left out). Needs fluidsynth and
fluid-soundfont-gm.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.backends.basic_pitch import BasicPitch
from daemon.pipeline.pitched.harmony import Harmony, Key, estimate_harmony
from daemon.pipeline.records import BeatGrid
from tests.benchmarks.excerpts import LINES, Excerpt, Piece, chords, render, separated
from tests.benchmarks.tables import Setting, Table, number

FIRST, COUNT = 200, 48
MINOR_SONGS = ((5, 3, 0, 4), (5, 1, 5, 2), (5, 3, 1, 5), (5, 0, 4, 5))
MAJOR_SONGS = ((0, 4, 5, 3), (0, 3, 4, 0), (0, 5, 3, 4), (3, 4, 0, 0))
RATE = 44100


def song(number: int) -> tuple[Piece, Key]:
    """Eight bars; odd numbers are minor, with the sixth degree of the scale as tonic."""
    dice, minor, tonic = random.Random(f"song {number}"), number % 2 == 1, number // 2 * 5 % 12
    degrees = 2 * dice.choice(MINOR_SONGS if minor else MAJOR_SONGS)
    scale = (tonic + 3) % 12 if minor else tonic
    return Piece(dice, 60 / dice.uniform(80, 150), scale, degrees), Key(tonic, minor, 1.0)


def sound(piece: Piece, number: int, folder: Path) -> NDArray[np.float32]:
    tracks = []
    for part, program in (("bass", 33), ("piano", piece.dice.choice((0, 4, 25))), ("lead", 53)):
        notes = tuple(separated(sorted(LINES[part][0](piece), key=lambda note: (note.onset, note.pitch))))
        wave = render(Excerpt(f"{number}-{part}", part, program, notes, ()), folder)
        tracks.append(soundfile.read(wave, dtype="float32", always_2d=True)[0].mean(axis=1))
    mix = np.zeros(max(map(len, tracks)), np.float32)
    for track in tracks:
        mix[: len(track)] += track
    return mix


def key_score(true: Key, found: Key) -> float:
    if (true.tonic, true.minor) == (found.tonic, found.minor):
        return 1.0
    if true.minor == found.minor:
        return 0.5 if (true.tonic - found.tonic) % 12 in (5, 7) else 0.0
    if true.tonic == found.tonic:
        return 0.2
    return 0.3 if (found.tonic - true.tonic) % 12 == (3 if true.minor else 9) else 0.0


def chord_score(truth: list[tuple[float, float, int, str]], found: Harmony) -> float:
    """Share of the time in hundredths of a second, diminished triads left out."""
    right = total = 0
    for start, end, root, quality in truth:
        if quality == "dim":
            continue
        wanted = found.key.roots[root] + ("m" if quality == "min" else "")
        for time in np.arange(start, end, 0.01):
            names = [c.name.removesuffix("7") for c in found.chords if c.onset <= time < c.onset + c.duration]
            right, total = right + (names == [wanted]), total + 1
    return right / total


def measured(number: int, folder: Path, listener: BasicPitch) -> tuple[float, float]:
    piece, key = song(number)
    mix = sound(piece, number, folder)
    duration = len(mix) / RATE
    beats = tuple(Seconds(0.3 + piece.beat * i) for i in range(4 * len(piece.degrees) + 1))
    grid = BeatGrid(beats, tuple(range(0, len(beats), 4)), 60 / piece.beat)
    found = estimate_harmony([listener.transcribe([mix], RATE)], grid, Seconds(duration))
    return key_score(key, found.key), chord_score(list(chords(piece)), found)


def tables(_: Setting) -> Iterator[Table]:
    listener = BasicPitch()
    with tempfile.TemporaryDirectory() as folder:
        scores = np.array([measured(number_, Path(folder), listener) for number_ in range(FIRST, FIRST + COUNT)])
    key, chords_ = scores.mean(axis=0)
    rows = (
        ("key, weighted as MIREX does", str(COUNT), number(key), "0.80"),
        ("chords, share of the time", str(COUNT), number(chords_), "0.80"),
    )
    note = "Songs of bass, chords and a sung line in all 24 keys, dry, with the true beats given."
    yield Table("harmony", ("what", "songs", "sidestick", "goal"), rows, note)
