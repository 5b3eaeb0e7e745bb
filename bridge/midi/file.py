"""A clip as a standard MIDI file of type 1, and back.

The bytes are put together here because a relabelled song is written while the user waits, and a message
object per event takes several times as long. Names are UTF-8: plain ASCII names look the same everywhere, and
no other choice holds all of them.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from bridge.midi import mpe
from bridge.midi.file_reader import NotMidiError, TrackMessages, read
from bridge.notes import Clip, ClipNote, KeySignature, Track
from bridge.timebase import PPQ, Meter, TempoMap, Ticks

__all__ = ["NotMidiError", "read", "to_bytes", "to_files", "track_messages"]

_OFF, _BEND, _ON = range(3)  # at one tick a note ends before the next one is bent or struck
_BEND_RANGES = (2, 12, 24)  # semitones; 2 is what an instrument expects unless told
_RELEASE = 64
_MARKER_KINDS = (0x06, 0x01)  # a marker, and the same as text: some hosts show only the one, some only the other
_NEVER = 1 << 62  # ticks

# Where in the file (three times the tick, plus the order within it) and what: a plain tuple, for speed.
_Event = tuple[int, bytes]
_Stroke = tuple[int, int, ClipNote]  # first tick, last tick, note
_Body = tuple[bytes, int]  # the events of a track as they are written, and the tick of the last one


def to_bytes(clip: Clip) -> bytes:
    """The file for `clip`: a conductor track, then one track per part. Equal clips give equal bytes."""
    return to_files([clip])[0]


def to_files(clips: Sequence[Clip]) -> list[bytes]:
    """The file for each clip; a track that is in several of them, on one tempo map, is put together once."""
    known: dict[tuple[int, int], _Body] = {}
    return [_file(clip, known) for clip in clips]


def _file(clip: Clip, known: dict[tuple[int, int], _Body]) -> bytes:
    tracks = [_body([], _in_order(_conductor(clip)))]
    for track in clip.tracks:
        same = id(track), id(clip.tempo_map)
        if same not in known:
            known[same] = _body([_track_name(track.name)], _messages(track, clip.tempo_map))
        tracks.append(known[same])
    end = max(clip.tempo_map.ticks(clip.duration), *(last for _, last in tracks))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), PPQ)
    return header + b"".join(_chunk(body, end - last) for body, last in tracks)


def track_messages(clip: Clip) -> Iterator[TrackMessages]:
    """What `to_bytes` puts into the track of each part: ticks and MIDI messages, in the file's order."""
    for track in clip.tracks:
        yield TrackMessages(track.name, [(Ticks(tick), data) for tick, data in _messages(track, clip.tempo_map)])


def _event(tick: int, order: int, data: bytes) -> _Event:
    return 3 * max(0, tick) + order, data


