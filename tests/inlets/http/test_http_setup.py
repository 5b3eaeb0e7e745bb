"""The first set-up over HTTP: what it shows, what it sets, and who may."""

from pathlib import Path

import pytest

from daemon.inlets.http.context import SetupAccess
from tests.inlets.http.server import HttpServer
from tests.test_setup import NoServiceFile, ServiceFile


class SetupServer(HttpServer):
    """A server that may be set up; `watched` are the folders that it follows since."""

    def __init__(self, folder: Path, service: ServiceFile) -> None:
        super().__init__(folder)
        self.watched: list[Path] = []
        environ = {"SIDESTICK_FOLDERS__CONFIG": str(folder / "config"), "HOME": str(folder)}
        access = SetupAccess(service, self.watched.append, environ)
        object.__setattr__(self.context, "setup", access)


@pytest.fixture
def server(tmp_path):
    opened = SetupServer(tmp_path, ServiceFile(tmp_path))
    yield opened
    opened.close()


def test_a_new_sidestick_offers_a_drop_folder(client):
    found = client.get("/api/setup").json()
    assert found["is_new"] and found["default_drop"].endswith("sidestick drop")
    assert {"reaper", "live"} <= {daw["name"] for daw in found["daws"]}


def test_the_answers_hold_at_once(server, client, tmp_path):
    answer = client.post("/api/setup", json={"drop": str(tmp_path / "Drop"), "daw": "live", "at_log_on": True})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["is_new"], found["daw"], found["at_log_on"]) == (False, "live", True)
    assert server.watched == [tmp_path / "Drop"] and server.watched[0].is_dir()
    assert client.get("/api/options").json()["defaults"]["drum_map"] == "ableton"


def test_the_same_answers_again_watch_no_folder_twice(server, client, tmp_path):
    for _ in range(2):
        client.post("/api/setup", json={"drop": str(tmp_path / "Drop")})
    assert server.watched == [tmp_path / "Drop"]


def test_a_folder_that_cannot_be_made_is_told(client, tmp_path):
    (tmp_path / "file").write_text("")
    answer = client.post("/api/setup", json={"drop": str(tmp_path / "file" / "Drop")})
    assert answer.status_code == 503 and "Choose another folder" in answer.json()["text"]


def test_without_a_session_the_rest_is_set_and_the_remedy_told(tmp_path):
    server = SetupServer(tmp_path, NoServiceFile(tmp_path))
    try:
        found = server.client.post("/api/setup", json={"daw": "logic", "at_log_on": True}).json()
    finally:
        server.close()
    assert (found["daw"], found["at_log_on"], found["remark"]) == ("logic", False, "There is no session.")


def test_a_sidestick_that_serves_others_is_set_up_on_its_own_machine_only(server, client, tmp_path):
    given = server.context.settings
    outside = given.model_copy(update={"daemon": given.daemon.model_copy(update={"http_host": "0.0.0.0"})})
    object.__setattr__(server.context, "settings", outside)
    assert not client.get("/api/setup").json()["is_new"]
    assert client.post("/api/setup", json={"drop": str(tmp_path / "Drop")}).status_code == 403
