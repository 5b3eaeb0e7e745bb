"""What plays the invented music: presets of a soundfont, sampled strings, and our own synthesis."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile

from daemon.training.kits import RATE, Audio, mix_to_mono
from daemon.training.note_music import Compass, PlayedNote
from daemon.training.note_synthesis import (
    SAMPLES,
    CommonBend,
    add_note,
    note_frequency,
    play_tone,
    pluck_strings,
    release,
    sing,
)

Rng = np.random.Generator
BEND_RANGE = 4  # semitones either way

# Presets (bank, program, compass, weight) of MuseScore_General. It descends from FluidR3: no preset stands here that
# shares a sample with those of FluidR3 that the benchmark plays (its pianos, basses, guitars 24-27, voices 52-54 and
# 85, flute, clarinet and violin), so that the benchmark's instruments were never heard in training.
PIANO, STRINGS, WINDS = Compass(28, 100, True), Compass(40, 84, True), Compass(50, 86)
PRESETS: tuple[tuple[int, int, Compass, float], ...] = (
    *((0, program, PIANO, 14.0) for program in (0, 1)),
    *((bank, program, PIANO, 1.0) for bank, program in ((0, 3), (8, 0), (0, 5), (8, 5), (0, 6), (0, 7), (0, 11))),
    *((0, program, Compass(48, 90, True), 0.5) for program in (8, 10, 12, 15, 46, 107, 108)),
    *((0, program, Compass(36, 90, True), 0.8) for program in (16, 17, 18, 19, 20, 21)),
    (0, 25, Compass(40, 84, True), 8.0),
    (8, 25, Compass(40, 80, True), 2.0),
    *((0, program, Compass(38, 84, True), 1.5) for program in (28, 29, 30, 105, 104)),
    *((bank, program, Compass(24, 60), 2.5) for bank, program in ((0, 38), (0, 39), (8, 38))),
    *((0, program, Compass(26, 60), 2.5) for program in (43, 45)),
    (0, 45, Compass(40, 84, True), 1.0),
    *((0, program, Compass(36, 80), 1.0) for program in (42, 58, 67, 70)),
    *((0, program, STRINGS, 1.0) for program in (48, 49, 50, 51, 61, 62, 63, 81, 88, 90)),
    *((0, program, Compass(43, 82), 3.0) for program in (52,)),
    *((0, program, WINDS, 1.0) for program in (41, 56, 57, 59, 60, 64, 65, 66, 68, 69, 71, 72, 74, 75, 79, 80, 82)),
)

# Presets of FluidR3 that validate and never teach: what the benchmark plays.
HELD_OUT = (
    *((program, Compass(24, 55)) for program in (32, 33, 34, 35, 36, 38)),
    *((program, Compass(40, 80, True)) for program in (24, 25, 26, 27)),
    *((program, Compass(48, 80)) for program in (52, 53, 54, 85, 73, 71)),
    *((program, Compass(36, 96, True)) for program in (0, 1, 2, 4)),
)


@dataclass(frozen=True, slots=True)
class Instrument:
    """`play` takes notes and how all of them are bent; the audio is mono, SAMPLES long."""

    name: str
    compass: Compass
    weight: float
    play: Callable[[Rng, Sequence[PlayedNote], CommonBend], Audio]


@dataclass(frozen=True, slots=True)
class SoundfontPreset:
    """Plays by fluidsynth, without reverb and chorus; files go to `scratch`."""

    font: Path
    bank: int
    program: int
    scratch: Path
    channel: int = 0

    def play(self, rng: Rng, notes: Sequence[PlayedNote], bend: CommonBend) -> Audio:
        self.scratch.mkdir(parents=True, exist_ok=True)
        midi, wave = self.scratch / "clip.mid", self.scratch / "clip.wav"
        mido.MidiFile(ticks_per_beat=480, tracks=[self._track(notes, bend, rng.uniform(0.25, 1))]).save(midi)
        command = ["fluidsynth", "-ni", "-q", "-g", "0.4", "-R", "0", "-C", "0", "-r", str(RATE), "-O", "float"]
        command += ["-o", "synth.dynamic-sample-loading=1", "-F", str(wave), str(self.font), str(midi)]
        subprocess.run(command, check=True, capture_output=True)
        audio, rate = soundfile.read(wave, dtype="float32")
        return np.pad(mix_to_mono(audio, rate), (0, SAMPLES))[:SAMPLES]

    def _track(self, notes: Sequence[PlayedNote], bend: CommonBend, loudest: float) -> mido.MidiTrack:
        """At 120 bpm, where a tick lasts 1/960 s. Velocities from 20 up to 127, or to less on some clips."""
        rows: list[tuple[float, int, mido.Message]] = []
        for note in notes:
            key = {"channel": self.channel, "note": note.pitch}
            loud = round(20 + 107 * note.velocity * max(loudest, 0.6))
            rows.append((note.onset, 2, mido.Message("note_on", velocity=loud, **key)))
            rows.append((note.onset + note.duration, 0, mido.Message("note_off", **key)))
        rows += [
            (time, 1, mido.Message("pitchwheel", channel=self.channel, pitch=to)) for time, to in wheel(notes, bend)
        ]
        track = mido.MidiTrack(self._setup())
        now = 0
        for time, _, message in sorted(rows, key=lambda row: row[:2]):
            tick = max(now, round(time * 960))
            track.append(message.copy(time=tick - now))
            now = tick
        track.append(mido.MetaMessage("end_of_track", time=480))
        return track

    def _setup(self) -> list[mido.Message]:
        controls = ((0, self.bank), (101, 0), (100, 0), (6, BEND_RANGE), (38, 0))
        found = [mido.Message("control_change", channel=self.channel, control=c, value=v) for c, v in controls]
        return [found[0], mido.Message("program_change", channel=self.channel, program=self.program), *found[1:]]


def wheel(notes: Sequence[PlayedNote], bend: CommonBend) -> list[tuple[float, int]]:
    """Seconds and pitch wheel positions wherever it moves: the common bend and the slides of a line."""
    semitones = bend.semitones.astype(float).copy()
    for note in notes:
        first, span = round(note.onset * bend.rate), round(0.06 * bend.rate)
        if note.slide:
            semitones[first : first + span] += note.slide * np.linspace(1, 0, span)[: len(semitones) - first]
    positions = np.clip(np.round(8191 * semitones / BEND_RANGE), -8192, 8191).astype(int)
    moved = np.flatnonzero(np.diff(positions, prepend=0))
    return [(i / bend.rate, int(positions[i])) for i in moved.tolist()]


@dataclass(frozen=True, slots=True)
class StringSample:
    """`pitch` in semitones (MIDI, with fractions), `level` 0..1 among the layers of its pitch."""

    pitch: float
    level: float
    audio: Audio


@dataclass(frozen=True, slots=True)
class SampledStrings:
    """One-shots of strings, played at other pitches by resampling, an octave down too: a guitar makes a bass."""

    samples: tuple[StringSample, ...]
    down: float = 0.0

    def play(self, rng: Rng, notes: Sequence[PlayedNote], bend: CommonBend) -> Audio:
        out, mute = np.zeros(SAMPLES, np.float32), rng.uniform(0.015, 0.06)
        span = rng.uniform(12, 30)
        for note in notes:
            sample = self.choose(rng, note)
            count = int((note.duration + 4 * mute) * RATE)
            speed = note_frequency(note, bend, count) / (440 * 2 ** ((sample.pitch - 69) / 12))
            at = np.cumsum(speed) - speed[0]
            sound = np.interp(at, np.arange(sample.audio.size), sample.audio, right=0.0)
            gain = 10 ** (-span * (1 - note.velocity) / 20)
            add_note(out, note, (gain * sound * release(note, count, mute)).astype(np.float32))
        return out

    def choose(self, rng: Rng, note: PlayedNote) -> StringSample:
        """Among those nearest in pitch, the one nearest in level, with some chance."""
        place = [abs(s.pitch + self.down - note.pitch) + 2 * abs(s.level - note.velocity) for s in self.samples]
        order = np.argsort(np.array(place) + rng.uniform(0, 1, len(place)))
        return self.samples[int(order[0])]


def read_strings(folder: Path) -> tuple[StringSample, ...]:
    """Every sample of an instrument with an index.tsv, levels from its layers' peaks, pitch measured."""
    rows = [line.split("\t") for line in (folder / "index.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    found = []
    for name, _, articulation, _, _, _, onset, peak, _ in rows:
        audio, rate = soundfile.read(folder / name, dtype="float32")
        mono = mix_to_mono(audio, rate)[round(float(onset) * rate) :]
        pitch = named_pitch(articulation)
        found.append(
            StringSample(pitch, float(np.clip(1 + float(peak) / 24, 0, 1)), mono / max(1e-6, np.abs(mono).max()))
        )
    return tuple(found)


def named_pitch(articulation: str) -> float:
    """`twang_eb3_f` or `eb3` to MIDI: c4 is middle C."""
    name = next(part for part in articulation.split("_") if part[-1].isdigit())
    classes = {"c": 0, "db": 1, "d": 2, "eb": 3, "e": 4, "f": 5, "gb": 6, "g": 7, "ab": 8, "a": 9, "bb": 10, "b": 11}
    return float(12 * (int(name[-1]) + 1) + classes[name[:-1]])


def synthetic_instruments() -> tuple[Instrument, ...]:
    return (
        Instrument("plucked bass", Compass(23, 60), 12.0, pluck_strings),
        Instrument("plucked guitar", Compass(40, 84, True), 10.0, pluck_strings),
        Instrument("synth", Compass(30, 90, True), 4.0, play_tone),
        Instrument("synth lead", Compass(40, 90), 3.0, play_tone),
        Instrument("synth bass", Compass(23, 55), 4.0, play_tone),
        Instrument("voice", Compass(41, 79), 18.0, sing),
    )


def instruments(font: Path, strings: Path | None, scratch: Path) -> tuple[Instrument, ...]:
    """All that may play; `strings` is the folder of a sampled guitar."""
    presets = tuple(
        Instrument(f"preset {bank}:{program}", compass, weight, SoundfontPreset(font, bank, program, scratch).play)
        for bank, program, compass, weight in PRESETS
    )
    sampled: tuple[Instrument, ...] = ()
    if strings is not None:
        samples = read_strings(strings)
        sampled = (
            Instrument("sampled guitar", Compass(38, 86, True), 10.0, SampledStrings(samples).play),
            Instrument("sampled guitar, an octave down", Compass(26, 60), 8.0, SampledStrings(samples, -12).play),
        )
    return (*presets, *synthetic_instruments(), *sampled)
