"""Strikes on a selected kit become stems, a mix and exact labels; the same seed gives the same clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from daemon.training.auditory_masking import MaskingModel
from daemon.training.drum_sounds import CLASS_OF, FEET, HATS, STEM_OF_CLASS, STEMS, SampledSound, Strike
from daemon.training.effects import add_room, master, simulate_separation
from daemon.training.grooves import Groove
from daemon.training.kit_selection import Piece, select_kit
from daemon.training.kits import RATE, Audio, SampledKit
from daemon.training.patterns import generate_groove
from daemon.training.resonance import resonate
from daemon.training.variation import thin_pedal, vary_hats, vary_strikes

Rng = np.random.Generator
SECONDS = 12.0
PREROLL = 1.5
SAME_HIT_SECONDS = 0.018
QUIETEST_LABEL = -42.0
VELOCITY_SPAN = 36.0
TYPICAL_MUSIC_LEVEL = 0.1
"""Level of music that no drums accompany."""


@dataclass(frozen=True, slots=True)
class OnsetLabel:
    """`time` in seconds of the steepest energy rise; `velocity` 0..1 falls by 1 per 36 dB.

    The same stroke is softer or louder on another kit: what can be heard is its level. `detail` is how far a hat is
    open, and 0 for a snare that is no rim shot for certain; -1 where nobody knows.
    """

    time: float
    drum: int
    velocity: float
    sound: SampledSound = SampledSound.OTHER
    detail: float = -1.0


@dataclass(frozen=True, slots=True)
class RenderedClip:
    """`audio` (samples,) as heard; `stems` (5, samples) add up to the dry, unmastered drums."""

    audio: Audio
    stems: Audio
    labels: tuple[OnsetLabel, ...]


@dataclass(frozen=True, slots=True)
class Backing:
    """Music without drums; `beat` seconds apart are its beats, the first at sample 0."""

    audio: Audio
    bpm: float


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that clips are made of."""

    kits: Sequence[SampledKit]
    grooves: Sequence[Groove]
    backings: Sequence[Backing]


def cut_excerpt(rng: Rng, groove: Groove, speed: float) -> tuple[Strike, ...]:
    """Strikes of a random window, `SECONDS` long after speed-up, times from -PREROLL."""
    span = SECONDS * speed
    start = rng.uniform(0, max(groove.duration - span, 0.5))
    if rng.random() < 0.15:
        start = groove.strikes[int(rng.integers(len(groove.strikes)))].time - 0.002
    moved = (replace(hit, time=(hit.time - start) / speed) for hit in groove.strikes)
    return tuple(hit for hit in moved if -PREROLL < hit.time < SECONDS - 0.05)


def choose_strikes(rng: Rng, library: Library, bpm: float | None) -> tuple[Strike, ...]:
    """Played for two clips in three, invented otherwise; brought to `bpm` when that is near."""
    if rng.random() < 0.4 or not library.grooves:
        groove = generate_groove(rng, SECONDS + 1)
    else:
        groove = library.grooves[int(rng.integers(len(library.grooves)))]
    speed = rng.uniform(0.8, 1.25)
    if bpm is not None:
        speed = bpm / groove.bpm
        while not 0.7 < speed < 1.45:
            speed = speed * 2 if speed < 1 else speed / 2
    return vary_strikes(rng, cut_excerpt(rng, groove, speed))


def strike_gain(velocity: float, span: float) -> float:
    return float(10 ** (-span * (1 - velocity / 127) / 20))


def stem_of(sound: SampledSound) -> int:
    """Row in the stems; percussion that belongs to no class is in an extra last row."""
    return STEM_OF_CLASS[CLASS_OF[sound]] if sound in CLASS_OF else len(STEMS)


def choke(audio: Audio, seconds: float) -> Audio:
    """An open hat shut after `seconds`: 40 ms fade."""
    start = int(max(seconds, 0.01) * RATE)
    if start >= audio.size:
        return audio
    ramp = np.linspace(1, 0, int(0.04 * RATE), dtype=np.float32)
    tail = audio[start : start + ramp.size]
    return np.concatenate([audio[:start], tail * ramp[: tail.size]])


def seconds_until_shut(strikes: Sequence[Strike], index: int) -> float:
    """Seconds until a hat closes after strike `index`, or a long time."""
    hit = strikes[index]
    later = (s.time for s in strikes[index + 1 :] if s.sound in (SampledSound.CLOSED, *FEET))
    return next(later, hit.time + 60) - hit.time


def render_stems(
    rng: Rng, strikes: Sequence[Strike], pieces: Mapping[SampledSound, Piece]
) -> tuple[Audio, list[tuple[OnsetLabel, float]]]:
    """Stems (6, samples) with their preroll, and labels with each hit's level in decibels."""
    stems = np.zeros((len(STEMS) + 1, int((SECONDS + PREROLL) * RATE)), dtype=np.float32)
    labels, span = [], rng.uniform(14, 34)
    for index, hit in enumerate(strikes):
        piece = pieces.get(hit.sound)
        if piece is None:
            continue
        gain = piece.gain * strike_gain(hit.velocity, span)
        shot = piece.choose_shot(hit.velocity, rng)
        audio = shot.audio
        if hit.sound in HATS and hit.sound not in (SampledSound.CLOSED, SampledSound.PEDAL):
            audio = choke(audio, seconds_until_shut(strikes, index) + shot.attack / RATE)
        elif hit.length:
            audio = choke(audio, hit.length + shot.attack / RATE)
        start = max(round((hit.time + PREROLL) * RATE) - shot.attack, 0)
        room = stems[stem_of(hit.sound), start : start + audio.size]
        room += gain * audio[: room.size]
        if hit.sound in CLASS_OF:
            time = (start + shot.attack) / RATE - PREROLL
            labels.append((label_stroke(hit, piece, time, span), 20 * float(np.log10(gain))))
    return stems, labels


