"""Human drumming: MIDI grooves as strikes, split by drummer so that no drummer is in both sets."""

import csv
from dataclasses import dataclass
from pathlib import Path

import mido

from daemon.training.drum_sounds import GENERAL_MIDI, Strike

HELD_OUT_SESSION = "eval_session"
VALIDATION_DRUMMERS = frozenset({"drummer2", "drummer4", "drummer9", "drummer10"})


@dataclass(frozen=True, slots=True)
class Groove:
    """Strikes from time 0; `bpm` in beats per minute, `duration` in seconds."""

    bpm: float
    duration: float
    strikes: tuple[Strike, ...]


def read_groove(path: Path, bpm: float) -> Groove:
    time, strikes = 0.0, []
    for message in mido.MidiFile(path):
        time += message.time
        if message.type == "note_on" and message.velocity and message.note in GENERAL_MIDI:
            strikes.append(Strike(time, GENERAL_MIDI[message.note], float(message.velocity)))
    return Groove(bpm, strikes[-1].time + 1.0 if strikes else 0.0, tuple(strikes))


def split_of(row: dict[str, str]) -> str | None:
    """None for the data set's own test sessions: published clips are rendered from them."""
    if row["session"] == HELD_OUT_SESSION:
        return None
    return "validate" if row["drummer"] in VALIDATION_DRUMMERS else "train"


def read_grooves(folder: Path, split: str) -> tuple[Groove, ...]:
    with (folder / "index.tsv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if split_of(row) == split]
    grooves = (read_groove(folder / row["path"], float(row["file_bpm"])) for row in rows)
    return tuple(groove for groove in grooves if len(groove.strikes) > 7)
