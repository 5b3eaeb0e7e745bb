"""Long enough music for a clock, and the pipeline set up to be measured: nothing is kept from one run to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from daemon import factories
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separators import EmbeddedKitNetwork, separator
from daemon.pipeline.audio.probe import Limits
from daemon.pipeline.cache import StageCache
from daemon.pipeline.tools import Tools
from tests import synth

LOOP_BARS, BPM = 16, 120.0
LOOP_SECONDS = LOOP_BARS * 240 / BPM


@contextmanager
def open_tools(weights: Path) -> Iterator[Tools]:
    """Tools with an empty cache, the embedded kit splitter and no downloads."""
    found = Checkpoints(weights, offline=True)
    with TemporaryDirectory() as name:
        yield Tools(
            cache=StageCache(Path(name)),
            limits=Limits(),
            drum_transcriber=factories.drum_transcriber(),
            separator=lambda wanted, report: separator(wanted, found, "auto", report),
            kit_splitter=lambda _: None,
            note_transcriber=factories.note_transcribers(),
            kit_network=EmbeddedKitNetwork(),
        )


def performance() -> synth.Samples:
    """16 bars of drums played by somebody: uneven in time and level, with fills, crashes and a little room noise."""
    rng = np.random.default_rng(4)
    strokes = [*synth.rock_beat(LOOP_BARS, bpm=BPM), *_fills()]
    played = [
        synth.Stroke(max(0.0, s.onset + rng.normal(0, 0.004)), s.drum, s.level + float(rng.normal(0, 2)) - 3)
        for s in strokes
    ]
    return synth.play(played, LOOP_SECONDS) + synth.noise(LOOP_SECONDS, level=-60.0)


def _fills() -> Iterator[synth.Stroke]:
    """Every fourth bar ends on the toms and is answered by a crash."""
    bar, sixteenth = 240 / BPM, 15 / BPM
    for end in range(4, LOOP_BARS + 1, 4):
        yield from (synth.Stroke(end * bar - (4 - i) * sixteenth, ("tom", "low_tom")[i // 2]) for i in range(4))
        yield synth.Stroke((end % LOOP_BARS) * bar, "crash", -10.0)


def band() -> synth.Samples:
    """The drums with something to separate them from."""
    rest = sum(synth.tone(hertz, LOOP_SECONDS, level=-20.0) for hertz in (55.0, 220.0, 330.0))
    return 0.7 * performance() + rest


def melody(lowest: int) -> synth.Samples:
    """16 bars of plucked eighths, up and down a chord from the MIDI pitch `lowest`, each with four overtones."""
    steps, beat = (0, 7, 12, 7, 4, 7, 12, 16), 30 / BPM
    time = np.arange(round(beat * synth.RATE)) / synth.RATE
    shape = np.minimum(1, time / 0.003) * np.exp(-2 * time) * np.clip((beat - time) / 0.02, 0, 1)
    notes = []
    for step in steps:
        hertz = 440 * 2 ** ((lowest + step - 69) / 12)
        notes.append(shape * sum(np.sin(2 * np.pi * k * hertz * time) / (k + 1) for k in range(1, 6)))
    bar = 0.2 * np.concatenate(notes)
    return np.tile(bar.astype(np.float32), (2, LOOP_BARS))


def loop_to_file(path: Path, loop: synth.Samples, minutes: float) -> Path:
    """`loop` again and again, as a file of 16 bits."""
    left = round(minutes * 60 * synth.RATE)
    with soundfile.SoundFile(path, "w", synth.RATE, len(loop), "PCM_16") as file:
        while left > 0:
            file.write(loop.T[:left])
            left -= loop.shape[1]
    return path
