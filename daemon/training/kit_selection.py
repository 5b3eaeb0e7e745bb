"""Kit selection: which drum sounds a clip is played on. Pieces from several kits, tuned, damped, equalised."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from daemon.training.drum_sounds import FEET, HALVES, HATS, OPENINGS, TOMS, SampledSound
from daemon.training.effects import equalise
from daemon.training.kits import RATE, SampledKit, Shot, attack_sample

Rng = np.random.Generator

GROUPS = (
    (SampledSound.KICK,),
    (SampledSound.SNARE, SampledSound.RIM),
    (SampledSound.BRUSH,),
    (SampledSound.STICK,),
    TOMS,
    HATS,
    (SampledSound.CRASH,),
    (SampledSound.CHINA,),
    (SampledSound.SPLASH,),
    (SampledSound.RIDE, SampledSound.BELL),
    (SampledSound.OTHER,),
)
FAMILY_SHARES = {"salamander": 3.0, "muldjord": 2.0}
"""How often a family is drawn where others are once: recorded kits with everything."""

SUBSTITUTES = {
    SampledSound.RIM: (SampledSound.SNARE,),
    **dict.fromkeys(HALVES[:3], (SampledSound.CLOSED,)),
    **dict.fromkeys(HALVES[3:], (SampledSound.OPEN,)),
    SampledSound.BELL: (SampledSound.RIDE,),
    SampledSound.TOM1: (SampledSound.TOM2, SampledSound.TOM3, SampledSound.TOM4),
    SampledSound.TOM2: (SampledSound.TOM1, SampledSound.TOM3, SampledSound.TOM4),
    SampledSound.TOM3: (SampledSound.TOM4, SampledSound.TOM2, SampledSound.TOM1),
    SampledSound.TOM4: (SampledSound.TOM3, SampledSound.TOM2, SampledSound.TOM1),
}
LEVELS = {
    SampledSound.KICK: 0.0,
    SampledSound.SNARE: 0.0,
    SampledSound.RIM: 1.0,
    SampledSound.BRUSH: -9.0,
    SampledSound.STICK: -5.0,
    **dict.fromkeys(TOMS, -2.0),
    SampledSound.CLOSED: -14.0,
    **dict.fromkeys(FEET, -18.0),
    **dict.fromkeys(HALVES, -12.0),
    SampledSound.OPEN: -11.0,
    SampledSound.CRASH: -5.0,
    SampledSound.CHINA: -5.0,
    SampledSound.SPLASH: -8.0,
    SampledSound.RIDE: -12.0,
    SampledSound.BELL: -10.0,
    SampledSound.OTHER: -10.0,
}
"""Typical peak level in a drum mix, decibels below the kick."""


def kit_family(kit: SampledKit) -> str:
    """Kits cut from the same recordings share the part of the name before the first dash."""
    return kit.name.split("-", 1)[0]


def pick_kit(rng: Rng, kits: Sequence[SampledKit], needed: SampledSound) -> SampledKit | None:
    """Families by their shares: thirty presets of one soundfont must not drown the rest."""
    able = [kit for kit in kits if needed in kit.sounds]
    families = sorted({kit_family(kit) for kit in able})
    if not families:
        return None
    shares = np.array([FAMILY_SHARES.get(family, 1.0) for family in families])
    chosen = families[int(rng.choice(len(families), p=shares / shares.sum()))]
    members = [kit for kit in able if kit_family(kit) == chosen]
    return members[int(rng.integers(len(members)))]


@dataclass(frozen=True, slots=True)
class Piece:
    """One voice as it sounds in this clip: its shots, soft to loud, and its gain.

    `sound` is what the shots are, which a substitute's name is not; `tells_rims` is false where the kit's loud snares
    may be rim shots.
    """

    shots: tuple[Shot, ...]
    ratio: float
    damping: float
    gain: float
    seed: int
    sound: SampledSound
    tells_rims: bool = False
    cache: dict[int, Shot] = field(default_factory=dict)

    def choose_shot(self, velocity: float, rng: Rng) -> Shot:
        """A shot near that velocity's layer; neighbours serve as round robin."""
        place = velocity / 128 * len(self.shots) + rng.normal(0, 0.06 * len(self.shots))
        index = int(np.clip(place, 0, len(self.shots) - 1))
        if index not in self.cache:
            self.cache[index] = self.treat(self.shots[index])
        return self.cache[index]

    @property
    def openness(self) -> float:
        """Of a hat 0 to 1, -1 if that is not known."""
        return OPENINGS.get(self.sound, -1.0)

    def treat(self, shot: Shot) -> Shot:
        """Resampled by `ratio`, damped, equalised the same way for every shot of the piece."""
        count = int(shot.audio.size / self.ratio)
        audio = np.interp(np.arange(count) * self.ratio, np.arange(shot.audio.size), shot.audio)
        audio = audio * np.exp(-np.arange(count) / RATE * self.damping)
        audio = equalise(np.random.default_rng(self.seed), audio.astype(np.float32), 3.0)
        audio = audio / max(float(np.abs(audio).max(initial=0.0)), 1e-6)
        return Shot(audio, attack_sample(audio))


def find_sound(kit: SampledKit, sound: SampledSound) -> SampledSound | None:
    """What the kit plays when `sound` is asked for."""
    return next((one for one in (sound, *SUBSTITUTES.get(sound, ())) if one in kit.sounds), None)


def select_kit(rng: Rng, kits: Sequence[SampledKit], borrow_chance: float | None = None) -> dict[SampledSound, Piece]:
    """A kit for one clip: one base kit, each group of pieces borrowed elsewhere with chance `loan`."""
    base = pick_kit(rng, kits, SampledSound.KICK)
    pieces: dict[SampledSound, Piece] = {}
    borrow_chance = float(rng.choice([0.0, 0.5, 1.0])) if borrow_chance is None else borrow_chance
    for group in GROUPS:
        source = base if base and group[0] in base.sounds and rng.random() >= borrow_chance else None
        source = source or pick_kit(rng, kits, group[0])
        if source is not None:
            pieces.update(select_group(rng, source, group))
    return pieces


def select_group(rng: Rng, kit: SampledKit, group: tuple[SampledSound, ...]) -> dict[SampledSound, Piece]:
    """Pieces of a group share their tuning (about two semitones) and a common level."""
    tuning, shift = 2 ** (rng.normal(0, 2) / 12), rng.normal(0, 4)
    found: dict[SampledSound, Piece] = {}
    for sound in group:
        real = find_sound(kit, sound)
        if real is not None:
            level = LEVELS[sound] + rng.normal(0, 3) + shift
            damping = float(rng.choice([0, 0, 0, rng.uniform(1, 12)]))
            seed, rims = int(rng.integers(2**31)), SampledSound.RIM in kit.sounds
            found[sound] = Piece(kit.sounds[real], tuning, damping, 10 ** (level / 20), seed, real, rims)
    return found
