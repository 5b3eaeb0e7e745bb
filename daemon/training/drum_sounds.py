"""Drum sounds, and the transcriber's class of each."""

from dataclasses import dataclass
from enum import StrEnum


class SampledSound(StrEnum):
    """One playable sound of a kit; `OTHER` is percussion that the transcriber must learn to ignore."""

    KICK = "kick"
    SNARE = "snare"
    STICK = "stick"
    TOM1 = "tom1"
    TOM2 = "tom2"
    TOM3 = "tom3"
    TOM4 = "tom4"
    CLOSED = "closed"
    PEDAL = "pedal"
    OPEN = "open"
    CRASH = "crash"
    RIDE = "ride"
    BELL = "bell"
    OTHER = "other"


CLASSES = ("kick", "snare", "toms", "closed", "open", "crash", "ride")
STEMS = ("kick", "snare", "toms", "hihat", "cymbals")
TOMS = (SampledSound.TOM1, SampledSound.TOM2, SampledSound.TOM3, SampledSound.TOM4)
HATS = (SampledSound.CLOSED, SampledSound.PEDAL, SampledSound.OPEN)
CYMBALS = (SampledSound.CRASH, SampledSound.RIDE, SampledSound.BELL)

CLASS_OF = {
    SampledSound.KICK: 0,
    SampledSound.SNARE: 1,
    SampledSound.STICK: 1,
    SampledSound.TOM1: 2,
    SampledSound.TOM2: 2,
    SampledSound.TOM3: 2,
    SampledSound.TOM4: 2,
    SampledSound.CLOSED: 3,
    SampledSound.PEDAL: 3,
    SampledSound.OPEN: 4,
    SampledSound.CRASH: 5,
    SampledSound.RIDE: 6,
    SampledSound.BELL: 6,
}
STEM_OF_CLASS = (0, 1, 2, 3, 3, 4, 4)


@dataclass(frozen=True, slots=True)
class Strike:
    """One hit as played: `time` in seconds, `velocity` 1-127."""

    time: float
    sound: SampledSound
    velocity: float


GENERAL_MIDI = {
    **dict.fromkeys((35, 36), SampledSound.KICK),
    **dict.fromkeys((38, 40), SampledSound.SNARE),
    37: SampledSound.STICK,
    **dict.fromkeys((48, 50), SampledSound.TOM1),
    **dict.fromkeys((45, 47), SampledSound.TOM2),
    43: SampledSound.TOM3,
    **dict.fromkeys((41, 58), SampledSound.TOM4),
    **dict.fromkeys((42, 22), SampledSound.CLOSED),
    44: SampledSound.PEDAL,
    **dict.fromkeys((46, 26), SampledSound.OPEN),
    **dict.fromkeys((49, 52, 55, 57), SampledSound.CRASH),
    **dict.fromkeys((51, 59), SampledSound.RIDE),
    53: SampledSound.BELL,
}
"""MIDI note to sound; 22, 26 and 58 are edge and rim notes of the Groove MIDI Dataset."""
