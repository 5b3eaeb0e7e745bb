"""Songs that come over the wire."""

import io
import json
import os
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.inlets.http.uploads import safe_name, sweep
from daemon.inlets.retention import DAY, expire_jobs
from daemon.outlets.manifest import Manifest, Output
from daemon.outlets.naming import digest_of
from tests import synth
from tests.acceptance.test_bad_input import BAD
from tests.fake_drop_folder import write_answer
from tests.inlets.http.server import HttpServer, raw, wait_for

EDGE = "--edge"


def wav(folder: Path, pitch: float = 440.0) -> bytes:
    """The same bytes each time: a WAV file holds the second in which it was written."""
    path = folder / f"made {pitch:g}.wav"
    return (path if path.exists() else synth.write(path, synth.tone(pitch, 0.5))).read_bytes()


def send(client, data: bytes, name: str = "Song.wav", **fields: str):
    return client.post("/api/jobs", files={"file": (name, data, "audio/wav")}, data=fields)


def leftovers(uploads: Path) -> list[str]:
    """What lies there; os.walk does not mind what goes away meanwhile."""
    return sorted(name for _, folders, files in os.walk(uploads) for name in (*folders, *files))


def test_an_upload_lies_in_a_folder_of_its_own(client, uploads, tmp_path):
    answer = send(client, wav(tmp_path), "Mein Stück.wav", options=json.dumps({"input": "drums"}))
    made = answer.json()
    assert (answer.status_code, made["options"]["input"]) == (202, "drums")
    assert Path(made["path"]) == uploads / "Mein Stück" / "Mein Stück.wav"
    assert Path(made["path"]).read_bytes() == wav(tmp_path)


def test_another_song_of_the_same_name_gets_another_folder(client, uploads, tmp_path):
    first = send(client, wav(tmp_path), "Same.wav").json()
    second = send(client, wav(tmp_path, 220.0), "Same.wav").json()
    assert Path(second["path"]) == uploads / "Same 2" / "Same.wav" and first["id"] != second["id"]


def test_the_same_song_is_kept_once_and_is_the_same_job(client, uploads, tmp_path):
    jobs = [send(client, wav(tmp_path), "Twice.wav").json()["id"] for _ in range(2)]
    assert jobs[0] == jobs[1] and not (uploads / "Twice 2").exists()


def test_an_upload_goes_with_its_job_if_that_is_asked_for(client, uploads, tmp_path):
    made = send(client, wav(tmp_path), "Away.wav").json()
    client.post(f"{made['links']['self']}/cancel")
    assert client.delete(made["links"]["self"], params={"files": "true"}).status_code == 204
    assert not (uploads / "Away").exists()


def test_an_upload_that_two_jobs_use_stays(client, uploads, tmp_path):
    first = send(client, wav(tmp_path), "Shared.wav").json()
    send(client, wav(tmp_path), "Shared.wav", options='{"bpm": 100}')
    client.post(f"{first['links']['self']}/cancel")
    client.delete(first["links"]["self"], params={"files": "true"})
    assert (uploads / "Shared" / "Shared.wav").exists()


TRICKS = ["../../../etc/passwd", "..\\..\\boot.ini", "/abs.wav", "a\0b.wav", ".", "..", "C:x", "\n", "a/../b.wav"]


@pytest.mark.parametrize("name", TRICKS)
def test_names_never_become_paths(client, uploads, tmp_path, name):
    answer = send(client, wav(tmp_path), name)
    if answer.status_code == 202:
        assert Path(answer.json()["path"]).parent.parent == uploads
    else:
        assert answer.json()["code"] == "bad_upload"


@given(st.text(max_size=300))
def test_a_safe_name_is_a_name_that_every_disk_takes(text):
    name = safe_name(text)
    assert name == Path(name).name not in ("", ".", "..") and len(name.encode()) <= 200
    assert not set(name) & set('\0\n/\\:*?"<>|') and name[0] not in ". " and name[-1] not in ". "


@pytest.mark.parametrize(
    ("given_name", "safe"),
    [("CON.wav", "_CON.wav"), ("Song.wav", "Song.wav"), ("x" * 300 + ".flac", "x" * 115 + ".flac"), ("...", "song")],
)
def test_names_are_changed_as_little_as_can_be(given_name, safe):
    assert safe_name(given_name) == safe


