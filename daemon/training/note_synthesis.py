"""Instruments made of sums of partials: plucked strings, electric tones, and a voice with formants.

All return mono float32 of SECONDS at RATE and keep attacks where the notes say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daemon.training.kits import RATE, Audio
from daemon.training.note_music import SECONDS, PlayedNote

Rng = np.random.Generator
SAMPLES = int(SECONDS * RATE)
HIGHEST = 10500.0  # Hz, no partial above; what lies higher the transcriber does not hear
MOST_PARTIALS = 40
# Hz, first three formants of vowels of a man; others are these by a factor. G. Peterson, H. Barney, JASA 24, 1952.
VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (640, 1190, 2390),
)


@dataclass(frozen=True, slots=True)
class CommonBend:
    """How far all notes are off their pitches: `semitones` (frames,) at `rate` a second."""

    semitones: Audio
    rate: float

    def over(self, start: float, count: int) -> Audio:
        """Sample by sample from `start` seconds on."""
        at = (start + np.arange(count) / RATE) * self.rate
        return np.asarray(np.interp(at, np.arange(len(self.semitones)), self.semitones))


def note_frequency(note: PlayedNote, bend: CommonBend, count: int) -> Audio:
    """Hz, sample by sample; a slide takes 60 ms."""
    semitones = note.pitch - 69 + bend.over(note.onset, count)
    if note.slide:
        semitones = semitones + note.slide * np.clip(1 - np.arange(count) / (0.06 * RATE), 0, 1)
    return np.asarray(440.0 * 2 ** (semitones / 12))


def add_note(out: Audio, note: PlayedNote, sound: Audio) -> None:
    start = round(note.onset * RATE)
    room = out[start : start + sound.size]
    room += sound[: room.size]


def release(note: PlayedNote, count: int, seconds: float) -> Audio:
    """1 while the note is held, then a fall."""
    after = np.arange(count) / RATE - note.duration
    return np.asarray(np.exp(-np.maximum(0, after) / seconds))


def pluck_strings(rng: Rng, notes: Sequence[PlayedNote], bend: CommonBend) -> Audio:
    """Strings struck at a place of their own: high partials die first, soft strokes are darker."""
    out = np.zeros(SAMPLES, np.float32)
    place, slope, stiff = rng.uniform(0.06, 0.45), rng.uniform(0.5, 1.6), rng.uniform(0, 4e-4)
    decay, damping, mute = rng.uniform(0.3, 2.5), rng.uniform(0.02, 0.4), rng.uniform(0.015, 0.08)
    pick, body = rng.uniform(0, 0.5), rng.normal(0, 3, MOST_PARTIALS + 1)
    for note in notes:
        count = min(SAMPLES, int((note.duration + 4 * mute) * RATE))
        pitch = note_frequency(note, bend, count)
        phase, time = 2 * np.pi * np.cumsum(pitch) / RATE, np.arange(count) / RATE
        sound, base = np.zeros(count), float(pitch.mean())
        for k in range(1, min(MOST_PARTIALS, int(HIGHEST / base)) + 1):
            level = abs(np.sin(np.pi * k * place)) / k ** (slope + 0.8 * (1 - note.velocity)) * 10 ** (body[k] / 20)
            fall = (decay + damping * k) * (base / 220) ** 0.5
            sound += level * np.exp(-fall * time) * np.sin(k * np.sqrt(1 + stiff * k * k) * phase + k)
        burst = rng.standard_normal(count) * np.exp(-time / 0.004) * pick
        onset = np.minimum(1, time / rng.uniform(0.0008, 0.004))
        sound = (sound + burst) * onset * release(note, count, mute)
        add_note(out, note, (note.velocity**1.5 * sound).astype(np.float32))
    return out


def play_tone(rng: Rng, notes: Sequence[PlayedNote], bend: CommonBend) -> Audio:
    """Organs, leads, electric pianos and synth basses: fixed partials, an envelope, sometimes a filter that closes."""
    out = np.zeros(SAMPLES, np.float32)
    shape = int(rng.integers(4))
    slope = (rng.uniform(0.7, 1.3), rng.uniform(0.8, 1.5), rng.uniform(1.5, 3), rng.uniform(0.5, 1.0))[shape]
    odd, stops = shape == 1, rng.random(MOST_PARTIALS + 1) < 0.4
    attack, hold, tail = rng.choice([0.002, 0.01, 0.04]), rng.uniform(0.1, 1.0), rng.uniform(0.01, 0.15)
    fall, close, detune = rng.uniform(0.5, 6), rng.choice([0, 0, rng.uniform(0.05, 0.6)]), rng.choice([0, 0.002, 0.006])
    for note in notes:
        count = min(SAMPLES, int((note.duration + 4 * tail) * RATE))
        pitch = note_frequency(note, bend, count)
        phase, time = 2 * np.pi * np.cumsum(pitch) / RATE, np.arange(count) / RATE
        sound = np.zeros(count)
        for k in range(1, min(MOST_PARTIALS, int(HIGHEST / pitch.mean())) + 1):
            if (odd and k % 2 == 0) or (shape == 3 and not stops[k] and k > 1):
                continue
            voice = np.sin(k * phase + k) + (np.sin(k * (1 + detune) * phase) if detune else 0)
            sound += voice / k**slope * np.exp(-close * k * time)
        envelope = (
            np.minimum(1, time / attack) * (hold + (1 - hold) * np.exp(-fall * time)) * release(note, count, tail)
        )
        add_note(out, note, (note.velocity**1.5 * sound * envelope).astype(np.float32))
    return out


def sing(rng: Rng, notes: Sequence[PlayedNote], bend: CommonBend) -> Audio:
    """A voice: one source whose pitch glides from note to note, vowels, consonants before some notes, breath."""
    time = np.arange(SAMPLES) / RATE
    semitones = join_pitches(rng, notes, bend)
    sounding = sounding_curve(rng, notes)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((semitones - 69) / 12)) / RATE
    step = 441
    pitch = 440 * 2 ** ((semitones[::step] - 69) / 12)
    formants = vowel_curve(rng, notes, time[::step])
    slope, out = rng.uniform(1.0, 2.0), np.zeros(SAMPLES)
    for k in range(1, MOST_PARTIALS + 1):
        hertz = k * pitch
        shape = zip((1, 0.6, 0.35), formants, (90, 110, 170), strict=True)  # level, Hz and half width of each formant
        gain = 0.02 + sum(level / (1 + ((hertz - middle) / width) ** 2) for level, middle, width in shape)
        gain = gain * (hertz < HIGHEST) / k ** (slope - 0.6)
        if gain.max() > 1e-3:
            out += np.interp(np.arange(SAMPLES), np.arange(gain.size) * step, gain) * np.sin(k * phase)
    noise = np.diff(rng.standard_normal(SAMPLES + 1))
    breath = rng.uniform(0.002, 0.03) * noise * sounding
    return np.asarray(out * sounding + breath + consonants(rng, notes, noise), dtype=np.float32)


def join_pitches(rng: Rng, notes: Sequence[PlayedNote], bend: CommonBend) -> Audio:
    """MIDI pitch, sample by sample, smoothed over the time that a voice needs for a leap."""
    steps = np.full(SAMPLES, float(notes[0].pitch) if notes else 60.0)
    for note in notes:
        start = round(note.onset * RATE)
        steps[start:] = note.pitch
        if note.slide:
            steps[start : start + int(0.06 * RATE)] += note.slide
    width = int(rng.uniform(0.01, 0.06) * RATE)
    total = np.cumsum(np.pad(steps, (width // 2 + 1, width - width // 2), mode="edge"))
    smooth = (total[width:] - total[:-width])[:SAMPLES] / width
    return np.asarray(smooth + bend.over(0, SAMPLES))


def sounding_curve(rng: Rng, notes: Sequence[PlayedNote]) -> Audio:
    """Loudness: each note swells in 10-50 ms and lets go; legato notes dip a little."""
    out, swell, fade = np.zeros(SAMPLES), rng.uniform(0.008, 0.05), rng.uniform(0.015, 0.08)
    for note in notes:
        count = min(SAMPLES - round(note.onset * RATE), int((note.duration + 3 * fade) * RATE))
        time = np.arange(count) / RATE
        curve = np.minimum(1, time / swell) * release(note, count, fade) * note.velocity**1.3
        start = round(note.onset * RATE)
        out[start : start + count] = np.maximum(out[start : start + count] * 0.7, curve)
    return out


def vowel_curve(rng: Rng, notes: Sequence[PlayedNote], times: Audio) -> list[Audio]:
    """Hz of three formants over `times`: a vowel for each note."""
    size, starts = rng.uniform(0.9, 1.35), [note.onset for note in notes] or [0.0]
    chosen = np.array([VOWELS[int(i)] for i in rng.integers(len(VOWELS), size=len(starts))], float) * size
    return [np.interp(times, starts, chosen[:, i]) for i in range(3)]


def consonants(rng: Rng, notes: Sequence[PlayedNote], noise: Audio) -> Audio:
    """Hisses and plosives that end where the note begins."""
    out, loud = np.zeros(SAMPLES), rng.choice([0, 0.05, 0.2])
    for note in notes:
        length = int(rng.choice([0.015, 0.06, 0.12]) * RATE)
        stop = round(note.onset * RATE)
        if rng.random() < 0.5 and stop > length:
            out[stop - length : stop] += loud * note.velocity * np.hanning(length) * noise[stop - length : stop]
    return out
