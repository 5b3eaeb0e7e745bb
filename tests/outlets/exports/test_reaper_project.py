"""The REAPER project, read by the package `rpp`."""

from dataclasses import replace

import pytest
import rpp

from bridge.timebase import Seconds
from daemon.outlets.exports import reaper_project
from daemon.outlets.naming import OutputKind
from daemon.pipeline.pitched.harmony import Chord, Harmony, Key
from daemon.pipeline.records import Part
from daemon.score.note_cleanup import WrittenNote
from tests.written_songs import ROCK, written_song


def project(song):
    return rpp.loads(reaper_project.to_bytes(song).decode())


def tracks(song):
    return {track.find("NAME")[1]: track for track in project(song).findall("TRACK")}


def midi(track):
    """(tick, message) of the item's events."""
    now, found = 0, []
    for event in track.find(".//SOURCE").findall("E"):
        now += int(event[1])
        found.append((now, [int(byte, 16) for byte in event[2:]]))
    return found


@pytest.fixture
def with_stems(tmp_path):
    """A song beside its stems, as a delivery leaves them."""
    (tmp_path / "Song.stems").mkdir()
    song = written_song(ROCK, source=tmp_path / "Song.wav")
    files = {OutputKind(".drums.mid"): tmp_path / "Song.drums.mid"}
    for part in ("drums", "bass", "kick"):
        files[OutputKind(f".stems/{part}.flac")] = tmp_path / f"Song.stems/{part}.flac"
    for file in (*files.values(), song.source):
        file.write_bytes(b"sound")
    return song.with_files(files, {})


def test_the_notes_lie_on_the_projects_own_beats():
    found = midi(tracks(written_song(ROCK, bpm=93.7, first=0.8))["Drums MIDI"])
    kicks = [tick for tick, message in found if message[0] == 0x99 and message[1] == 36]
    assert [(tick - kicks[0]) / 960 for tick in kicks] == pytest.approx([0, 2, 4, 6, 6.5], abs=0.002)
    assert found[-1][1] == [0xB0, 0x7B, 0]


def test_the_item_ends_with_the_song():
    track = tracks(written_song(ROCK))["Drums MIDI"]
    assert float(track.find("ITEM").find("LENGTH")[1]) == 4.0
    assert midi(track)[-1][0] == 4 * 960 * 2


def test_the_tempo_map_leads_the_bars_through_the_song():
    found = project(written_song(ROCK, bpm=90, numerator=3, first=1.0))
    points = [point[1:] for point in found.find("TEMPOENVEX").findall("PT")]
    assert any(abs(float(point[0]) - 1.0) < 1e-6 and abs(float(point[1]) - 90) < 0.01 for point in points)
    assert 65536 * 4 + 3 in [int(point[3]) for point in points if len(point) > 3]
    assert found.find("TEMPO")[2:] == ["1", "4"] or found.find("TEMPO")[2:] == ["3", "4"]


def test_the_drums_have_their_names_in_the_piano_roll():
    names = tracks(written_song(ROCK))["Drums MIDI"].find("MIDINOTENAMES")
    assert {row[1]: row[2] for row in names.children}["38"] == "Snare"


def test_song_and_stems_lie_on_tracks_of_their_own(with_stems):
    found = tracks(with_stems)
    assert list(found) == ["Song", "drums", "bass", "kick", "Drums MIDI"]
    files = {name: track.find(".//SOURCE").find("FILE")[1] for name, track in found.items() if "MIDI" not in name}
    assert files == {name: f"Song.stems/{name}.flac" for name in ("drums", "bass", "kick")} | {"Song": "Song.wav"}
    assert found["drums"].find(".//SOURCE").attrib[0] == "FLAC"
    assert [name for name, track in found.items() if track.find("MUTESOLO")[1] == "1"] == ["Song", "kick"]


def test_a_song_alone_is_heard(tmp_path):
    (tmp_path / "Song.wav").write_bytes(b"sound")
    found = tracks(written_song(ROCK, source=tmp_path / "Song.wav"))
    assert found["Song"].find("MUTESOLO")[1] == "0"
    assert found["Song"].find(".//SOURCE").find("FILE")[1] == (tmp_path / "Song.wav").as_posix()


def test_what_a_padded_stem_has_before_the_song_is_skipped(tmp_path):
    song = written_song({"snare": "x...|x...|"}, first=1.5)
    options = song.arrangement.options.model_copy(update={"start": "bars"})
    song = replace(song, arrangement=replace(song.arrangement, options=options))
    stem = tmp_path / "Song.stems" / "drums.bar1.wav"
    stem.parent.mkdir()
    stem.write_bytes(b"sound")
    found = tracks(song.with_files({OutputKind(".stems/drums.bar1.wav"): stem}, {}))
    assert float(found["drums"].find("ITEM").find("SOFFS")[1]) == pytest.approx(song.arrangement.padding)


def test_chords_are_regions_and_bends_are_kept():
    song = written_song(ROCK)
    harmony = Harmony(
        Key(0, False, 0.9), (Chord(Seconds(0), Seconds(2), "C"), Chord(Seconds(2), Seconds(2), 'G7 "dim"'))
    )
    note = WrittenNote(0, 40, Seconds(0), Seconds(0), Seconds(0.5), 80, 0.9, ())
    notes = {Part.BASS: (note,)}
    options = song.arrangement.options.model_copy(update={"parts": (Part.DRUMS, Part.BASS)})
    song = replace(song, arrangement=replace(song.arrangement, harmony=harmony, notes=notes, options=options))
    found = project(song).findall("MARKER")
    assert [(float(row[2]), row[3], row[4]) for row in found] == [
        (0.0, "Key: C major (8B)", "0"), (0.0, "C", "1"), (2.0, "", "1"), (2.0, 'G7 "dim"', "1"), (4.0, "", "1"),
    ]  # fmt: skip
    assert [message[:2] for _, message in midi(tracks(song)["Bass MIDI"])] == [[0x90, 40], [0x80, 40], [0xB0, 0x7B]]


def test_a_song_without_a_beat_has_a_plain_tempo():
    song = written_song(ROCK)
    grid = replace(song.arrangement.grid, beats=(), downbeats=(), confidence=0.0, bpm=0.0)
    song = replace(song, arrangement=replace(song.arrangement, grid=grid))
    assert float(project(song).find("TEMPO")[1]) == 120.0
