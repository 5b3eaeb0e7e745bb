"""Which string and fret a note is played on: the way of a hand along the neck that moves least.

Notes that start together are held together. Of all the ways to hold them the cheapest chain through the song is found
with the Viterbi algorithm: low frets, little stretch, short ways, and long ways only where there is time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

TOGETHER = 0.03  # seconds: notes that start within it are held together
HIGHEST_FRET = 22
_REACH = 3  # frets from the first finger to the last; one more where the little finger stretches or frets are narrow
_NARROW = 12  # the fret from which on two more are in reach
_MOST_HOLDS = 24  # of a chord that are weighed; more change nothing on a guitar
# Costs in frets of way, chosen by hand: what beginners' books call a good fingering.
_PER_FRET, _PER_STRETCH, _PER_STRING = 0.05, 0.3, 0.05
_UNHURRIED = 2.0  # a way costs half as much after half a second, a third after one


@dataclass(frozen=True, slots=True)
class Tuning:
    """Open strings as MIDI pitches, the lowest first."""

    name: str
    strings: tuple[int, ...]


GUITAR = (
    Tuning("standard", (40, 45, 50, 55, 59, 64)),
    Tuning("drop D", (38, 45, 50, 55, 59, 64)),
    Tuning("seven strings", (35, 40, 45, 50, 55, 59, 64)),
)
BASS = (
    Tuning("standard", (28, 33, 38, 43)),
    Tuning("drop D", (26, 33, 38, 43)),
    Tuning("five strings", (23, 28, 33, 38, 43)),
)


@dataclass(frozen=True, slots=True)
class FretPlace:
    """`string` counts from 1, the highest, as players count; `fret` 0 is the open string."""

    string: int
    fret: int


@dataclass(frozen=True, slots=True)
class FrettedNote:
    """What is to be fretted: MIDI pitch, seconds, and a velocity that says which notes matter most."""

    pitch: int
    time: float
    velocity: int = 64


_Places = tuple[tuple[int, int], ...]  # (index of the string from the lowest, fret) of each note of a chord


@dataclass(frozen=True, slots=True)
class _Hold:
    """A chord in the hand: `hand` is the fret of the first finger, 0 where all strings are open."""

    places: _Places
    hand: int

    @property
    def cost(self) -> float:
        frets = [fret for _, fret in self.places]
        stretch = max(0, max(frets) - self.hand - _REACH) if self.hand else 0
        spread = max(frets) - min(fret for fret in frets if fret) if self.hand else 0
        return _PER_FRET * (sum(frets) / len(frets) + spread) + _PER_STRETCH * stretch

    @property
    def string(self) -> float:
        return sum(string for string, _ in self.places) / len(self.places)


def choose_tuning(pitches: Sequence[int], tunings: Sequence[Tuning]) -> Tuning:
    """The first tuning that reaches the lowest note, or the lowest one."""
    lowest = min(pitches, default=127)
    return next((each for each in tunings if each.strings[0] <= lowest), min(tunings, key=lambda t: t.strings[0]))


def find_frets(notes: Sequence[FrettedNote], tuning: Tuning) -> list[FretPlace | None]:
    """A place for each note, in the order given; None for what no hand can hold beside the others.

    Of a chord that cannot be held the softest notes are left out.
    """
    order = sorted(range(len(notes)), key=lambda i: (notes[i].time, notes[i].pitch))
    chords = [_holdable([notes[i] for i in group], group, tuning) for group in _group(notes, order)]
    chords = [chord for chord in chords if chord.holds]
    found: list[FretPlace | None] = [None] * len(notes)
    for chord, hold in zip(chords, _cheapest_way(chords), strict=True):
        for index, (string, fret) in zip(chord.indices, hold.places, strict=True):
            found[index] = FretPlace(len(tuning.strings) - string, fret)
    return found


@dataclass(frozen=True, slots=True)
class _Strum:
    """Notes that are struck together, by their indices in the song, and the ways to hold them, the cheapest first."""

    time: float
    indices: tuple[int, ...]
    holds: tuple[_Hold, ...]


def _group(notes: Sequence[FrettedNote], order: Sequence[int]) -> Iterator[list[int]]:
    group: list[int] = []
    for i in order:
        if group and notes[i].time - notes[group[0]].time > TOGETHER:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def _holdable(notes: Sequence[FrettedNote], indices: Sequence[int], tuning: Tuning) -> _Strum:
    """The chord without the softest notes that are too many."""
    left = sorted(zip(notes, indices, strict=True), key=lambda each: (-each[0].velocity, each[0].pitch))
    left = left[: len(tuning.strings)]
    while left:
        chosen = sorted(left, key=lambda each: each[0].pitch)
        if holds := sorted(_holds([note.pitch for note, _ in chosen], tuning), key=lambda hold: hold.cost):
            return _Strum(chosen[0][0].time, tuple(index for _, index in chosen), tuple(holds[:_MOST_HOLDS]))
        left.pop()
    return _Strum(notes[0].time, (), ())


def _holds(pitches: Sequence[int], tuning: Tuning) -> Iterator[_Hold]:
    for places in _string_choices(pitches, tuning):
        pressed = [fret for _, fret in places if fret]
        if not pressed:
            yield _Hold(places, 0)
            continue
        for hand in range(max(1, max(pressed) - _reach(max(pressed))), min(pressed) + 1):
            yield _Hold(places, hand)


def _string_choices(pitches: Sequence[int], tuning: Tuning, taken: _Places = ()) -> Iterator[_Places]:
    """Every way to lay the pitches on strings of their own that a hand can span."""
    if not pitches:
        yield taken
        return
    pressed = [fret for _, fret in taken if fret]
    for string, low in enumerate(tuning.strings):
        fret = pitches[0] - low
        if 0 <= fret <= HIGHEST_FRET and all(string != other for other, _ in taken):
            span = [*pressed, fret] if fret else pressed
            if not span or max(span) - min(span) <= _reach(max(span)):
                yield from _string_choices(pitches[1:], tuning, (*taken, (string, fret)))


def _reach(highest: int) -> int:
    return _REACH + 1 + (highest >= _NARROW)


@dataclass(frozen=True, slots=True)
class _Step:
    """The cheapest way to a hold: its cost, where hand and strings are then, and the hold before it."""

    cost: float
    hand: int
    string: float
    before: int


def _cheapest_way(chords: Sequence[_Strum]) -> list[_Hold]:
    if not chords:
        return []
    columns = [[_Step(hold.cost, hold.hand or 1, hold.string, -1) for hold in chords[0].holds]]
    for before, chord in pairwise(chords):
        ease = 1 + _UNHURRIED * max(0.0, chord.time - before.time)
        columns.append([_step_to(hold, columns[-1], ease) for hold in chord.holds])
    place = min(range(len(columns[-1])), key=lambda i: columns[-1][i].cost)
    way = []
    for chord, column in zip(reversed(chords), reversed(columns), strict=True):
        way.append(chord.holds[place])
        place = column[place].before
    return way[::-1]


def _step_to(hold: _Hold, column: Sequence[_Step], ease: float) -> _Step:
    """Open strings leave the hand where it is."""
    hand, string, own = hold.hand, hold.string, hold.cost
    costs = [
        step.cost + own + (abs(hand - step.hand) / ease if hand else 0.0) + _PER_STRING * abs(string - step.string)
        for step in column
    ]
    best = min(range(len(costs)), key=costs.__getitem__)
    return _Step(costs[best], hand or column[best].hand, string, best)
