"""Any file that the probe accepts becomes float32, 44.1 kHz stereo in the workspace; second t stays second t.

The file is streamed: a long song takes time and disk, but no memory.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import Rejected
from daemon.files import file_digest
from daemon.pipeline.audio.mpeg_frames import MpegStream
from daemon.pipeline.audio.pcm import AudioReader, DecoderError
from daemon.pipeline.audio.probe import Decoder, Limits, Probe, check_length, clock_time, probe
from daemon.pipeline.audio.wav import WavWriter
from daemon.pipeline.records import RATE, Audio, Source
from daemon.remarks import remark

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daemon.pipeline.audio.levels import LevelMeter

    Block = NDArray[np.float32]

SILENCE = 2**-14  # two steps of 16 bits, -84 dB: less is dither
TOLD_OFFSET = 0.01  # of full scale
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
        audio, reading, offset = conversion.run(found.decoder, target)
    except DecoderError as error:
        audio, reading, offset = conversion.run(Decoder.PYAV, target)
        reading.tell_error(error)
    report(1.0)
    return Source(path, digest, audio, (*_remarks(reading), *_offset_remark(path, offset)))


@dataclass(frozen=True, slots=True)
class _Conversion:
    """One file on its way into the workspace."""

    found: Probe
    limits: Limits
    report: ReportFraction

    def run(self, decoder: Decoder, target: Path) -> tuple[Audio, AudioReader, float]:
        """The audio, its reader, and the constant offset that was taken off."""
        from daemon.pipeline.audio.levels import LevelMeter

        reading, meter = AudioReader(self.found, decoder, self.found.rate), LevelMeter()
        with WavWriter(target, stage="decode") as wav:
            for block in _resample_blocks(reading):
                self._check_finite(block, wav.frames)
                meter.add(block)
                wav.write(block)
                self._check_growth(wav.frames)
            meter.finish()
            self._check_whole(reading, wav.frames)
            if not meter.has_offset:
                self._check_loud(meter)
        if not meter.has_offset:
            return replace(wav.audio, gain=meter.gain), reading, 0.0
        return self._remove_offset(wav.audio, meter), reading, meter.offset

    def _remove_offset(self, audio: Audio, meter: "LevelMeter") -> Audio:
        """The file written anew; what has an offset cannot be judged before."""
        from daemon.pipeline.audio.levels import LevelMeter, remove_offset

        start, meter = meter.first, LevelMeter()
        try:
            with WavWriter(audio.path, stage="decode") as wav:
                for block in remove_offset(audio.blocks(), start):
                    meter.add(block)
                    wav.write(block)
            meter.finish()
            self._check_loud(meter)
        except BaseException:
            audio.path.unlink(missing_ok=True)
            raise
        return replace(wav.audio, gain=meter.gain)

    def _check_finite(self, block: "Block", start: int) -> None:
        """`block` begins at frame `start`."""
        if not math.isfinite(float(abs(block).max(initial=0.0))):
            where = clock_time(start / RATE)
            reason = f"{self.found.path.name} holds samples that are no numbers, near {where}. Export it again."
            raise Rejected("not_finite", reason)

    def _check_growth(self, frames: int) -> None:
        seconds = frames / RATE
        if seconds > self.limits.max_seconds:
            check_length(self.found.path, seconds, self.limits)
        self.report(min(1.0, seconds / self.found.seconds) if self.found.seconds else 0.0)

    def _check_whole(self, reading: AudioReader, frames: int) -> None:
        name = self.found.path.name
        if reading.broken > reading.packets:
            reason = f"{name} is not audio, or too damaged to be read. Export or copy it again."
            raise Rejected("not_audio", reason)
        if not frames:
            raise Rejected("damaged", f"Nothing in {name} could be decoded. Export or copy it again.")
        check_length(self.found.path, frames / RATE, self.limits)

    def _check_loud(self, meter: "LevelMeter") -> None:
        if meter.peak < SILENCE:
            part = " in its first two channels" if self.found.channels > 2 else ""
            name = self.found.path.name
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
    found, name = reading.probe, reading.probe.path.name
    if found.channels > 2:
        yield remark("channels", name=name, count=found.channels)
    if reading.missing_seconds:
        held, promised = reading.frames / reading.rate, (reading.promised or 0) / reading.rate
        yield remark("ends_early", name=name, promised=clock_time(promised), end=clock_time(held))
    if reading.silent_frames and not (found.layout.mpeg and not found.layout.mpeg.garbage):
        lost = 1000 * reading.silent_frames / reading.rate
        yield remark("undecoded", name=name, ms=f"{lost:.0f}")
    elif not found.layout.ended:
        yield remark("cut", name=name, end=clock_time(reading.frames / reading.rate))
    if found.layout.mpeg and found.layout.mpeg.hole_seconds is not None:
        yield remark("damaged", 1, name=name, time=clock_time(found.layout.mpeg.hole_seconds))
    elif found.layout.mpeg and not _is_as_encoded(found.path, found.layout.mpeg):
        yield remark("altered", name=name)
    if found.layout.goes_on:
        yield remark("left_out", name=name, time=clock_time(reading.frames / reading.rate))
    for second in reading.lost:
        yield remark("damaged", name=name, time=clock_time(second))
    if reading.jump is not None:
        yield remark("time_jump", name=name, time=clock_time(reading.jump))
    if found.container == "aac" or reading.untold_delay:
        kind = "is raw AAC, which" if found.container == "aac" else "holds sound that"
        yield remark("untold_delay", name=name, kind=kind)


def _is_as_encoded(path: Path, mpeg: MpegStream) -> bool:
    """Whether the frames are those that the encoder wrote, as far as it left word of them."""
    return mpeg.music is None or mpeg.music.agrees(path)


def _offset_remark(path: Path, offset: float) -> Iterator[str]:
    if offset > TOLD_OFFSET:
        yield remark("constant_offset", name=path.name, percent=f"{100 * offset:.1f}")


def _throttle(report: ReportFraction, clock: Callable[[], float]) -> ReportFraction:
    """`report`, but silent within REPORT_EVERY of the last call."""
    last = clock()

    def tell(fraction: float) -> None:
        nonlocal last
        if clock() - last >= REPORT_EVERY:
            last = clock()
            report(fraction)

    return tell
