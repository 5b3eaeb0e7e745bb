"""A disk of uploads that is full, for real: what cannot be kept is told, nothing half stays, and it goes on."""

from pathlib import Path

import pytest

from daemon.jobs.job import State
from tests import songs, synth
from tests.inlets.http.server import HttpServer
from tests.jobs.sample_jobs import job
from tests.small_disk import BLOCK


@pytest.fixture
def uploads(small_server) -> Path:
    return small_server.settings.folders.uploads


def wav(folder: Path, seconds: float) -> bytes:
    return synth.write(folder / f"made {seconds:g}.wav", synth.noise(seconds)).read_bytes()


def send(server, data: bytes, name: str = "Song.wav"):
    return server.client.post("/api/jobs", files={"file": (name, data, "audio/wav")})


@pytest.mark.parametrize("blocks", [0, 1, 5])
def test_an_upload_that_does_not_fit_is_told_leaves_nothing_and_fits_later(
    small_server, uploads, small_disk, tmp_path, blocks
):
    data = wav(tmp_path, 1.0)
    small_disk.fill(blocks * BLOCK)
    refused = send(small_server, data)
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
    assert "the disk is full; make some room" in refused.json()["text"]
    assert list(uploads.iterdir()) == [small_disk.film]
    small_disk.make_room()
    made = send(small_server, data)
    assert made.status_code == 202 and Path(made.json()["path"]).read_bytes() == data


def test_a_song_for_whose_record_there_is_no_room_is_not_kept(small_server, uploads, small_disk, tmp_path):
    data = wav(tmp_path, 1.0)
    small_disk.fill(-(-len(data) // BLOCK) * BLOCK)
    refused = send(small_server, data)
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
    assert list(uploads.iterdir()) == [small_disk.film]


def test_of_many_songs_none_is_half_kept(small_server, uploads, small_disk, tmp_path):
    data = wav(tmp_path, 1.0)
    kept = Path(send(small_server, data, "Kept.wav").json()["path"])
    files = [("file", (f"{number}.wav", data[: -number * 4], "audio/wav")) for number in range(1, 60)]
    refused = small_server.client.post("/api/batch", files=files)
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full"), refused.text
    assert list(uploads.iterdir()) == [kept.parent] and kept.read_bytes() == data


def test_a_correction_beside_an_upload_changes_nothing_while_there_is_no_room(small_server, uploads, small_disk):
    (uploads / "Song").mkdir()
    manifest = songs.save_manifest(uploads / "Song")
    whole, store = manifest.read_bytes(), small_server.store
    running = store.move(store.add(job(str(uploads / "Song" / "Song.wav"))), State.RUNNING)
    place = f"/api/jobs/{store.move(running, State.DONE, manifest=str(manifest)).id}/clusters"
    small_disk.fill()
    refused = small_server.client.put(place, json={"revision": 0, "changes": {"clusters": {"0": "cowbell"}}})
    assert (refused.status_code, "the disk is full; make some room" in refused.text) == (503, True), refused.text
    assert [path.read_bytes() for path in (uploads / "Song").iterdir()] == [whole]
    small_disk.make_room()
    made = small_server.client.put(place, json={"revision": 0, "changes": {"clusters": {"0": "cowbell"}}})
    assert made.status_code == 200


def test_a_file_in_place_of_the_uploads_is_named_and_stays(tmp_path):
    (tmp_path / "uploads").write_text("mine")
    opened = HttpServer(tmp_path)
    refused = send(opened, wav(tmp_path, 1.0))
    opened.close()
    assert refused.json()["code"] == "no_folder" and "is a file, not a folder; move it away" in refused.text
    assert (tmp_path / "uploads").read_text() == "mine"
