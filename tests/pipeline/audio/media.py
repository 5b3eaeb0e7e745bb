"""Files that are not as an encoder leaves them: late, joined, cut, or without their headers."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from tests import synth

ONSETS = (0.5, 1.0, 1.5)


def marks(seconds: float = 2.0, rate: int = synth.RATE) -> synth.Samples:
    return synth.clicks([onset for onset in ONSETS if onset < seconds - 0.1], seconds, rate=rate)


def encode(
    path: Path,
    codec: str,
    samples: synth.Samples,
    *,
    container: str | None = None,
    rate: int = synth.RATE,
    bit_rate: int | None = None,
    options: dict[str, str] | None = None,
    picture: bool = False,
    delay: float = 0.0,
) -> Path:
    """Written with PyAV: the sound starts at `delay` seconds, the picture, if there is one, at 0."""
    import av

    with av.open(str(path), "w", format=container, options=options or {}) as out:
        video = out.add_stream("mpeg4", rate=25, width=64, height=64, pix_fmt="yuv420p") if picture else None
        sound = out.add_stream(codec, rate=rate, layout="stereo")
        if bit_rate:
            sound.bit_rate = bit_rate
        if video:
            for number in range(int(25 * (samples.shape[1] / rate + delay))):
                image = av.VideoFrame(64, 64, "yuv420p")
                image.pts, image.time_base = number, Fraction(1, 25)
                out.mux(video.encode(image))
        for start in range(0, samples.shape[1], 1024):
            block = np.ascontiguousarray(samples[:, start : start + 1024], np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = rate, round(delay * rate) + start, Fraction(1, rate)
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
        if video:
            out.mux(video.encode(None))
    return path


def bare_mp3(path: Path, samples: synth.Samples, kbits: int, rate: int = synth.RATE) -> bytes:
    """The frames of an MP3 without any header or tag."""
    options = {"write_xing": "0"}
    data = encode(path, "libmp3lame", samples, bit_rate=1000 * kbits, options=options, rate=rate).read_bytes()
    path.unlink()
    return data[data.find(b"\xff\xfb" if rate >= 32000 else b"\xff\xf3") :]