def empty_zip() -> bytes:
    data = io.BytesIO()
    zipfile.ZipFile(data, "w").close()
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"no sound at all", "not_audio"), (empty_zip(), "not_audio"), (b"RIFF\0\0", "damaged")],
)
def test_what_is_no_song_leaves_nothing_behind(client, uploads, data, code):
    before = leftovers(uploads)
    assert send(client, data, "Nothing.wav").json()["code"] == code
    assert leftovers(uploads) == before


AT_THE_DOOR = ("text", "header only", "picture only", "too short", "no channels", "slow rate", "fast rate")


@pytest.mark.parametrize("kind", AT_THE_DOOR)
def test_what_the_pipeline_refuses_is_refused_here_in_its_words(client, uploads, tmp_path, kind):
    name, make, reason = BAD[kind]
    before = leftovers(uploads)
    answer = send(client, make(tmp_path / name).read_bytes(), name)
    assert answer.status_code == 400 and reason in answer.json()["text"]
    assert leftovers(uploads) == before and str(uploads) not in answer.json()["text"]


def form(*parts: str, end: str = f"--{EDGE}--\r\n") -> bytes:
    return ("".join(f"--{EDGE}\r\n{part}\r\n" for part in parts) + end).encode()


PART = 'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nabc'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (form('Content-Disposition: form-data; name="options"\r\n\r\n{}'), "bad_upload"),
        (form('Content-Disposition: form-data; name="other"\r\n\r\n{}', PART), "bad_upload"),
        (form(PART, PART), "bad_upload"),
        (form(PART.replace('; filename="a.wav"', "")), "bad_upload"),
        (form("\r\n\r\nabc"), "bad_upload"),
        (form(PART, end=""), "cut_off"),
        (b"", "cut_off"),
        (b"garbage" * 1000, "bad_upload"),
        (form(PART, 'Content-Disposition: form-data; name="options"\r\n\r\n{"bpm": '), "bad_request"),
        (form(PART, 'Content-Disposition: form-data; name="options"\r\n\r\n[]'), "bad_request"),
        (form(PART, f'Content-Disposition: form-data; name="options"\r\n\r\n{"x" * 70_000}'), "bad_upload"),
    ],
)
def test_forms_that_are_none_are_refused(client, uploads, body, code):
    before = leftovers(uploads)
    kind = {"Content-Type": f"multipart/form-data; boundary={EDGE}"}
    answer = client.post("/api/jobs", content=body, headers=kind)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert leftovers(uploads) == before


def test_words_before_and_behind_the_parts_of_a_form_are_passed_over(client):
    body = b"This is a form.\r\n\r\n" + form(PART) + b"\r\nThat was it."
    kind = {"Content-Type": f"multipart/form-data; boundary={EDGE}"}
    for content in (body, (body[at : at + 7] for at in range(0, len(body), 7))):
        answer = client.post("/api/jobs", content=content, headers=kind)
        assert answer.json()["text"].startswith("a.wav is not audio"), answer.text  # so its file was received


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ('name="title"', "a field 'title', which means nothing here"),
        ('name="option"', "a field 'option', which means nothing here"),
        ('filename="b.wav"', "a field without a name"),
        ('name="file"; filename="b.wav"', "the field file twice"),
    ],
)
def test_a_field_that_means_nothing_is_refused_by_its_name(client, uploads, head, words):
    before = leftovers(uploads)
    body = form(PART, f"Content-Disposition: form-data; {head}\r\n\r\nx")
    answer = client.post("/api/jobs", content=body, headers={"Content-Type": f"multipart/form-data; boundary={EDGE}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_upload")
    assert words in answer.json()["text"]
    assert leftovers(uploads) == before


def test_the_field_that_browsers_add_by_themselves_is_passed_over(client, tmp_path):
    answer = send(client, wav(tmp_path), "Browser.wav", _charset_="UTF-8", options="{}")
    assert (answer.status_code, answer.json()["name"]) == (202, "Browser.wav")


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ("filename*=UTF-8''%C3%9Cbung.wav", "Übung.wav"),
        ("filename*=utf-8'de'%C3%9Cbung%20zwei.wav", "Übung zwei.wav"),
        ("filename*=\"UTF-8''quoted%3B.wav\"", "quoted;.wav"),
        ("filename*=iso-8859-1''caf%E9.wav", "café.wav"),
        ("filename* = UTF-8''spaced.wav", "spaced.wav"),
        ("filename=\"plain.wav\"; filename*=UTF-8''other.wav", "plain.wav"),
        ("filename=\"\"; filename*=UTF-8''instead.wav", "instead.wav"),
        ("filename*=UTF-8''..%2F..%2Fpath.wav", "path.wav"),
    ],
)
def test_a_name_in_the_extended_notation_is_understood(client, uploads, tmp_path, how, name):
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; {how}\r\n\r\n'.encode()
    body = head + wav(tmp_path) + f"\r\n--{EDGE}--\r\n".encode()
    answer = client.post("/api/jobs", content=body, headers={"Content-Type": f"multipart/form-data; boundary={EDGE}"})
    assert (answer.status_code, answer.json().get("name")) == (202, name)
    assert (uploads / Path(name).stem / name).is_file()


