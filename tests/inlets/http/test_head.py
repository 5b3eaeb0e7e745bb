"""HEAD, as monitors, players and download managers send it: the headers of GET without a body."""

import socket

import pytest

from tests.inlets.http.server import PATIENCE, wait_for


@pytest.mark.parametrize("path", ["/", "/docs", "/health", "/openapi.json", "/metrics", "/api/jobs", "/api/options"])
def test_head_is_answered_wherever_get_is(client, path):
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("place", ["", "/notes", "/clusters", "/revisions", "/midi", "/midi/drums", "/log"])
def test_head_of_a_job_has_the_length_of_what_get_sends(server, client, place):
    path = f"/api/jobs/{server.song()}{place}"
    head, get = client.head(path), client.get(path)
    assert (head.status_code, int(head.headers["content-length"])) == (200, len(get.content))


def test_head_of_a_file_of_the_page_has_its_length(client):
    assert client.head("/static/index.html").headers["content-length"]


@pytest.mark.parametrize("path", ["/api/events", "/api/jobs/{job}/archive"])
def test_head_of_what_has_no_end_or_is_packed_on_the_way_ends_at_once(server, client, path):
    answer = client.head(path.format(job=server.song()))
    assert (answer.status_code, answer.content) == (200, b"")
    wait_for(lambda: server.context.event_log.listeners == 0)


@pytest.mark.parametrize("path", ["/api/stop", "/api/nothing", "/api/jobs/none/notes"])
def test_head_of_what_cannot_be_read_is_refused_without_a_body(client, path):
    answer = client.head(path)
    assert answer.status_code in (404, 405)
    assert answer.content == b""


def test_the_connection_goes_on_after_head(server):
    """On one connection: a body after the first answer would be taken for the beginning of the second."""
    port = server.inlet.http_port
    head = f"HEAD /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    get = f"GET /api/jobs?limit=1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall((head + get).encode())
        answers = b"".join(iter(lambda: line.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.partition(b"\r\n\r\n")[2].startswith(b"HTTP/1.1 200 OK")


def test_what_breaks_while_head_is_answered_is_told_as_for_get(client, monkeypatch):
    monkeypatch.setattr("daemon.core.Core.status", lambda self: 1 / 0)
    assert client.head("/health").status_code == 500


def test_head_is_not_in_the_description(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert not any("head" in operations for operations in paths.values())
