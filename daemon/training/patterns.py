"""Generated drumming for what played grooves lack: punk, metal, machines, tom work, odd bars."""

from collections.abc import Iterator

import numpy as np

from daemon.training.drum_sounds import CYMBALS, HALVES, TOMS, SampledSound, Strike
from daemon.training.grooves import Groove

Rng = np.random.Generator
Hits = Iterator[tuple[float, SampledSound, float]]
"""(position in beats, voice, velocity 1-127)"""

TIME_KEEPERS = (
    SampledSound.CLOSED,
    SampledSound.OPEN,
    SampledSound.RIDE,
    SampledSound.CRASH,
    SampledSound.BELL,
    SampledSound.TOM4,
    SampledSound.CHINA,
    *HALVES,
)
KEEPER_WEIGHTS = (5, 2.5, 3, 1.5, 0.7, 0.5, 0.4, *(0.3 for _ in HALVES))


def choose_sound(rng: Rng, options: tuple[SampledSound, ...], weights: tuple[float, ...]) -> SampledSound:
    scale = np.array(weights) / sum(weights)
    return options[int(rng.choice(len(options), p=scale))]


def time_keeper(rng: Rng, beats: int) -> Hits:
    """A time keeper in quarters, eighths, triplets or sixteenths, with accents."""
    sound = choose_sound(rng, TIME_KEEPERS, KEEPER_WEIGHTS)
    per_beat = int(rng.choice([1, 2, 2, 2, 3, 4, 4]))
    accent, keep = rng.uniform(0, 40), rng.uniform(0.75, 1.0)
    for step in range(beats * per_beat):
        if rng.random() < keep:
            yield step / per_beat, sound, 60 + (accent if step % per_beat == 0 else 0)


def backbeat(rng: Rng, beats: int) -> Hits:
    """Snare on two and four or on every off-eighth, with ghost notes and flams at times."""
    sound = choose_sound(rng, (SampledSound.SNARE, SampledSound.STICK, SampledSound.TOM1), (7, 2.5, 0.5))
    fast, flam = rng.random() < 0.25, rng.random() < 0.15
    for beat in range(beats):
        if fast or beat % 2:
            position = beat + 0.5 * fast
            yield position, sound, 105
            if flam:
                yield position - rng.uniform(0.05, 0.09), sound, 60
    yield from sprinkle(rng, beats, sound, chance=rng.choice([0, 0, 0.06, 0.15]), loud=40)


def sprinkle(rng: Rng, beats: int, sound: SampledSound, *, chance: float, loud: float) -> Hits:
    for step in range(beats * 4):
        if rng.random() < chance:
            yield step / 4, sound, loud


def kicks(rng: Rng, beats: int) -> Hits:
    """Four on the floor, a repeated syncopated bar, or double kick."""
    kind = rng.integers(4)
    if kind == 0:
        yield from ((float(beat), SampledSound.KICK, 105.0) for beat in range(beats))
    elif kind == 1 and rng.random() < 0.4:
        yield from ((step / 4, SampledSound.KICK, 95.0) for step in range(beats * 4))
    else:
        bar = (rng.random(16) < rng.uniform(0.12, 0.4)) | (np.arange(16) == 0)
        yield from ((step / 4, SampledSound.KICK, 100.0) for step in range(beats * 4) if bar[step % 16])


def fills(rng: Rng, beats: int) -> Hits:
    """Toms and snare down the kit at the end of some bars, then a crash on the one."""
    chance = rng.uniform(0.1, 0.7)
    for bar in range(4, beats + 1, 4):
        if rng.random() < chance:
            yield from one_fill(rng, bar)
        if rng.random() < 0.5:
            yield float(bar), CYMBALS[0], 115.0


def one_fill(rng: Rng, end: int) -> Hits:
    length, per_beat = int(rng.integers(1, 4)), int(rng.choice([2, 3, 4, 4, 6]))
    path = sorted(rng.integers(-1, 4, length * per_beat))
    for step, place in enumerate(path):
        if rng.random() < 0.9:
            sound = SampledSound.SNARE if place < 0 else TOMS[place]
            yield end - length + step / per_beat, sound, rng.uniform(70, 120)


def tom_groove(rng: Rng, beats: int) -> Hits:
    """A tribal beat: two toms and accents."""
    sounds = rng.permutation(len(TOMS))[:2]
    pattern = rng.choice([-1, 0, 1], 16, p=[0.5, 0.3, 0.2])
    for step in range(beats * 4):
        place = pattern[step % 16]
        if place >= 0:
            yield step / 4, TOMS[int(sounds[place])], 90 + 20 * (step % 4 == 0)


