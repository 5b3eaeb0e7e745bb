"""Several songs in one request."""

import json

from daemon.inlets.http.security import LONGEST_BODY
from tests import synth
from tests.inlets.http.test_http_uploads import wav


def test_several_songs_come_in_one_request_and_what_is_none_is_named(client, uploads, tmp_path):
    files = [("file", (name, data, "audio/wav")) for name, data in (
        ("Batch A.wav", wav(tmp_path, 330.0)), ("notes.txt", b"no sound"), ("Batch B.wav", wav(tmp_path, 550.0)),
    )]  # fmt: skip
    answer = client.post("/api/batch", files=files, data={"options": json.dumps({"input": "drums"})})
    found = answer.json()
    assert answer.status_code == 202
    assert [(each["name"], each["options"]["input"]) for each in found["jobs"]] == [
        ("Batch A.wav", "drums"), ("Batch B.wav", "drums"),
    ]  # fmt: skip
    assert [each["name"] for each in found["refused"]] == ["notes.txt"]
    assert (uploads / "Batch A" / "Batch A.wav").read_bytes() == wav(tmp_path, 330.0)
    assert not (uploads / "notes").exists()


def test_several_songs_may_be_longer_together_than_any_body_of_json(client, tmp_path):
    songs = [synth.write(tmp_path / f"Long {n}.wav", synth.noise(15.0, level=-20.0 - n)).read_bytes() for n in (1, 2)]
    assert sum(map(len, songs)) > LONGEST_BODY
    answer = client.post("/api/batch", files=[("file", (f"Long {n}.wav", data)) for n, data in enumerate(songs)])
    assert answer.status_code == 202, answer.text
    assert [each["name"] for each in answer.json()["jobs"]] == ["Long 0.wav", "Long 1.wav"]


def test_a_batch_is_a_form(client):
    assert client.post("/api/batch", json={}).status_code == 415
