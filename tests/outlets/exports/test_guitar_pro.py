"""The Guitar Pro file, opened again."""

import io
from fractions import Fraction

import guitarpro
import pytest

from bridge.drum_labels import SOUNDS
from daemon.outlets.exports import guitar_pro
from daemon.pipeline.records import Part
from tests.outlets.exports.test_musicxml import BASS_LINE, FILL, FUNK, expected, with_part
from tests.written_songs import ROCK, written_song


def opened(song):
    return guitarpro.parse(io.BytesIO(guitar_pro.to_bytes(song)))


def length(beat):
    plain = Fraction(4, beat.duration.value) * (Fraction(3, 2) if beat.duration.isDotted else 1)
    return plain * beat.duration.tuplet.times / beat.duration.tuplet.enters


def placed(track):
    """(bar, quarter notes from the bar line, note) of both voices."""
    for number, measure in enumerate(track.measures, 1):
        for voice in measure.voices:
            now = Fraction(0)
            for beat in voice.beats:
                yield from ((number, now, note) for note in beat.notes)
                now += length(beat)


@pytest.mark.parametrize("rows", [FUNK, FILL], ids=["funk", "fill"])
def test_the_drums_come_back_with_their_ghost_notes_and_flams(rows):
    found = set()
    for bar, place, note in placed(opened(written_song(rows)).tracks[0]):
        mark = "ghost" if note.effect.ghostNote else "accent" if note.effect.accentuatedNote else ""
        found.add((bar, place, note.value, mark))
        if note.effect.grace:
            found.add((bar, place, note.value, "flam"))
    assert found == {(s.bar, s.place, SOUNDS[s.label].pitch, s.mark) for s in expected(rows)}


def test_the_bass_lies_on_its_strings():
    track = opened(with_part(written_song(ROCK), Part.BASS, BASS_LINE)).tracks[1]
    strings = {string.number: string.value for string in track.strings}
    struck = [
        (strings[note.string] + note.value, 4 * (bar - 1) + place)
        for bar, place, note in placed(track)
        if note.type is guitarpro.models.NoteType.normal
    ]
    assert struck == [(pitch, start) for pitch, start, _ in BASS_LINE]


def test_tempo_meter_and_title_are_there():
    found = opened(written_song(ROCK, bpm=93, numerator=3))
    assert (found.title, found.tempo) == ("Song", 93)
    assert {header.timeSignature.numerator for header in found.measureHeaders} == {3}
