"""Sound with known onsets, and files of it in every format that sidestick takes.

Everywhere: float32, (channels, frames), times in seconds, levels in dB full scale at the loudest sample of a
stroke. An onset falls on the nearest sample and the attack takes no time. The same call gives the same sound.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 44100
BY_PYAV = {".m4a": "aac", ".aac": "aac", ".mp4": "aac", ".webm": "libopus", ".mka": "flac"}
SUBTYPES = {".opus": "OPUS", ".ogg": "VORBIS", ".wav": "FLOAT", ".aif": "FLOAT", ".aiff": "FLOAT"}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


@dataclass(frozen=True, slots=True)
class Stroke:
    """What is played when: `drum` is a key of VOICES."""

    onset: float
    drum: str
    level: float = -6.0


def silence(seconds: float, *, rate: int = RATE, channels: int = 2) -> Samples:
    return np.zeros((channels, round(seconds * rate)), np.float32)


def tone(hertz: float, seconds: float, *, level: float = -12.0, rate: int = RATE, channels: int = 2) -> Samples:
    """A sine that starts and ends on 5 ms ramps."""
    time = np.arange(round(seconds * rate)) / rate
    ramp = np.clip(np.minimum(time, seconds - time) / 0.005, 0, 1)
    return _spread(np.sin(2 * np.pi * hertz * time) * ramp * _gain(level), channels)


def sustained_line(line: Sequence[tuple[float, float]], seconds: float, *, octaves: int = 0) -> Samples:
    """Notes of 0.6 s, (second, Hz), with some overtones and soft edges: a bass or, octaves higher, like a voice."""
    sound = silence(seconds)
    for second, hertz in line:
        start, wave = round(second * RATE), np.zeros(round(0.6 * RATE))
        for overtone in range(1, 6):
            wave += tone(hertz * 2**octaves * overtone, 0.6, channels=1)[0] / overtone
        ramp = np.minimum(1, np.minimum(np.arange(wave.size), np.arange(wave.size)[::-1]) / 400)
        sound[:, start : start + wave.size] += (wave * ramp).astype(sound.dtype)
    return sound


def noise(seconds: float, *, level: float = -12.0, rate: int = RATE, channels: int = 2, seed: int = 1) -> Samples:
    """White noise, different in each channel."""
    wave = np.random.default_rng(seed).uniform(-1, 1, (channels, round(seconds * rate)))
    return (wave * _gain(level)).astype(np.float32)


def clicks(onsets: Iterable[float], seconds: float, *, rate: int = RATE, channels: int = 2) -> Samples:
    """A 4 ms burst at each onset, at -6 dB: sharp in every codec and at every rate."""
    return play([Stroke(onset, "click") for onset in onsets], seconds, rate=rate, channels=channels)


def play(strokes: Iterable[Stroke], seconds: float, *, rate: int = RATE, channels: int = 2) -> Samples:
    """The strokes mixed in the middle. What rings over the end is cut."""
    wave = np.zeros(round(seconds * rate))
    for stroke in strokes:
        start = round(stroke.onset * rate)
        voice = VOICES[stroke.drum](rate) * _gain(stroke.level)
        wave[start : start + len(voice)] += voice[: max(0, len(wave) - start)]
    return _spread(wave, channels)


def rock_beat(bars: int = 2, *, bpm: float = 120.0, start: float = 0.0) -> tuple[Stroke, ...]:
    """Kick on 1 and 3, snare on 2 and 4, closed hi-hat in eighths with the off-beats 6 dB softer; 4/4."""
    eighth = 30 / bpm
    strokes: list[Stroke] = []
    for step in range(8 * bars):
        onset = start + step * eighth
        strokes.append(Stroke(onset, "hihat", -18.0 if step % 2 == 0 else -24.0))
        if step % 4 == 0:
            strokes.append(Stroke(onset, "kick", -6.0))
        if step % 4 == 2:
            strokes.append(Stroke(onset, "snare", -8.0))
    return tuple(strokes)


def onsets_of(strokes: Iterable[Stroke], drum: str) -> list[float]:
    return [stroke.onset for stroke in strokes if stroke.drum == drum]


def first_sound(samples: Samples, *, rate: int = RATE, part: float = 0.25) -> float:
    """Seconds until the loudest channel first reaches `part` of its peak."""
    envelope = np.abs(samples).max(axis=0)
    return float(np.argmax(envelope >= part * envelope.max())) / rate


def write(path: Path, samples: Samples, *, rate: int = RATE, subtype: str | None = None) -> Path:
    """A file in the format that its suffix names; lossy ones keep their encoder's defaults."""
    if path.suffix in BY_PYAV:
        return _write_by_pyav(path, samples, rate)
    return _write_by_soundfile(path, samples, rate, subtype)


