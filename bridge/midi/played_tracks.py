"""The tracks of a .mid for a client that has no MIDI parser: whole notes, and all other messages, in seconds."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.midi.file import track_messages
from bridge.midi.file_reader import TrackMessages, read_messages
from bridge.notes import Clip
from bridge.timebase import Seconds, TempoMap, Ticks

_NOTE_OFF, _NOTE_ON = 0x8, 0x9


@dataclass(frozen=True, slots=True)
class TrackNote:
    """A note as long as the file has it. `channel` counts from 1 as on a keyboard."""

    time: Seconds
    duration: Seconds
    pitch: int
    velocity: int
    channel: int


@dataclass(frozen=True, slots=True)
class PlayedTrack:
    """Notes by time, and what sounds with them: controllers, programs and bends, as the bytes of MIDI messages."""

    name: str
    notes: tuple[TrackNote, ...]
    messages: tuple[tuple[Seconds, bytes], ...]


def clip_tracks(clip: Clip) -> Iterator[PlayedTrack]:
    """What a DAW reads from the .mid of `clip`, which need not be written for it."""
    for track in track_messages(clip):
        yield _played_track(track, clip.tempo_map)


def file_tracks(data: bytes, name: str) -> Iterator[PlayedTrack]:
    """The same of the bytes of a file called `name`. Raises NotMidiError."""
    tempo_map, tracks = read_messages(data, name)
    for track in tracks:
        yield _played_track(track, tempo_map)


def _played_track(track: TrackMessages, tempo_map: TempoMap) -> PlayedTrack:
    """A note that is struck again before it ended ends there; one that never ends has no length."""
    second, messages = tempo_map.seconds_of_tick, []
    sounding: dict[tuple[int, int], int] = {}
    starts: list[tuple[Ticks, bytes]] = []
    ends: list[Ticks] = []
    for tick, data in track.messages:
        kind, channel = divmod(data[0], 16)
        if kind not in (_NOTE_OFF, _NOTE_ON):
            messages.append((second(tick), data))
            continue
        index = sounding.pop((channel, data[1]), None)
        if index is not None:
            ends[index] = tick
        if kind == _NOTE_ON and data[2]:
            sounding[channel, data[1]] = len(starts)
            starts.append((tick, data))
            ends.append(tick)
    notes = tuple(
        TrackNote(second(tick), Seconds(second(end) - second(tick)), on[1], on[2], on[0] % 16 + 1)
        for (tick, on), end in zip(starts, ends, strict=True)
    )
    return PlayedTrack(track.name, notes, tuple(messages))
