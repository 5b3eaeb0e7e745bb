"""A clip as a player wants it: steps in order of position, in seconds of the clip or in beats."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import Beats, Seconds

NOTE_ON, NOTE_OFF, CONTROL, BEND = 0x90, 0x80, 0xB0, 0xE0
STRAIGHT = 8192
BEND_RANGES = (2, 12, 24, 48)  # semitones
SHORTEST = 0.001

Place = Callable[[Seconds], float]


@dataclass(frozen=True, slots=True)
class Step:
    """`message` is due at position `at`; a note-on sounds until the position `until`."""

    at: float
    message: bytes
    until: float = 0.0

    @property
    def strikes(self) -> bool:
        return self.message[0] & 0xF0 == NOTE_ON


@dataclass(frozen=True, slots=True)
class Program:
    """Steps of a clip. `prelude` is sent once before them; a loop begins again after `length`."""

    steps: tuple[Step, ...]
    prelude: tuple[bytes, ...]
    length: float
    loop: bool
    musical: bool

    @property
    def notes(self) -> int:
        return sum(step.strikes for step in self.steps)

    def after(self, position: float) -> int:
        """Index of the first step that lies behind `position`."""
        return bisect_right(self.steps, position, key=lambda step: step.at)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a clip becomes a program: `channel` 0-15 or the tracks' own, `parts` in lower case or all."""

    loop: bool = False
    musical: bool = False
    channel: int | None = None
    parts: frozenset[str] = frozenset()

    def program(self, clip: Clip) -> Program:
        tracks = [track for track in clip.tracks if not self.parts or track.name.casefold() in self.parts]
        place = clip.tempo_map.beats if self.musical else float
        length = _loop_length(clip, self.musical)
        steps = (step for track in tracks for step in _steps(track, self._channel(track), place))
        if self.loop:
            steps = (replace(step, until=min(step.until, length)) for step in steps if step.at < length)
        ordered = tuple(sorted(steps, key=lambda step: (step.at, step.strikes)))
        return Program(ordered, tuple(self._prelude(tracks)), length, self.loop, self.musical)

    def _channel(self, track: Track) -> int:
        return track.channel if self.channel is None else self.channel

    def _prelude(self, tracks: Iterable[Track]) -> Iterator[bytes]:
        for track in tracks:
            if _bends(track):
                yield from _set_bend_range(self._channel(track), _bend_range(track))


def _steps(track: Track, channel: int, place: Place) -> Iterator[Step]:
    bent = _bends(track)
    for note in track.notes:
        yield _strike(note, channel, place)
        if bent:
            yield from _bend_steps(note, channel, place, _bend_range(track))


def _strike(note: ClipNote, channel: int, place: Place) -> Step:
    end = Seconds(note.onset + max(note.duration, SHORTEST))
    return Step(place(note.onset), bytes((NOTE_ON | channel, note.pitch, note.velocity)), place(end))


def _bend_steps(note: ClipNote, channel: int, place: Place, semitones: int) -> Iterator[Step]:
    """A note starts straight, or with its own first bend."""
    if not note.bends or note.bends[0].time > note.onset:
        yield Step(place(note.onset), bend(channel, 0, semitones))
    for point in note.bends:
        yield Step(place(max(point.time, note.onset)), bend(channel, point.semitones, semitones))


def bend(channel: int, semitones: float, span: int) -> bytes:
    value = min(max(STRAIGHT + round(semitones / span * STRAIGHT), 0), 2 * STRAIGHT - 1)
    return bytes((BEND | channel, value & 0x7F, value >> 7))


def _bends(track: Track) -> bool:
    return any(note.bends for note in track.notes)


def _bend_range(track: Track) -> int:
    widest = max(abs(point.semitones) for note in track.notes for point in note.bends)
    return next((span for span in BEND_RANGES if widest <= span), BEND_RANGES[-1])


def _set_bend_range(channel: int, semitones: int) -> Iterator[bytes]:
    """Registered parameter 0, one message each: JACK takes no running status."""
    for control, value in ((101, 0), (100, 0), (6, semitones), (38, 0)):
        yield bytes((CONTROL | channel, control, value))


def _loop_length(clip: Clip, musical: bool) -> float:
    """A whole number of beats, so that the loop stays on the beat."""
    beats = Beats(max(1, round(clip.tempo_map.beats(clip.duration))))
    return beats if musical else clip.tempo_map.seconds(beats)


def everything_off(channel: int) -> Iterator[bytes]:
    """Sustain up, All Notes Off, All Sound Off, bend straight."""
    for control in (64, 123, 120):
        yield bytes((CONTROL | channel, control, 0))
    yield bend(channel, 0, 1)