def write_video(path: Path, *, seconds: float = 1.0, samples: Samples | None = None) -> Path:
    """An MP4 with a grey picture, and with sound only if `samples` are given."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        picture = container.add_stream("mpeg4", rate=10, width=32, height=32, pix_fmt="yuv420p")
        sound = None if samples is None else _add_sound(container, "aac", samples, RATE)
        for _ in range(round(seconds * 10)):
            grey = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8), format="rgb24")
            container.mux(picture.encode(grey))
        container.mux(picture.encode(None))
        if samples is not None:
            _encode(container, sound, samples, RATE)
    return path


def _write_by_soundfile(path: Path, samples: Samples, rate: int, subtype: str | None) -> Path:
    import soundfile

    name = {".aif": "AIFF", ".opus": "OGG"}.get(path.suffix, path.suffix[1:].upper())
    subtype = subtype or SUBTYPES.get(path.suffix)
    with soundfile.SoundFile(path, "w", rate, len(samples), subtype, format=name) as file:
        for start in range(0, samples.shape[1], rate):
            file.write(samples[:, start : start + rate].T)
    return path


def _write_by_pyav(path: Path, samples: Samples, rate: int) -> Path:
    import av

    container_name = {".m4a": "ipod", ".aac": "adts", ".mka": "matroska"}.get(path.suffix, path.suffix[1:])
    with av.open(str(path), "w", format=container_name) as container:
        stream = _add_sound(container, BY_PYAV[path.suffix], samples, rate)
        _encode(container, stream, samples, rate)
    return path


def _add_sound(container: Any, codec: str, samples: Samples, rate: int) -> Any:
    return container.add_stream(codec, rate=rate, layout=LAYOUTS[len(samples)])


def _encode(container: Any, stream: Any, samples: Samples, rate: int) -> None:
    import av

    for start in range(0, samples.shape[1], 1024):
        block = samples[:, start : start + 1024].T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=LAYOUTS[len(samples)])
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _spread(wave: NDArray[np.float64], channels: int) -> Samples:
    return np.tile(wave.astype(np.float32), (channels, 1))


def _gain(level: float) -> float:
    return float(10 ** (level / 20))


def _click(rate: int) -> NDArray[np.float64]:
    time = np.arange(round(0.004 * rate)) / rate
    return _peak(np.cos(2 * np.pi * 1000 * time) * np.exp(-time / 0.001))


def _drum(hertz: float, drop: float, ring: float) -> Callable[[int], NDArray[np.float64]]:
    """A skin: a sine whose pitch falls by `drop` to `hertz` in some 30 ms, dying away over `ring` seconds."""

    def voice(rate: int) -> NDArray[np.float64]:
        time = np.arange(round(6 * ring * rate)) / rate
        phase = 2 * np.pi * np.cumsum(hertz + drop * np.exp(-time / 0.03)) / rate
        return _peak(np.cos(phase) * np.exp(-time / ring))

    return voice


def _hiss(hertz: float, ring: float, seed: int) -> Callable[[int], NDArray[np.float64]]:
    """Metal or wires: noise above `hertz` that dies away over `ring` seconds."""

    def voice(rate: int) -> NDArray[np.float64]:
        frames = round(6 * ring * rate)
        spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(frames))
        spectrum[np.fft.rfftfreq(frames, 1 / rate) < min(hertz, 0.35 * rate)] = 0
        return _peak(np.fft.irfft(spectrum, frames) * np.exp(-np.arange(frames) / rate / ring))

    return voice


def _snare(rate: int) -> NDArray[np.float64]:
    wires, skin = _hiss(1500, 0.07, 3)(rate), _drum(185, 80, 0.05)(rate)
    wires[: len(skin)] += 0.7 * skin
    return _peak(wires)


def _peak(wave: NDArray[np.float64]) -> NDArray[np.float64]:
    return wave / np.float64(np.abs(wave).max())


VOICES: dict[str, Callable[[int], NDArray[np.float64]]] = {
    "click": _click,
    "kick": _drum(52, 160, 0.12),
    "snare": _snare,
    "hihat": _hiss(7000, 0.03, 5),
    "open_hihat": _hiss(6500, 0.18, 6),
    "tom": _drum(110, 60, 0.16),
    "low_tom": _drum(80, 40, 0.2),
    "crash": _hiss(3000, 0.5, 7),
    "ride": _hiss(4500, 0.35, 8),
}
DRUMS: Sequence[str] = tuple(name for name in VOICES if name != "click")
