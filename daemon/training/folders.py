"""Kits that come as plain folders: a multi-microphone acoustic kit and a flat sample collection."""

import re
from pathlib import Path

import numpy as np
import soundfile

from daemon.training.kits import Audio, mono, write_voice
from daemon.training.voices import Voice

MULDJORD = {
    "KdrumL": Voice.KICK,
    "KdrumR": Voice.KICK,
    "Snare": Voice.SNARE,
    "SnareRest": Voice.STICK,
    "Tom1": Voice.TOM1,
    "Tom2": Voice.TOM2,
    "Tom3": Voice.TOM3,
    "Tom4": Voice.TOM4,
    "HihatClosed": Voice.CLOSED,
    "HihatOpen": Voice.OPEN,
    "CrashL": Voice.CRASH,
    "CrashR": Voice.CRASH,
    "China": Voice.CRASH,
    "RideL": Voice.RIDE,
    "RideR": Voice.RIDE,
    "RideLBell": Voice.BELL,
    "RideRBell": Voice.BELL,
}
BALANCES = {"close": (1.0, 0.25), "blend": (0.6, 0.8), "overhead": (0.1, 1.0)}
"""Gain of the close microphone and of the overheads, each after peak normalisation."""

SAMPLES = (
    (r"^bd_|drum_heavy_kick|drum_bass|elec_(soft|hollow)_kick", Voice.KICK),
    (r"^sn_|drum_snare|elec_(filt|hi|lo|mid|)_?snare", Voice.SNARE),
    (r"elec_tick|elec_wood|perc_snap", Voice.STICK),
    (r"drum_tom_hi", Voice.TOM1),
    (r"drum_tom_mid|elec_fuzz_tom", Voice.TOM2),
    (r"drum_tom_lo", Voice.TOM3),
    (r"drum_cymbal_closed|elec_twip", Voice.CLOSED),
    (r"drum_cymbal_pedal", Voice.PEDAL),
    (r"drum_cymbal_open", Voice.OPEN),
    (r"drum_cymbal_(hard|soft)|drum_splash|elec_cymbal", Voice.CRASH),
    (r"drum_cowbell|perc_bell|tabla_|elec_(bell|bong|triangle|pop)", Voice.OTHER),
)


def microphones(stem: Path) -> dict[str, Audio]:
    """Microphone name to mono audio of one hit, e.g. `.../3-Tom1` has Tom1, OHL and OHR."""
    found = {}
    for path in stem.parent.glob(f"{stem.name}-*.flac"):
        audio, rate = soundfile.read(path, dtype="float32")
        found[path.stem.rsplit("-", 1)[1]] = mono(audio, rate)
    return found


def blend(mics: dict[str, Audio], close: float, overhead: float) -> Audio:
    """Peak-normalised microphones summed; the true delay between them is kept."""
    total = np.zeros(max(audio.size for audio in mics.values()), dtype=np.float32)
    for name, audio in mics.items():
        gain = overhead if name.startswith("OH") else 2 * close
        total[: audio.size] += gain * audio / max(float(np.abs(audio).max()), 1e-6)
    return total


def hits(folder: Path) -> list[dict[str, Audio]]:
    """All hits of one instrument, softest first (by the peak over its microphones)."""
    names = {path.stem.rsplit("-", 1)[0] for path in folder.glob("*.flac")}
    found = [microphones(folder / name) for name in sorted(names)]
    return sorted(found, key=lambda mics: max(float(np.abs(a).max()) for a in mics.values()))


def convert_muldjord(folder: Path, target: Path) -> int:
    """One kit per microphone balance and set of doubled instruments (left, right)."""
    total = 0
    for name, voice in MULDJORD.items():
        side = "R" if name in ("KdrumR", "CrashR", "RideR", "RideRBell") else "L"
        for balance, (close, overhead) in BALANCES.items():
            takes = [blend(mics, close, overhead) for mics in hits(folder / name)[::2]]
            kit = target / f"muldjord-{balance}{'' if side == 'L' else '-right'}"
            existing = len(list(kit.glob(f"{voice}-*.flac")))
            total += write_voice(kit, voice, takes) if not existing else 0
    return total


def convert_samples(folder: Path, target: Path) -> int:
    """A flat folder of named one-shots becomes one kit."""
    total = 0
    for pattern, voice in SAMPLES:
        files = [path for path in sorted(folder.glob("*.flac")) if re.search(pattern, path.stem)]
        takes = []
        for path in files:
            audio, rate = soundfile.read(path, dtype="float32")
            takes.append(mono(audio, rate))
        total += write_voice(target / "sonic-pi", voice, takes)
    return total
