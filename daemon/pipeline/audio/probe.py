"""Is this file sound that sidestick can use? Answered from its header, before anything is queued or decoded.

The content decides, never the name: a WAV called song.txt is welcome, a text called song.wav is not.
"""

import os
import stat
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from daemon.errors import Rejected
from daemon.pipeline.audio.chunks import ByteSpan
from daemon.pipeline.audio.layout import FileLayout, open_sound, read_layout, suits_libsndfile
from daemon.pipeline.audio.mpeg_frames import MpegStream

MIN_RATE, MAX_RATE = 8000, 192000  # Hz: from telephones to studios; chosen by hand
AUDIO_SUFFIXES = frozenset(
    ".aac .aif .aifc .aiff .caf .flac .m4a .m4v .mov .mp3 .mp4 .oga .ogg .opus .rf64 .w64 .wav .wave .webm".split()  # noqa: SIM905
)
"""How the names of sound files end, where a folder or a bucket is searched for songs."""
KINDS = "WAV, AIFF, FLAC, OGG, Opus, MP3, M4A, MP4 or WebM"

# libsndfile also guesses headerless formats from the name, and then plays anything as noise.
SOUNDFILE_KINDS = frozenset({"WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF", "AU", "FLAC", "OGG", "MP3"})

# Containers of recordings only: a playlist could make FFmpeg open other files and addresses.
PYAV_OPTIONS = {
    "format_whitelist": "mov,matroska,aac,mp3,ogg,flac,wav,w64,aiff,caf,asf,avi,mpegts,mpeg,flv,ape,wv,tta",
    "protocol_whitelist": "file",
    "analyzeduration": "60000000",  # microseconds in which the sound of a video may begin
    "probesize": "50000000",  # bytes
}

ESTIMATED = ("aac", "mp3", "avi")
UNKNOWN_FRAMES = 1 << 40  # libsndfile gives huge numbers for what it does not know
MOST_OPENED = 100  # links of a chain whose lengths are looked up

# What PyAV trips over itself in damaged files: a stream that turns up late, a name that is no text, a huge number.
UNFORESEEN = (ValueError, OverflowError, LookupError, TypeError, AttributeError)

