"""Which drum sounds a clip is played on: pieces from several kits, tuned, damped, equalised."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from daemon.training.effects import equalised
from daemon.training.kits import RATE, Kit, Shot, attack_sample
from daemon.training.voices import HATS, TOMS, Voice

Rng = np.random.Generator

GROUPS = (
    (Voice.KICK,),
    (Voice.SNARE,),
    (Voice.STICK,),
    TOMS,
    HATS,
    (Voice.CRASH,),
    (Voice.RIDE, Voice.BELL),
    (Voice.OTHER,),
)
STAND_INS = {
    Voice.PEDAL: (Voice.CLOSED,),
    Voice.BELL: (Voice.RIDE,),
    Voice.TOM1: (Voice.TOM2, Voice.TOM3, Voice.TOM4),
    Voice.TOM2: (Voice.TOM1, Voice.TOM3, Voice.TOM4),
    Voice.TOM3: (Voice.TOM4, Voice.TOM2, Voice.TOM1),
    Voice.TOM4: (Voice.TOM3, Voice.TOM2, Voice.TOM1),
}
LEVELS = {
    Voice.KICK: 0.0,
    Voice.SNARE: 0.0,
    Voice.STICK: -5.0,
    **dict.fromkeys(TOMS, -2.0),
    Voice.CLOSED: -14.0,
    Voice.PEDAL: -18.0,
    Voice.OPEN: -11.0,
    Voice.CRASH: -5.0,
    Voice.RIDE: -12.0,
    Voice.BELL: -10.0,
    Voice.OTHER: -10.0,
}
"""Typical peak level in a drum mix, decibels below the kick."""


def family(kit: Kit) -> str:
    """Kits cut from the same recordings share the part of the name before the first dash."""
    return kit.name.split("-", 1)[0]


def pick_kit(rng: Rng, kits: Sequence[Kit], needed: Voice) -> Kit | None:
    """Any family with equal chance: thirty presets of one soundfont must not drown the rest."""
    able = [kit for kit in kits if needed in kit.voices]
    families = sorted({family(kit) for kit in able})
    if not families:
        return None
    chosen = families[int(rng.integers(len(families)))]
    members = [kit for kit in able if family(kit) == chosen]
    return members[int(rng.integers(len(members)))]


@dataclass(frozen=True, slots=True)
class Piece:
    """One voice as it sounds in this clip: its shots, soft to loud, and its gain."""

    shots: tuple[Shot, ...]
    ratio: float
    damping: float
    gain: float
    seed: int
    made: dict[int, Shot] = field(default_factory=dict)

    def shot(self, velocity: float, rng: Rng) -> Shot:
        """A shot near that velocity's layer; neighbours serve as round robin."""
        place = velocity / 128 * len(self.shots) + rng.normal(0, 0.06 * len(self.shots))
        index = int(np.clip(place, 0, len(self.shots) - 1))
        if index not in self.made:
            self.made[index] = self.treated(self.shots[index])
        return self.made[index]

    def treated(self, shot: Shot) -> Shot:
        """Resampled by `ratio`, damped, equalised the same way for every shot of the piece."""
        count = int(shot.audio.size / self.ratio)
        audio = np.interp(np.arange(count) * self.ratio, np.arange(shot.audio.size), shot.audio)
        audio = audio * np.exp(-np.arange(count) / RATE * self.damping)
        audio = equalised(np.random.default_rng(self.seed), audio.astype(np.float32), 3.0)
        audio = audio / max(float(np.abs(audio).max(initial=0.0)), 1e-6)
        return Shot(audio, attack_sample(audio))


def make_piece(rng: Rng, shots: tuple[Shot, ...], voice: Voice, tuning: float) -> Piece:
    level = LEVELS[voice] + rng.normal(0, 3)
    damping = float(rng.choice([0, 0, 0, rng.uniform(1, 12)]))
    return Piece(shots, tuning, damping, 10 ** (level / 20), int(rng.integers(2**31)))


def shots_for(kit: Kit, voice: Voice) -> tuple[Shot, ...]:
    for candidate in (voice, *STAND_INS.get(voice, ())):
        if candidate in kit.voices:
            return kit.voices[candidate]
    return ()


def cast(rng: Rng, kits: Sequence[Kit], loan: float | None = None) -> dict[Voice, Piece]:
    """A kit for one clip: one base kit, each group of pieces borrowed elsewhere with chance `loan`."""
    base = pick_kit(rng, kits, Voice.KICK)
    pieces: dict[Voice, Piece] = {}
    loan = float(rng.choice([0.0, 0.5, 1.0])) if loan is None else loan
    for group in GROUPS:
        lender = base if base and group[0] in base.voices and rng.random() >= loan else None
        lender = lender or pick_kit(rng, kits, group[0])
        if lender is not None:
            pieces.update(cast_group(rng, lender, group))
    return pieces


def cast_group(rng: Rng, kit: Kit, group: tuple[Voice, ...]) -> dict[Voice, Piece]:
    """Pieces of a group share their tuning (about two semitones) and a common level."""
    tuning, shift = 2 ** (rng.normal(0, 2) / 12), 10 ** (rng.normal(0, 4) / 20)
    found: dict[Voice, Piece] = {}
    for voice in group:
        shots = shots_for(kit, voice)
        if shots:
            piece = make_piece(rng, shots, voice, tuning)
            found[voice] = Piece(shots, piece.ratio, piece.damping, piece.gain * shift, piece.seed)
    return found
