"""Drum maps over HTTP: what they hold, the drums that a click plays, and a map learnt by striking pads."""

import pytest

from bridge.drum_map import LABELS
from tests.inlets.http.server import wait_for
from tests.inlets.http.test_http_setup import SetupServer
from tests.test_setup import ServiceFile


@pytest.fixture
def server(tmp_path):
    opened = SetupServer(tmp_path, ServiceFile(tmp_path))
    yield opened
    opened.close()


def maps(client) -> dict:
    return {each["name"]: each for each in client.get("/api/drum-maps").json()["drum_maps"]}


def test_every_map_has_its_notes_and_what_plays_the_rest(client):
    found = maps(client)
    assert found["gm"]["title"] == "General MIDI" and found["gm"]["notes"]["kick"] == 36
    for each in found.values():
        assert set(each["stand_ins"].values()) <= set(each["notes"])
        assert {*each["notes"], *each["stand_ins"]} <= set(LABELS)


def test_a_map_of_ones_own_holds_at_once(server, client):
    answer = client.put("/api/drum-maps/mine", json={"notes": {"BD": 35, "snare": 40}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["notes"] == {"kick": 35, "snare": 40} and answer.json()["own"]
    assert maps(client)["mine"]["own"] and "mine" in client.get("/api/options").json()["drum_maps"]
    job = server.song()
    assert (
        client.post(f"/api/jobs/{job}/regenerate", json={"revision": 0, "options": {"drum_map": "mine"}}).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("name", "notes", "code"),
    [
        ("gm", {"kick": 36}, "bad_option"),
        ("mine", {"trumpet": 36}, "unknown_label"),
        ("mine", {"kick": 128}, "bad_request"),
        ("mine", {}, "bad_request"),
    ],
)
def test_a_map_that_cannot_be_is_refused(client, name, notes, code):
    answer = client.put(f"/api/drum-maps/{name}", json={"notes": notes})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_drum_is_played_on_the_port(server, client):
    assert client.post("/api/pads/play", json={"pitch": 38, "velocity": 90}).json() == {"notes": 1}
    assert server.port.comes_true(lambda: [pitch for _, pitch in server.port.strikes()] == [38])


def test_a_map_is_learnt_pad_by_pad(server, client):
    begun = client.post("/api/pads/walk", json={}).json()
    assert begun["current"] == "kick" and begun["heard"] == "Pads are heard from sidestick sync."
    server.pad(36)
    wait_for(lambda: client.get("/api/pads/walk").json()["current"] == "snare")
    assert client.post("/api/pads/walk/skip").json()["current"] == "rimshot"
    assert client.post("/api/pads/walk/back").json()["notes"] == {"kick": 36}
    client.delete("/api/pads/walk")
    over = client.get("/api/pads/walk")
    assert (over.status_code, over.json()["code"]) == (409, "no_walk")


def test_a_drum_that_does_not_exist_cannot_be_struck(client):
    assert client.post("/api/pads/walk", json={"labels": ["trumpet"]}).json()["code"] == "unknown_label"
