"""Edits that make one groove many: no hats, side sticks, ride for hats, other tempi, thinned parts."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from daemon.training.voices import CYMBALS, HATS, TOMS, Strike, Voice

Rng = np.random.Generator
Strikes = tuple[Strike, ...]
Edit = Callable[[Rng, Strikes], Strikes]


def without(*voices: Voice) -> Edit:
    return lambda _rng, strikes: tuple(hit for hit in strikes if hit.voice not in voices)


def instead(old: Iterable[Voice], new: Voice) -> Edit:
    swapped = frozenset(old)
    return lambda _rng, strikes: tuple(replace(hit, voice=new) if hit.voice in swapped else hit for hit in strikes)


def thin_pedal(rng: Rng, strikes: Strikes) -> Strikes:
    """An electronic kit's foot notes are often inaudible on a real one: keep the firm ones."""
    least = rng.uniform(20, 128)
    return tuple(h for h in strikes if h.voice is not Voice.PEDAL or h.velocity >= least)


def fewer_ghosts(rng: Rng, strikes: Strikes) -> Strikes:
    least = rng.uniform(15, 70)
    return tuple(h for h in strikes if h.voice is not Voice.SNARE or h.velocity >= least)


def harder(rng: Rng, strikes: Strikes) -> Strikes:
    """Velocities pressed together towards loud, as in a compressed or programmed part."""
    amount = rng.uniform(0.2, 0.9)
    return tuple(replace(h, velocity=h.velocity + amount * (115 - h.velocity)) for h in strikes)


def crashes(rng: Rng, strikes: Strikes) -> Strikes:
    """A crash together with some kicks or snares: the class that played grooves have least of."""
    hits = [h for h in strikes if h.voice in (Voice.KICK, Voice.SNARE)]
    picked = [h for h in hits if rng.random() < 0.1]
    added = [replace(h, voice=Voice.CRASH, time=h.time + rng.normal(0, 0.003)) for h in picked]
    return (*strikes, *(replace(h, time=max(0.0, h.time), velocity=110.0) for h in added))


def percussion(rng: Rng, strikes: Strikes) -> Strikes:
    """Shaker, tambourine, cowbell or clap on a grid: sounds that belong to no class."""
    if not strikes:
        return strikes
    step, last = rng.choice([0.125, 0.17, 0.25, 0.34, 0.5]), max(h.time for h in strikes)
    times = np.arange(rng.uniform(0, 0.5), last, step)
    extra = (Strike(float(t), Voice.OTHER, float(rng.uniform(40, 120))) for t in times)
    return (*strikes, *extra)


EDITS: tuple[tuple[float, Edit], ...] = (
    (0.75, thin_pedal),
    (0.35, fewer_ghosts),
    (0.4, harder),
    (0.12, instead(HATS, Voice.RIDE)),
    (0.07, instead((Voice.CLOSED,), Voice.OPEN)),
    (0.05, instead(HATS, Voice.CRASH)),
    (0.08, instead((Voice.RIDE, Voice.BELL), Voice.CLOSED)),
    (0.13, instead((Voice.SNARE,), Voice.STICK)),
    (0.05, instead((Voice.SNARE,), Voice.TOM2)),
    (0.06, instead((Voice.KICK,), Voice.TOM4)),
    (0.35, crashes),
    (0.15, without(*HATS)),
    (0.2, without(*CYMBALS)),
    (0.15, without(*TOMS)),
    (0.05, without(Voice.SNARE, Voice.STICK)),
    (0.06, without(Voice.KICK)),
    (0.12, percussion),
)


def varied(rng: Rng, strikes: Strikes) -> Strikes:
    for chance, edit in EDITS:
        if rng.random() < chance:
            strikes = edit(rng, strikes)
    return tuple(sorted(strikes, key=lambda hit: hit.time))
