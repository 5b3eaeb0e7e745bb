"""Connections that never come to a request, and bodies that are longer than they may be."""

import asyncio
import errno
import socket
import time
from contextlib import ExitStack

import pytest

from daemon.inlets.http import uvicorn_server
from daemon.inlets.http.security import LONGEST_BODY
from daemon.inlets.http.uvicorn_server import LimitedProtocol, LoopErrors, connection_limit
from tests.inlets.http.server import PATIENCE, raw, wait_for

HALF = b"GET /health HTTP/1.1\r\nHost: 127"


def connect(server, stack: ExitStack, data: bytes = b"") -> socket.socket:
    line = stack.enter_context(socket.create_connection(("127.0.0.1", server.inlet.http_port), timeout=PATIENCE))
    line.sendall(data)
    return line


def is_hung_up(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True


def test_half_requests_do_not_keep_others_out(server, monkeypatch):
    monkeypatch.setattr(LimitedProtocol, "most_connections", 40)
    with ExitStack() as stack:
        lines = [connect(server, stack, HALF) for _ in range(200)]
        with server.new_client() as other:
            assert other.get("/health").status_code == 200
        assert is_hung_up(lines[0])
        open_now = len(server.inlet._server.server_state.connections)
    assert open_now <= 40


def test_whoever_is_one_too_many_is_told_when_all_others_are_at_work(server, monkeypatch):
    monkeypatch.setattr(LimitedProtocol, "most_connections", 2)
    listening = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{server.inlet.http_port}\r\n\r\n".encode()
    server.client.close()
    server.client = server.new_client()
    with ExitStack() as stack:
        wait_for(lambda: not server.inlet._server.server_state.connections)
        for _ in range(2):
            assert connect(server, stack, listening).recv(12) == b"HTTP/1.1 200"
        late = connect(server, stack)
        assert late.recv(12) == b"HTTP/1.1 503"
    wait_for(lambda: server.context.event_log.listeners == 0)


@pytest.mark.parametrize("data", [b"", HALF])
def test_a_header_that_does_not_come_to_its_end_is_given_up(server, monkeypatch, data):
    monkeypatch.setattr(uvicorn_server, "HEADER_SECONDS", 0.2)
    with ExitStack() as stack:
        assert is_hung_up(connect(server, stack, data))


def test_a_byte_now_and_then_is_no_header(server, monkeypatch):
    monkeypatch.setattr(uvicorn_server, "HEADER_SECONDS", 0.3)
    with ExitStack() as stack:
        line = connect(server, stack, HALF)
        began = time.monotonic()
        try:
            while time.monotonic() < began + PATIENCE:
                line.sendall(b"x")
                time.sleep(0.02)
        except ConnectionError:
            pass
        assert time.monotonic() - began < PATIENCE


def test_a_second_request_of_a_connection_has_its_time_too(server, monkeypatch):
    whole = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{server.inlet.http_port}\r\n\r\n".encode()
    with ExitStack() as stack:
        line = connect(server, stack, whole)
        assert line.recv(12) == b"HTTP/1.1 200"
        monkeypatch.setattr(uvicorn_server, "HEADER_SECONDS", 0.2)
        line.sendall(HALF)
        while not is_hung_up(line):
            pass


def test_a_body_that_stops_is_given_up(server, monkeypatch):
    monkeypatch.setattr(uvicorn_server, "BODY_SECONDS", 0.2)
    port = server.inlet.http_port
    head = f"POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    with ExitStack() as stack:
        assert is_hung_up(connect(server, stack, f"{head}Content-Length: 100\r\n\r\n{{".encode()))


def test_a_listener_is_never_hung_up_on(server, monkeypatch):
    monkeypatch.setattr(uvicorn_server, "HEADER_SECONDS", 0.1)
    monkeypatch.setattr(uvicorn_server, "BODY_SECONDS", 0.1)
    listening = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{server.inlet.http_port}\r\n\r\n".encode()
    with ExitStack() as stack:
        line = connect(server, stack, listening)
        assert line.recv(12) == b"HTTP/1.1 200"
        line.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while line.recv(65536):
                pass


def test_http_takes_half_of_the_file_descriptors_at_most():
    assert [connection_limit(number) for number in (64, 256, 1024, 1 << 20)] == [32, 128, 512, 1000]


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "multipart/mixed", "text/plain"]
)
@pytest.mark.parametrize("path", ["/api/jobs/none/clusters", "/api/jobs/none/push", "/health"])
def test_no_body_but_an_upload_may_be_long_whatever_it_calls_itself(server, path, kind):
    method = {"clusters": "PUT", "push": "POST", "health": "GET"}[path.rpartition("/")[2]]
    host = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.inlet.http_port}\r\nContent-Type: {kind}\r\n"
    told = raw(server.inlet.http_port, f"{host}Content-Length: {LONGEST_BODY + 1}\r\n\r\n".encode())
    assert told.startswith(b"HTTP/1.1 413")
    assert b"more than 8 MB" in told


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
def test_a_body_without_a_length_is_refused_at_the_limit(server, kind):
    port, block = server.inlet.http_port, b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    head = f"PUT /api/jobs/none/clusters HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\n"
    with ExitStack() as stack:
        line = connect(server, stack, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range((LONGEST_BODY >> 20) + 1):
            line.sendall(block)
        assert line.recv(12) == b"HTTP/1.1 413"


def test_a_form_for_a_route_of_json_is_refused(client):
    answer = client.post("/api/jobs/none/push", files={"file": b"x"})
    assert answer.status_code == 400


def test_that_no_file_descriptor_is_left_is_said_once_a_minute(caplog):
    times = iter([100.0, 100.0, 120.0, 161.0, 161.0])
    report = LoopErrors(lambda: next(times))
    loop = asyncio.new_event_loop()
    for _ in range(3):
        report(loop, {"message": "socket.accept() out of system resource", "exception": OSError(errno.EMFILE, "")})
    loop.close()
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_other_errors_of_the_loop_are_told_in_full(caplog):
    loop = asyncio.new_event_loop()
    LoopErrors()(loop, {"message": "oops", "exception": ValueError("odd")})
    loop.close()
    assert "oops" in caplog.text and "ValueError: odd" in caplog.text
