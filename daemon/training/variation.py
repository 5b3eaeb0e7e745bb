"""Edits that make one groove many: no hats, side sticks, ride for hats, other tempi, thinned parts."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from daemon.training.drum_sounds import (
    CYMBALS,
    HALVES,
    HATS,
    OPENINGS,
    RIDES,
    SNARES,
    TOMS,
    SampledSound,
    Strike,
)

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
    return tuple(h for h in strikes if h.sound not in SNARES or h.velocity >= least)


def raise_velocities(rng: Rng, strikes: Strikes) -> Strikes:
    """Velocities pressed together towards loud, as in a compressed or programmed part."""
    amount = rng.uniform(0.2, 0.9)
    return tuple(replace(h, velocity=h.velocity + amount * (115 - h.velocity)) for h in strikes)


def add_crashes(rng: Rng, strikes: Strikes) -> Strikes:
    """A crash together with some kicks or snares: the class that played grooves have least of."""
    hits = [h for h in strikes if h.sound in (SampledSound.KICK, SampledSound.SNARE, SampledSound.RIM)]
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


def vary_hats(rng: Rng, strikes: Strikes, chance: float = 1.0) -> Strikes:
    """The foot moves: hats open and close by steps as the groove goes, or stay half-open throughout."""
    if rng.random() >= chance:
        return strikes
    ladder = (SampledSound.CLOSED, *HALVES, SampledSound.OPEN)
    place, restless = int(rng.integers(len(ladder))), rng.choice([0.0, 0.15, 0.5])
    out = []
    for hit in strikes:
        if hit.sound in OPENINGS:
            if rng.random() < restless:
                place = int(np.clip(place + rng.integers(-3, 4), 0, len(ladder) - 1))
            hit = replace(hit, sound=ladder[place])
        out.append(hit)
    return tuple(out)


def play_brushes(rng: Rng, strikes: Strikes) -> Strikes:
    """Brushes on the snare, all softer and pressed together."""
    soft = rng.uniform(0.5, 0.9)
    brushed = replace_sounds(SNARES, SampledSound.BRUSH)(rng, strikes)
    return tuple(replace(h, velocity=max(8.0, soft * h.velocity)) for h in brushed)


def swap_crashes(rng: Rng, strikes: Strikes) -> Strikes:
    """Chinas and splashes for some crashes."""
    other = SampledSound.CHINA if rng.random() < 0.5 else SampledSound.SPLASH
    share = rng.uniform(0.3, 1)
    return tuple(
        replace(h, sound=other) if h.sound is SampledSound.CRASH and rng.random() < share else h for h in strikes
    )


def choke_crashes(rng: Rng, strikes: Strikes) -> Strikes:
    return tuple(
        replace(h, length=float(rng.uniform(0.08, 0.5))) if h.sound in CYMBALS and rng.random() < 0.5 else h
        for h in strikes
    )


def hit_rims(rng: Rng, strikes: Strikes) -> Strikes:
    """The loud snares catch the rim."""
    least = rng.uniform(70, 115)
    return tuple(
        replace(h, sound=SampledSound.RIM) if h.sound is SampledSound.SNARE and h.velocity >= least else h
        for h in strikes
    )


def add_foot(rng: Rng, strikes: Strikes) -> Strikes:
    """The foot shuts the hat, or splashes it, under every second stroke of a ride."""
    rides = [h for h in strikes if h.sound in RIDES]
    sound = SampledSound.FOOT_SPLASH if rng.random() < 0.2 else SampledSound.PEDAL
    loud, step = rng.uniform(30, 110), int(rng.choice([2, 2, 4]))
    added = [
        replace(h, time=max(0.0, h.time + rng.normal(0, 0.008)), sound=sound, velocity=float(rng.normal(loud, 8)))
        for h in rides[1::step]
    ]
    return (*strikes, *(replace(h, velocity=float(np.clip(h.velocity, 8, 127))) for h in added))


def soften_rides(rng: Rng, strikes: Strikes) -> Strikes:
    soft = rng.uniform(0.3, 0.8)
    return tuple(replace(h, velocity=max(8.0, soft * h.velocity)) if h.sound in RIDES else h for h in strikes)


def strike_in_unison(rng: Rng, strikes: Strikes) -> Strikes:
    """Toms together with the kick, the snare or another tom, a few milliseconds apart."""
    share, out = rng.uniform(0.3, 1), list(strikes)
    partners = (SampledSound.KICK, SampledSound.SNARE, TOMS[-1])
    for hit in strikes:
        if hit.sound in TOMS and rng.random() < share:
            for partner in partners:
                if partner is not hit.sound and rng.random() < 0.5:
                    late = max(0.0, hit.time + rng.normal(0, 0.004))
                    out.append(replace(hit, sound=partner, time=late))
    return tuple(out)


EDITS: tuple[tuple[float, Edit], ...] = (
    (0.6, thin_pedal),
    (0.35, thin_ghost_notes),
    (0.4, raise_velocities),
    (0.12, replace_sounds(HATS, SampledSound.RIDE)),
    (0.07, replace_sounds((SampledSound.CLOSED,), SampledSound.OPEN)),
    (0.05, replace_sounds(HATS, SampledSound.CRASH)),
    (0.08, replace_sounds(RIDES, SampledSound.CLOSED)),
    (0.1, replace_sounds((SampledSound.SNARE, SampledSound.RIM), SampledSound.STICK)),
    (0.05, replace_sounds((SampledSound.SNARE, SampledSound.RIM), SampledSound.TOM2)),
    (0.06, replace_sounds((SampledSound.KICK,), SampledSound.TOM4)),
    (0.35, add_crashes),
    (0.25, swap_crashes),
    (0.08, choke_crashes),
    (0.1, hit_rims),
    (0.07, play_brushes),
    (0.06, replace_sounds((SampledSound.RIDE,), SampledSound.BELL)),
    (0.15, soften_rides),
    (0.35, add_foot),
    (0.25, strike_in_unison),
    (0.25, vary_hats),
    (0.15, drop_sounds(*HATS)),
    (0.2, drop_sounds(*CYMBALS)),
    (0.15, drop_sounds(*TOMS)),
    (0.05, drop_sounds(*SNARES)),
    (0.06, drop_sounds(SampledSound.KICK)),
    (0.15, add_percussion),
)


def vary_strikes(rng: Rng, strikes: Strikes) -> Strikes:
    for chance, edit in EDITS:
        if rng.random() < chance:
            strikes = edit(rng, strikes)
    return tuple(sorted(strikes, key=lambda hit: hit.time))