def _in_order(events: Iterable[_Event]) -> Iterator[tuple[int, bytes]]:
    """Ticks and messages as the file has them."""
    return ((place // 3, data) for place, data in sorted(events, key=itemgetter(0)))


def _body(name: Iterable[_Event], messages: Iterable[tuple[int, bytes]]) -> _Body:
    """The bytes of a track, and the tick of its last message."""
    body = [b"\x00" + data for _, data in name]
    now = 0
    for tick, data in messages:
        body.append(_variable(tick - now))
        body.append(data)
        now = tick
    return b"".join(body), now


def _chunk(body: bytes, rest: int) -> bytes:
    body += _variable(rest) + b"\xff\x2f\x00"
    return struct.pack(">4sI", b"MTrk", len(body)) + body


@lru_cache(1 << 14)
def _variable(number: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last have bit 7 set."""
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(0x80 | number & 0x7F)
    return bytes(reversed(out))


def _meta(kind: int, data: bytes) -> bytes:
    return b"\xff" + bytes((kind,)) + _variable(len(data)) + data


def _track_name(text: str) -> _Event:
    return _event(0, _OFF, _meta(0x03, _encode_text(text)))


def _encode_text(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _conductor(clip: Clip) -> list[_Event]:
    tempo_map = clip.tempo_map
    meters = (_event(m.tick, _OFF, _meta(0x58, _time_signature(m))) for m in tempo_map.meters)
    tempi = (_event(p.tick, _BEND, _meta(0x51, p.microseconds.to_bytes(3, "big"))) for p in tempo_map.points)
    markers = (
        _event(tempo_map.ticks(marker.time), _ON, _meta(kind, _encode_text(marker.text)))
        for marker in clip.markers
        for kind in _MARKER_KINDS
    )
    keys = [] if clip.key is None else [_event(0, _OFF, _meta(0x59, _key_signature(clip.key)))]
    return [_track_name(clip.name), *meters, *keys, *tempi, *markers]


def _key_signature(key: KeySignature) -> bytes:
    return struct.pack("bb", key.sharps, key.minor)


def _time_signature(meter: Meter) -> bytes:
    """Numerator, denominator as a power of two, MIDI clocks per beat, 32nd notes per quarter note."""
    return bytes((meter.numerator, meter.denominator.bit_length() - 1, max(1, 96 // meter.denominator), 8))


def _messages(track: Track, tempo_map: TempoMap) -> Iterator[tuple[int, bytes]]:
    """Ticks and messages of a part, in the file's order."""
    if not track.mpe and not any(note.bends for note in track.notes):
        return _plain_messages(track, tempo_map)
    strokes = _strokes(track.notes, tempo_map)
    if track.mpe:
        return _in_order(_mpe_events(strokes, tempo_map))
    on, off = 0x90 | track.channel, 0x80 | track.channel
    bent = any(note.bends for _, _, note in strokes)
    return _in_order(
        [
            *(_bends(track.channel, strokes, tempo_map) if bent else ()),
            *((3 * start + _ON, bytes((on, note.pitch, note.velocity))) for start, _, note in strokes),
            *((3 * end + _OFF, bytes((off, note.pitch, _RELEASE))) for _, end, note in strokes),
        ]
    )


def _plain_messages(track: Track, tempo_map: TempoMap) -> Iterator[tuple[int, bytes]]:
    """The same for notes without bends, each event one number whose bits say tick, on, pitch and velocity.

    Numbers sort several times as fast as tuples, and the collector of garbage passes them over.
    """
    known: dict[int, bytes] = {}
    for event in sorted(_plain_events(track.notes, tempo_map)):
        low = event & 0x7FFF
        if low not in known:
            status = 0x90 if low & _ON_BIT else 0x80
            known[low] = bytes((status | track.channel, low >> 7 & 0x7F, low & 0x7F))
        yield event >> 15, known[low]


_ON_BIT = 1 << 14


def _plain_events(notes: Sequence[ClipNote], tempo_map: TempoMap) -> list[int]:
    """As `_strokes`, on and off of each note."""
    events: list[int] = []
    held: dict[int, int] = {}  # what sounds, by pitch: its start, velocity and end
    loudness: dict[int, int] = {}
    ends: dict[int, int] = {}
    for start, end, pitch, velocity in _rising_notes(notes, tempo_map):
        before = held.get(pitch, -1)
        if before == start and loudness[pitch] > velocity:
            continue
        if -1 < before < start:
            events.append(before << 15 | _ON_BIT | pitch << 7 | loudness[pitch])
            last = min(ends[pitch], start - 1)
            events.append((last if last > before else before + 1) << 15 | pitch << 7 | _RELEASE)
        held[pitch], loudness[pitch], ends[pitch] = start, velocity, end
    for pitch, start in held.items():
        events.append(start << 15 | _ON_BIT | pitch << 7 | loudness[pitch])
        events.append(max(start + 1, ends[pitch]) << 15 | pitch << 7 | _RELEASE)
    return events


def _rising_notes(notes: Sequence[ClipNote], tempo_map: TempoMap) -> Iterable[tuple[int, int, int, int]]:
    """First tick, last tick, pitch and velocity by the first tick."""
    starts = [max(0, tick) for tick in tempo_map.all_ticks([note.onset for note in notes])]
    ends = tempo_map.all_ticks([note.onset + note.duration for note in notes])
    pitches, velocities = [note.pitch for note in notes], [note.velocity for note in notes]
    found = zip(starts, ends, pitches, velocities, strict=True)
    return found if starts == sorted(starts) else sorted(found, key=itemgetter(0))


def _mpe_events(strokes: Sequence[_Stroke], tempo_map: TempoMap) -> Iterator[_Event]:
    """The zone, then every note on a channel of its own with its bends."""
    yield from (_event(0, _OFF, message) for message in mpe.setup_messages())
    ordered = sorted(strokes, key=itemgetter(0))
    channels = mpe.member_channels([(start, end) for start, end, _ in ordered])
    for (start, end, note), channel in zip(ordered, channels, strict=True):
        yield _event(start, _ON, bytes((0x90 | channel, note.pitch, note.velocity)))
        yield _event(end, _OFF, bytes((0x80 | channel, note.pitch, _RELEASE)))
        bends = [(min(max(tempo_map.ticks(bend.time), start), end - 1), bend) for bend in note.bends]
        if not bends or bends[0][0] > start:
            yield _event(start, _BEND, _bend_message(channel, 0.0, mpe.BEND_RANGE))
        for tick, bend in bends:
            yield _event(tick, _BEND, _bend_message(channel, bend.semitones, mpe.BEND_RANGE))


def _strokes(notes: Sequence[ClipNote], tempo_map: TempoMap) -> list[_Stroke]:
    """The notes that are heard, by pitch: none is empty, none lasts into the next one of its pitch.

    Of two strokes of a pitch on the same tick the louder one stays.
    """
    starts = tempo_map.all_ticks([note.onset for note in notes])
    ends = tempo_map.all_ticks([note.onset + note.duration for note in notes])
    voices: dict[int, dict[int, tuple[int, ClipNote]]] = {note.pitch: {} for note in notes}
    for start, end, note in zip(starts, ends, notes, strict=True):
        voice, first = voices[note.pitch], max(0, start)
        if first not in voice or voice[first][1].velocity <= note.velocity:
            voice[first] = end, note
    return [stroke for pitch in sorted(voices) for stroke in _cut_overlaps(voices[pitch])]


def _cut_overlaps(voice: dict[int, tuple[int, ClipNote]]) -> Iterator[_Stroke]:
    """The notes of one pitch, first tick -> (last tick, note), in order and cut where the next one starts."""
    for start, limit in pairwise([*sorted(voice), _NEVER]):
        end, note = voice[start]
        yield start, max(start + 1, min(end, limit - 1)), note


def _bends(channel: int, strokes: Sequence[_Stroke], tempo_map: TempoMap) -> Iterator[_Event]:
    """The bend range (RPN 0), then every bend inside its note; a note without one starts straight."""
    widest = max(abs(bend.semitones) for _, _, note in strokes for bend in note.bends)
    semitones = next((r for r in _BEND_RANGES if widest <= r), _BEND_RANGES[-1])
    yield from (_event(0, _OFF, message) for message in mpe.set_parameter(channel, 0, semitones))
    bent = False
    for start, end, note in sorted(strokes, key=itemgetter(0)):
        if bent:
            yield _event(start, _BEND, _bend_message(channel, 0.0, semitones))
        bent = bool(note.bends)
        for bend in note.bends:
            tick = min(max(tempo_map.ticks(bend.time), start), end - 1)
            yield _event(tick, _BEND, _bend_message(channel, bend.semitones, semitones))


def _bend_message(channel: int, semitones: float, bend_range: int) -> bytes:
    value = min(max(round(8192 + 8192 * semitones / bend_range), 0), 16383)
    return bytes((0xE0 | channel, value & 0x7F, value >> 7))
