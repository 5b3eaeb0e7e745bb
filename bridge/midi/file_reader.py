"""A standard MIDI file as a clip: what a DAW wrote, or what we wrote, read back."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from operator import attrgetter
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from bridge.midi import mpe
from bridge.notes import Bend, Clip, ClipNote, Marker, Track
from bridge.timebase import PPQ, Meter, Seconds, TempoMap, Ticks


class NotMidiError(ValueError):
    """A file that cannot be read as MIDI. The text names it."""


class _TimedMessage(NamedTuple):
    tick: Ticks
    message: Any


def read(path: Path) -> Clip:
    """The notes of a .mid file of type 0 or 1, in seconds. Raises NotMidiError.

    Notes of one track on several channels become several tracks. Ticks are rescaled to 960 per quarter note.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotMidiError(f"{path.name} cannot be read as a MIDI file: {error}.") from None
    return parse(data, path.name)


class TrackMessages(NamedTuple):
    """A track of a .mid: its name, and its channel messages with their ticks in the file's order."""

    name: str
    messages: list[tuple[Ticks, bytes]]


def read_messages(data: bytes, name: str) -> tuple[TempoMap, list[TrackMessages]]:
    """The tempo map of a file called `name`, and every track that has channel messages. Raises NotMidiError."""
    tracks = _read_tracks(data, name)
    tempo_map = _tempo_map(sorted((m for track in tracks for m in track if m.message.is_meta), key=attrgetter("tick")))
    found = [TrackMessages(_track_name(track, ""), list(_channel_messages(track))) for track in tracks]
    return tempo_map, [track for track in found if track.messages]


def _channel_messages(track: Iterable[_TimedMessage]) -> Iterator[tuple[Ticks, bytes]]:
    for tick, message in track:
        if not message.is_meta and hasattr(message, "channel"):
            yield tick, bytes(message.bytes())


def parse(data: bytes, name: str) -> Clip:
    """The same of the bytes of a file called `name`."""
    return _clip(_read_tracks(data, name), PurePath(name).stem)


def _read_tracks(data: bytes, name: str) -> list[list[_TimedMessage]]:
    import mido

    try:
        file = mido.MidiFile(file=BytesIO(data))
    except (OSError, EOFError, ValueError, IndexError, KeyError) as error:
        raise NotMidiError(f"{name} cannot be read as a MIDI file: {error or 'it ends too early'}.") from None
    if file.ticks_per_beat <= 0 or file.type == 2:
        raise NotMidiError(f"{name} counts time in film frames or independent patterns, not in beats.")
    return [_add_ticks(track, PPQ / file.ticks_per_beat) for track in file.tracks]


def _add_ticks(track: Iterable[Any], scale: float) -> list[_TimedMessage]:
    out, now = [], 0
    for message in track:
        now += message.time
        out.append(_TimedMessage(Ticks(round(now * scale)), message))
    return out


def _clip(tracks: Sequence[list[_TimedMessage]], stem: str) -> Clip:
    metas = sorted((m for track in tracks for m in track if m.message.is_meta), key=attrgetter("tick"))
    tempo_map = _tempo_map(metas)
    end = max((track[-1].tick for track in tracks if track), default=Ticks(0))
    parts = tuple(part for track in tracks for part in _parts(track, tempo_map))
    markers = (m for m in metas if m.message.type == "marker")
    return Clip(
        name=_track_name(tracks[0], stem) if tracks else stem,
        tempo_map=tempo_map,
        tracks=parts,
        duration=tempo_map.seconds_of_tick(end),
        markers=tuple(Marker(tempo_map.seconds_of_tick(m.tick), _text(m.message.text)) for m in markers),
    )