def label_stroke(hit: Strike, piece: Piece, time: float, span: float) -> OnsetLabel:
    """As it sounds: a half-open hat on a kit that has none is an open one."""
    sound = piece.sound if hit.sound in HATS else hit.sound
    if hit.sound is SampledSound.RIM and piece.sound is not SampledSound.RIM:
        sound = SampledSound.SNARE
    detail = piece.openness if sound in HATS else float(piece.tells_rims) - 1
    loud = 1 - span * (1 - hit.velocity / 127) / VELOCITY_SPAN
    return OnsetLabel(time, CLASS_OF[sound], loud, sound, detail)


def keep_audible(labels: Sequence[tuple[OnsetLabel, float]]) -> tuple[OnsetLabel, ...]:
    """Labels a listener could find: not far below the loudest hit, twins of a class merged."""
    if not labels:
        return ()
    loudest = max(level for _, level in labels)
    kept: dict[int, list[OnsetLabel]] = {}
    for label, level in sorted(labels, key=lambda pair: pair[0].time):
        previous = kept.setdefault(label.drum, [])
        if level - loudest < QUIETEST_LABEL or label.time < 0:
            continue
        if previous and label.time - previous[-1].time < SAME_HIT_SECONDS:
            louder = max(previous[-1].velocity, label.velocity)
            previous[-1] = replace(previous[-1], velocity=louder)
        else:
            previous.append(label)
    return tuple(sorted((one for row in kept.values() for one in row), key=lambda one: one.time))


def drop_masked(stems: Audio, labels: Sequence[OnsetLabel]) -> tuple[OnsetLabel, ...]:
    masker = MaskingModel(stems)
    return tuple(one for one in labels if masker.is_audible(one.time, STEM_OF_CLASS[one.drum]))


def place_in_room(rng: Rng, stems: Audio) -> Audio:
    """One room for all stems, each sending its own amount; a gentle equaliser per stem."""
    amount = float(rng.choice([0.0, rng.uniform(0.02, 0.2), rng.uniform(0.1, 0.7)]))
    seed = int(rng.integers(2**31))
    rows = []
    for row in stems:
        if amount and row.any():
            row = add_room(np.random.default_rng(seed), row, amount * rng.uniform(0.3, 1.5))
        rows.append(row)
    return np.stack(rows)


def add_music(rng: Rng, drums: Audio, backing: Backing | None) -> Audio:
    """Drums in a full mix, or with what a separator would leave of one."""
    if backing is None:
        return drums
    music = match_music(rng, drums, backing)
    if rng.random() < 0.4:
        return simulate_separation(rng, drums, music * 10 ** (rng.uniform(-10, 6) / 20))
    return np.asarray(drums + music * 10 ** (rng.uniform(-25, 5) / 20))


def match_music(rng: Rng, drums: Audio, backing: Backing) -> Audio:
    """As much of the music as there are drums, from one of its beats on, as loud as they are."""
    step = int(60 / backing.bpm * RATE)
    start = step * int(rng.integers(max(1, (backing.audio.size - drums.size) // step)))
    music = np.resize(backing.audio[start:], drums.size)
    return np.asarray(music * (rms(drums) or TYPICAL_MUSIC_LEVEL) / max(rms(music), 1e-6))


def rms(audio: Audio) -> float:
    return float(np.sqrt(np.mean(audio**2)))


def has_music(rng: Rng) -> bool:
    """Whether music is to play along: the first thing that a clip's generator decides."""
    return bool(rng.random() < 0.45)


def make_clip(rng: Rng, library: Library) -> RenderedClip:
    """A clip for training: anything may happen."""
    backing = None
    if has_music(rng) and library.backings:
        backing = library.backings[int(rng.integers(len(library.backings)))]
    strikes = choose_strikes(rng, library, backing.bpm if backing else None)
    if backing and rng.random() < 0.06:
        strikes = ()
    return render_clip(rng, strikes, select_kit(rng, library.kits), backing)


def make_plain_clip(rng: Rng, library: Library) -> RenderedClip:
    """A clip as a drum track usually is: a played groove on one kit, its hats half-open at times, no music.

    Thresholds for clean drums are chosen on these; the oddities of training clips are hard on
    purpose, and would make the transcriber too eager.
    """
    groove = library.grooves[int(rng.integers(len(library.grooves)))]
    strikes = vary_hats(rng, thin_pedal(rng, cut_excerpt(rng, groove, 1.0)), chance=0.25)
    return render_clip(rng, strikes, select_kit(rng, library.kits, borrow_chance=0.0), None)


def render_clip(
    rng: Rng, strikes: Sequence[Strike], pieces: Mapping[SampledSound, Piece], backing: Backing | None
) -> RenderedClip:
    stems, labels = render_stems(rng, strikes, pieces)
    stems[-1] += resonate(rng, stems, strikes, pieces, PREROLL)
    stems = place_in_room(rng, stems)[:, int(PREROLL * RATE) :]
    found = drop_masked(stems, keep_audible(labels))
    drums = master(rng, stems.sum(axis=0))
    audio = master(rng, add_music(rng, drums, backing), strength=0.4)
    return RenderedClip(set_level(rng, audio), stems[: len(STEMS)], found)


def set_level(rng: Rng, audio: Audio) -> Audio:
    """Peak between full scale and 20 dB below it."""
    peak = max(float(np.abs(audio).max(initial=0.0)), 1e-6)
    return np.asarray(audio * (10 ** (rng.uniform(-20, 0) / 20) / peak), dtype=np.float32)
