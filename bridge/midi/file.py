"""A clip as a standard MIDI file of type 1, and back.

The bytes are put together here because a relabelled song is written while the user waits, and a message
object per event takes several times as long. Names are UTF-8: plain ASCII names look the same everywhere, and
no other choice holds all of them.
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from operator import attrgetter, itemgetter
from typing import NamedTuple

from bridge.midi.reading import NotMidiError, read
from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import PPQ, Meter, Seconds, TempoMap

__all__ = ["NotMidiError", "read", "to_bytes"]

_OFF, _BEND, _ON = range(3)  # at one tick a note ends before the next one is bent or struck
_BEND_RANGES = (2, 12, 24)  # semitones; 2 is what an instrument expects unless told
_RELEASE = 64


class _Event(NamedTuple):
    tick: int
    order: int
    data: bytes


class _Span(NamedTuple):
    start: int
    end: int
    note: ClipNote


def to_bytes(clip: Clip) -> bytes:
    """The file for `clip`: a conductor track, then one track per part. Equal clips give equal bytes."""
    tracks = [_conductor(clip), *(_part(track, clip.tempo_map) for track in clip.tracks)]
    end = max(clip.tempo_map.ticks(clip.duration), max(max(map(itemgetter(0), track)) for track in tracks))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), PPQ)
    return header + b"".join(_chunk(track, end) for track in tracks)


def _chunk(events: list[_Event], end: int) -> bytes:
    body = bytearray()
    now = 0
    for tick, _, data in sorted(events, key=itemgetter(0, 1)):
        delta, now = tick - now, tick
        body += bytes((delta,)) if delta < 128 else _variable(delta)
        body += data
    body += _variable(end - now) + b"\xff\x2f\x00"
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def _variable(number: int) -> bytes:
    """Seven bits a byte, the highest first; all but the last have bit 7 set."""
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(0x80 | number & 0x7F)
    return bytes(reversed(out))


def _meta(kind: int, data: bytes) -> bytes:
    return b"\xff" + bytes((kind,)) + _variable(len(data)) + data


def _name(text: str) -> _Event:
    return _Event(0, -1, _meta(0x03, text.encode("utf-8", "replace")))


def _conductor(clip: Clip) -> list[_Event]:
    tempo_map = clip.tempo_map
    meters = (_Event(m.tick, _OFF, _meta(0x58, _time_signature(m))) for m in tempo_map.meters)
    tempi = (_Event(p.tick, _BEND, _meta(0x51, p.microseconds.to_bytes(3, "big"))) for p in tempo_map.points)
    markers = (
        _Event(max(0, tempo_map.ticks(m.time)), _ON, _meta(0x06, m.text.encode("utf-8", "replace")))
        for m in clip.markers
    )
    return [_name(clip.name), *meters, *tempi, *markers]


def _time_signature(meter: Meter) -> bytes:
    """Numerator, denominator as a power of two, MIDI clocks per beat, 32nd notes per quarter note."""
    return bytes((meter.numerator, meter.denominator.bit_length() - 1, max(1, 96 // meter.denominator), 8))


def _part(track: Track, tempo_map: TempoMap) -> list[_Event]:
    spans = _spans(track.notes, tempo_map)
    bends = _bends(track.channel, spans, tempo_map) if any(span.note.bends for span in spans) else []
    on, off = 0x90 | track.channel, 0x80 | track.channel
    notes = chain.from_iterable(
        (
            _Event(start, _ON, bytes((on, note.pitch, note.velocity))),
            _Event(end, _OFF, bytes((off, note.pitch, _RELEASE))),
        )
        for start, end, note in spans
    )
    return [_name(track.name), *bends, *notes]


def _spans(notes: Sequence[ClipNote], tempo_map: TempoMap) -> list[_Span]:
    """Ticks of every note that is heard, by start: none is empty, none lasts into the next one of its pitch.

    Of two strokes of a pitch on the same tick the louder one stays.
    """
    strokes: dict[tuple[int, int], _Span] = {}
    for note in sorted(notes, key=attrgetter("velocity")):
        span = _span(note, tempo_map)
        strokes[note.pitch, span.start] = span
    keys = sorted(strokes)
    spans = [_cut(strokes[key], key, following) for key, following in pairwise([*keys, (128, 0)])]
    return sorted(spans, key=lambda span: (span.start, span.note.pitch))


def _span(note: ClipNote, tempo_map: TempoMap) -> _Span:
    start = tempo_map.ticks(note.onset)
    end = tempo_map.ticks(Seconds(note.onset + note.duration))
    return _Span(start, end, note) if 0 <= start < end else _Span(max(0, start), max(0, start) + 1, note)


def _cut(span: _Span, key: tuple[int, int], following: tuple[int, int]) -> _Span:
    """End one tick before the next stroke of the same pitch."""
    if following[0] != key[0] or span.end < following[1]:
        return span
    return span._replace(end=max(span.start + 1, following[1] - 1))


def _bends(channel: int, spans: Sequence[_Span], tempo_map: TempoMap) -> list[_Event]:
    """The bend range (RPN 0), then every bend inside its note; a note without one starts straight."""
    widest = max(abs(bend.semitones) for span in spans for bend in span.note.bends)
    semitones = next((r for r in _BEND_RANGES if widest <= r), _BEND_RANGES[-1])
    return [
        _Event(0, _OFF, _bend_range(channel, semitones)),
        *_bend_events(channel, spans, semitones, tempo_map),
    ]


def _bend_events(
    channel: int, spans: Sequence[_Span], semitones: int, tempo_map: TempoMap
) -> Iterator[_Event]:
    straight = _bend(channel, 0.0, semitones)
    bent = False
    for span in spans:
        if bent:
            yield _Event(span.start, _BEND, straight)
        bent = bool(span.note.bends)
        for bend in span.note.bends:
            tick = min(max(tempo_map.ticks(bend.time), span.start), span.end - 1)
            yield _Event(tick, _BEND, _bend(channel, bend.semitones, semitones))


def _bend_range(channel: int, semitones: int) -> bytes:
    """Select RPN 0, set it, and select none again; a zero delta time stands between the messages."""
    control = 0xB0 | channel
    pairs = ((101, 0), (100, 0), (6, semitones), (38, 0), (101, 127), (100, 127))
    return b"\x00".join(bytes((control, *pair)) for pair in pairs)


def _bend(channel: int, semitones: float, bend_range: int) -> bytes:
    value = min(max(round(8192 + 8192 * semitones / bend_range), 0), 16383)
    return bytes((0xE0 | channel, value & 0x7F, value >> 7))
