"""One-shot kits in one uniform folder, whatever they were before: `split/kit/voice-NN.flac`.

Shots of a voice are numbered from soft to loud. Every shot is peak-normalised: how loud a
voice sits in the kit is decided by the renderer, so that the transcriber cannot rely on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from daemon.training.drum_sounds import SampledSound

RATE = 44100
LONGEST_SECONDS = 3.0
FLOOR = 1e-3

Audio = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Shot:
    """One hit: `audio` mono float32 with peak 1, `attack` = sample of its steepest energy rise."""

    audio: Audio
    attack: int


@dataclass(frozen=True, slots=True)
class SampledKit:
    name: str
    sounds: Mapping[SampledSound, tuple[Shot, ...]]


def envelope(audio: Audio, width: int = 96) -> Audio:
    """Hann-smoothed energy (same length), about 2 ms wide at 44.1 kHz."""
    window = np.hanning(width + 2)[1:-1]
    return np.convolve(audio.astype(np.float64) ** 2, window / window.sum(), mode="same")


def attack_sample(audio: Audio) -> int:
    """Where the energy first rises at least half as fast as it ever does on its way to the peak.

    A soft kick's first motion is earlier than anybody hears it, and a crash's wash may swell long
    after its stroke: the first steep rise is neither.
    """
    head = envelope(audio[: RATE // 5])
    peak = int(np.argmax(head))
    rise = np.diff(np.sqrt(head[: peak + 1]))
    return int(np.argmax(rise >= 0.5 * rise.max())) if rise.size else 0


def mix_to_mono(audio: Audio, rate: int) -> Audio:
    flat = audio.mean(axis=1) if audio.ndim == 2 else audio
    flat = np.asarray(flat, dtype=np.float32)
    return flat if rate == RATE else np.asarray(soxr.resample(flat, rate, RATE), dtype=np.float32)


def trim_audio(audio: Audio) -> Audio | None:
    """Cut silence on both sides, fade the end, set the peak to 1; None if nothing is there."""
    peak = float(np.abs(audio).max(initial=0.0))
    if peak < FLOOR:
        return None
    loud = np.flatnonzero(np.abs(audio) > peak * FLOOR)
    start = max(0, int(loud[0]) - 32)
    body = audio[start : min(int(loud[-1]) + 1, start + int(LONGEST_SECONDS * RATE))] / peak
    fade = min(body.size, 2048)
    ramp = np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return np.concatenate([body[:-fade], body[-fade:] * ramp]).astype(np.float32)


def write_sound(folder: Path, sound: SampledSound, recordings: Sequence[Audio]) -> int:
    """Write takes, ordered from soft to loud, and return how many were audible."""
    folder.mkdir(parents=True, exist_ok=True)
    shots = [shot for recording in recordings if (shot := trim_audio(recording)) is not None]
    for number, shot in enumerate(shots):
        soundfile.write(folder / f"{sound}-{number:02d}.flac", 0.98 * shot, RATE)
    return len(shots)


def read_shot(path: Path) -> Shot:
    audio, _ = soundfile.read(path, dtype="float32")
    audio = audio / max(float(np.abs(audio).max(initial=0.0)), FLOOR)
    return Shot(audio, attack_sample(audio))


def read_kit(folder: Path) -> SampledKit:
    sounds: dict[SampledSound, list[Shot]] = {}
    for path in sorted(folder.glob("*.flac")):
        sounds.setdefault(SampledSound(path.stem.rsplit("-", 1)[0]), []).append(read_shot(path))
    return SampledKit(folder.name, {sound: tuple(shots) for sound, shots in sounds.items()})


def read_kits(split: Path) -> tuple[SampledKit, ...]:
    kits = tuple(read_kit(folder) for folder in sorted(split.iterdir()) if folder.is_dir())
    if not kits:
        raise FileNotFoundError(f"no kits under {split}: run `python -m daemon.training kits` first")
    return kits