@pytest.mark.parametrize("how", ["filename*=klingon''x.wav", "filename*=x.wav", "filename*=UTF-8''"])
def test_a_name_that_cannot_be_read_is_none(client, tmp_path, how):
    head = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; {how}\r\n\r\n'.encode()
    body = head + wav(tmp_path) + f"\r\n--{EDGE}--\r\n".encode()
    answer = client.post("/api/jobs", content=body, headers={"Content-Type": f"multipart/form-data; boundary={EDGE}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_upload")


@pytest.mark.parametrize("kind", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 10_000}"])
def test_a_form_needs_a_boundary(client, kind):
    assert client.post("/api/jobs", content=b"x", headers={"Content-Type": kind}).json()["code"] == "bad_upload"


def test_a_connection_that_breaks_leaves_nothing_behind(server, uploads):
    before = leftovers(uploads)
    head = f"POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1:{server.inlet.http_port}\r\nContent-Length: 5000000\r\n"
    kind = f"Content-Type: multipart/form-data; boundary={EDGE}\r\n\r\n"
    raw(server.inlet.http_port, head.encode() + kind.encode() + form(PART, end="") + b"x" * 2_000_000)
    wait_for(lambda: leftovers(uploads) == before)


def test_more_than_the_limit_is_refused_before_it_is_sent_or_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.inlets.http.server.settings_in", smaller)
    server = HttpServer(tmp_path)
    told = send(server.client, b"x" * 3_000_000)
    untold = server.client.post(
        "/api/jobs", content=iter([form(PART, end=""), *[b"x" * 500_000] * 4]),
        headers={"Content-Type": f"multipart/form-data; boundary={EDGE}"},
    )  # fmt: skip
    server.close()
    assert [(answer.status_code, answer.json()["code"]) for answer in (told, untold)] == [(413, "too_big")] * 2
    assert leftovers(server.settings.folders.uploads) == []


def smaller(folder, **settings):
    from daemon.config import load

    places = {
        f"SIDESTICK_FOLDERS__{n.upper()}": str(folder / n) for n in ("config", "state", "cache", "models", "uploads")
    }
    return load({**places, "SIDESTICK_LIMITS__MAX_GIGABYTES": "0.001"}).settings


def test_what_a_killed_sidestick_had_not_received_whole_is_removed(tmp_path):
    for name in (".sidestick-old", "Song"):
        (tmp_path / name).mkdir()
    sweep(tmp_path, clock=lambda: 4e9)
    assert [path.name for path in tmp_path.iterdir()] == ["Song"]


def delete_with_files(client, made) -> None:
    client.post(f"{made['links']['self']}/cancel")
    assert client.delete(made["links"]["self"], params={"files": "true"}).status_code == 204


def test_a_folder_that_was_not_made_for_an_upload_keeps_everything(client, uploads, tmp_path):
    drop = uploads / "Drop"
    drop.mkdir(parents=True)
    (drop / "Song.wav").write_bytes(wav(tmp_path))
    (drop / "mine.txt").write_text("mine")
    made = client.post("/api/jobs", json={"path": str(drop / "Song.wav")}).json()
    delete_with_files(client, made)
    assert sorted(path.name for path in drop.iterdir()) == ["Song.wav", "mine.txt"]


@pytest.mark.parametrize("name", ["mine.txt", "Kept.stems/vocals.wav", "Kept.drums.mid"])
def test_what_a_user_put_beside_an_upload_stays(client, uploads, tmp_path, name):
    made = send(client, wav(tmp_path), "Kept.wav").json()
    mine = uploads / "Kept" / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    delete_with_files(client, made)
    assert mine.read_text() == "mine" and not (uploads / "Kept" / "Kept.wav").exists()
    mine.unlink()


def test_an_upload_that_was_replaced_by_another_song_stays(client, uploads, tmp_path):
    made = send(client, wav(tmp_path), "Mine.wav").json()
    (uploads / "Mine" / "Mine.wav").write_bytes(wav(tmp_path, 330.0))
    delete_with_files(client, made)
    assert (uploads / "Mine" / "Mine.wav").read_bytes() == wav(tmp_path, 330.0)


def test_results_go_with_their_upload_and_edited_ones_stay(client, uploads, tmp_path):
    made = send(client, wav(tmp_path), "Done.wav").json()
    home = uploads / "Done"
    entries = []
    for name in ("Done.drums.mid", "Done.bass.mid", "Done.stems/drums.wav"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_bytes(b"ours")
        entries.append(Output(path=name, kind=name, sha256=digest_of(home / name)))
    entries.append(Output(path="../outside.txt", kind="x", sha256=digest_of(home / "Done.drums.mid")))
    (uploads / "outside.txt").write_bytes(b"ours")
    manifest = Manifest.load(write_answer(home / "Done.wav"))
    manifest.model_copy(update={"outputs": tuple(entries)}).save(home / "Done.sidestick.json")
    (home / "Done.bass.mid").write_bytes(b"edited")
    delete_with_files(client, made)
    assert leftovers(home) == [".received.json", "Done.bass.mid"]
    assert (uploads / "outside.txt").read_bytes() == b"ours"


def test_before_a_job_is_deleted_its_files_are_told(client, uploads, tmp_path):
    made = send(client, wav(tmp_path), "Told.wav").json()
    write_answer(uploads / "Told" / "Told.wav")
    song = str(uploads / "Told" / "Told.wav")
    assert client.get(f"{made['links']['self']}/files").json() == {"kept": [], "removable": [song], "bin": False}
    again = client.post("/api/jobs", json={"path": song, "options": {"input": "bass", "parts": ["bass"]}}).json()
    assert again["id"] != made["id"]
    assert client.get(f"{made['links']['self']}/files").json() == {"kept": [song], "removable": [], "bin": False}


def test_files_beside_a_song_that_was_not_uploaded_all_stay(client, tmp_path):
    (tmp_path / "Beside.wav").write_bytes(wav(tmp_path))
    made = client.post("/api/jobs", json={"path": str(tmp_path / "Beside.wav")}).json()
    found = client.get(f"{made['links']['self']}/files").json()
    assert found == {"kept": [str(tmp_path / "Beside.wav")], "removable": [], "bin": False}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_uploads_are_their_owners_alone(client, uploads, tmp_path):
    made = send(client, wav(tmp_path), "Private.wav").json()
    assert Path(made["path"]).parent.stat().st_mode & 0o077 == 0


def test_an_upload_goes_with_its_age_and_what_was_edited_stays(client, server, uploads, tmp_path):
    made = send(client, wav(tmp_path, 660.0), "Old.wav").json()
    (uploads / "Old" / "mine.txt").write_text("mine")
    client.post(f"/api/jobs/{made['id']}/cancel")
    later = time.time() + 91 * DAY
    expire_jobs(server.store, server.settings, lambda: later)
    assert client.get(f"/api/jobs/{made['id']}").status_code == 404
    assert (uploads / "Old" / "mine.txt").exists() and not (uploads / "Old" / "Old.wav").exists()
