"""Kits that come as plain folders: a multi-microphone acoustic kit and a flat sample collection."""

import re
from pathlib import Path

import numpy as np
import soundfile

from daemon.training.drum_sounds import SampledSound
from daemon.training.kits import Audio, mix_to_mono, write_sound

MULDJORD = {
    "KdrumL": SampledSound.KICK,
    "KdrumR": SampledSound.KICK,
    "Snare": SampledSound.SNARE,
    "SnareRest": SampledSound.STICK,
    "Tom1": SampledSound.TOM1,
    "Tom2": SampledSound.TOM2,
    "Tom3": SampledSound.TOM3,
    "Tom4": SampledSound.TOM4,
    "HihatClosed": SampledSound.CLOSED,
    "HihatOpen": SampledSound.OPEN,
    "CrashL": SampledSound.CRASH,
    "CrashR": SampledSound.CRASH,
    "China": SampledSound.CHINA,
    "RideL": SampledSound.RIDE,
    "RideR": SampledSound.RIDE,
    "RideLBell": SampledSound.BELL,
    "RideRBell": SampledSound.BELL,
}
BALANCES = {"close": (1.0, 0.25), "blend": (0.6, 0.8), "overhead": (0.1, 1.0)}
"""Gain of the close microphone and of the overheads, each after peak normalisation."""

SAMPLE_PATTERNS = (
    (r"^bd_|drum_heavy_kick|drum_bass|elec_(soft|hollow)_kick", SampledSound.KICK),
    (r"^sn_|drum_snare|elec_(filt|hi|lo|mid|)_?snare", SampledSound.SNARE),
    (r"elec_tick|elec_wood|perc_snap", SampledSound.STICK),
    (r"drum_tom_hi", SampledSound.TOM1),
    (r"drum_tom_mid|elec_fuzz_tom", SampledSound.TOM2),
    (r"drum_tom_lo", SampledSound.TOM3),
    (r"drum_cymbal_closed|elec_twip", SampledSound.CLOSED),
    (r"drum_cymbal_pedal", SampledSound.PEDAL),
    (r"drum_cymbal_open", SampledSound.OPEN),
    (r"drum_cymbal_(hard|soft)|elec_cymbal", SampledSound.CRASH),
    (r"drum_splash", SampledSound.SPLASH),
    (r"drum_cowbell|perc_bell|tabla_|elec_(bell|bong|triangle|pop)", SampledSound.OTHER),
)


def load_microphones(stem: Path) -> dict[str, Audio]:
    """Microphone name to mono audio of one hit, e.g. `.../3-Tom1` has Tom1, OHL and OHR."""
    found = {}
    for path in stem.parent.glob(f"{stem.name}-*.flac"):
        audio, rate = soundfile.read(path, dtype="float32")
        found[path.stem.rsplit("-", 1)[1]] = mix_to_mono(audio, rate)
    return found


def blend(mics: dict[str, Audio], close: float, overhead: float) -> Audio:
    """Peak-normalised microphones summed; the true delay between them is kept."""
    total = np.zeros(max(audio.size for audio in mics.values()), dtype=np.float32)
    for name, audio in mics.items():
        gain = overhead if name.startswith("OH") else 2 * close
        total[: audio.size] += gain * audio / max(float(np.abs(audio).max()), 1e-6)
    return total


def load_hits(folder: Path) -> list[dict[str, Audio]]:
    """All hits of one instrument, softest first (by the peak over its microphones)."""
    names = {path.stem.rsplit("-", 1)[0] for path in folder.glob("*.flac")}
    found = [load_microphones(folder / name) for name in sorted(names)]
    return sorted(found, key=lambda mics: max(float(np.abs(a).max()) for a in mics.values()))


def convert_muldjord(folder: Path, target: Path) -> int:
    """One kit per microphone balance and set of doubled instruments (left, right)."""
    total = 0
    for name, sound in MULDJORD.items():
        side = "R" if name in ("KdrumR", "CrashR", "RideR", "RideRBell") else "L"
        for balance, (close, overhead) in BALANCES.items():
            recordings = [blend(mics, close, overhead) for mics in load_hits(folder / name)[::2]]
            kit = target / f"muldjord-{balance}{'' if side == 'L' else '-right'}"
            existing = len(list(kit.glob(f"{sound}-*.flac")))
            total += write_sound(kit, sound, recordings) if not existing else 0
    return total


def convert_samples(folder: Path, target: Path) -> int:
    """A flat folder of named one-shots becomes one kit."""
    total = 0
    for pattern, sound in SAMPLE_PATTERNS:
        files = [path for path in sorted(folder.glob("*.flac")) if re.search(pattern, path.stem)]
        recordings = []
        for path in files:
            audio, rate = soundfile.read(path, dtype="float32")
            recordings.append(mix_to_mono(audio, rate))
        total += write_sound(target / "sonic-pi", sound, recordings)
    return total
