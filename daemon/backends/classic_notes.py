"""Notes by the published recipe: Basic Pitch's own package reads the file, runs its network and decodes the notes.

R. M. Bittner et al., "A Lightweight Instrument-Agnostic Model for Polyphonic Note Transcription and Multipitch
Estimation", ICASSP 2022. The network is the ONNX file that ships with sidestick; TensorFlow is not needed. What the
command `basic-pitch` finds in the same file, this finds too.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.backends.basic_pitch import SHA256, packaged_weights
from daemon.pipeline.pitched.part_settings import ClassicNoteSettings
from daemon.pipeline.pitched.polyphonic import HOP, RATE, PartNote
from daemon.pipeline.records import Weights

_OVERLAP = 30  # frames that two windows share, as the package has it
_BINS = 3  # bends are told in thirds of a semitone


class ClassicNoteTranscriber:
    """The published recipe. Basic Pitch's package, and with it librosa, is loaded on first use."""

    @property
    def weights(self) -> Weights:
        return Weights("basic-pitch classic", SHA256)

    def transcribe(
        self, wave: Path, settings: ClassicNoteSettings, report: Callable[[float], None]
    ) -> tuple[PartNote, ...]:
        """The notes of `wave` by onset, as loud as the network is sure, with the bends of the published file."""
        with _without_warnings():
            from basic_pitch import inference, note_creation
        heard = _run_network(inference, wave, report)
        with np.errstate(invalid="ignore"):  # silence is divided by its loudest frame
            _, found = note_creation.model_output_to_notes(
                heard,
                onset_thresh=settings.onset,
                frame_thresh=settings.frame,
                min_note_len=round(settings.shortest * RATE / HOP),
                min_freq=settings.lowest,
                max_freq=settings.highest,
                multiple_pitch_bends=settings.multiple_bends,
                melodia_trick=settings.melodia,
            )
        kept = found if settings.multiple_bends else note_creation.drop_overlapping_pitch_bends(found)
        events = sorted(kept, key=lambda event: (event[0], event[2]))
        return tuple(_make_note(number, event) for number, event in enumerate(events))


def _run_network(inference: Any, wave: Path, report: Callable[[float], None]) -> dict[str, Any]:
    """As the package's run_inference, with `report` between two windows."""
    model = inference.Model(packaged_weights())
    overlap = _OVERLAP * HOP
    step, length = inference.AUDIO_N_SAMPLES - overlap, 0
    outputs: dict[str, list[Any]] = {"note": [], "onset": [], "contour": []}
    for window, _, length in inference.get_audio_input(wave, overlap, step):
        for name, output in model.predict(window).items():
            outputs[name].append(output)
        report(min(0.95, len(outputs["note"]) * step / max(1, length)))
    return {name: inference.unwrap_output(np.concatenate(each), length, _OVERLAP) for name, each in outputs.items()}


def _make_note(number: int, event: tuple[float, float, int, float, list[int] | None]) -> PartNote:
    start, stop, pitch, amplitude, bends = event
    times = np.linspace(start, stop, len(bends or ()))
    return PartNote(
        id=number,
        pitch=int(pitch),
        onset=Seconds(float(start)),
        duration=Seconds(float(stop - start)),
        velocity=min(127, max(1, int(np.round(127 * amplitude)))),
        level=20 * float(np.log10(max(amplitude, 1e-6))),
        confidence=min(1.0, float(amplitude)),
        bends=tuple(
            Bend(Seconds(time), int(bend) / _BINS) for time, bend in zip(times.tolist(), bends or (), strict=True)
        ),
    )


@contextmanager
def _without_warnings() -> Iterator[None]:
    """The package warns, on import, of every other runtime that is not there, and sets up the root logger for it."""
    root = logging.getLogger()
    handlers, disabled = root.handlers[:], root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(disabled)
        root.handlers[:] = handlers