def scatter(rng: Rng, beats: int) -> Hits:
    """No pattern at all: the transcriber must not lean on metre."""
    sounds = [sound for sound in SampledSound if sound is not SampledSound.OTHER]
    for _ in range(int(beats * rng.uniform(1, 5))):
        yield rng.uniform(0, beats), sounds[int(rng.integers(len(sounds)))], rng.uniform(30, 127)


def swing_time(rng: Rng, beats: int) -> Hits:
    """Jazz: a soft ride, the foot on two and four, a feathered kick, comping."""
    ride = rng.uniform(25, 75)
    for beat in range(beats):
        yield float(beat), SampledSound.RIDE, ride + 12 * (beat % 2)
        if beat % 2:
            yield beat + 2 / 3, SampledSound.RIDE, 0.8 * ride
            yield float(beat), SampledSound.PEDAL, rng.uniform(40, 100)
        if rng.random() < 0.5:
            yield float(beat), SampledSound.KICK, rng.uniform(15, 45)
        if rng.random() < 0.35:
            yield beat + rng.choice([1 / 3, 2 / 3]), SampledSound.SNARE, rng.uniform(20, 70)


def blast(rng: Rng, beats: int) -> Hits:
    """Metal: kick and snare in sixteenths, together or in turn, a cymbal on the eighths."""
    cymbal = choose_sound(rng, (CYMBALS[0], SampledSound.CHINA, SampledSound.OPEN, SampledSound.RIDE), (2, 1, 1, 1))
    together = rng.random() < 0.4
    for step in range(beats * 4):
        if together or step % 2 == 0:
            yield step / 4, SampledSound.KICK, 100
        if together or step % 2:
            yield step / 4, SampledSound.SNARE, 95
        if step % 2 == 0:
            yield step / 4, cymbal, 95


def rolls(rng: Rng, beats: int) -> Hits:
    """Buzzes, drags and rolls on the snare that swell or die."""
    for beat in range(0, beats, int(rng.choice([2, 4, 8]))):
        per_beat, low = int(rng.choice([6, 8, 8, 12])), rng.uniform(15, 60)
        for step in range(per_beat * int(rng.choice([1, 1, 2]))):
            yield beat + step / per_beat, SampledSound.SNARE, low + 50 * step / per_beat


def odd_bars(rng: Rng, beats: int) -> Hits:
    """Bars of five, seven or eleven eighths, one pattern throughout."""
    length = int(rng.choice([5, 7, 7, 9, 11, 13]))
    kick, snare = rng.random(length) < 0.3, rng.random(length) < 0.25
    kick[0], snare[0] = True, False
    keeper = choose_sound(rng, TIME_KEEPERS, KEEPER_WEIGHTS)
    for step in range(beats * 2):
        place = step % length
        if kick[place]:
            yield step / 2, SampledSound.KICK, 100
        if snare[place]:
            yield step / 2, SampledSound.SNARE, 100
        yield step / 2, keeper, 60 + 25 * (place == 0)


WHOLE = ((swing_time, 0.12), (blast, 0.05), (odd_bars, 0.1), (rolls, 0.05))
"""Grooves that are not put together from parts, and how many of all each is."""

PARTS = ((time_keeper, 0.85), (backbeat, 0.9), (kicks, 0.93), (fills, 0.5), (tom_groove, 0.12))


def compose_strikes(rng: Rng, beats: int) -> Hits:
    if rng.random() < 0.12:
        yield from scatter(rng, beats)
        return
    choice = rng.random()
    for groove, share in WHOLE:
        if choice < share:
            yield from groove(rng, beats)
            return
        choice -= share
    for part, chance in PARTS:
        if rng.random() < chance:
            yield from part(rng, beats)


def generate_groove(rng: Rng, seconds: float) -> Groove:
    """A groove of about `seconds`, with a player's looseness (0-12 ms) and swing at times."""
    bpm = float(rng.uniform(70, 205))
    beats = max(2, int(seconds * bpm / 60) - 1)
    loose, swing = rng.uniform(0, 0.008), rng.choice([0, 0, 0, rng.uniform(0, 0.17)])
    spread = rng.uniform(2, 14)
    strikes = []
    for position, sound, velocity in compose_strikes(rng, beats):
        late = swing * 0.5 * (abs(position % 1 - 0.5) < 0.01)
        time = (position + late) * 60 / bpm + rng.normal(0, loose)
        strikes.append(Strike(max(0.0, time), sound, float(np.clip(rng.normal(velocity, spread), 8, 127))))
    return Groove(bpm, seconds, tuple(sorted(strikes, key=lambda strike: strike.time)))
