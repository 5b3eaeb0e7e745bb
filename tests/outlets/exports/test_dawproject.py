"""The DAWproject is valid by the format's own schema, and holds the song."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lxml import etree

from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.outlets.exports import dawproject
from daemon.outlets.naming import OutputKind
from daemon.pipeline.pitched.harmony import Chord, Harmony, Key
from daemon.pipeline.records import Part
from daemon.score.note_cleanup import WrittenNote
from tests.written_songs import ROCK, written_song

SCHEMAS = Path(__file__).parent / "dawproject"


def unpack(song):
    with zipfile.ZipFile(io.BytesIO(dawproject.to_bytes(song))) as found:
        return {name: found.read(name) for name in found.namelist()}


def parse(song, name="project.xml"):
    """The XML, which must be valid."""
    found = etree.fromstring(unpack(song)[name])
    schema = "Project.xsd" if name == "project.xml" else "MetaData.xsd"
    etree.XMLSchema(etree.parse(SCHEMAS / schema)).assertValid(found)
    return found


def with_bass(song):
    harmony = Harmony(Key(0, False, 0.9), (Chord(Seconds(0), Seconds(2), "C"),))
    bend = Bend(Seconds(0.25), 0.5)
    notes = {Part.BASS: (WrittenNote(0, 40, Seconds(0), Seconds(0), Seconds(0.5), 127, 0.9, (bend,)),)}
    options = song.arrangement.options.model_copy(update={"parts": (Part.DRUMS, Part.BASS)})
    return replace(song, arrangement=replace(song.arrangement, harmony=harmony, notes=notes, options=options))


@pytest.fixture
def with_stems(tmp_path):
    (tmp_path / "Song.stems").mkdir()
    song = written_song(ROCK, source=tmp_path / "Song.wav")
    stem = tmp_path / "Song.stems/drums.wav"
    for file in (stem, song.source):
        soundfile.write(file, np.zeros((48000 * 4, 2)), 48000)
    files = {OutputKind(".drums.mid"): tmp_path / "Song.drums.mid", OutputKind(".stems/drums.wav"): stem}
    return song.with_files(files, {})


@pytest.mark.parametrize("name", ["project.xml", "metadata.xml"])
@pytest.mark.parametrize(
    "song", [written_song(ROCK), with_bass(written_song(ROCK, bpm=90, numerator=3, first=1.0))], ids=["rock", "bass"]
)
def test_it_is_valid_by_the_schema(song, name):
    parse(song, name)


def test_a_project_that_breaks_the_schema_is_seen():
    found = parse(written_song(ROCK))
    found.find("Application").attrib.pop("name")
    with pytest.raises(etree.DocumentInvalid):
        etree.XMLSchema(etree.parse(SCHEMAS / "Project.xsd")).assertValid(found)


def test_the_notes_lie_on_the_beats_of_the_tempo_map():
    found = parse(written_song(ROCK, bpm=93.7, first=0.8))
    kicks = [float(note.get("time")) for note in found.iter("Note") if note.get("key") == "36"]
    assert [time - kicks[0] for time in kicks] == pytest.approx([0, 2, 4, 6, 6.5], abs=0.002)
    points = [(float(p.get("time")), float(p.get("value"))) for p in found.find(".//TempoAutomation").iter("RealPoint")]
    assert points[-1][1] == pytest.approx(93.7, abs=0.01)


def test_a_change_of_meter_is_a_point():
    found = parse(written_song(ROCK, numerator=7, denominator=8, first=0.3)).find(".//TimeSignatureAutomation")
    assert ("7", "8") in [(p.get("numerator"), p.get("denominator")) for p in found.iter("TimeSignaturePoint")]


def test_chords_are_markers_and_bends_belong_to_their_note():
    found = parse(with_bass(written_song(ROCK)))
    assert [(m.get("time"), m.get("name")) for m in found.iter("Marker")] == [("0", "Key: C major (8B)"), ("0", "C")]
    (bass,) = (note for note in found.iter("Note") if note.get("key") == "40")
    assert bass.get("vel") == "1" and bass.find("Points/RealPoint").attrib == {
        "time": "0.5", "value": "0.5", "interpolation": "linear",
    }  # fmt: skip


def test_the_sounds_are_in_the_zip_with_their_format(with_stems):
    found = parse(with_stems)
    assert (
        {f.get("path") for f in found.iter("File")} == {"audio/Song.wav", "audio/drums.wav"} <= set(unpack(with_stems))
    )
    audio = next(found.iter("Audio"))
    assert (audio.get("sampleRate"), audio.get("channels"), audio.get("duration")) == ("48000", "2", "4")
    muted = {t.get("name"): t.find("Channel/Mute").get("value") for t in found.iter("Track")}
    assert muted == {"Song": "true", "drums": "false", "Drums": "false", "Master": "false"}


def test_sounds_that_have_no_room_stay_beside_it(with_stems, monkeypatch):
    monkeypatch.setattr(dawproject, "_ENOUGH", 800_000)
    found = parse(with_stems)
    assert {f.get("path"): f.get("external") for f in found.iter("File")} == {
        "audio/drums.wav": None,
        "Song.wav": "true",
    }
    assert "audio/Song.wav" not in unpack(with_stems)


def test_every_reference_is_answered(with_stems):
    found = parse(with_stems)
    ids = {e.get("id") for e in found.iter() if e.get("id")}
    asked = {e.get(a) for e in found.iter() for a in ("track", "destination", "parameter") if e.get(a)}
    assert asked <= ids
