"""Drum sounds, and the transcriber's class of each."""

from dataclasses import dataclass
from enum import StrEnum


class SampledSound(StrEnum):
    """One playable sound of a kit; `OTHER` is percussion that the transcriber must learn to ignore."""

    KICK = "kick"
    SNARE = "snare"
    STICK = "stick"
    RIM = "rim"
    BRUSH = "brush"
    TOM1 = "tom1"
    TOM2 = "tom2"
    TOM3 = "tom3"
    TOM4 = "tom4"
    CLOSED = "closed"
    PEDAL = "pedal"
    FOOT_SPLASH = "footsplash"
    HALF1 = "half1"
    HALF2 = "half2"
    HALF3 = "half3"
    HALF4 = "half4"
    HALF5 = "half5"
    HALF6 = "half6"
    HALF7 = "half7"
    OPEN = "open"
    CRASH = "crash"
    CHINA = "china"
    SPLASH = "splash"
    RIDE = "ride"
    BELL = "bell"
    OTHER = "other"


CLASSES = ("kick", "snare", "toms", "closed", "open", "crash", "ride")
STEMS = ("kick", "snare", "toms", "hihat", "cymbals")
TOMS = (SampledSound.TOM1, SampledSound.TOM2, SampledSound.TOM3, SampledSound.TOM4)
HALVES = tuple(SampledSound(f"half{number}") for number in range(1, 8))
FEET = (SampledSound.PEDAL, SampledSound.FOOT_SPLASH)
HATS = (SampledSound.CLOSED, *FEET, *HALVES, SampledSound.OPEN)
CRASHES = (SampledSound.CRASH, SampledSound.CHINA, SampledSound.SPLASH)
RIDES = (SampledSound.RIDE, SampledSound.BELL)
CYMBALS = (*CRASHES, *RIDES)
SNARES = (SampledSound.SNARE, SampledSound.RIM, SampledSound.BRUSH, SampledSound.STICK)

CLASS_OF = {
    SampledSound.KICK: 0,
    **dict.fromkeys(SNARES, 1),
    **dict.fromkeys(TOMS, 2),
    **dict.fromkeys((SampledSound.CLOSED, SampledSound.PEDAL, *HALVES[:3]), 3),
    **dict.fromkeys((*HALVES[3:], SampledSound.OPEN, SampledSound.FOOT_SPLASH), 4),
    **dict.fromkeys(CRASHES, 5),
    **dict.fromkeys(RIDES, 6),
}
STEM_OF_CLASS = (0, 1, 2, 3, 3, 4, 4)
OPENINGS = {
    SampledSound.CLOSED: 0.0,
    **{sound: number / 8 for number, sound in enumerate(HALVES, start=1)},
    SampledSound.OPEN: 1.0,
}
"""How far a hat is open when it is struck, 0 to 1; the foot's own sounds have no number."""

ARTICULATION_SOUNDS = (
    SampledSound.PEDAL,
    SampledSound.FOOT_SPLASH,
    SampledSound.BELL,
    SampledSound.CHINA,
    SampledSound.SPLASH,
    SampledSound.STICK,
    SampledSound.RIM,
    SampledSound.BRUSH,
)
ARTICULATIONS = ("pedal_hihat", "foot_splash", "ride_bell", "china", "splash", "side_stick", "rimshot", "brush")
STEM_OF_ARTICULATION = (3, 3, 4, 4, 4, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Strike:
    """One hit as played: `time` in seconds, `velocity` 1-127; choked by hand after `length` seconds, 0 for never."""

    time: float
    sound: SampledSound
    velocity: float
    length: float = 0.0


GENERAL_MIDI = {
    **dict.fromkeys((35, 36), SampledSound.KICK),
    38: SampledSound.SNARE,
    40: SampledSound.RIM,
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
