"""The files that answer a question which the wire is too short for."""

import errno
import json
import shutil
from dataclasses import replace

import pytest

from bridge.drum_map import built_in_map
from bridge.timebase import Seconds
from daemon.errors import DiskFailed, Rejected
from daemon.jobs.listings import NO_CLUSTER, Listings, cluster_rows, note_rows
from daemon.outlets.delivery import DeliverySettings, arrange, correct
from daemon.outlets.manifest import Manifest
from daemon.pipeline.records import Part
from daemon.score.note_cleanup import WrittenNote
from tests.songs import manifest, save_manifest


@pytest.fixture
def corrected(tmp_path):
    """A song with these corrections."""

    def make(**changes):
        made = correct(save_manifest(tmp_path), changes, DeliverySettings(tmp_path / "locks"))
        return Manifest.load(made.manifest)

    return make


def every_hit(rows):
    return [hit for row in rows for hit in row["hits"]]


def test_a_cluster_says_what_it_is_and_lists_its_hits():
    row = cluster_rows(arrange(manifest()), {})[1]
    assert (row["cluster"], row["label"], row["count"], row["velocity"]) == (1, "snare", 3, 90.0)
    assert [hit["id"] for hit in row["hits"]] == [1, 4, 7]


def test_every_hit_has_the_time_and_pitch_of_its_note(corrected):
    changed = corrected(add=[{"onset": 1.13, "label": "snare"}], settings={"grid": {"tolerance": 0.5}})
    score = arrange(changed)
    notes = {hit.id: (hit.onset, pytest.approx(at)) for hit, at in zip(score.hits, score.times, strict=True)}
    assert any(onset != at for onset, at in notes.values())
    found = every_hit(cluster_rows(arrange(changed), {}))
    assert {hit["id"]: (hit["onset"], hit["time"]) for hit in found} == notes
    assert {hit["label"]: hit["pitch"] for hit in found} == {"kick": 36, "snare": 38, "closed_hihat": 42}


def test_pitches_are_those_of_the_users_own_drum_map():
    options = manifest().options.model_copy(update={"drum_map": "mine"})
    changed = manifest().model_copy(update={"options": options})
    rows = cluster_rows(arrange(changed), {"mine": {"kick": 24}})
    assert {hit["pitch"] for hit in rows[0]["hits"]} == {24}
    with pytest.raises(Rejected):
        cluster_rows(arrange(changed), {})


def test_hits_in_no_cluster_come_last_by_label(corrected):
    changed = corrected(add=[{"onset": at, "label": name} for at, name in ((3.3, "cowbell"), (1.1, "clap"))])
    rows = cluster_rows(arrange(changed), {})
    found = [(row["cluster"], row["label"], row["count"]) for row in rows[3:]]
    assert found == [(NO_CLUSTER, "clap", 1), (NO_CLUSTER, "cowbell", 1)]
    assert rows[3]["time"] == 1.1 and rows[3]["typical"] == rows[3]["hits"][0]["id"]


def test_velocities_follow_the_velocity_curve(corrected):
    before = every_hit(cluster_rows(arrange(manifest()), {}))
    after = cluster_rows(arrange(corrected(settings={"velocity": {"top": 64}})), {})
    assert max(hit["velocity"] for hit in every_hit(after)) < max(hit["velocity"] for hit in before)
    assert after[0]["velocity"] == after[0]["hits"][0]["velocity"]


def test_a_listing_is_json_with_one_row_a_line(tmp_path):
    rows = cluster_rows(arrange(manifest()), {})
    path = Listings(tmp_path).write("clusters", "me", rows)
    text = path.read_text("utf-8")
    assert json.loads(text) == rows
    assert len(text.splitlines()) == len(rows) + 2


def test_nobody_reads_anothers_answer_and_old_ones_go(tmp_path):
    now = [1e9]
    listings = Listings(tmp_path, clock=lambda: now[0])
    mine, yours = listings.write("jobs", "me", []), listings.write("jobs", "you", [])
    assert mine != yours and mine.exists()
    now[0] = mine.stat().st_mtime + 4000
    listings.write("jobs", "them", [])
    assert not mine.exists()


def test_hits_and_notes_of_all_parts_are_rows_in_the_order_of_time(corrected):
    score = arrange(corrected(settings={"drum_map": "ableton"}))
    bass = (WrittenNote(0, 35, Seconds(0.7), Seconds(0.75), Seconds(0.2), 96, 0.8),)
    rows = note_rows(replace(score, notes={Part.BASS: bass}), built_in_map("gm"))
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert len(rows) == len(score.hits) + 1
    [note] = [row for row in rows if row["part"] == "bass"]
    wanted = {"id": 0, "onset": 0.7, "time": 0.75, "duration": 0.2, "pitch": 35, "velocity": 96}
    assert note == {"part": "bass", **wanted}


def test_a_damaged_answer_is_written_anew(tmp_path):
    listings = Listings(tmp_path)
    listings.write("jobs", "me", [{"job": "a"}]).write_bytes(b"\xff\0[")
    assert json.loads(listings.write("jobs", "me", [{"job": "b"}]).read_text("utf-8")) == [{"job": "b"}]


def test_a_folder_of_listings_that_went_is_made_anew(tmp_path):
    listings = Listings(tmp_path / "listings")
    for _ in range(2):
        assert listings.write("jobs", "me", []).is_file()
        shutil.rmtree(tmp_path / "listings")


def test_a_file_in_place_of_the_folder_of_listings_is_named(tmp_path):
    (tmp_path / "listings").write_text("mine")
    with pytest.raises(DiskFailed, match=r"listings could not be written: that is a file, not a folder"):
        Listings(tmp_path / "listings").write("jobs", "me", [])
    assert (tmp_path / "listings").read_text() == "mine"


def test_a_folder_in_place_of_an_answer_is_named_and_keeps_what_is_in_it(tmp_path):
    path = Listings(tmp_path).write("jobs", "me", [])
    path.unlink()
    path.mkdir()
    (path / "mine").touch()
    with pytest.raises(DiskFailed, match=path.name):
        Listings(tmp_path).write("jobs", "me", [])
    assert [each.name for each in tmp_path.rglob("*")] == [path.name, "mine"]


def test_listings_that_may_not_be_written_come_with_the_remedy(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    with pytest.raises(DiskFailed, match="writing there is not allowed; change the permissions"):
        Listings(tmp_path).write("jobs", "me", [])
