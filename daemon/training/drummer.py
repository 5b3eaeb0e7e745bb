"""The grooves that the drummer in the box plays, from the Groove MIDI Dataset to grooves.npz.

    python -m daemon.training.drummer FOLDER TARGET

Of every performance the two-bar phrases are kept that are most like the whole of it and differ among themselves; of
every fill its first bar. Test sessions of the data set stay out, as everywhere.
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from bridge.drum_labels import LABELS, label_of
from daemon.files import atomic_file
from daemon.training.grooves import HELD_OUT_SESSION

TICKS = 480  # of a quarter note
BARS = 2
MOST_PHRASES = 4  # of one performance
FEWEST = 4  # strokes a bar
EARLY = 0.1  # quarters before a bar line that still belong to the bar
ALIKE = 0.97  # cosine from which on two phrases are the same
_PLACES = 12
_RIM_PITCHES = {40: "snare", 47: "mid_tom", 50: "high_tom", 37: "side_stick", 55: "crash", 52: "crash_2", 59: "ride"}


@dataclass(frozen=True, slots=True)
class PlayedPhrase:
    """`strokes` (n, 3): quarters from its first bar line, index of the label, velocity."""

    meter: tuple[int, int]
    bpm: float
    style: str
    performance: int
    fill: bool
    strokes: NDArray[np.float64]


def read_strokes(path: Path) -> NDArray[np.float64]:
    """(strokes, 3): quarter notes, index of the label, velocity; rims and edges of a V-Drums kit by name."""
    file = mido.MidiFile(path)
    rows = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                label = _RIM_PITCHES.get(message.note) or label_of(message.note)
                if label:
                    rows.append((tick / file.ticks_per_beat, LABELS.index(label), message.velocity))
    return np.array(sorted(rows), float).reshape(-1, 3)


def cut_phrases(strokes: NDArray[np.float64], quarters: float) -> list[NDArray[np.float64]]:
    """Phrases of BARS bars of so many quarters, counted from their own bar line, none with an empty bar."""
    found, length = [], BARS * quarters
    for start in np.arange(0.0, strokes[-1, 0] - length + EARLY, length) if len(strokes) else ():
        inside = strokes[(strokes[:, 0] >= start - EARLY) & (strokes[:, 0] < start + length - EARLY)].copy()
        inside[:, 0] -= start
        counts = np.histogram(inside[:, 0], bins=[i * quarters - EARLY for i in range(BARS + 1)])[0]
        if counts.min() >= FEWEST and (inside[:, 1] == LABELS.index("kick")).any():
            found.append(inside)
    return found


def pattern(strokes: NDArray[np.float64], quarters: float) -> NDArray[np.float64]:
    """What is struck where in a bar, as one long unit vector."""
    places = round(quarters * _PLACES)
    out = np.zeros((len(LABELS), places))
    at = np.round(strokes[:, 0] * _PLACES).astype(int) % places
    np.add.at(out, (strokes[:, 1].astype(int), at), strokes[:, 2] / 127)
    return np.asarray(out.ravel() / max(1e-9, float(np.linalg.norm(out))))


def choose_phrases(phrases: list[NDArray[np.float64]], quarters: float) -> list[NDArray[np.float64]]:
    """The most usual ones that differ."""
    if not phrases:
        return []
    shapes = np.stack([pattern(phrase, quarters) for phrase in phrases])
    chosen: list[int] = []
    for i in np.argsort(-(shapes @ shapes.mean(axis=0)), kind="stable").tolist():
        if len(chosen) < MOST_PHRASES and all(shapes[i] @ shapes[j] < ALIKE for j in chosen):
            chosen.append(i)
    return [phrases[i] for i in chosen]


def read_phrases(folder: Path) -> Iterator[PlayedPhrase]:
    with (folder / "index.tsv").open(newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    for number, row in enumerate(rows):
        numerator, denominator = map(int, row["time_signature"].split("-"))
        quarters = 4 * numerator / denominator
        if row["session"] == HELD_OUT_SESSION:
            continue
        strokes, fill = read_strokes(folder / row["path"]), row["kind"] == "fill"
        kept = [strokes[strokes[:, 0] < quarters - EARLY]] if fill else []
        if not fill:
            kept = choose_phrases(cut_phrases(strokes, quarters), quarters)
        for phrase in kept:
            if len(phrase) >= FEWEST:
                style = row["style"].replace("/", "-").split("-")[0]
                yield PlayedPhrase((numerator, denominator), float(row["file_bpm"]), style, number, fill, phrase)


def save_phrases(phrases: list[PlayedPhrase], target: Path) -> None:
    """Whole numbers, so that the file is small: ticks of 1/480 quarter note."""
    styles = sorted({phrase.style for phrase in phrases})
    strokes = np.concatenate([phrase.strokes for phrase in phrases])
    with atomic_file(target) as partial:
        np.savez_compressed(
            partial,
            meters=np.array([phrase.meter for phrase in phrases], np.uint8),
            bpm=np.array([phrase.bpm for phrase in phrases], np.float32),
            styles=np.array(styles),
            style=np.array([styles.index(phrase.style) for phrase in phrases], np.uint8),
            performance=np.array([phrase.performance for phrase in phrases], np.uint16),
            fill=np.array([phrase.fill for phrase in phrases], bool),
            count=np.array([len(phrase.strokes) for phrase in phrases], np.uint16),
            ticks=np.round(strokes[:, 0] * TICKS).astype(np.int16),
            label=strokes[:, 1].astype(np.uint8),
            velocity=strokes[:, 2].astype(np.uint8),
            labels=np.array(LABELS),
        )


if __name__ == "__main__":
    save_phrases(list(read_phrases(Path(sys.argv[1]))), Path(sys.argv[2]))
