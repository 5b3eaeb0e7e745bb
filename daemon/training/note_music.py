"""Music invented by code for the note transcriber: lines, repeats, trills, chords, strums, two voices; human timing.

What kind of line a clip has, and how fast it goes, is drawn at random, far beyond what is usual: the transcriber is to
learn how notes sound and not which ones are likely.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

Rng = np.random.Generator
SECONDS = 10.0
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 6, 7, 10), (0, 2, 4, 7, 9), tuple(range(12)))
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 7), (0, 7, 12), (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 5, 7), (0, 3, 6))
RHYTHMS = (
    (1,),
    (0.5,),
    (0.25,),
    (1 / 3,),
    (0.5, 0.25, 0.25),
    (0.75, 0.25),
    (1.5, 0.5),
    (1, 0.5, 0.5),
    (0.25, 0.5, 0.25),
)
SHORTEST = 0.045  # seconds between two notes of one pitch at least


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """MIDI pitch, seconds, `velocity` 0..1; it glides up or down into its pitch from `slide` semitones off."""

    pitch: int
    onset: float
    duration: float
    velocity: float
    slide: float = 0.0


@dataclass(frozen=True, slots=True)
class Compass:
    """The lowest and the highest MIDI pitch of an instrument, and whether it plays chords."""

    lowest: int
    highest: int
    chords: bool = False


def invent_line(rng: Rng, compass: Compass) -> tuple[PlayedNote, ...]:
    """One line of SECONDS, in the compass, humanised; no two notes of one pitch overlap."""
    kinds = CHORD_KINDS if compass.chords else MELODY_KINDS
    weights = np.array([weight for _, weight in kinds])
    make = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))][0]
    fold = [replace(note, pitch=_fold(note.pitch, compass)) for note in make(rng, compass)]
    return separate_notes(humanise(rng, fold))


def _fold(pitch: int, compass: Compass) -> int:
    while pitch < compass.lowest:
        pitch += 12
    while pitch > compass.highest:
        pitch -= 12
    return max(pitch, compass.lowest)


def humanise(rng: Rng, notes: list[PlayedNote]) -> list[PlayedNote]:
    """Each a few milliseconds off, louder and softer at random and in waves."""
    spread, depth = rng.uniform(0, 0.012), rng.uniform(0.02, 0.2)
    base, wave, turn = rng.uniform(0.35, 0.95), rng.uniform(0, 0.15), rng.uniform(0.3, 3)
    return [
        replace(
            note,
            onset=note.onset + rng.normal(0, spread),
            velocity=float(
                np.clip(base * note.velocity + rng.normal(0, depth) + wave * np.sin(turn * note.onset), 0.08, 1)
            ),
        )
        for note in notes
    ]


def separate_notes(notes: list[PlayedNote]) -> tuple[PlayedNote, ...]:
    """Within the clip; no note lasts into the next of its pitch, and none is doubled."""
    kept: list[PlayedNote] = []
    for pitch in {note.pitch for note in notes}:
        same = sorted((n for n in notes if n.pitch == pitch and 0.05 <= n.onset < SECONDS - 0.2), key=lambda n: n.onset)
        apart = [b for a, b in pairwise([PlayedNote(0, -1, 0, 0), *same]) if b.onset - a.onset > SHORTEST]
        for note, after in pairwise([*apart, PlayedNote(0, SECONDS, 0, 0)]):
            kept.append(replace(note, duration=max(0.025, min(note.duration, after.onset - note.onset - 0.008))))
    return tuple(sorted(kept, key=lambda note: (note.onset, note.pitch)))


def _beat(rng: Rng) -> float:
    return float(60 / rng.uniform(60, 200))


def _rhythm(rng: Rng, beat: float) -> Iterator[tuple[float, float]]:
    """(onset, length): a pattern that changes now and then, with rests."""
    at = rng.uniform(0.06, 0.5)
    while at < SECONDS:
        pattern = RHYTHMS[int(rng.integers(len(RHYTHMS)))]
        for _ in range(int(rng.integers(2, 9))):
            for share in pattern:
                if rng.random() > 0.08:
                    yield at, share * beat
                at += share * beat
        at += beat * float(rng.choice([0, 0, 0, 0.5, 2]))


def play_melody(rng: Rng, compass: Compass) -> Iterator[PlayedNote]:
    """Steps and leaps in a scale, repeated notes; legato to staccato."""
    scale, tonic = SCALES[int(rng.integers(len(SCALES)))], int(rng.integers(compass.lowest, compass.highest + 1))
    degree, length, repeats = 0, rng.uniform(0.3, 1.02), rng.choice([0.05, 0.2, 0.6])
    leap, slides = rng.choice([1, 2, 4]), rng.choice([0, 0, 0, 0.3])
    for onset, span in _rhythm(rng, _beat(rng)):
        if rng.random() > repeats:
            degree += round(rng.normal(0, leap)) or int(rng.choice([-1, 1]))
        octave, step = divmod(degree, len(scale))
        slide = float(rng.choice([-2, -1, 1, 2])) if rng.random() < slides else 0.0
        share = length if rng.random() < 0.8 else rng.uniform(0.2, 1)
        yield PlayedNote(tonic + 12 * octave + scale[step], onset, span * share, rng.choice([1, 1, 0.8]), slide)


def play_repeats(rng: Rng, compass: Compass) -> Iterator[PlayedNote]:
    """One pitch struck again and again at one speed, then another: 2 to 15 a second; or pairs in octaves."""
    at = 0.1
    while at < SECONDS:
        pitch, step = int(rng.integers(compass.lowest, compass.highest + 1)), 1 / rng.uniform(2, 15)
        length, accent, jump = rng.uniform(0.3, 1.0), int(rng.integers(2, 5)), rng.choice([0, 0, 0, 12, 7])
        for i in range(int(rng.integers(4, 24))):
            yield PlayedNote(pitch + int(jump) * (i % 2), at, length * step, 1.0 if i % accent == 0 else 0.75)
            at += step
        at += float(rng.choice([0.0, 0.3]))


def play_trill(rng: Rng, compass: Compass) -> Iterator[PlayedNote]:
    """Hammer-ons between two or three pitches, 5 to 14 notes a second, with long notes between."""
    at = 0.1
    while at < SECONDS:
        pitch, step = int(rng.integers(compass.lowest, compass.highest + 1)), 1 / rng.uniform(5, 14)
        shape = [0, int(rng.choice([1, 2, 3, 4]))] + ([int(rng.choice([5, 7]))] if rng.random() < 0.3 else [])
        for i in range(int(rng.integers(2, 16))):
            yield PlayedNote(pitch + shape[i % len(shape)], at, step, 1.0 if i == 0 else 0.7)
            at += step
        yield PlayedNote(pitch, at, 0.5, 0.9)
        at += 0.5


def play_chords(rng: Rng, compass: Compass) -> Iterator[PlayedNote]:
    """Chords in a rhythm, strummed or together, in any voicing; sometimes one chord again and again."""
    beat, spread = _beat(rng), float(rng.choice([0, rng.uniform(0.004, 0.03)]))
    length, change = rng.uniform(0.3, 1.05), rng.choice([0.1, 0.4, 1.0])
    voicing = invent_voicing(rng, compass)
    for onset, span in _rhythm(rng, beat):
        if rng.random() < change:
            voicing = invent_voicing(rng, compass)
        order = voicing if rng.random() < 0.6 else voicing[::-1]
        for i, pitch in enumerate(order):
            yield PlayedNote(pitch, onset + i * spread, max(0.06, span * length - i * spread), 0.9)


def play_arpeggio(rng: Rng, compass: Compass) -> Iterator[PlayedNote]:
    """Broken chords whose notes ring on."""
    beat, ring = _beat(rng), rng.uniform(0.5, 6)
    voicing, place = invent_voicing(rng, compass), 0
    for onset, span in _rhythm(rng, beat):
        if rng.random() < 0.12:
            voicing = invent_voicing(rng, compass)
        place += int(rng.choice([1, 1, 1, -1, 2]))
        yield PlayedNote(voicing[place % len(voicing)], onset, span * ring, 0.9)


def play_chords_and_tune(rng: Rng, compass: Compass) -> Iterator[PlayedNote]:
    """An accompaniment below, a line above: of one player, or of two."""
    middle = (compass.lowest + compass.highest) // 2
    low = replace(compass, highest=min(compass.highest, middle + 3))
    accompany = (play_chords, play_arpeggio)[int(rng.integers(2))]
    yield from (replace(note, velocity=0.75) for note in accompany(rng, low))
    top = replace(compass, lowest=middle)
    yield from (replace(note, pitch=_fold(note.pitch, top)) for note in play_melody(rng, top))


def play_anything(rng: Rng, compass: Compass) -> Iterator[PlayedNote]:
    """Notes at random, up to eight at once."""
    for _ in range(int(rng.integers(8, 90))):
        pitch, length = int(rng.integers(compass.lowest, compass.highest + 1)), float(rng.gamma(2, 0.25))
        yield PlayedNote(pitch, rng.uniform(0.05, SECONDS), length, rng.uniform(0.5, 1))


def invent_voicing(rng: Rng, compass: Compass) -> list[int]:
    """Two to six pitches of a chord, lowest first, anywhere in the compass."""
    root, chord = int(rng.integers(12)), CHORDS[int(rng.integers(len(CHORDS)))]
    classes = {(root + step) % 12 for step in chord}
    every = [p for p in range(compass.lowest, compass.highest + 1) if p % 12 in classes]
    span = int(rng.integers(2, 7))
    first = int(rng.integers(max(1, len(every) - span)))
    return every[first : first + span] or [compass.lowest]


Player = Callable[[Rng, Compass], Iterator[PlayedNote]]
MELODY_KINDS: tuple[tuple[Player, float], ...] = ((play_melody, 0.6), (play_repeats, 0.28), (play_trill, 0.12))
CHORD_KINDS: tuple[tuple[Player, float], ...] = (
    (play_chords, 0.3),
    (play_arpeggio, 0.22),
    (play_chords_and_tune, 0.22),
    (play_melody, 0.1),
    (play_repeats, 0.06),
    (play_trill, 0.03),
    (play_anything, 0.07),
)
