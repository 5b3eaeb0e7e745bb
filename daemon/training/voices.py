"""What a drummer can strike, and which of the ear's classes each sound belongs to."""

from dataclasses import dataclass
from enum import StrEnum


class Voice(StrEnum):
    """One playable sound of a kit; `OTHER` is percussion that the ear must learn to ignore."""

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
TOMS = (Voice.TOM1, Voice.TOM2, Voice.TOM3, Voice.TOM4)
HATS = (Voice.CLOSED, Voice.PEDAL, Voice.OPEN)
CYMBALS = (Voice.CRASH, Voice.RIDE, Voice.BELL)

CLASS_OF = {
    Voice.KICK: 0,
    Voice.SNARE: 1,
    Voice.STICK: 1,
    Voice.TOM1: 2,
    Voice.TOM2: 2,
    Voice.TOM3: 2,
    Voice.TOM4: 2,
    Voice.CLOSED: 3,
    Voice.PEDAL: 3,
    Voice.OPEN: 4,
    Voice.CRASH: 5,
    Voice.RIDE: 6,
    Voice.BELL: 6,
}
STEM_OF_CLASS = (0, 1, 2, 3, 3, 4, 4)


@dataclass(frozen=True, slots=True)
class Strike:
    """One hit as played: `time` in seconds, `velocity` 1-127."""

    time: float
    voice: Voice
    velocity: float


GENERAL_MIDI = {
    **dict.fromkeys((35, 36), Voice.KICK),
    **dict.fromkeys((38, 40), Voice.SNARE),
    37: Voice.STICK,
    **dict.fromkeys((48, 50), Voice.TOM1),
    **dict.fromkeys((45, 47), Voice.TOM2),
    43: Voice.TOM3,
    **dict.fromkeys((41, 58), Voice.TOM4),
    **dict.fromkeys((42, 22), Voice.CLOSED),
    44: Voice.PEDAL,
    **dict.fromkeys((46, 26), Voice.OPEN),
    **dict.fromkeys((49, 52, 55, 57), Voice.CRASH),
    **dict.fromkeys((51, 59), Voice.RIDE),
    53: Voice.BELL,
}
"""MIDI note to voice; 22, 26 and 58 are edge and rim notes of the Groove MIDI Dataset."""
