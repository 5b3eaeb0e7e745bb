"""What leaves for a DAW: notes on a clip, in seconds of the source, with the tempo map that places them."""

from dataclasses import dataclass, field

from bridge.timebase import Seconds, TempoMap

DRUM_CHANNEL = 9  # counted from 0: "channel 10" to a musician


@dataclass(frozen=True, slots=True)
class Bend:
    """A pitch bend of `semitones` at `time` seconds."""

    time: Seconds
    semitones: float


@dataclass(frozen=True, slots=True)
class ClipNote:
    """One MIDI note. pitch 0-127, velocity 1-127, times in seconds from the start of the source."""

    pitch: int
    onset: Seconds
    duration: Seconds
    velocity: int
    bends: tuple[Bend, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.pitch <= 127:
            raise ValueError(f"a MIDI note is 0 to 127, not {self.pitch}")
        if not 1 <= self.velocity <= 127:
            raise ValueError(f"a velocity is 1 to 127, not {self.velocity}")


@dataclass(frozen=True, slots=True)
class Marker:
    time: Seconds
    text: str


@dataclass(frozen=True, slots=True)
class KeySignature:
    """-7 to 7 sharps, flats counted below 0."""

    sharps: int
    minor: bool


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one part, sorted by onset. channel counts from 0; with `mpe` every note has one of its own."""

    name: str
    channel: int
    notes: tuple[ClipNote, ...]
    mpe: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """Everything a .mid file, a MIDI port or a DAW needs to play one transcription."""

    name: str
    tempo_map: TempoMap
    tracks: tuple[Track, ...]
    duration: Seconds
    markers: tuple[Marker, ...] = field(default=())
    key: KeySignature | None = None
