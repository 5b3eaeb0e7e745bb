"""Any file that the probe accepts becomes float32, 44.1 kHz stereo in the workspace; second t stays second t.

The file is streamed: a long song takes time and disk, but no memory.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import Rejected
from daemon.files import file_digest
from daemon.pipeline.audio.pcm import AudioReader, DecoderError
from daemon.pipeline.audio.probe import Decoder, Limits, Probe, check_length, clock_time, probe
from daemon.pipeline.audio.wav import WavWriter
from daemon.pipeline.records import RATE, Audio, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]

SILENCE = 2**-14  # two steps of 16 bits, -84 dB: less is dither
REPORT_EVERY = 0.1  # seconds

ReportFraction = Callable[[float], None]


def decode(
    path: Path,
    target: Path,
    limits: Limits,
    report: ReportFraction,
    *,
    header: Probe | None = None,
    digest: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Source:
    """Write the sound of `path` to `target`, a WAV file, and tell what it was.

    `header` and `digest` are those of the file where they are known already.
    `report` hears fractions from 0 to 1, some ten a second at most; what it raises stops the work and leaves
    no file. Mono goes to both sides; of more than two channels the first two are taken. Raises Rejected as
    `probe` does, and with too_long, too_short, silent, not_finite, not_audio and damaged where only the sound
    itself shows it; DiskFailed if `target` cannot be written.
    """
    report(0.0)
    found = header or probe(path, limits)
    digest = digest or file_digest(path)
    conversion = _Conversion(found, limits, _throttle(report, clock))
    try:
        audio, reading = conversion.run(found.decoder, target)
    except DecoderError:
        audio, reading = conversion.run(Decoder.PYAV, target)
    report(1.0)
    return Source(path, digest, audio, tuple(_remarks(reading)))


@dataclass(frozen=True, slots=True)
class _Conversion:
    """One file on its way into the workspace."""

    found: Probe
    limits: Limits
    report: ReportFraction

    def run(self, decoder: Decoder, target: Path) -> tuple[Audio, AudioReader]:
        reading = AudioReader(self.found, decoder, self.found.rate)
        peak = 0.0
        with WavWriter(target, stage="decode") as wav:
            for block in _resample_blocks(reading):
                peak = max(peak, self._peak(block, wav.frames))
                wav.write(block)
                self._check_growth(wav.frames)
            self._check_whole(reading, wav.frames, peak)
        return wav.audio, reading

    def _peak(self, block: "Block", start: int) -> float:
        """The loudest sample of `block`, which begins at frame `start`."""
        peak = float(abs(block).max(initial=0.0))
        if not math.isfinite(peak):
            where = clock_time(start / RATE)
            reason = f"{self.found.path.name} holds samples that are no numbers, near {where}. Export it again."
            raise Rejected("not_finite", reason)
        return peak

    def _check_growth(self, frames: int) -> None:
        seconds = frames / RATE
        if seconds > self.limits.max_seconds:
            check_length(self.found.path, seconds, self.limits)
        self.report(min(1.0, seconds / self.found.seconds) if self.found.seconds else 0.0)

    def _check_whole(self, reading: AudioReader, frames: int, peak: float) -> None:
        name = self.found.path.name
        if reading.broken > reading.packets:
            reason = f"{name} is not audio, or too damaged to be read. Export or copy it again."
            raise Rejected("not_audio", reason)
        if not frames:
            raise Rejected("damaged", f"Nothing in {name} could be decoded. Export or copy it again.")
        check_length(self.found.path, frames / RATE, self.limits)
        if peak < SILENCE:
            part = " in its first two channels" if self.found.channels > 2 else ""
            raise Rejected("silent", f"{name} is silent{part}. Check that the right track was exported.")


def _resample_blocks(reading: AudioReader) -> "Iterator[Block]":
    """Stereo blocks at 44.1 kHz. A stream of n frames gives n * 44100 / rate of them, to the nearest."""
    import numpy as np
    import soxr

    resampler: soxr.ResampleStream | None = None
    for number, block in enumerate(reading.blocks()):
        stereo = block[:2] if len(block) >= 2 else np.repeat(block, 2, axis=0)
        if number == 0 and reading.rate != RATE:
            resampler = soxr.ResampleStream(reading.rate, RATE, 2, dtype="float32", quality="VHQ")
        yield stereo if resampler is None else resampler.resample_chunk(stereo.T).T
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros((0, 2), np.float32), last=True).T


def _remarks(reading: AudioReader) -> Iterator[str]:
    found = reading.probe
    if found.channels > 2:
        yield f"{found.path.name} has {found.channels} channels; the first two were used."
    if reading.missing_seconds:
        held, promised = reading.frames / reading.rate, (reading.promised or 0) / reading.rate
        yield (
            f"{found.path.name} promises {clock_time(promised)} but ends at {clock_time(held)}; what is there was used."
        )
    if reading.silent_frames:
        lost = 1000 * reading.silent_frames / reading.rate
        yield f"{found.path.name} is damaged: {lost:.0f} ms of it could not be decoded and are silent."
    if found.container == "aac":
        yield (
            f"{found.path.name} is raw AAC, which does not tell its encoder's delay: onsets may come out "
            "20 ms late or more. M4A is exact."
        )


def _throttle(report: ReportFraction, clock: Callable[[], float]) -> ReportFraction:
    """`report`, but silent within REPORT_EVERY of the last call."""
    last = clock()

    def tell(fraction: float) -> None:
        nonlocal last
        if clock() - last >= REPORT_EVERY:
            last = clock()
            report(fraction)

    return tell
