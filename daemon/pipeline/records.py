"""What flows through the pipeline. Every record is frozen; arrays are float32, (channels, frames), 44.1 kHz.

Sound is handed on as a file in the stage cache, never as a whole array, so that a 30-minute song fits in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.timebase import Seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 44100  # Hz, of everything after decoding: what the published separators were trained at


class Part(StrEnum):
    """A stem of the song."""

    DRUMS = "drums"
    BASS = "bass"
    VOCALS = "vocals"
    OTHER = "other"
    GUITAR = "guitar"
    PIANO = "piano"


PITCHED_PARTS: tuple[Part, ...] = tuple(part for part in Part if part is not Part.DRUMS)


class Drum(StrEnum):
    """A stem of the drum kit."""

    KICK = "kick"
    SNARE = "snare"
    TOMS = "toms"
    HIHAT = "hihat"
    CYMBALS = "cymbals"


@dataclass(frozen=True, slots=True)
class Audio:
    """A float32 WAV or a FLAC file at 44.1 kHz in the stage cache. `frames` counts time steps of all `channels`.

    Times `gain` it is as loud as what the networks were trained on; stems have the gain of the song they are part of.
    """

    path: Path
    frames: int
    channels: int = 2
    rate: int = RATE
    gain: float = 1.0

    @property
    def duration(self) -> Seconds:
        return Seconds(self.frames / self.rate)

    def read(self, start: int = 0, frames: int | None = None) -> "NDArray[np.float32]":
        """(channels, frames) from `start`; shorter at the end of the file."""
        import numpy as np
        import soundfile

        stop = self.frames if frames is None else min(self.frames, start + frames)
        data, _ = soundfile.read(self.path, start=start, stop=stop, dtype="float32", always_2d=True)
        return np.ascontiguousarray(data.T)  # sums over interleaved channels are many times slower

    def blocks(self, frames: int = 1 << 20) -> "Iterator[NDArray[np.float32]]":
        """The whole file in order as (channels, <= frames) arrays."""
        for start in range(0, self.frames, frames):
            yield self.read(start, frames)


@dataclass(frozen=True, slots=True)
class Source:
    """What came in: the file as the user knows it, and its decoded sound. `digest` is SHA-256 of the file's bytes."""

    path: Path
    digest: str
    audio: Audio
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """The model a stage ran with: published name, SHA-256 of its weights ('' for plain signal processing), device."""

    name: str
    sha256: str = ""
    device: str = "cpu"


EMBEDDED_KIT = Weights("embedded")


@dataclass(frozen=True, slots=True)
class Stems:
    """The separated parts of a song. Only the parts that were asked for are there."""

    parts: dict[Part, Audio]
    model: Weights
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kit:
    """The drum stem taken apart. The five stems add up to the drum stem.

    `envelopes` is a .npy file of how loud each drum is, (drums, steps) as `velocity.envelope` gives them, where the
    splitter knows that better than its stems tell.
    """

    drums: dict[Drum, Audio]
    model: Weights
    remarks: tuple[str, ...] = ()
    envelopes: Path | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit before its level is known. `loudness` is the transcriber's own guess, 0..1.

    `finer` has the chances of finer labels, by which they may replace `label` from 0.5 on.
    """

    onset: float
    drum: Drum
    label: str
    strength: float
    confidence: float
    loudness: float
    finer: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One stroke. `label` is a name of bridge.drum_map; `level` is dB below full scale at the peak of the attack.

    `onset` is the attack in seconds of the source, never quantized. `strength` is the onset strength that found it
    (0..1, comparable within a drum), `confidence` how sure the label is (0..1).
    """

    id: int
    onset: Seconds
    drum: Drum
    label: str
    level: float
    velocity: int
    strength: float
    confidence: float
    cluster: int

    @property
    def lane(self) -> str:
        """Strokes of one drum take turns."""
        return self.drum


@dataclass(frozen=True, slots=True)
class Cluster:
    """Hits of one drum that sound alike: what a user relabels. `typical` is the id of a hit worth listening to."""

    id: int
    drum: Drum
    label: str
    confidence: float
    count: int
    velocity: float
    typical: int
    time: Seconds


@dataclass(frozen=True, slots=True)
class TimeSignature:
    """The meter from the downbeat at index `beat` of a grid's beats on."""

    beat: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class BeatGrid:
    """Beat times in seconds, the first of them at or after 0. `downbeats` are indices into `beats`.

    `bpm` is the median; `constant` says that one tempo describes the whole song; `confidence` is 0..1, and 0 means
    that no beat was found. `quarters` is the length of a beat in quarter notes, 0 where the meter says it. Where
    somebody told the meters, they stand in `meters`; else the downbeats show them.
    """

    beats: tuple[Seconds, ...]
    downbeats: tuple[int, ...]
    bpm: float
    numerator: int = 4
    denominator: int = 4
    constant: bool = True
    confidence: float = 1.0
    remarks: tuple[str, ...] = field(default=())
    quarters: float = 0.0
    meters: tuple[TimeSignature, ...] = ()


@dataclass(frozen=True, slots=True)
class StageFile:
    """A file of a stage, named in its record."""

    path: Path


@dataclass(frozen=True, slots=True)
class Drums:
    """All hits and candidates of the drum stem.

    `hits` hold the candidates too: hits whose strength is under their drum's entry in `thresholds`. They do not sound
    until somebody asks for more hits of that drum. `strokes` is the file by which corrections teach the personal ear.
    """

    hits: tuple[Hit, ...]
    clusters: tuple[Cluster, ...]
    thresholds: dict[Drum, float]
    remarks: tuple[str, ...] = ()
    strokes: StageFile | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DrumCandidates:
    """The drum candidates of a sound, and the file of the onset strength that placed it.

    `faint` are too weak to be shown; a personal ear may know better. `sounds` is the file of how each sounds, those of
    `candidates` first.
    """

    candidates: tuple[Candidate, ...]
    novelty: StageFile
    faint: tuple[Candidate, ...] = ()
    sounds: StageFile | None = None
