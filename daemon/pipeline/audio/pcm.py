"""Reads any accepted file as blocks of float32 (channels, frames) at its own rate, every onset where it was.

libsndfile comes first: it knows the encoder delay of Vorbis and Opus to the sample. FFmpeg takes MP3, the
rest, and all that is damaged: it goes on after a broken packet, and time stamps place what follows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Any

from daemon.pipeline.audio.layout import open_sound
from daemon.pipeline.audio.probe import PYAV_OPTIONS, UNFORESEEN, Decoder, Probe, promised_seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]

BLOCK = 1 << 16  # frames
PADDING = 4096  # frames: no AAC encoder pads its last packet by more
GAP = 0.018  # seconds: less than a lost packet of AAC (21 ms) or Opus (20 ms), more than time stamps wander
LONGEST_GAP = 10.0  # seconds; time stamps that jump further are wrong themselves
JOINED = 4  # frames at another rate in a row that are sound of another file, not damage
LEADING = 2  # packets: a silence after so few of them belongs to the beginning, fragments tell it so
MISSING = 0.05  # seconds by which a file may fall short of its header without a word
FROM_ZERO = frozenset({"mov", "matroska"})  # their time begins at 0, a recording of a broadcast anywhere
DELAYED = frozenset({"aac", "mp3", "mp3float", "wmav1", "wmav2", "wmapro"})  # codecs whose encoders add 20 ms or more
WRONG_SIZE = re.compile(r"(?:data|SSND) : \d+ \(should be \d+\)")


class DecoderError(Exception):
    """libsndfile met something that the header did not promise, at a `second` if it stopped there."""

    def __init__(self, text: str, second: float | None = None) -> None:
        super().__init__(text)
        self.second = second


@dataclass(slots=True)
class AudioReader:
    """Reader of one audio file. `blocks` fills the other fields in, from its first block on.

    `rate` in Hz; `frames` read, `promised` by the header and `silenced` because they were lost, all at that
    rate; `packets` that could be decoded and `broken` ones that could not; `lead` frames of silence before the sound;
    `jump` the second at which time stamps leap too far to be true; `untold_delay` says that the encoder's delay is not
    told, so that all is late by it; `lost` the seconds at which pieces could not be read.
    """

    probe: Probe
    decoder: Decoder
    rate: int
    frames: int = 0
    promised: int | None = None
    silent_frames: int = 0
    packets: int = 0
    broken: int = 0
    lead: int = 0
    jump: float | None = None
    untold_delay: bool = False
    lost: list[float] = field(default_factory=list)

    def blocks(self) -> "Iterator[Block]":
        """(channels, frames) in order. DecoderError only from libsndfile; PyAV gives what there is."""
        source = _read_soundfile(self) if self.decoder is Decoder.SOUNDFILE else _read_pyav(self)
        mpeg = self.probe.layout.mpeg
        self.untold_delay = self.probe.container == "mp3" if mpeg is None else mpeg.delay is None
        for block in source:
            self.frames += block.shape[1]
            yield block

    def tell_error(self, error: DecoderError) -> None:
        """Damage that only the first decoder saw."""
        if error.second is not None and not self.silent_frames and not self.missing_seconds:
            self.lost.append(error.second)

    @property
    def missing_seconds(self) -> float:
        """Seconds that the header promises and the file does not hold."""
        short = 0.0 if self.promised is None else (self.promised - self.frames) / self.rate
        return short if short > MISSING else 0.0


def _read_soundfile(reading: AudioReader) -> "Iterator[Block]":
    import soundfile

    layout, told = reading.probe.layout, reading.probe.seconds or 0.0
    try:
        if layout.holes and not layout.files:
            raise DecoderError("pages are missing or damaged")
        if layout.files or layout.chunks:
            yield from _read_pieces(reading)
        else:
            with open_sound(reading.probe.path) as file:
                if layout.promised_seconds is None and WRONG_SIZE.search(file.extra_info):
                    raise DecoderError("the header names another length than the file has")
                yield from _read_blocks(file)
    except (soundfile.LibsndfileError, OSError) as error:
        raise DecoderError(str(error), reading.frames / reading.rate) from error
    if not reading.frames or told - reading.frames / reading.rate > MISSING:
        raise DecoderError("the file ends early")
    if layout.promised_seconds is not None:
        reading.promised = round(layout.promised_seconds * reading.rate)


def _read_blocks(file: Any) -> "Iterator[Block]":
    while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
        yield block.T


def _read_pieces(reading: AudioReader) -> "Iterator[Block]":
    """What lies one behind the other, at the rate and in the channels of the first."""
    import soundfile

    layout = reading.probe.layout
    for number, span in enumerate(layout.files or layout.chunks):
        if number in layout.holes:
            reading.lost.append(reading.frames / reading.rate)
        try:
            with open_sound(reading.probe.path, span, layout.format if layout.chunks else None) as file:
                yield from _match_blocks(_read_blocks(file), file.samplerate, reading)
        except soundfile.LibsndfileError:
            if number == 0:
                raise
            reading.lost.append(reading.frames / reading.rate)


def _match_blocks(blocks: "Iterator[Block]", rate: int, reading: AudioReader) -> "Iterator[Block]":
    import numpy as np
    import soxr

    stream: soxr.ResampleStream | None = None
    channels = reading.probe.channels
    if rate != reading.rate:
        stream = soxr.ResampleStream(rate, reading.rate, channels, dtype="float32", quality="VHQ")
    for block in blocks:
        fit = block[np.minimum(np.arange(channels), len(block) - 1)]
        yield fit if stream is None else stream.resample_chunk(np.ascontiguousarray(fit.T)).T
    if stream is not None:
        yield stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).T


def _read_pyav(reading: AudioReader) -> "Iterator[Block]":
    import av

    path, layout = str(reading.probe.path.absolute()), reading.probe.layout
    try:
        kind = "mp3" if layout.mpeg else None
        with av.open(path, format=kind, options=PYAV_OPTIONS, metadata_errors="ignore") as container:
            seconds = promised_seconds(container) if layout.promised_seconds is None else layout.promised_seconds
            begin = _timeline_start(reading, container)
            blocks = _place_frames(reading, _frames(reading, container, begin), begin)
            from_zero = "matroska" in container.format.name
            yield from _drop_padding(reading, blocks, seconds, from_zero)
    except (av.FFmpegError, *UNFORESEEN):
        reading.broken += 1


def _timeline_start(reading: AudioReader, container: Any) -> float | None:
    """The time stamp of second 0. None is that of the first frame, where they count from anywhere."""
    begin = (container.start_time or 0) / 1e6
    if FROM_ZERO.intersection(container.format.name.split(",")) and 0 <= begin < LONGEST_GAP:
        return 0.0
    return begin if reading.probe.has_video else None


def _frames(reading: AudioReader, container: Any, begin: float | None) -> Iterator[Any]:
    """The frames that can be decoded. Broken packets are counted and left out."""
    import av

    stream = container.streams.audio[0]
    lossy, first = stream.codec_context.name in DELAYED and not stream.codec_context.delay, None
    try:
        for packet in container.demux(stream):
            first = packet.pts if first is None else first
            try:
                frames = packet.decode()
            except av.FFmpegError:
                reading.broken += 1
                continue
            if frames and not reading.packets and lossy and (first is None or first == frames[0].pts):
                reading.untold_delay |= (frames[0].time or 0.0) - (begin or 0.0) < GAP or begin is None
            reading.packets += len(frames)
            yield from frames
    except (av.FFmpegError, *UNFORESEEN):
        reading.broken += 1


def _match_rates(reading: AudioReader, frames: Iterator[Any]) -> Iterator[Any]:
    """All frames at the rate of the first; those of another one, which was joined to the file, without time stamps.

    A few frames of another rate are damage: they are counted and left out.
    """

    first = 0
    for (rate, _), run in groupby(frames, lambda frame: (frame.sample_rate, frame.layout.nb_channels)):
        first = first or rate
        if rate == first:
            yield from run
        elif len(head := list(islice(run, JOINED))) < JOINED:
            reading.broken += len(head)
        else:
            yield from _change_rate(chain(head, run), head[0].layout, first)


def _change_rate(frames: Iterator[Any], layout: Any, rate: int) -> Iterator[Any]:
    import av

    fitter = av.AudioResampler(format="flt", layout=layout, rate=rate)
    for frame in chain(frames, [None]):
        for fit in fitter.resample(frame):
            fit.pts = None
            yield fit


def _place_frames(reading: AudioReader, frames: Iterator[Any], begin: float | None) -> "Iterator[Block]":
    """Packed blocks, with silence where time stamps say that sound is missing.

    `begin` is the time stamp of second 0; None means that of the first frame.
    PyAV reads past the planes of a planar frame with eight channels, so every frame is packed first.
    """
    import av
    import numpy as np

    packers: dict[tuple[str, int], Any] = {}
    done, channels = 0, 0
    for frame in _match_rates(reading, frames):
        held = frame.layout.nb_channels
        if not channels:
            reading.rate, channels = frame.sample_rate, held
            begin = begin if begin is not None else frame.time or 0.0
        gap = _gap(reading, frame, begin, done)
        if gap > 0:
            if done > LEADING * frame.samples:
                reading.silent_frames += gap
            else:
                reading.lead += gap
            yield from (np.zeros((channels, min(BLOCK, gap - at)), np.float32) for at in range(0, gap, BLOCK))
        early = min(frame.samples, max(0, -gap)) if not done else 0
        kind = frame.format.name, held
        if kind not in packers:
            packers[kind] = av.AudioResampler(format="flt")
        for packed in packers[kind].resample(frame):
            block = packed.to_ndarray().reshape(-1, held).T[:, early:]
            yield block if held == channels else block[np.minimum(np.arange(channels), held - 1)]
        done += max(0, gap) + frame.samples - early


def _gap(reading: AudioReader, frame: Any, begin: float | None, done: int) -> int:
    """Frames of silence to insert before `frame`, or to leave out of the first; 0 where the stamps cannot be true."""
    if frame.time is None or begin is None:
        return 0
    gap = frame.time - begin - done / frame.sample_rate
    if not done and -LONGEST_GAP < gap < -GAP:
        return round(gap * frame.sample_rate)
    if gap >= LONGEST_GAP and (done or not reading.probe.has_video):
        reading.jump = done / frame.sample_rate if reading.jump is None else reading.jump
        return 0
    return round(gap * frame.sample_rate) if gap > GAP else 0


def _drop_padding(
    reading: AudioReader, blocks: "Iterator[Block]", seconds: float | None, from_zero: bool
) -> "Iterator[Block]":
    """Drop what the encoder added behind `seconds`, unless so much follows that `seconds` cannot be true.

    They count `from_zero`, or from the first sound.
    """
    end: int | None = None
    done, tail = 0, []
    for number, block in enumerate(blocks):
        if number == 0 and seconds is not None:
            reading.promised = round(seconds * reading.rate) + (0 if from_zero else reading.lead)
            end = None if reading.probe.container == "MP3" else reading.promised
        inside = block.shape[1] if end is None else max(0, end - done)
        done += block.shape[1]
        yield block[:, :inside]
        if end is not None and done > end:
            tail.append(block[:, inside:])
        if end is not None and done > end + PADDING:
            yield from tail
            end = None
