"""Reads any accepted file as blocks of float32 (channels, frames) at its own rate, every onset where it was.

libsndfile comes first: it knows the encoder delay of MP3, Vorbis and Opus to the sample. FFmpeg takes the
rest, and all that is damaged: it goes on after a broken packet, and time stamps place what follows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.pipeline.audio.probe import PYAV_OPTIONS, Decoder, Probe, promised_seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]

BLOCK = 1 << 16  # frames
PADDING = 4096  # frames: no AAC encoder pads its last packet by more
GAP = 0.018  # seconds: less than a lost packet of AAC (21 ms) or Opus (20 ms), more than time stamps wander
LONGEST_GAP = 10.0  # seconds; time stamps that jump further are wrong themselves
MISSING = 0.05  # seconds by which a file may fall short of its header without a word
WRONG_SIZE = re.compile(r"(?:data|SSND) : \d+ \(should be \d+\)")


class DecoderError(Exception):
    """libsndfile met something that the header did not promise."""


@dataclass(slots=True)
class AudioReader:
    """Reader of one audio file. `blocks` fills the other fields in, from its first block on.

    `rate` in Hz; `frames` read, `promised` by the header and `silenced` because they were lost, all at that
    rate; `packets` that could be decoded and `broken` ones that could not.
    """

    probe: Probe
    decoder: Decoder
    rate: int
    frames: int = 0
    promised: int | None = None
    silent_frames: int = 0
    packets: int = 0
    broken: int = 0

    def blocks(self) -> "Iterator[Block]":
        """(channels, frames) in order. DecoderError only from libsndfile; PyAV gives what there is."""
        source = _read_soundfile(self) if self.decoder is Decoder.SOUNDFILE else _read_pyav(self)
        for block in source:
            self.frames += block.shape[1]
            yield block

    @property
    def missing_seconds(self) -> float:
        """Seconds that the header promises and the file does not hold."""
        short = 0.0 if self.promised is None else (self.promised - self.frames) / self.rate
        return short if short > MISSING else 0.0


def _read_soundfile(reading: AudioReader) -> "Iterator[Block]":
    import soundfile

    try:
        with soundfile.SoundFile(reading.probe.path) as file:
            if WRONG_SIZE.search(file.extra_info):
                raise DecoderError("the header names another length than the file has")
            while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
                yield block.T
    except soundfile.LibsndfileError as error:
        raise DecoderError(str(error)) from error
    promised = reading.probe.seconds or 0.0
    if not reading.frames or promised - reading.frames / reading.rate > MISSING:
        raise DecoderError("the file ends early")


def _read_pyav(reading: AudioReader) -> "Iterator[Block]":
    import av

    path = str(reading.probe.path.absolute())
    with av.open(path, options=PYAV_OPTIONS, metadata_errors="ignore") as container:
        seconds = promised_seconds(container)
        begin = container.start_time / 1e6 if reading.probe.has_video and container.start_time else None
        blocks = _place_frames(reading, _frames(reading, container), begin)
        yield from _drop_padding(reading, blocks, seconds)


def _frames(reading: AudioReader, container: Any) -> Iterator[Any]:
    """The frames that can be decoded. Broken packets are counted and left out."""
    import av

    try:
        for packet in container.demux(container.streams.audio[0]):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                reading.broken += 1
                continue
            reading.packets += len(frames)
            yield from frames
    except av.FFmpegError:
        reading.broken += 1


def _place_frames(reading: AudioReader, frames: Iterator[Any], begin: float | None) -> "Iterator[Block]":
    """Packed blocks, with silence where time stamps say that sound is missing.

    `begin` is the time stamp of second 0; None means that of the first frame: a lone track starts at once.
    PyAV reads past the planes of a planar frame with eight channels, so every frame is packed first.
    """
    import av
    import numpy as np

    packer, done, layout = av.AudioResampler(format="flt"), 0, None
    for frame in frames:
        channels = frame.layout.nb_channels
        if layout is None:
            layout, reading.rate = (frame.sample_rate, channels), frame.sample_rate
            begin = begin if begin is not None else frame.time or 0.0
        if (frame.sample_rate, channels) != layout:
            reading.broken += 1
            continue
        if gap := _gap(frame, begin, done):
            reading.silent_frames += gap if done else 0
            yield np.zeros((channels, gap), np.float32)
        for packed in packer.resample(frame):
            yield packed.to_ndarray().reshape(-1, channels).T
        done += gap + frame.samples


def _gap(frame: Any, begin: float | None, done: int) -> int:
    """Frames of silence to insert before `frame`; none where the time stamps cannot be true."""
    if frame.time is None or begin is None:
        return 0
    gap = frame.time - begin - done / frame.sample_rate
    return round(gap * frame.sample_rate) if GAP < gap < LONGEST_GAP else 0


def _drop_padding(reading: AudioReader, blocks: "Iterator[Block]", seconds: float | None) -> "Iterator[Block]":
    """Drop what the encoder added behind `seconds`, unless so much follows that `seconds` cannot be true."""
    end: int | None = None
    done, tail = 0, []
    for number, block in enumerate(blocks):
        if number == 0 and seconds is not None:
            end = reading.promised = round(seconds * reading.rate)
        inside = block.shape[1] if end is None else max(0, end - done)
        done += block.shape[1]
        yield block[:, :inside]
        if end is not None and done > end:
            tail.append(block[:, inside:])
        if end is not None and done > end + PADDING:
            yield from tail
            end = None
