"""Notes of pitched parts against Basic Pitch with its published settings, on the same rendered music in the same run.

    python -m tests.benchmarks.notes [--count N] [--first N]

A note counts when its onset is within 50 ms and its pitch within 50 cents of the truth (mir_eval). The settings were
chosen on the excerpts 0 to 11 of each part; the default is others. Needs fluidsynth and fluid-soundfont-gm.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from mir_eval.transcription import precision_recall_f1_overlap
from numpy.typing import NDArray

from daemon.backends.basic_pitch import BasicPitch
from daemon.pipeline.hearing import PRESETS, sounding
from daemon.pipeline.notes import LOWEST_KEY, NoteSettings, Posteriors, events
from daemon.pipeline.parts import loudness, transcribe_part
from daemon.pipeline.periodicity import hertz
from daemon.pipeline.records import Audio, Part
from tests.benchmarks.excerpts import LINES, Excerpt, Played, excerpts, render

PARTS = {"bass": Part.BASS, "lead": Part.VOCALS, "piano": Part.PIANO, "guitar": Part.GUITAR}


@dataclass(frozen=True, slots=True)
class Score:
    """Note F of one excerpt, both ways, and the CPU seconds of ours."""

    plain: float
    ours: float
    cpu: float
    duration: float


def note_f(truth: Sequence[Played], found: Sequence[Played]) -> float:
    if not found:
        return 0.0
    return float(
        precision_recall_f1_overlap(
            *_arrays(truth), *_arrays(found), onset_tolerance=0.05, pitch_tolerance=50.0, offset_ratio=None
        )[2]
    )


def _arrays(notes: Sequence[Played]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    spans = np.array([(note.onset, note.onset + max(0.01, note.duration)) for note in notes])
    return spans, np.array([hertz(note.pitch) for note in notes])


def plain(heard: Posteriors) -> list[Played]:
    """The published decoding with the published settings."""
    rate = heard.frame_rate
    return [
        Played(event.key + LOWEST_KEY, event.start / rate, (event.stop - event.start) / rate, 64)
        for event in events(heard, NoteSettings())
    ]


def scored(excerpt: Excerpt, folder: Path, listener: BasicPitch) -> Score:
    wave = render(excerpt, folder)
    audio = Audio(wave, soundfile.info(wave).frames)
    theirs = plain(listener.listen((block.mean(axis=0) for block in audio.blocks()), audio.rate))
    began, part = time.process_time(), PARTS[excerpt.part]
    heard = transcribe_part(
        audio, part, mix_level=loudness(audio), settings=PRESETS[part], listener=listener, report=lambda _: None
    )
    cpu = time.process_time() - began
    ours = [Played(note.pitch, note.onset, note.duration, note.velocity) for note in sounding(heard.notes)]
    return Score(note_f(excerpt.notes, theirs), note_f(excerpt.notes, ours), cpu, audio.duration)


def measured(part: str, numbers: range) -> list[Score]:
    listener = BasicPitch()
    with tempfile.TemporaryDirectory() as folder:
        return [scored(excerpt, Path(folder), listener) for excerpt in excerpts(part, numbers)]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=12)
    options.add_argument("--first", type=int, default=200)
    given = options.parse_args()
    print(f"{'part':8} {'excerpts':>8} {'plain F':>8} {'stemd F':>8} {'gain':>6} {'x real time per core':>21}")
    for part in LINES:
        scores = measured(part, range(given.first, given.first + given.count))
        before, now = (float(np.mean([getattr(s, name) for s in scores])) for name in ("plain", "ours"))
        speed = sum(s.duration for s in scores) / sum(s.cpu for s in scores)
        print(f"{part:8} {len(scores):8} {before:8.3f} {now:8.3f} {now - before:+6.3f} {speed:21.0f}")


if __name__ == "__main__":
    main()
