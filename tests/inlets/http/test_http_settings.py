"""The settings and the networks over HTTP: what they show, what they change, and who may."""

import sys
from pathlib import Path

import numpy as np
import pytest

from daemon.inlets.http import model_downloads
from daemon.outlets.ear_memory import TaughtSong, write_songs
from daemon.pipeline.drums.personal_ear import StrokeExamples
from daemon.pipeline.records import Drum
from tests.inlets.http.server import HttpServer, wait_for
from tests.inlets.http.test_http_setup import SetupServer
from tests.test_setup import ServiceFile

WRITTEN = """# mine
offline = true

[daemon]
workers = 1  # the fan is loud

[[daemon.drop]]
path = "/srv/Drop"
poll = true
"""


@pytest.fixture
def server(tmp_path):
    opened = SetupServer(tmp_path, ServiceFile(tmp_path))
    file = tmp_path / "config" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(WRITTEN, "utf-8")
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "config" / "config.toml"


def rows(answer) -> dict:
    assert answer.status_code == 200, answer.text
    return {row["name"]: row for row in answer.json()["settings"]}


def change(client, **changes):
    return client.put("/api/settings", json={"changes": {name.replace("__", "."): v for name, v in changes.items()}})


def test_each_setting_has_its_value_its_default_and_its_choices(client):
    found = rows(client.get("/api/settings"))
    assert found["daemon.drop"]["value"] == ["/srv/Drop"] and found["offline"]["value"] is True
    assert found["options.drum_map"]["value"] == "gm" and "ableton" in found["options.drum_map"]["choices"]
    assert found["daemon.midi_port"]["default"] == "sidestick" and not found["daemon.midi_port"]["pending"]


def test_a_change_keeps_the_comments_and_waits_for_a_restart(client, file):
    found = rows(change(client, daemon__workers=2, cache__max_days=7.5))
    assert found["daemon.workers"]["value"] == 2 and found["daemon.workers"]["pending"]
    assert client.get("/api/settings").json()["restart"]
    text = file.read_text("utf-8")
    assert "workers = 2  # the fan is loud" in text and "max_days = 7.5" in text and text.startswith("# mine")


def test_a_drum_map_and_a_separator_hold_at_once(client):
    found = rows(change(client, options__drum_map="ableton", options__separator="embedded"))
    assert not found["options.drum_map"]["pending"]
    defaults = client.get("/api/options").json()["defaults"]
    assert (defaults["drum_map"], defaults["separator"]) == ("ableton", "embedded")


def test_a_new_drop_folder_is_made_and_watched_and_the_other_keeps_what_was_said_of_it(server, client, file, tmp_path):
    change(client, daemon__drop=["/srv/Drop", str(tmp_path / "More")])
    assert (tmp_path / "More").is_dir() and server.watched == [tmp_path / "More"]
    assert "poll = true" in file.read_text("utf-8")
    change(client, daemon__drop=[str(tmp_path / "More")])
    assert "/srv/Drop" not in file.read_text("utf-8")


def test_none_is_the_default_again(client, file):
    change(client, daemon__midi_port="drums")
    assert rows(change(client, daemon__midi_port=None))["daemon.midi_port"]["value"] == "sidestick"
    assert "midi_port" not in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"daemon.workers": 99}, "“Songs at a time”"),
        ({"daemon.midi_port": ""}, "“MIDI port”"),
        ({"cache.max_days": -1}, "“The cache, for days after its last use”"),
        ({"device": "abacus"}, "“Networks run on”"),
        ({"folders.models": "over there"}, "absolute"),
        ({"daemon.drop": ["over there"]}, "absolute"),
        ({"options.drum_map": "nobody's"}, "It is one of gm"),
        ({"options.separator": "an axe"}, "It is one of auto"),
        ({"daemon.http_key": "let-me-in-please-now"}, "There is no setting 'daemon.http_key' here"),
        ({"offline": [1]}, "“Never fetch networks”"),
    ],
)
def test_a_wrong_value_is_a_sentence_and_nothing_is_written(client, file, changes, said):
    answer = client.put("/api/settings", json={"changes": changes})
    assert answer.status_code == 400 and said in answer.json()["text"] and answer.json()["text"].endswith(".")
    assert file.read_text("utf-8") == WRITTEN


def test_what_the_environment_sets_is_changed_there(server, client):
    environ = {**server.context.setup.environ, "SIDESTICK_DAEMON__MIDI_PORT": "stage"}
    object.__setattr__(server.context.setup, "environ", environ)
    assert rows(client.get("/api/settings"))["daemon.midi_port"]["locked"] == "SIDESTICK_DAEMON__MIDI_PORT"
    answer = change(client, daemon__midi_port="drums")
    assert answer.status_code == 400 and "SIDESTICK_DAEMON__MIDI_PORT" in answer.json()["text"]


def test_only_this_machine_may(tmp_path):
    plain = HttpServer(tmp_path)
    try:
        assert plain.client.get("/api/settings").json()["code"] == "no_setup"
        assert plain.client.post("/api/models/htdemucs/fetch").json()["code"] == "no_setup"
    finally:
        plain.close()


def model(client, name="htdemucs") -> dict:
    return next(row for row in client.get("/api/models").json()["models"] if row["name"] == name)


def test_a_network_is_fetched_with_its_bytes_and_removed(server, client, monkeypatch, tmp_path):
    object.__setattr__(server.context, "settings", server.settings.model_copy(update={"offline": False}))
    folder = server.settings.folders.models / "htdemucs"
    server.settings.folders.state.mkdir(exist_ok=True)
    go_on = tmp_path / "go on"
    program = (
        f"import os, time; os.makedirs({str(folder)!r}); open({str(folder / 'a.part')!r}, 'wb').write(bytes(1000));"
        f"[time.sleep(.02) for _ in iter(lambda: os.path.exists({str(go_on)!r}), True)]; "
        "raise SystemExit('No network.')"
    )
    monkeypatch.setattr(model_downloads, "fetch_command", lambda name: (sys.executable, "-c", program))
    assert client.post("/api/models/htdemucs/fetch").status_code == 202
    wait_for(lambda: model(client)["fetched_bytes"] == 1000)
    assert client.delete("/api/models/htdemucs").json()["code"] == "job_active"
    go_on.touch()
    wait_for(lambda: model(client)["fetched_bytes"] is None)
    assert model(client)["problem"] == "No network." and folder.is_dir()
    client.delete("/api/models/htdemucs")
    assert not folder.exists()


def test_what_is_no_network_of_ours_is_neither_fetched_nor_removed(client):
    assert client.delete("/api/models/mine").json()["code"] == "no_model"
    assert client.post("/api/models/htdemucs/fetch").json()["code"] == "bad_option"


def test_what_the_ear_was_taught_is_shown_and_forgotten(client, tmp_path):
    examples = StrokeExamples(np.ones(1, np.float32), ("snare",), np.zeros(1, bool), np.zeros((1, 4), np.float16))
    song = TaughtSong("ab" * 32, "Demo.wav", {Drum.SNARE: 1}, {Drum.SNARE: examples})
    (tmp_path / "state").mkdir(exist_ok=True)
    write_songs(tmp_path / "state" / "ear.npz", [song])
    (row,) = client.get("/api/ear").json()["songs"]
    assert row == {"name": "Demo.wav", "examples": {"snare": 1}, "corrected": {"snare": 1}}
    assert client.delete("/api/ear").json() == {"on": False, "songs": []}
