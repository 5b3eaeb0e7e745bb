"""A REAPER project: the song and its stems on tracks, the notes as MIDI items, tempo map, chords as regions, colours.

The state chunks are those that REAPER's own files and ReaTeam/Doc's "State Chunk Definitions" show.
"""

from collections.abc import Iterator
from io import BytesIO
from uuid import NAMESPACE_URL, uuid5

from bridge.drum_labels import SOUNDS
from bridge.midi import file
from bridge.notes import DRUM_CHANNEL, Clip, Track
from bridge.timebase import PPQ, Seconds, TempoMap
from daemon.outlets.exports.project import (
    Colour,
    ProjectSound,
    chord_regions,
    colour_of,
    project_clip,
    project_markers,
    project_sounds,
)
from daemon.outlets.exports.song import ExportSong

_SOURCES = {".mp3": "MP3", ".flac": "FLAC", ".ogg": "VORBIS", ".opus": "VORBIS", ".m4a": "VIDEO", ".mp4": "VIDEO"}
_CUSTOM = 0x1000000  # the flag by which REAPER shows a colour of the track's own
_SQUARE = 1  # a tempo that holds until the next point
_REGION = 1


def to_bytes(song: ExportSong) -> bytes:
    clip, length = project_clip(song), song.arrangement.duration
    first, meter = clip.tempo_map.points[0], clip.tempo_map.meters[0]
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        f"  TEMPO {first.bpm:.10f} {meter.numerator} {meter.denominator}",
        "  SAMPLERATE 44100 0 0",
        *_markers(song, clip),
        *_tempo_points(clip.tempo_map),
        *(line for sound in project_sounds(song) for line in _sound_track(sound, length)),
        *(line for track in clip.tracks for line in _note_track(song, clip, track, length)),
        ">",
        "",
    ]
    return "\r\n".join(lines).encode("utf-8")


def _markers(song: ExportSong, clip: Clip) -> Iterator[str]:
    number = 0
    for number, marker in enumerate(project_markers(song, clip), 1):
        yield f"  MARKER {number} {marker.time:.9f} {_quote(marker.text)} 0"
    colour = _colour(colour_of("chords"))
    for index, region in enumerate(chord_regions(song), number + 1):
        guid = _guid("region", index)
        yield f"  MARKER {index} {region.start:.9f} {_quote(region.name)} {_REGION} {colour} 1 R {guid}"
        yield f'  MARKER {index} {region.end:.9f} "" {_REGION}'


def _tempo_points(times: TempoMap) -> Iterator[str]:
    """A point for each tempo, and for each change of meter: numerator and denominator stand in one number."""
    meters = {meter.tick: meter for meter in times.meters}
    tempi = {point.tick: point for point in times.points}
    yield "  <TEMPOENVEX"
    yield "    ACT 1 -1"
    yield "    VIS 1 0 1"
    yield "    DEFSHAPE 1 -1 -1"
    bpm = times.points[0].bpm
    for tick in sorted({*meters, *tempi}):
        bpm = tempi[tick].bpm if tick in tempi else bpm
        meter = f" {65536 * meters[tick].denominator + meters[tick].numerator}" if tick in meters else ""
        yield f"    PT {times.seconds_of_tick(tick):.12f} {bpm:.10f} {_SQUARE}{meter}"
    yield "  >"


def _sound_track(sound: ProjectSound, length: float) -> Iterator[str]:
    kind = _SOURCES.get(sound.file.suffix.lower(), "WAVE")
    source = [f"<SOURCE {kind}", f"  FILE {_quote(sound.path)}", ">"]
    item = _item(sound.name, length, source, sound.skip)
    yield from _track(sound.name, sound.colour, item, muted=sound.muted)


def _note_track(song: ExportSong, clip: Clip, track: Track, length: float) -> Iterator[str]:
    source = ["<SOURCE MIDI", f"  HASDATA 1 {PPQ} QN", *(f"  {line}" for line in _events(clip, track, length)), ">"]
    rows = _note_names(song) if track.channel == DRUM_CHANNEL else []
    yield from _track(f"{track.name} MIDI", colour_of(track.name), _item(track.name, length, source), rows)


def _track(
    name: str, colour: Colour, item: list[str], rows: list[str] | None = None, muted: bool = False
) -> Iterator[str]:
    yield f"  <TRACK {_guid('track', name)}"
    yield f"    NAME {_quote(name)}"
    yield f"    PEAKCOL {_colour(colour)}"
    yield f"    MUTESOLO {int(muted)} 0 0"
    yield from (f"    {line}" for line in (*(rows or []), *item))
    yield "  >"


def _item(name: str, length: float, source: list[str], skip: float = 0.0) -> list[str]:
    head = ["POSITION 0", f"LENGTH {length:.9f}", "LOOP 0", f"NAME {_quote(name)}", f"SOFFS {skip:.9f}"]
    return ["<ITEM", *(f"  {line}" for line in (*head, f"GUID {_guid('item', name)}", *source)), ">"]


def _note_names(song: ExportSong) -> list[str]:
    """The drums by name in the piano roll, on all channels."""
    names = {note: SOUNDS[label].name for label, note in song.drum_map.notes.items()}
    return ["<MIDINOTENAMES", *(f"  -1 {note} {_quote(names[note])} 0 {note}" for note in sorted(names)), ">"]


def _events(clip: Clip, track: Track, length: float) -> Iterator[str]:
    """The messages of the track's .mid with the ticks since the one before; the last one ends the item."""
    import mido

    alone = Clip(clip.name, clip.tempo_map, (track,), clip.duration)
    now = waited = 0
    for message in mido.MidiFile(file=BytesIO(file.to_bytes(alone))).tracks[1]:
        now, waited = now + message.time, waited + message.time
        if not message.is_meta:
            yield f"E {waited} {message.hex().lower()}"
            waited = 0
    end = max(now, clip.tempo_map.ticks(Seconds(length)))
    yield f"E {end - now + waited} b0 7b 00"


def _colour(colour: Colour) -> int:
    red, green, blue = colour
    return _CUSTOM | blue << 16 | green << 8 | red


def _guid(*what: object) -> str:
    """The same for the same thing, so that equal songs give equal projects."""
    return f"{{{str(uuid5(NAMESPACE_URL, '/'.join(map(str, what)))).upper()}}}"


def _quote(text: str) -> str:
    """In the first of the three quotes that the text does not have."""
    plain = " ".join(text.split())
    mark = next((mark for mark in "\"'`" if mark not in plain), None)
    return f"{mark}{plain}{mark}" if mark else f"`{plain.replace('`', chr(39))}`"