def _tempo_map(metas: Iterable[_TimedMessage]) -> TempoMap:
    """Until told otherwise a .mid file plays at 120 bpm in 4/4. The last event of a tick holds."""
    tempi, meters = {Ticks(0): 500_000}, {Ticks(0): Meter(Ticks(0), 4)}
    for tick, message in metas:
        if message.type == "set_tempo":
            tempi[tick] = message.tempo
        elif message.type == "time_signature":
            meters[tick] = Meter(tick, message.numerator, message.denominator)
    return TempoMap.of(list(tempi.items()), list(meters.values()))


def _track_name(track: Iterable[_TimedMessage], otherwise: str) -> str:
    return next((_text(m.message.name) for m in track if m.message.type == "track_name"), otherwise)


def _text(raw: str) -> str:
    """mido reads a byte as a letter; put the letters of UTF-8 together where they are."""
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return raw


def _parts(track: list[_TimedMessage], tempo_map: TempoMap) -> Iterator[Track]:
    channels: defaultdict[int, list[_TimedMessage]] = defaultdict(list)
    for item in track:
        if not item.message.is_meta and hasattr(item.message, "channel"):
            channels[item.message.channel].append(item)
    if _is_mpe(channels.get(mpe.MASTER, ())):
        members = (_notes(items, tempo_map, mpe.BEND_RANGE) for channel, items in channels.items() if channel)
        notes = tuple(sorted((note for each in members for note in each), key=lambda note: (note.onset, note.pitch)))
        yield Track(_track_name(track, ""), mpe.MASTER, notes, mpe=True)
        return
    for channel, items in sorted(channels.items()):
        if notes := _notes(items, tempo_map):
            yield Track(_track_name(track, ""), channel, notes)


def _is_mpe(items: Iterable[_TimedMessage]) -> bool:
    """Whether these messages of the master channel make a zone of several channels."""
    selected = {101: 127, 100: 127}
    for message in (item.message for item in items if item.message.type == "control_change"):
        if message.control in selected:
            selected[message.control] = message.value
        elif message.control == 6 and message.value and mpe.is_zone((selected[101], selected[100])):
            return True
    return False


def _notes(items: Sequence[_TimedMessage], tempo_map: TempoMap, bend_range: int = 2) -> tuple[ClipNote, ...]:
    """Pair every note-on with the next note-off of its pitch; what is never ended ends with the track."""
    sounding: defaultdict[int, deque[_TimedMessage]] = defaultdict(deque)
    pairs: list[tuple[_TimedMessage, Ticks]] = []
    for item in items:
        kind = item.message.type
        if kind == "note_on" and item.message.velocity:
            sounding[item.message.note].append(item)
        elif kind in ("note_on", "note_off") and sounding[item.message.note]:
            pairs.append((sounding[item.message.note].popleft(), item.tick))
    pairs += [(on, items[-1].tick) for left in sounding.values() for on in left]
    bends = tuple(_read_bends(items, tempo_map, bend_range))
    notes = (_note(on, end, bends, tempo_map) for on, end in pairs)
    return tuple(sorted(notes, key=lambda note: (note.onset, note.pitch)))


def _note(on: _TimedMessage, end: Ticks, bends: Sequence[Bend], tempo_map: TempoMap) -> ClipNote:
    start, stop = tempo_map.seconds_of_tick(on.tick), tempo_map.seconds_of_tick(end)
    inside = tuple(bend for bend in bends if start <= bend.time < stop)
    straight = all(bend.semitones == 0 for bend in inside)
    velocity = on.message.velocity
    return ClipNote(on.message.note, start, Seconds(stop - start), velocity, () if straight else inside)


def _read_bends(items: Iterable[_TimedMessage], tempo_map: TempoMap, bend_range: int) -> Iterator[Bend]:
    """`bend_range` in semitones holds until another one is set."""
    selected = {101: 127, 100: 127}
    for tick, message in items:
        if message.type == "control_change" and message.control in selected:
            selected[message.control] = message.value
        elif message.type == "control_change" and message.control == 6 and not any(selected.values()):
            bend_range = message.value
        elif message.type == "pitchwheel":
            yield Bend(tempo_map.seconds_of_tick(tick), message.pitch / 8192 * bend_range)