MAGIC = {
    b"RIFF": "WAV",
    b"RF64": "WAV",
    b"FORM": "AIFF",
    b"fLaC": "FLAC",
    b"OggS": "OGG",
    b"ID3": "MP3",
    b"\xff\xf1": "AAC",
    b"\xff\xf9": "AAC",
    b"\xff\xfb": "MP3",
    b"\x1aE\xdf\xa3": "WebM",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken: seconds of sound and bytes of file."""

    max_seconds: float = 1800.0
    max_bytes: int = 1 << 30
    min_seconds: float = 0.1


class Decoder(StrEnum):
    """The library that reads a file."""

    SOUNDFILE = "soundfile"
    PYAV = "pyav"


@dataclass(frozen=True, slots=True)
class Probe:
    """What the header says. `seconds` is None where only decoding tells; `rate` is in Hz."""

    path: Path
    container: str
    codec: str
    rate: int
    channels: int
    seconds: float | None
    has_video: bool
    decoder: Decoder
    layout: FileLayout = field(default_factory=FileLayout)


def probe(path: Path, limits: Limits) -> Probe:
    """Read the header of `path`, or raise Rejected with a code and one sentence.

    Codes: bad_name, missing, folder, not_a_file, unreadable, empty, too_big, not_audio, damaged, no_audio_track,
    no_channels, bad_rate, too_long, too_short.
    """
    _check_file(path, limits)
    found = _probe_content(path)
    _check_sound(found)
    check_length(path, found.seconds, limits)
    return found


def check_length(path: Path, seconds: float | None, limits: Limits) -> None:
    """Raise Rejected (too_long, too_short) if a known length is outside the limits."""
    if seconds is None:
        return
    if seconds > limits.max_seconds:
        raise Rejected(
            "too_long",
            f"{path.name} is {clock_time(seconds)} long and the limit is {clock_time(limits.max_seconds)}. "
            "Cut it into parts, or raise limits.max_minutes in the settings.",
        )
    if seconds < limits.min_seconds:
        raise Rejected(
            "too_short",
            f"{path.name} has only {seconds * 1000:.0f} ms of sound and the least is "
            f"{limits.min_seconds * 1000:.0f} ms. Export a longer region.",
        )


def clock_time(seconds: float) -> str:
    """Minutes and seconds as a player shows them: 95.5 -> 1:35.5."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def _check_file(path: Path, limits: Limits) -> None:
    _check_name(path)
    status = _status(path)
    if stat.S_ISDIR(status.st_mode):
        raise Rejected("folder", f"{path} is a folder. Name the audio files in it.")
    if not stat.S_ISREG(status.st_mode):
        raise Rejected("not_a_file", f"{path} is a pipe or a device. Only ordinary files can be read.")
    if status.st_size == 0:
        raise Rejected("empty", f"{path.name} is empty (0 bytes). Export or copy it again.")
    if status.st_size > limits.max_bytes:
        raise Rejected(
            "too_big",
            f"{path.name} has {_megabytes(status.st_size)} MB, over {_megabytes(limits.max_bytes)} MB. "
            "Save it as FLAC, cut it, or raise limits.max_gigabytes in the settings.",
        )
    _open_once(path)


def _check_name(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        reason = f"{str(path)!a} holds characters that are no UTF-8. Rename the file or its folder."
        raise Rejected("bad_name", reason) from None


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except PermissionError as error:
        raise _unreadable_error(path, error) from None
    except OSError as error:
        reason = f"{path} cannot be found ({error.strerror}). Check the name, and that its disk is mounted."
        raise Rejected("missing", reason) from None


def _open_once(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise _unreadable_error(path, error) from None


def _unreadable_error(path: Path, error: OSError) -> Rejected:
    reason = f"{path} cannot be read ({error.strerror}). Change its permissions, or copy it elsewhere."
    return Rejected("unreadable", reason)


def _probe_content(path: Path) -> Probe:
    try:
        layout = read_layout(path)
    except OSError as error:
        raise _unreadable_error(path, error) from None
    if layout.is_broken:
        raise _not_audio_error(path)
    if layout.mpeg:
        return _describe_mpeg(path, layout, layout.mpeg)
    return _probe_soundfile(path, layout) or replace(_probe_pyav(path), layout=layout)


def _describe_mpeg(path: Path, layout: FileLayout, stream: MpegStream) -> Probe:
    """libsndfile would guess the length and read no further, and its decoder complains on the terminal."""
    return Probe(
        path=path,
        container="MP3",
        codec=f"MPEG_LAYER_{'I' * stream.layer}",
        rate=stream.rate,
        channels=stream.channels,
        seconds=stream.seconds,
        has_video=False,
        decoder=Decoder.PYAV,
        layout=layout,
    )


def _probe_soundfile(path: Path, layout: FileLayout) -> Probe | None:
    from soundfile import LibsndfileError

    if path.suffix.lower() == ".raw":  # soundfile would ask for the rate instead of looking at the content
        return None
    if not suits_libsndfile(path):
        return None
    try:
        first = next(iter(layout.files or layout.chunks), None)
        with open_sound(path, first, layout.format if layout.chunks else None) as file:
            usable = layout.chunks or file.format in SOUNDFILE_KINDS
            found = _describe(path, file, layout) if usable else None
    except LibsndfileError:
        return None
    return _add_pieces(found) if found and (layout.files or layout.chunks) else found


def _add_pieces(found: Probe) -> Probe:
    """With the length of all that lies one behind the other."""
    layout = found.layout
    if layout.chunks and layout.format:
        seconds = sum(span.size for span in layout.chunks) / max(1, layout.format.bytes_per_second)
    elif len(layout.files) > MOST_OPENED:
        return replace(found, seconds=None)
    else:
        seconds = sum(_seconds_of(found.path, span) for span in layout.files)
    return replace(found, seconds=seconds)


def _seconds_of(path: Path, span: ByteSpan) -> float:
    from soundfile import LibsndfileError

    try:
        with open_sound(path, span) as file:
            return file.frames / file.samplerate if 0 < file.frames < UNKNOWN_FRAMES and file.samplerate > 0 else 0.0
    except LibsndfileError:
        return 0.0


def _describe(path: Path, file: Any, layout: FileLayout) -> Probe:
    known = 0 < file.frames < UNKNOWN_FRAMES and file.samplerate > 0
    return Probe(
        path=path,
        container="WAV" if layout.chunks else file.format,
        codec=file.subtype,
        rate=file.samplerate,
        channels=file.channels,
        seconds=file.frames / file.samplerate if known else None,
        has_video=False,
        decoder=Decoder.SOUNDFILE,
        layout=layout,
    )


def _probe_pyav(path: Path) -> Probe:
    import av

    try:
        with av.open(str(path.absolute()), options=PYAV_OPTIONS, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise Rejected("no_audio_track", f"{path.name} has no audio track. Export it with sound.")
            if container.streams.audio[0].codec_context is None:  # a codec that FFmpeg does not know
                raise _not_audio_error(path)
            return _describe_track(path, container)
    except (av.FFmpegError, *UNFORESEEN):
        raise _not_audio_error(path) from None


def _describe_track(path: Path, container: Any) -> Probe:
    stream = container.streams.audio[0]
    return Probe(
        path=path,
        container=container.format.name,
        codec=stream.codec_context.name,
        rate=stream.codec_context.sample_rate,
        channels=stream.codec_context.channels,
        seconds=promised_seconds(container),
        has_video=has_pictures(container),
        decoder=Decoder.PYAV,
    )


def has_pictures(container: Any) -> bool:
    """Whether there is a video; a cover is none."""
    from av.stream import Disposition

    return any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video)


def promised_seconds(container: Any) -> float | None:
    """The length of the sound that an open PyAV container states.

    None for raw AAC, MP3 and AVI, whose length FFmpeg only estimates, and for a video that tells just its own length.
    """
    stream = container.streams.audio[0]
    if container.format.name in ESTIMATED:
        return None
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration and not has_pictures(container) else None


def _not_audio_error(path: Path) -> Rejected:
    kind = _guess_kind(path)
    if kind:
        what = "damaged, incomplete or of free format" if kind == "MP3" else "damaged or incomplete"
        reason = f"{path.name} starts like {kind} but is {what}. Export or copy it again."
        return Rejected("damaged", reason)
    return Rejected("not_audio", f"{path.name} is not audio that can be read. Export it as {KINDS}.")


def _guess_kind(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(12)
    if start[4:8] == b"ftyp":
        return "MP4"
    return next((kind for magic, kind in MAGIC.items() if start.startswith(magic)), None)


def _check_sound(found: Probe) -> None:
    name = found.path.name
    if found.channels < 1 and found.container == "mp3":
        raise _not_audio_error(found.path)
    if found.channels < 1:
        raise Rejected("no_channels", f"{name} has no channels. Export it again, in mono or stereo.")
    if found.rate <= 0:
        raise Rejected("damaged", f"{name} is damaged: it names no sample rate. Export or copy it again.")
    if not MIN_RATE <= found.rate <= MAX_RATE:
        raise Rejected(
            "bad_rate",
            f"{name} has a sample rate of {found.rate} Hz; {MIN_RATE} to {MAX_RATE} Hz can be used. "
            "Export it at 44100 or 48000 Hz.",
        )


def _megabytes(size: int) -> int:
    return -(-size // 1_000_000)
