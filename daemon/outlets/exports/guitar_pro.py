"""A Guitar Pro 5 file: the drums in two voices, bass and guitar on their strings, by pyguitarpro."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from bridge.drum_labels import SOUNDS
from daemon.outlets.exports.musicxml_marks import tempo_marks
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.exports.tab import fret_part
from daemon.pipeline.beats.meter import quarters_per_beat
from daemon.pipeline.records import Part
from daemon.score.bars import Bar, SongBars
from daemon.score.drum_notation import DrumNote, drum_voices
from daemon.score.fretting import FretPlace, FrettedNote, Tuning, find_frets
from daemon.score.notation import QUARTER, Placed, Written, beat_units, trim_bars, write_bar
from daemon.score.pitched_notation import place_notes
from daemon.score.quantize import quantize

_VALUES = {"whole": 1, "half": 2, "quarter": 4, "eighth": 8, "16th": 16, "32nd": 32}
_VELOCITIES = {"ghost": 47, "plain": 95, "accent": 127}
_STRINGED = (Part.GUITAR, Part.BASS)
_DRUM_CHANNEL = 9
_STRINGS = 6  # of a percussion track: so many drums at once
_ENCODING = "cp1252"

Fret = tuple[int, int]  # string, from the highest on, and fret


def to_bytes(song: ExportSong) -> bytes:
    import guitarpro

    data = BytesIO()
    guitarpro.write(_song(song), data, version=(5, 1, 0), encoding=_ENCODING)
    return data.getvalue()


def _song(song: ExportSong) -> Any:
    from guitarpro import models

    arrangement = song.arrangement
    song_bars = SongBars(arrangement.grid, arrangement.duration)
    swing = quantize(arrangement.hits, arrangement.grid, arrangement.options.grid).swing
    beat = beat_units(quarters_per_beat(arrangement.grid))
    drums = drum_voices(arrangement.hits, arrangement.times, song_bars, swing, beat, rolls=False)
    lines = {
        part: (fret_part(part, notes)[0], place_notes(notes, song_bars, swing, beat))
        for part, notes in arrangement.notes.items()
        if part in _STRINGED and part in arrangement.options.parts
    }
    starts = [event.start for event in (*drums.hands, *drums.feet)]
    bars = trim_bars(song_bars.bars, [*starts, *(event.start for _, line in lines.values() for event in line)], beat)
    tempo = float(tempo_marks(bars, song_bars, 1.0)[0].split()[-1])
    found = models.Song(title=_plain(arrangement.name), tempo=round(tempo), tracks=[], measureHeaders=[])
    found.measureHeaders = [_header(number, bar) for number, bar in enumerate(bars, 1)]
    if Part.DRUMS in arrangement.options.parts:
        _add_drums(found, bars, [drums.hands, drums.feet], beat)
    for part, (tuning, line) in lines.items():
        _add_strings(found, part, tuning, bars, _fret(line, tuning, song_bars), beat)
    return found


def _plain(text: str) -> str:
    """In the letters that the format has."""
    return text.encode(_ENCODING, "replace").decode(_ENCODING)


def _header(number: int, bar: Bar) -> Any:
    """A pickup has a meter of its own length."""
    from guitarpro import models

    beats = max(1, round(bar.quarters * bar.denominator / 4))
    meter = models.TimeSignature(numerator=beats, denominator=models.Duration(value=bar.denominator))
    return models.MeasureHeader(number=number, timeSignature=meter)


def _add_drums(song: Any, bars: Sequence[Bar], voices: list[list[Placed[DrumNote]]], beat: int) -> None:
    from guitarpro import models

    strings = [models.GuitarString(number, 0) for number in range(1, _STRINGS + 1)]
    track = models.Track(song, number=1, name="Drums", isPercussionTrack=True, strings=strings, measures=[])
    track.channel = models.MidiChannel(channel=_DRUM_CHANNEL, effectChannel=_DRUM_CHANNEL)
    song.tracks.append(track)
    for header, bar in zip(song.measureHeaders, bars, strict=True):
        measure = models.Measure(track, header)
        track.measures.append(measure)
        for voice, events in zip(measure.voices, voices, strict=False):
            for written in _bar(bar, beat, events, sustain=False):
                made = _beat(voice, written)
                made.notes = [_drum_note(made, string, drum) for string, drum in _give_strings(written.content)]


def _give_strings(content: Sequence[DrumNote]) -> Iterator[tuple[int, DrumNote]]:
    return ((number, drum) for number, drum in zip(range(1, _STRINGS + 1), reversed(content), strict=False))


def _drum_note(beat: Any, string: int, drum: DrumNote) -> Any:
    from guitarpro import models

    note = models.Note(beat, value=SOUNDS[drum.label].pitch, string=string, type=models.NoteType.normal)
    note.velocity = _VELOCITIES[drum.dynamic]
    note.effect.ghostNote = drum.dynamic == "ghost"
    note.effect.accentuatedNote = drum.dynamic == "accent"
    if drum.flam:
        note.effect.grace = models.GraceEffect(fret=note.value, duration=32, isOnBeat=False)
    return note


def _fret(line: Sequence[Placed[int]], tuning: Tuning, bars: SongBars) -> list[Placed[Fret]]:
    """The notes with string and fret; what the instrument does not have is left out."""
    asked = [FrettedNote(pitch, bars.seconds(event.start / QUARTER), 90) for event in line for pitch in event.content]
    places = iter(find_frets(asked, tuning))
    found = []
    for event in line:
        here: list[FretPlace | None] = [next(places) for _ in event.content]
        frets = {place.string: place.fret for place in here if place is not None}
        if frets:
            found.append(Placed(event.start, event.end, tuple(frets.items())))
    return found


def _add_strings(
    song: Any, part: Part, tuning: Tuning, bars: Sequence[Bar], events: Sequence[Placed[Fret]], beat: int
) -> None:
    from guitarpro import models

    number = len(song.tracks) + 1
    strings = [models.GuitarString(index, pitch) for index, pitch in enumerate(reversed(tuning.strings), 1)]
    track = models.Track(song, number=number, name=part.capitalize(), strings=strings, measures=[])
    track.channel = models.MidiChannel(channel=number, effectChannel=number, instrument=33 if part is Part.BASS else 27)
    song.tracks.append(track)
    for header, bar in zip(song.measureHeaders, bars, strict=True):
        measure = models.Measure(track, header)
        track.measures.append(measure)
        for written in _bar(bar, beat, events, sustain=True):
            made = _beat(measure.voices[0], written)
            kind = models.NoteType.tie if written.tied else models.NoteType.normal
            made.notes = [models.Note(made, value=fret, string=string, type=kind) for string, fret in written.content]


def _bar(bar: Bar, beat: int, events: Sequence[Placed[Any]], sustain: bool) -> list[Written[Any]]:
    """An empty bar has no rests: its voice is empty."""
    return write_bar(bar, beat, events, full_rest=False, sustain=sustain)


def _beat(voice: Any, written: Written[Any]) -> Any:
    from guitarpro import models

    value = written.value
    duration = models.Duration(value=_VALUES[value.type], isDotted=value.dotted)
    if value.triplet:
        duration.tuplet = models.Tuplet(3, 2)
    status = models.BeatStatus.normal if written.content else models.BeatStatus.rest
    beat = models.Beat(voice, duration=duration, status=status)
    voice.beats.append(beat)
    return beat
