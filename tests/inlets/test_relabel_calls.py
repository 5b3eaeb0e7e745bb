"""How far it is from an inlet to the first use of a change: a reader follows these calls one by one."""

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

import daemon
from bridge.osc.client import Client
from daemon.inlets.osc import OscInlet
from daemon.score.history import History
from tests.inlets.http.server import HttpServer

CHANGES = {"clusters": {"0": "cowbell"}}
DAEMON = str(Path(daemon.__file__).parent)


@pytest.fixture
def server(tmp_path) -> Iterator[HttpServer]:
    opened = HttpServer(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The functions of the daemon that were being called when a correction came into the history."""
    found: list[str] = []
    apply = History.apply

    def apply_and_note(history, changes):
        frames = traceback.extract_stack()
        found.extend(frame.name for frame in frames if frame.filename.startswith(DAEMON))
        return apply(history, changes)

    monkeypatch.setattr(History, "apply", apply_and_note)
    return found


def test_a_relabel_over_osc_is_seven_calls_from_the_port_to_the_history(server, calls):
    inlet = OscInlet(server.dispatcher, osc_port=0)
    inlet.start()
    try:
        with Client(inlet.osc_port) as client:
            client.ask("/sidestick/relabel", server.song(), '{"clusters": {"0": "cowbell"}}')
    finally:
        inlet.stop()
    assert calls == ["_handle", "handle", "relabel", "relabel", "correct", "_revise", "correct"]


def test_a_relabel_over_http_is_five_calls_from_the_route_to_the_history(server, calls):
    name = server.song()
    server.client.put(f"/api/jobs/{name}/clusters", json={"changes": CHANGES, "revision": 0}).raise_for_status()
    assert calls == ["correct_notes", "relabel", "correct", "_revise", "correct"]
