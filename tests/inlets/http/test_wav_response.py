from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from daemon.inlets.http.wav_response import wav_response
from daemon.outlets.stems import StemSound, backing_track, write_sound
from daemon.pipeline.records import Audio
from tests import synth

SAMPLES = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 300_000)).astype(np.float32)
DRUMS = np.random.default_rng(2).uniform(-0.2, 0.2, SAMPLES.shape).astype(np.float32)


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    app = FastAPI()
    song, drums = (
        Audio(synth.write(tmp_path / name, samples, subtype="FLOAT"), samples.shape[1])
        for name, samples in (("a.wav", SAMPLES), ("drums.wav", DRUMS))
    )

    @app.api_route("/a.wav", methods=["GET", "HEAD"])
    def sound(request: Request) -> Response:
        return wav_response(StemSound(song), request, "inline")

    @app.get("/backing.wav")
    def backing(request: Request) -> Response:
        return wav_response(backing_track(song, drums), request, "inline")

    return TestClient(app)


def test_the_whole_is_a_wav_file(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/a.wav")
    assert (answer.status_code, int(answer.headers["content-length"])) == (200, len(answer.content))
    (tmp_path / "b.wav").write_bytes(answer.content)
    assert np.array_equal(soundfile.read(tmp_path / "b.wav", dtype="float32")[0].T, SAMPLES)


@pytest.mark.parametrize("span", [(0, 9), (50, 70), (56, 56), (1000, 2_200_001), (2_399_000, 2_400_055)])
def test_a_part_is_those_bytes_of_the_whole(client: TestClient, span: tuple[int, int]) -> None:
    whole, (first, last) = client.get("/a.wav").content, span
    part = client.get("/a.wav", headers={"Range": f"bytes={first}-{last}"})
    assert (part.status_code, part.content) == (206, whole[first : last + 1])
    assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


def test_the_last_bytes_and_those_from_a_place_on(client: TestClient) -> None:
    whole = client.get("/a.wav").content
    assert client.get("/a.wav", headers={"Range": "bytes=-10"}).content == whole[-10:]
    assert client.get("/a.wav", headers={"Range": "bytes=2400000-"}).content == whole[2_400_000:]


@pytest.mark.parametrize("text", ["bytes=9999999-", "bytes=5-4", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(client: TestClient, text: str) -> None:
    assert client.get("/a.wav", headers={"Range": text}).status_code == 416


@pytest.mark.parametrize("text", ["bytes=0-1,5-6", "frames=0-1", "bytes=-"])
def test_what_is_no_single_range_is_answered_by_the_whole(client: TestClient, text: str) -> None:
    assert client.get("/a.wav", headers={"Range": text}).status_code == 200


def test_a_part_of_another_sound_than_the_clients_is_answered_by_the_whole(client: TestClient) -> None:
    asked = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert client.get("/a.wav", headers=asked).status_code == 200
    asked["If-Range"] = client.get("/a.wav").headers["etag"]
    assert client.get("/a.wav", headers=asked).status_code == 206


def test_the_head_has_the_length_alone(client: TestClient) -> None:
    answer = client.head("/a.wav")
    assert (answer.headers["content-length"], answer.content) == ("2400056", b"")


def test_the_backing_track_is_taken_apart_as_it_is_sent(client: TestClient, tmp_path: Path) -> None:
    song, drums = (Audio(tmp_path / name, SAMPLES.shape[1]) for name in ("a.wav", "drums.wav"))
    written = write_sound(backing_track(song, drums), tmp_path / "written.wav", "wav")
    whole = client.get("/backing.wav")
    (tmp_path / "sent.wav").write_bytes(whole.content)
    sent, file = (soundfile.read(path, dtype="float32")[0] for path in (tmp_path / "sent.wav", written))
    assert np.array_equal(sent, file)
    part = client.get("/backing.wav", headers={"Range": "bytes=1000-2200001", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[1000:2200002])
    assert whole.headers["etag"] != client.get("/a.wav").headers["etag"]
