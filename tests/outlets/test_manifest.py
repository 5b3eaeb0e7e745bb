import json
import math

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drum_labels import SOUNDS
from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.errors import DiskFailed, Rejected
from daemon.outlets.manifest import Manifest, schema_text
from daemon.outlets.manifest_tables import HitTable, NoteTable
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import Drum, Hit, Part
from daemon.score.corrections import correct
from daemon.score.history import History
from tests.songs import detected_song, manifest, save_manifest

HITS = st.builds(
    Hit,
    id=st.integers(0, 10**6),
    onset=st.floats(0, 1800).map(Seconds),
    drum=st.sampled_from(Drum),
    label=st.sampled_from(sorted(SOUNDS)),
    level=st.floats(-120, 0),
    velocity=st.integers(1, 127),
    strength=st.floats(0, 1),
    confidence=st.floats(0, 1),
    cluster=st.integers(-1, 50),
)


def refusal(path) -> Rejected:
    with pytest.raises(Rejected) as caught:
        Manifest.load(path)
    return caught.value


def rewrite(path, change) -> None:
    values = json.loads(path.read_text("utf-8"))
    change(values)
    path.write_text(json.dumps(values), "utf-8")


def test_a_manifest_is_read_back_as_it_was_written(tmp_path):
    assert Manifest.load(save_manifest(tmp_path)) == manifest()


def test_the_records_come_back_as_they_went_in():
    assert manifest().original_records() == detected_song()


@given(st.lists(HITS, unique_by=lambda hit: hit.id))
def test_hits_keep_their_microseconds(hits):
    back = HitTable.of(hits).records
    assert HitTable.of(back).records == back
    assert all(abs(a.onset - b.onset) <= 1e-6 for a, b in zip(hits, back, strict=True))


def test_notes_with_bends_come_back_as_they_went_in():
    bends = (Bend(Seconds(1.6), -0.5), Bend(Seconds(1.7), 0.0))
    notes = (PartNote(3, 40, Seconds(1.5), Seconds(0.25), 80, -12.5, 0.75, bends, strength=0.5),)
    changed = manifest().model_copy(update={"notes": {Part.BASS: NoteTable.of(notes)}})
    assert Manifest.model_validate_json(changed.encode()).notes[Part.BASS].records == notes


def test_a_manifest_that_was_used_still_equals_one_that_was_not(tmp_path):
    used = Manifest.load(save_manifest(tmp_path))
    used.original_records()
    assert used == manifest()


def test_the_same_content_gives_the_same_bytes(tmp_path):
    assert Manifest.load(save_manifest(tmp_path)).encode() == manifest().encode()


def test_the_history_is_kept(tmp_path):
    history = correct(
        {"ranges": [{"from": 0, "to": 1, "label": "ride"}], "hits": {"1": "clap"}},
        detected_song(),
        History(),
        Options(),
    )
    manifest().model_copy(update={"history": history.undo()}).save(tmp_path / "x.json")
    assert Manifest.load(tmp_path / "x.json").history.redo() == history


def test_every_hit_has_a_line_of_its_own():
    lines = manifest().encode().decode().splitlines()
    assert sum(line.startswith("[") for line in lines) == len(detected_song().hits)


def test_brackets_in_names_do_no_harm(tmp_path):
    assert Manifest.load(save_manifest(tmp_path, name="a],[[b.wav")).source.name == "a],[[b.wav"


def test_a_file_that_nobody_touched_is_not_edited(tmp_path):
    assert not Manifest.load(save_manifest(tmp_path)).is_edited


def test_an_edit_by_hand_is_seen(tmp_path):
    path = save_manifest(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"kick","kick"', b'"kick","clap"', 1))
    assert Manifest.load(path).is_edited


def test_a_file_that_an_editor_laid_out_anew_counts_as_edited(tmp_path):
    path = save_manifest(tmp_path)
    rewrite(path, lambda values: None)
    assert Manifest.load(path).is_edited


def test_another_transcription_with_the_same_hits_can_take_the_corrections():
    other = manifest().model_copy(update={"sidestick": "0.2.0"})
    assert manifest().corrections_fit(other)
    assert not manifest().corrections_fit(other.model_copy(update={"hits": HitTable()}))


def test_a_manifest_fits_its_schema(tmp_path):
    schema, found = json.loads(schema_text()), json.loads(save_manifest(tmp_path).read_text("utf-8"))
    assert jsonschema_rs.is_valid(schema, found)
    assert not jsonschema_rs.is_valid(schema, {**found, "format": "another"})


def test_a_missing_manifest_is_refused(tmp_path):
    error = refusal(tmp_path / "none.sidestick.json")
    assert (error.code, "transcribe" in error.reason) == ("no_manifest", True)


def test_a_song_given_as_manifest_is_refused_by_its_first_byte(tmp_path):
    song = tmp_path / "Song.wav"
    song.write_bytes(b"RIFF" + bytes(100))
    assert "give the song's .sidestick.json" in refusal(song).reason


@pytest.mark.parametrize("text", ["", "{", '{"format": "other"}', "[]", '{"a": NaN}', "{" * 50000])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    path = tmp_path / "x.sidestick.json"
    path.write_text(text)
    assert refusal(path).code == "bad_manifest"


def test_a_folder_is_refused(tmp_path):
    assert refusal(tmp_path).code == "no_manifest"


def test_a_cut_off_manifest_is_refused(tmp_path):
    path = save_manifest(tmp_path)
    path.write_bytes(path.read_bytes()[:-300])
    assert "damaged" in refusal(path).reason


def test_a_newer_manifest_asks_for_an_update(tmp_path):
    path = save_manifest(tmp_path)
    rewrite(path, lambda values: values.update(schema_version=2, sidestick="9.1"))
    error = refusal(path)
    assert (error.code, "sidestick 9.1" in error.reason) == ("newer_manifest", True)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("hits", "rows", 0, 5), 200, "127"),
        (("hits", "rows", 0, 3), "kazoo", "kazoo"),
        (("hits", "rows", 1, 0), 0, "same id"),
        (("hits", "rows", 0, 8), 40, "no cluster 40"),
        (("hits", "columns", 0), "number", "columns"),
        (("clusters", 0, "label"), "kazoo", "kazoo"),
        (("history", "head"), 3, "not there"),
        (("surprise",), 1, "surprise"),
    ],
)
def test_a_hand_edit_that_does_not_fit_is_named(tmp_path, place, value, words):
    def change(values):
        for step in place[:-1]:
            values = values[step]
        values[place[-1]] = value

    path = save_manifest(tmp_path)
    rewrite(path, change)
    assert words in refusal(path).reason


def test_values_that_are_no_numbers_cannot_be_stored():
    bad = Hit(0, Seconds(math.nan), Drum.KICK, "kick", -3.0, 90, 0.5, 0.5, 0)
    with pytest.raises(ValueError, match="finite"):
        HitTable.of([bad])


def test_a_folder_that_is_not_there_fails_the_writing(tmp_path):
    with pytest.raises(DiskFailed, match="folder is not there"):
        manifest().save(tmp_path / "gone" / "x.json")


def test_a_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = save_manifest(tmp_path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFailed, match="disk is full"):
        manifest("Other.wav").save(path)
    assert [(p, p.read_bytes()) for p in tmp_path.iterdir()] == [(path, before)]
