"""Edits that make one groove many: no hats, side sticks, ride for hats, other tempi, thinned parts."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from daemon.training.drum_sounds import CYMBALS, HATS, TOMS, SampledSound, Strike

Rng = np.random.Generator
Strikes = tuple[Strike, ...]
Edit = Callable[[Rng, Strikes], Strikes]


def drop_sounds(*sounds: SampledSound) -> Edit:
    return lambda _rng, strikes: tuple(hit for hit in strikes if hit.sound not in sounds)


def replace_sounds(old: Iterable[SampledSound], new: SampledSound) -> Edit:
    swapped = frozenset(old)
    return lambda _rng, strikes: tuple(replace(hit, sound=new) if hit.sound in swapped else hit for hit in strikes)


def thin_pedal(rng: Rng, strikes: Strikes) -> Strikes:
    """An electronic kit's foot notes are often inaudible on a real one: keep the firm ones."""
    least = rng.uniform(20, 128)
    return tuple(h for h in strikes if h.sound is not SampledSound.PEDAL or h.velocity >= least)


def thin_ghost_notes(rng: Rng, strikes: Strikes) -> Strikes:
    least = rng.uniform(15, 70)
    return tuple(h for h in strikes if h.sound is not SampledSound.SNARE or h.velocity >= least)


def raise_velocities(rng: Rng, strikes: Strikes) -> Strikes:
    """Velocities pressed together towards loud, as in a compressed or programmed part."""
    amount = rng.uniform(0.2, 0.9)
    return tuple(replace(h, velocity=h.velocity + amount * (115 - h.velocity)) for h in strikes)


def add_crashes(rng: Rng, strikes: Strikes) -> Strikes:
    """A crash together with some kicks or snares: the class that played grooves have least of."""
    hits = [h for h in strikes if h.sound in (SampledSound.KICK, SampledSound.SNARE)]
    picked = [h for h in hits if rng.random() < 0.1]
    added = [replace(h, sound=SampledSound.CRASH, time=h.time + rng.normal(0, 0.003)) for h in picked]
    return (*strikes, *(replace(h, time=max(0.0, h.time), velocity=110.0) for h in added))


def add_percussion(rng: Rng, strikes: Strikes) -> Strikes:
    """Shaker, tambourine, cowbell or clap on a grid: sounds that belong to no class."""
    if not strikes:
        return strikes
    step, last = rng.choice([0.125, 0.17, 0.25, 0.34, 0.5]), max(h.time for h in strikes)
    times = np.arange(rng.uniform(0, 0.5), last, step)
    extra = (Strike(float(t), SampledSound.OTHER, float(rng.uniform(40, 120))) for t in times)
    return (*strikes, *extra)


EDITS: tuple[tuple[float, Edit], ...] = (
    (0.75, thin_pedal),
    (0.35, thin_ghost_notes),
    (0.4, raise_velocities),
    (0.12, replace_sounds(HATS, SampledSound.RIDE)),
    (0.07, replace_sounds((SampledSound.CLOSED,), SampledSound.OPEN)),
    (0.05, replace_sounds(HATS, SampledSound.CRASH)),
    (0.08, replace_sounds((SampledSound.RIDE, SampledSound.BELL), SampledSound.CLOSED)),
    (0.13, replace_sounds((SampledSound.SNARE,), SampledSound.STICK)),
    (0.05, replace_sounds((SampledSound.SNARE,), SampledSound.TOM2)),
    (0.06, replace_sounds((SampledSound.KICK,), SampledSound.TOM4)),
    (0.35, add_crashes),
    (0.15, drop_sounds(*HATS)),
    (0.2, drop_sounds(*CYMBALS)),
    (0.15, drop_sounds(*TOMS)),
    (0.05, drop_sounds(SampledSound.SNARE, SampledSound.STICK)),
    (0.06, drop_sounds(SampledSound.KICK)),
    (0.12, add_percussion),
)


def vary_strikes(rng: Rng, strikes: Strikes) -> Strikes:
    for chance, edit in EDITS:
        if rng.random() < chance:
            strikes = edit(rng, strikes)
    return tuple(sorted(strikes, key=lambda hit: hit.time))
