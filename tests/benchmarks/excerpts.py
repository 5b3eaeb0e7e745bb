"""Short pieces of music with known notes, composed by rule and played dry by fluidsynth on a General MIDI soundfont.

Every part has its own kind of line: a bass with roots, fifths, octaves and repeated notes down to the B of a
five-string bass; a lead that sings in steps, now and then on one pitch; a piano with chords under a tune; a guitar
that picks and strums.
"""

import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import mido

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
PPQ = 480
MAJOR = (0, 2, 4, 5, 7, 9, 11)
PROGRESSIONS = ((0, 4, 5, 3), (5, 3, 0, 4), (0, 5, 1, 4), (0, 3, 0, 4), (1, 4, 0, 0), (0, 2, 3, 4))


@dataclass(frozen=True, slots=True)
class Played:
    """A note of the truth: MIDI pitch, onset and duration in seconds, velocity."""

    pitch: int
    onset: float
    duration: float
    velocity: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One piece. `program` counts from 0; `chords` are (start, end, root as a pitch class, quality)."""

    name: str
    part: str
    program: int
    notes: tuple[Played, ...]
    chords: tuple[tuple[float, float, int, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """What a line is composed from."""

    dice: random.Random
    beat: float
    tonic: int
    degrees: tuple[int, ...]

    def pitch(self, degree: int) -> int:
        octave, step = divmod(degree, 7)
        return self.tonic + 12 * octave + MAJOR[step]

    def note(self, pitch: int, beats: float, length: float, loud: int = 90) -> Played:
        """At `beats`, a few milliseconds off as people play."""
        early = self.dice.gauss(0, 0.006)
        velocity = max(30, min(127, round(self.dice.gauss(loud, 10))))
        return Played(pitch, max(0.05, 0.3 + beats * self.beat + early), length * self.beat, velocity)


def bass(piece: Piece) -> Iterator[Played]:
    """Roots, fifths, octaves and passing notes, as low as B0; some legato, some cut short."""
    lowest = piece.dice.choice((23, 28, 28))
    length = piece.dice.choice((0.55, 0.8, 0.98))
    rhythm = piece.dice.choice(((1, 1, 1, 1), (1.5, 0.5, 1, 1), (0.5,) * 8, (0.75, 0.75, 0.5, 1, 1), (2, 1, 0.5, 0.5)))
    for bar, degree in enumerate(piece.degrees):
        root = lowest + (piece.pitch(degree) - lowest) % 12
        at = 4.0 * bar
        for i, beats in enumerate(rhythm):
            step = 0 if i == 0 else piece.dice.choice((0, 0, 0, 7, 12, 12, -5, 5))
            pitch = root + step if root + step >= 23 else root
            yield piece.note(pitch, at, beats * length)
            at += beats


def lead(piece: Piece) -> Iterator[Played]:
    """A sung line: mostly steps, a leap now and then, repeated notes, breaths."""
    degree, at, end = piece.dice.randint(0, 6), 0.0, 4.0 * len(piece.degrees)
    home = piece.dice.choice((48, 60, 60))
    while at < end:
        beats = piece.dice.choice((0.5, 0.5, 0.5, 1, 1, 1.5, 2))
        if piece.dice.random() > 0.12:
            pitch = home + piece.pitch(degree) % 12 + 12 * (degree // 7)
            yield piece.note(pitch, at, beats * piece.dice.choice((0.85, 0.97)))
        degree = max(-3, min(10, degree + piece.dice.choice((-2, -1, -1, 0, 1, 1, 2, 4, -3))))
        at += beats


def piano(piece: Piece) -> Iterator[Played]:
    """Chords in the left hand, a tune above."""
    pattern = piece.dice.choice(((0, 2), (0, 1, 2, 3), (0, 1.5, 3)))
    for bar, degree in enumerate(piece.degrees):
        for k, at in enumerate(pattern):
            length = (pattern[k + 1] if k + 1 < len(pattern) else 4) - at
            for tone in (0, 2, 4):
                yield piece.note(48 + piece.pitch(degree + tone) % 12, 4 * bar + at, length * 0.9, 75)
        at = 0.0
        while at < 4:
            beats = piece.dice.choice((0.5, 0.5, 1, 1))
            tone = degree + piece.dice.choice((0, 2, 4, 7, 1))
            yield piece.note(72 + piece.pitch(tone) % 12, 4 * bar + at, beats * 0.9, 95)
            at += beats


def guitar(piece: Piece) -> Iterator[Played]:
    """Arpeggios or strummed chords in open position."""
    strummed = piece.dice.random() < 0.5
    for bar, degree in enumerate(piece.degrees):
        voicing = [40 + (piece.pitch(degree) - 40) % 12]
        for tone in (4, 7, 9, 11):
            pitch = voicing[-1] + 1
            voicing.append(pitch + (piece.pitch(degree + tone) - pitch) % 12)
        for eighth in range(0, 8, 2 if strummed else 1):
            if strummed:
                for string, pitch in enumerate(voicing):
                    yield piece.note(pitch, 4 * bar + eighth / 2 + 0.012 * string / piece.beat, 0.9, 85)
            else:
                yield piece.note(voicing[(0, 2, 3, 4, 3, 2, 1, 2)[eighth]], 4 * bar + eighth / 2, 0.9)


LINES: dict[str, tuple[Callable[[Piece], Iterator[Played]], tuple[int, ...]]] = {
    "bass": (bass, (32, 33, 34, 35, 36, 38, 39)),
    "lead": (lead, (52, 53, 54, 85, 73, 71, 40)),
    "piano": (piano, (0, 1, 2, 4)),
    "guitar": (guitar, (24, 25, 26, 27)),
}


def excerpts(part: str, numbers: range) -> Iterator[Excerpt]:
    """Pieces of four bars, each number in another key, tempo and sound; the same call gives the same music."""
    for number in numbers:
        dice = random.Random(f"{part} {number}")
        degrees = dice.choice(PROGRESSIONS)
        piece = Piece(dice, 60 / dice.uniform(80, 150), number * 7 % 12, degrees)
        yield _of(piece, part, number)


def shared(part: str, number: int) -> tuple[Excerpt, Excerpt]:
    """`part` and a bass that plays along: of one piece, so that they share key, tempo and chords."""
    dice = random.Random(f"mix {part} {number}")
    piece = Piece(dice, 60 / dice.uniform(80, 150), number * 7 % 12, dice.choice(PROGRESSIONS))
    return _of(piece, part, number), _of(piece, "bass", number)


def _of(piece: Piece, part: str, number: int) -> Excerpt:
    line, programs = LINES[part]
    notes = tuple(separated(sorted(line(piece), key=lambda note: (note.onset, note.pitch))))
    return Excerpt(f"{part}-{number}", part, programs[number % len(programs)], notes, chords(piece))


def beaten(excerpt: Excerpt, folder: Path, soundfont: Path = SOUNDFONT) -> Path:
    """A rock beat under the bars of an excerpt, as WAV."""
    start, (_, end) = excerpt.chords[0][0], excerpt.chords[-1][:2]
    beat = (excerpt.chords[0][1] - start) / 4
    steps = range(round((end - start) / beat * 2))
    strokes = [(36, i) for i in steps if i % 4 == 0] + [(38, i) for i in steps if i % 4 == 2] + [(42, i) for i in steps]
    notes = tuple(Played(pitch, start + i * beat / 2, 0.1, 100 if i % 2 == 0 else 75) for pitch, i in strokes)
    return _played(Excerpt(f"{excerpt.name}-drums", "drums", 0, notes, ()), folder, soundfont, channel=9)


def chords(piece: Piece) -> tuple[tuple[float, float, int, str], ...]:
    """(start, end, root, quality) of every bar."""
    kinds = ("maj", "min", "min", "maj", "maj", "min", "dim")
    bar = 4 * piece.beat
    return tuple(
        (0.3 + bar * i, 0.3 + bar * (i + 1), piece.pitch(degree) % 12, kinds[degree])
        for i, degree in enumerate(piece.degrees)
    )


def separated(notes: list[Played]) -> Iterator[Played]:
    """No note lasts into the next one of its pitch, and none is doubled."""
    for pitch in sorted({note.pitch for note in notes}):
        same = [note for note in notes if note.pitch == pitch]
        apart = [same[0], *(b for a, b in pairwise(same) if b.onset - a.onset > 0.06)]
        for note, following in pairwise([*apart, Played(pitch, 1e9, 0, 1)]):
            yield Played(pitch, note.onset, min(note.duration, following.onset - note.onset - 0.01), note.velocity)


def render(excerpt: Excerpt, folder: Path, soundfont: Path = SOUNDFONT) -> Path:
    """Without reverb and chorus, as 44.1 kHz WAV."""
    return _played(excerpt, folder, soundfont)


def _played(excerpt: Excerpt, folder: Path, soundfont: Path, channel: int = 0) -> Path:
    midi, wave = folder / f"{excerpt.name}.mid", folder / f"{excerpt.name}.wav"
    _midi(excerpt, channel).save(midi)
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-R", "0", "-C", "0", "-r", "44100", "-O", "float"]
    subprocess.run([*command, "-F", str(wave), str(soundfont), str(midi)], check=True, capture_output=True)
    return wave


def _midi(excerpt: Excerpt, channel: int) -> mido.MidiFile:
    """At 120 bpm, where a tick lasts 1/960 s."""
    edges = [(n.onset, 1, "note_on", n.pitch, n.velocity) for n in excerpt.notes]
    edges += [(n.onset + n.duration, 0, "note_off", n.pitch, 0) for n in excerpt.notes]
    track = mido.MidiTrack([mido.Message("program_change", channel=channel, program=excerpt.program)])
    now = 0
    for time, _, kind, pitch, velocity in sorted(edges):
        tick = round(time * 2 * PPQ)
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    track.append(mido.Message("note_off", channel=channel, note=0, time=PPQ))
    return mido.MidiFile(ticks_per_beat=PPQ, tracks=[track])
