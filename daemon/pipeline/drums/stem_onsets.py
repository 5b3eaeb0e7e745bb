"""Candidates from the stems of a kit, each stem heard for itself: for kits from a network, and as published recipe.

`superflux` compares each stem with its own recent past, measured against the loudest moment of the whole kit so that an
empty stem stays empty. `classic` is the recipe of many scripts:
librosa's onset strength and peak picking with one (delta, wait) pair a drum, then minimum gaps.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.audio.mono import mono_mix
from daemon.pipeline.audio.peaks import thin_peaks
from daemon.pipeline.audio.superflux import (
    Novelty,
    local_threshold,
    novelty,
    onset_peaks,
    peak_sample,
    refine,
)
from daemon.pipeline.drums.candidates import FAINTEST, MIN_GAP, THRESHOLD
from daemon.pipeline.records import RATE, Audio, Candidate, Drum, Kit

if TYPE_CHECKING:
    from daemon.pipeline.options import Classic

PLAIN = {
    Drum.KICK: "kick",
    Drum.SNARE: "snare",
    Drum.TOMS: "mid_tom",
    Drum.HIHAT: "closed_hihat",
    Drum.CYMBALS: "crash",
}
CONFIDENCE = 0.5  # of a label that says no more than the stem; chosen by hand

Floats = NDArray[np.float32]
OnsetStrengths = list[tuple[float, float]]


def superflux_candidates(kit: Kit) -> list[Candidate]:
    """Candidates of all drums by onset; strengths have their threshold at 0.5."""
    full = max(peak_sample(stem) for stem in kit.drums.values())
    heard = {drum: _pick_superflux(novelty(stem, full), drum) for drum, stem in kit.drums.items()}
    return _candidates(heard)


def classic_candidates(kit: Kit, settings: "Classic") -> list[Candidate]:
    """Candidates as the published recipe finds them, with its minimum gaps, the louder of two kept."""
    heard = {drum: _pick_classic(stem, drum, settings) for drum, stem in kit.drums.items()}
    return _candidates(heard)


def _pick_superflux(found: Novelty, drum: Drum) -> OnsetStrengths:
    threshold = local_threshold(found)
    frames = onset_peaks(found)
    ratio = found.values[frames] / threshold[frames]
    strength = np.where(ratio < 1, THRESHOLD * ratio, 1 - (1 - THRESHOLD) / np.maximum(ratio, 1e-6))
    usable = strength >= FAINTEST
    frames, strength = frames[usable], strength[usable].astype(np.float32)
    kept = np.isin(frames, thin_peaks(frames, strength, MIN_GAP[drum] * found.rate))
    times = refine(found, found.seconds(frames[kept]), reach=0.006)
    return list(zip(times.tolist(), strength[kept].tolist(), strict=True))


def _pick_classic(stem: Audio, drum: Drum, settings: "Classic") -> OnsetStrengths:
    from librosa.onset import onset_detect

    hop = settings.hop
    strength = _librosa_strength(stem, hop)
    if not strength.max(initial=0) > 0:
        return []
    frames = onset_detect(
        onset_envelope=strength, sr=RATE, hop_length=hop, delta=settings.delta[drum], wait=settings.wait[drum]
    )
    frames = np.asarray(frames, np.int64)
    kept = thin_peaks(frames, strength[frames], settings.gap_ms[drum] / 1000 * RATE / hop)
    shares = strength[kept] / strength.max()
    return [(float(f * hop / RATE), THRESHOLD + (1 - THRESHOLD) * float(s)) for f, s in zip(kept, shares, strict=True)]


def _librosa_strength(stem: Audio, hop: int) -> Floats:
    """librosa's onset strength of the mono stem, a minute at a time so that long songs fit in memory."""
    from librosa.onset import onset_strength

    block, parts, mono = 60 * RATE // hop * hop, [], mono_mix(stem, gain=stem.gain)
    for start in range(0, stem.frames, block):
        lead = min(start, 8 * hop)
        sound = mono.read(start - lead, block + lead)
        strength = onset_strength(y=sound, sr=RATE, hop_length=hop)
        parts.append(strength[lead // hop :][: block // hop])
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def _candidates(heard: Mapping[Drum, OnsetStrengths]) -> list[Candidate]:
    every = [
        Candidate(time, drum, PLAIN[drum], strength, CONFIDENCE * strength, strength)
        for drum, found in heard.items()
        for time, strength in found
    ]
    return sorted(every, key=lambda c: (c.onset, c.drum))
