"""A real sidestick takes a song by upload: what is heard, seen and taken away of it, and that it may be done again."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
import soundfile

from daemon.pipeline.stages import STAGE_NAMES
from tests import synth
from tests.acceptance.test_bad_input import BAD
from tests.inlets.http.server import open_events, wait_for
from tests.ports import free_port
from tests.wire.daemon_process import BEAT, DaemonProcess

SECONDS = 4.0


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[DaemonProcess]:
    opened = DaemonProcess(tmp_path_factory.mktemp("home"), daemon__http_port=str(free_port())).start()
    yield opened
    opened.kill()


@pytest.fixture(scope="module")
def client(home) -> Iterator[httpx.Client]:
    address = f"http://127.0.0.1:{home.environ['SIDESTICK_DAEMON__HTTP_PORT']}"
    with httpx.Client(base_url=address, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def heard(client, home):
    """The events from the upload of a song to its end."""
    data = home.song("Beat.wav", SECONDS).read_bytes()
    with open_events(client) as listener:
        listener.next()
        options = {"options": '{"separator": "embedded"}'}
        made = client.post("/api/jobs", files={"file": ("Beat.wav", data)}, data=options)
        assert made.status_code == 202, made.text
        return listener.until("done")


@pytest.fixture(scope="module")
def song(heard) -> str:
    return f"/api/jobs/{heard[-1][2]['job']}"


def results(home: DaemonProcess, *stages: str) -> list[Path]:
    """The folder of every result that is kept of these stages."""
    return [path for stage in stages for path in (home.folder / "cache" / "stages" / stage).glob("*")]


def sound(answer: httpx.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    data, rate = soundfile.read(io.BytesIO(answer.content), always_2d=True)
    assert rate == 44100
    return data


def wait_until_ended(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """The job once it is over."""
    return wait_for(lambda: (found := client.get(job["links"]["self"]).json())["finished"] and found)


def test_an_upload_is_watched_from_the_queue_to_its_end(heard):
    names = [event for _, event, _ in heard if event != "log"]
    stages = [data["stage"] for _, event, data in heard if event == "progress"]
    assert names[0] == "queued" and {"progress", "midi", "done"} <= set(names)
    assert "separate" in stages
    assert [number for number, *_ in heard] == sorted({number for number, *_ in heard})


def test_stems_are_as_long_as_the_song_and_add_up(client, song):
    names = client.get(f"{song}/stems").json()["stems"]
    assert names == ["mix", "drums", "backing", "kick", "snare", "toms", "hihat", "cymbals"]
    mix, drums, backing = (sound(client.get(f"{song}/stems/{name}")) for name in names[:3])
    assert len(mix) == round(SECONDS * 44100)
    assert np.abs(mix - drums - backing).max() < 1e-6


def test_the_drum_track_and_the_backing_track_have_names_of_their_own(client, song):
    for place, name in (("drum-track", "drums"), ("backing-track", "backing")):
        assert client.get(f"{song}/{place}").content == client.get(f"{song}/stems/{name}").content


@pytest.mark.parametrize(("form", "near"), [("flac", 1e-6), ("mp3", 0.05)])
def test_other_formats_sound_the_same(client, song, form, near):
    wav, other = (sound(client.get(f"{song}/stems/drums", params={"format": f})) for f in ("wav", form))
    assert len(wav) == len(other) and np.sqrt(np.mean((wav - other) ** 2)) < near


def test_mp3_has_320_kilobits(client, song):
    answer = client.get(f"{song}/stems/drums", params={"format": "mp3"})
    assert answer.headers["content-type"] == "audio/mpeg"
    assert len(answer.content) * 8 / SECONDS == pytest.approx(320_000, rel=0.05)


def test_players_may_ask_for_ranges(client, song):
    whole = client.get(f"{song}/stems/drums").content
    part = client.get(f"{song}/stems/drums", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    assert client.get(f"{song}/stems/drums", headers={"Range": "bytes=99999999-"}).status_code == 416


def test_a_stem_that_there_is_not_is_named_with_those_that_there_are(client, song):
    answer = client.get(f"{song}/stems/flute")
    assert answer.status_code == 404 and "drums" in answer.json()["text"]
    assert client.get(f"{song}/stems/drums", params={"format": "ogg"}).status_code == 400


ZOOMS = [(0.0, 4.0, 100), (1.0, 1.2, 500), (0.5, 0.501, 2000), (3.9, 9.0, 10)]
NOTHING = [{"start": 2, "end": 1}, {"points": 0}, {"points": 10**9}, {"start": "nan"}, {"end": "inf"}]


@pytest.mark.parametrize(("start", "end", "points"), ZOOMS)
def test_a_waveform_holds_the_peaks_at_every_zoom(client, song, start, end, points):
    data = sound(client.get(f"{song}/stems/drums"))
    asked = {"start": start, "end": end, "points": points}
    found = client.get(f"{song}/waveform/drums", params=asked).json()
    inside = data[round(start * 44100) : round(min(end, SECONDS) * 44100)]
    assert len(found["min"]) == len(found["max"]) <= points
    assert max(found["max"]) >= inside.max() - 1e-3 and min(found["min"]) <= inside.min() + 1e-3
    assert found["end"] <= SECONDS


@pytest.mark.parametrize("asked", NOTHING)
def test_a_waveform_of_nothing_is_refused(client, song, asked):
    assert client.get(f"{song}/waveform/mix", params=asked).status_code == 400


def test_the_archive_holds_all_of_it(client, song):
    for form in ("mp3", "flac"):
        packed = zipfile.ZipFile(io.BytesIO(client.get(f"{song}/archive", params={"format": form}).content))
        assert packed.testzip() is None
        assert {"Beat.mid", "Beat.sidestick.json", f"Beat.stems/backing.{form}"} <= set(packed.namelist())


def test_every_stem_has_its_own_spectrogram(client, song):
    mix, drums = (client.get(f"{song}/spectrogram/{name}") for name in ("mix", "drums"))
    assert mix.headers["content-type"] == "image/png" and mix.content[:4] == b"\x89PNG"
    assert mix.content != drums.content and client.get(f"{song}/spectrogram/flute").status_code == 404


def test_every_stage_has_its_picture(client, song):
    png = client.get(f"{song}/pictures/decode")
    assert png.headers["content-type"] == "image/png" and png.content[:4] == b"\x89PNG"
    assert set(client.get(f"{song}/pictures/separate").json()["stems"]) == {"drums"}
    assert len(client.get(f"{song}/pictures/kit").json()["stems"]) == 5
    assert len(client.get(f"{song}/pictures/beats").json()["beats"]) >= 6


def test_the_stems_are_seen_while_the_song_is_taken_apart(client, home):
    data = home.song("Long beat.wav", 40.0).read_bytes()
    asked = {"options": json.dumps({"separator": "embedded"})}
    job = client.post("/api/jobs", files={"file": ("Long beat.wav", data)}, data=asked).json()["links"]["self"]
    found = []
    while client.get(job).json()["state"] in ("queued", "running"):
        found.append(client.get(f"{job}/network").json())
    grown = [each["separation"] for each in found if each["separation"]]
    assert {each["network"] for each in found if each["step"] == "separate"} >= {"embedded"}
    assert grown and grown[-1]["parts"] == ["drums"] and len(grown[-1]["levels"]) > len(grown[0]["levels"])
    assert "the drum transcriber" in {each["network"] for each in found if each["step"] == "draft"}
    assert client.get(f"{job}/network").json()["network"] == ""


def test_the_picture_of_listening_rises_where_the_strokes_are(client, song):
    found = client.get(f"{song}/pictures/listen").json()
    kick = found["strength"][found["classes"].index("kick")]
    times = [index / found["frame_rate"] for index, value in enumerate(kick) if value > 0.3]
    assert times and len(found["novelty"]) == len(kick)
    for onset in synth.onsets_of(BEAT, "kick"):
        assert min(abs(onset - time) for time in times) < 0.05


@pytest.fixture(scope="module")
def bass(client, home) -> dict[str, Any]:
    """The job of a bass line, done."""
    line = np.concatenate([synth.tone(hertz, 0.5) for hertz in (55.0, 82.41, 110.0, 82.41) * 2])
    path = synth.write(home.music / "Line.wav", line)
    asked = {"path": str(path), "options": {"input": "bass", "parts": ["bass"]}}
    return wait_until_ended(client, client.post("/api/jobs", json=asked).json())


def test_the_notes_of_a_part_and_its_chords_have_their_pictures_too(client, bass):
    pictures = f"{bass['links']['self']}/pictures"
    [(part, notes)] = client.get(f"{pictures}/notes").json().items()
    assert part == "bass" and 33 in {pitch for _, _, pitch in notes}
    assert set(client.get(f"{pictures}/harmony").json()) == {"key", "chords"}


def test_a_rerun_from_the_notes_hears_the_parts_again(client, home, bass):
    before = len(results(home, "bass"))
    for kept in results(home, "bass"):
        (kept / "from before").touch()
    wait_until_ended(client, client.post(f"{bass['links']['self']}/rerun", json={"from": "notes"}).json())
    fresh = [kept for kept in results(home, "bass") if not (kept / "from before").exists()]
    assert before == len(fresh) == 1


def test_a_rerun_works_out_what_was_forgotten_and_keeps_the_corrections(client, home, song):
    client.put(f"{song}/clusters", json={"revision": 0, "changes": {"hits": {"0": "cowbell"}}})
    for kept in results(home, *STAGE_NAMES):
        (kept / "from before").touch()
    again = client.post(f"{song}/rerun", json={"from": "kit"})
    assert again.status_code == 202, again.text
    made = wait_until_ended(client, again.json())
    fresh = {kept.parent.name for kept in results(home, *STAGE_NAMES) if not (kept / "from before").exists()}
    assert made["id"] != song.rpartition("/")[2] and fresh == {"kit", "hits", "beats"}
    assert client.get(f"{made['links']['self']}/notes").json()["hits"]["rows"][0][4] == "cowbell"


def test_what_the_cache_has_dropped_is_told_with_its_remedy_and_comes_back(client, home, song):
    for stage in ("separate", "kit"):
        shutil.rmtree(home.folder / "cache" / "stages" / stage)
    gone = client.get(f"{song}/stems/drums")
    assert gone.status_code == 404 and "no_sound" in gone.text
    made = client.post(f"{song}/rerun", json={"from": "separate"}).json()
    assert wait_until_ended(client, made)["state"] == "done"
    assert client.get(f"{song}/stems/drums").status_code == 200


@pytest.mark.parametrize("kind", ["silent", "not a number"])
def test_what_shows_only_in_the_sound_fails_its_job_with_the_reason(client, tmp_path, kind):
    name, make, reason = BAD[kind]
    data = make(tmp_path / name).read_bytes()
    made = client.post("/api/jobs", files={"file": (f"{kind}.wav", data)}).json()
    over = wait_until_ended(client, made)
    assert (over["state"], reason in over["reason"]) == ("failed", True)


def test_the_daemon_publishes_its_page_and_stays_light(client, home):
    found = json.loads((home.state / "daemon.json").read_text("utf-8"))
    assert found["http_port"] == client.base_url.port
    maps = " ".join(entry.path for entry in psutil.Process(home.process.pid).memory_maps())
    assert not [heavy for heavy in ("torch", "onnxruntime", "librosa", "scipy") if f"/{heavy}/" in maps]


def test_a_song_from_the_web_needs_an_address_of_the_web(client):
    answer = client.post("/api/jobs", json={"url": "http://192.168.0.1/song.wav"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_url")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_stem_that_the_client_has_already_is_not_sent_again(client, song, method):
    path = f"{song}/stems/mix"
    tag = client.get(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        answer = client.request(method, path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


def test_a_stem_that_is_another_than_the_clients_is_sent(client, song):
    answer = client.get(f"{song}/stems/mix", headers={"If-None-Match": '"other"'})
    assert answer.status_code == 200 and len(answer.content) == int(answer.headers["content-length"])
