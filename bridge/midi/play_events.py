"""A clip as play events in order of position, in seconds of the clip or in beats."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bridge.midi import mpe
from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import Beats, Seconds

NOTE_ON, NOTE_OFF, CONTROL, BEND = 0x90, 0x80, 0xB0, 0xE0
STRAIGHT = 8192
BEND_RANGES = (2, 12, 24, 48)  # semitones
SHORTEST = 0.001

ToPosition = Callable[[Seconds], float]


@dataclass(frozen=True, slots=True)
class PlayEvent:
    """`message` is due at position `at`; a note-on sounds until the position `until`."""

    at: float
    message: bytes
    until: float = 0.0

    @property
    def starts_note(self) -> bool:
        return self.message[0] & 0xF0 == NOTE_ON


@dataclass(frozen=True, slots=True)
class PlayEvents:
    """The events of a clip. `prelude` is sent once before them; a loop begins again after `length`."""

    events: tuple[PlayEvent, ...]
    prelude: tuple[bytes, ...]
    length: float
    loop: bool
    musical: bool

    @property
    def note_count(self) -> int:
        return sum(step.starts_note for step in self.events)

    def first_after(self, position: float) -> int:
        """Index of the first event that lies behind `position`."""
        return bisect_right(self.events, position, key=lambda step: step.at)


@dataclass(frozen=True, slots=True)
class PlaySettings:
    """How a clip is played: `channel` 0-15 or the tracks' own, `parts` in lower case or all."""

    loop: bool = False
    musical: bool = False
    channel: int | None = None
    parts: frozenset[str] = frozenset()

    def play_events(self, clip: Clip) -> PlayEvents:
        tracks = [track for track in clip.tracks if not self.parts or track.name.casefold() in self.parts]
        place = clip.tempo_map.beats if self.musical else float
        length = _loop_length(clip, self.musical)
        if self.channel is not None or len(tracks) > 1:
            tracks = [replace(track, mpe=False) for track in tracks]  # an MPE part needs all channels
        events = (step for track in tracks for step in _track_events(track, self._channel(track), place))
        if self.loop:
            events = (replace(step, until=min(step.until, length)) for step in events if step.at < length)
        ordered = tuple(sorted(events, key=lambda step: (step.at, step.starts_note)))
        return PlayEvents(ordered, tuple(self._prelude(tracks)), length, self.loop, self.musical)

    def _channel(self, track: Track) -> int:
        return track.channel if self.channel is None else self.channel

    def _prelude(self, tracks: Iterable[Track]) -> Iterator[bytes]:
        for track in tracks:
            if track.mpe:
                yield from mpe.setup_messages()
            elif _has_bends(track):
                yield from mpe.set_parameter(self._channel(track), 0, _bend_range(track))


def _track_events(track: Track, channel: int, place: ToPosition) -> Iterator[PlayEvent]:
    if track.mpe:
        yield from _mpe_events(track, place)
        return
    bent = _has_bends(track)
    for note in track.notes:
        yield _note_event(note, channel, place)
        if bent:
            yield from _bend_events(note, channel, place, _bend_range(track))


def _mpe_events(track: Track, place: ToPosition) -> Iterator[PlayEvent]:
    channels = mpe.member_channels([(note.onset, note.onset + note.duration) for note in track.notes])
    for note, channel in zip(track.notes, channels, strict=True):
        yield _note_event(note, channel, place)
        yield from _bend_events(note, channel, place, mpe.BEND_RANGE)


def _note_event(note: ClipNote, channel: int, place: ToPosition) -> PlayEvent:
    end = Seconds(note.onset + max(note.duration, SHORTEST))
    return PlayEvent(place(note.onset), bytes((NOTE_ON | channel, note.pitch, note.velocity)), place(end))


def _bend_events(note: ClipNote, channel: int, place: ToPosition, semitones: int) -> Iterator[PlayEvent]:
    """A note starts straight, or with its own first bend."""
    if not note.bends or note.bends[0].time > note.onset:
        yield PlayEvent(place(note.onset), bend_message(channel, 0, semitones))
    for point in note.bends:
        yield PlayEvent(place(max(point.time, note.onset)), bend_message(channel, point.semitones, semitones))


def bend_message(channel: int, semitones: float, span: int) -> bytes:
    value = min(max(STRAIGHT + round(semitones / span * STRAIGHT), 0), 2 * STRAIGHT - 1)
    return bytes((BEND | channel, value & 0x7F, value >> 7))


def _has_bends(track: Track) -> bool:
    return any(note.bends for note in track.notes)


def _bend_range(track: Track) -> int:
    widest = max(abs(point.semitones) for note in track.notes for point in note.bends)
    return next((span for span in BEND_RANGES if widest <= span), BEND_RANGES[-1])


def _loop_length(clip: Clip, musical: bool) -> float:
    """A whole number of beats, so that the loop stays on the beat."""
    beats = Beats(max(1, round(clip.tempo_map.beats(clip.duration))))
    return beats if musical else clip.tempo_map.seconds(beats)


def all_off_messages(channel: int) -> Iterator[bytes]:
    """Sustain up, All Notes Off, All Sound Off, bend straight."""
    for control in (64, 123, 120):
        yield bytes((CONTROL | channel, control, 0))
    yield bend_message(channel, 0, 1)
