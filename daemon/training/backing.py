"""Music without drums, composed at random and played by a soundfont: what a full mix adds.

Chords, a bass and a melody on one grid, so that notes coincide with drum hits as in real songs.
"""

from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import soundfile

from daemon.training.kits import RATE, mix_to_mono
from daemon.training.render import Backing
from daemon.training.soundfont import render_midi

Rng = np.random.Generator
Note = tuple[float, float, int, int]
"""(start in beats, length in beats, pitch, velocity)"""

BEATS = 64
CHORD_PROGRAMS = (0, 4, 5, 6, 11, 16, 18, 24, 25, 26, 27, 29, 30, 48, 50, 61, 80, 88, 89, 90)
BASS_PROGRAMS = (32, 33, 34, 35, 36, 38, 39, 43, 58)
LEAD_PROGRAMS = (0, 11, 22, 26, 29, 30, 40, 52, 53, 54, 56, 65, 66, 73, 80, 81, 85, 105)
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))


def rhythm(rng: Rng) -> list[float]:
    """Positions in a bar of four beats: sustained, eighths, or a random sixteenth pattern."""
    kind = rng.integers(4)
    if kind == 0:
        return [0.0]
    if kind == 1:
        return [step / 2 for step in range(8)]
    return [step / 4 for step in range(16) if rng.random() < 0.35 or step == 0]


def rhythm_steps(rng: Rng, roots: list[int]) -> Iterator[tuple[float, float, int]]:
    """(start, length, degree) of one part, its rhythm repeated over the chord roots."""
    pattern = rhythm(rng)
    ends = [*pattern[1:], 4.0]
    legato = rng.uniform(0.4, 1.0)
    for bar in range(BEATS // 4):
        root = roots[bar % len(roots)]
        for start, end in zip(pattern, ends, strict=True):
            yield bar * 4 + start, (end - start) * legato, root


def pitch_of(scale: tuple[int, ...], key: int, degree: int) -> int:
    octave, step = divmod(degree, len(scale))
    return key + 12 * octave + scale[step]


def chords(rng: Rng, roots: list[int], scale: tuple[int, ...], key: int) -> Iterator[Note]:
    for start, length, root in rhythm_steps(rng, roots):
        for third in (0, 2, 4):
            yield start, length, pitch_of(scale, key + 48, root + third), int(rng.uniform(50, 100))


def bass(rng: Rng, roots: list[int], scale: tuple[int, ...], key: int) -> Iterator[Note]:
    for start, length, root in rhythm_steps(rng, roots):
        yield start, length, pitch_of(scale, key + 28, root), int(rng.uniform(70, 120))


def lead(rng: Rng, roots: list[int], scale: tuple[int, ...], key: int) -> Iterator[Note]:
    degree = 7
    for start, length, _ in rhythm_steps(rng, roots):
        degree = int(np.clip(degree + rng.integers(-2, 3), 0, 16))
        if rng.random() < 0.8:
            yield start, length, pitch_of(scale, key + 52, degree), int(rng.uniform(60, 115))


PARTS = ((chords, CHORD_PROGRAMS), (chords, CHORD_PROGRAMS), (bass, BASS_PROGRAMS), (lead, LEAD_PROGRAMS))


def track_of(notes: list[Note], channel: int, program: int) -> mido.MidiTrack:
    """Notes to messages at 480 ticks per beat."""
    events = []
    for start, length, pitch, velocity in notes:
        events.append((round(start * 480), "note_on", pitch, velocity))
        events.append((round((start + length) * 480) - 1, "note_off", pitch, 0))
    track, now = mido.MidiTrack([mido.Message("program_change", channel=channel, program=program)]), 0
    for tick, kind, pitch, velocity in sorted(events):
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    return track


def compose(rng: Rng, bpm: float) -> mido.MidiFile:
    key, scale = int(rng.integers(12)), SCALES[int(rng.integers(len(SCALES)))]
    roots = [int(degree) for degree in rng.integers(0, 7, 4)]
    head = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))])
    tracks = [head]
    for channel, (part, programs) in enumerate(PARTS):
        if rng.random() < 0.75:
            notes = list(part(rng, roots, scale, key))
            tracks.append(track_of(notes, channel, programs[int(rng.integers(len(programs)))]))
    return mido.MidiFile(ticks_per_beat=480, tracks=tracks)


def build_backings(soundfonts: list[Path], target: Path, *, count: int, seed: int) -> None:
    """Write `NNN-bpm.flac` pieces; existing ones are kept."""
    target.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        bpm = round(float(rng.uniform(75, 180)))
        path = target / f"{number:03d}-{bpm}.flac"
        if path.exists():
            continue
        compose(rng, bpm).save(target / "piece.mid")
        render_midi(soundfonts[number % len(soundfonts)], target / "piece.mid", target / "piece.wav")
        audio, rate = soundfile.read(target / "piece.wav", dtype="float32")
        soundfile.write(path, mix_to_mono(audio, rate), RATE)


def read_backings(folder: Path) -> tuple[Backing, ...]:
    found = []
    for path in sorted(folder.glob("*.flac")):
        audio, _ = soundfile.read(path, dtype="float32")
        if np.abs(audio).max(initial=0) > 1e-3:
            found.append(Backing(audio, float(path.stem.split("-")[1])))
    return tuple(found)
