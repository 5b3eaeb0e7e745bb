"""Who may come in, seen from outside."""

import threading
from http.client import HTTPConnection

import httpx
import pytest

from daemon.config import load
from daemon.errors import ConfigError
from daemon.inlets.http.security import WRONG_KEYS, TokenBucket
from daemon.inlets.http.server import HttpInlet
from tests.fakes import FakeClock
from tests.inlets.http.server import KEY, HttpServer, open_events, raw

EVIL, FRIEND = "http://evil.example", "https://studio.example"


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    opened = HttpServer(tmp_path_factory.mktemp("locked"), http_key=KEY, http_origins=f'["{FRIEND}"]')
    yield opened
    opened.close()


FOREIGN = ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.nip.io:{port}", "", "@", "[", "[::1"]


@pytest.mark.parametrize("host", [*FOREIGN, "a@127.0.0.1:{port}"])
def test_a_name_that_was_pointed_here_is_turned_away(server, host):
    port = server.inlet.http_port
    name = host.format(port=port)
    answer = raw(port, f"GET /api/jobs HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] in (b"403", b"400") and b'"jobs"' not in answer


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("evil.example", 403)])
def test_a_whole_address_is_answered_as_its_path_and_its_host_counts(server, host, status):
    port = server.inlet.http_port
    line = HTTPConnection("127.0.0.1", port)
    line.request("GET", f"http://{host}:{port}/api/jobs?limit=1", headers={"Host": f"127.0.0.1:{port}"})
    assert line.getresponse().status == status
    line.close()


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_the_names_of_this_machine_are_welcome(server, host):
    name = host.format(port=server.inlet.http_port)
    assert server.client.get("/api/jobs", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "", "http://127.0.0.1:1", "https://127.0.0.1.evil.example", "file://"]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/jobs"), ("POST", "/api/stop"), ("OPTIONS", "/api/jobs")])
def test_a_foreign_page_may_do_nothing(server, client, origin, method, path):
    answer = client.request(method, path, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert "access-control-allow-origin" not in answer.headers


def test_the_own_page_may_do_everything(server, client):
    assert client.post("/api/stop", headers={"Origin": server.url}).status_code == 200


@pytest.mark.parametrize("relation", ["cross-site", "same-site"])
def test_a_picture_or_a_form_on_a_foreign_page_asks_in_vain(client, relation):
    assert client.get("/api/jobs", headers={"Sec-Fetch-Site": relation}).status_code == 403
    visit = {"Sec-Fetch-Site": relation, "Sec-Fetch-Mode": "navigate"}
    assert client.get("/api/jobs", headers=visit).status_code == 403
    assert client.get("/", headers=visit).status_code != 403


def test_nobody_may_frame_the_page_or_guess_its_types(client):
    headers = client.get("/").headers
    assert headers["x-frame-options"] == "DENY" and headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/jobs", "/api/events", "/metrics", "/api/jobs/x/midi"])
@pytest.mark.parametrize("given", [b"", b"Bearer wrong", f"Basic {KEY}".encode(), "Bearer ü".encode(), b"\xff"])
def test_nothing_is_told_without_the_key(locked, path, given):
    answer = locked.client.get(path, headers={"Authorization": given})
    assert answer.status_code in (401, 429) and answer.json()["code"] in ("no_key", "busy")


def test_the_key_opens_in_the_header_and_in_the_address(tmp_path):
    server = HttpServer(tmp_path, http_key=KEY)
    assert server.client.get("/api/jobs", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    with open_events(server.client, f"/api/events?key={KEY}") as listener:
        assert listener.next()[1] == "state"
    assert server.client.get("/health").status_code == 200
    server.close()


def test_who_tries_many_keys_has_to_wait_and_who_has_the_key_does_not(tmp_path):
    server = HttpServer(tmp_path, http_key=KEY)
    guesses = [f"guess {n}" for n in range(WRONG_KEYS + 2)]
    answers = [server.client.get("/api/jobs", params={"key": guess}).status_code for guess in guesses]
    right = server.client.get("/api/jobs", params={"key": KEY}).status_code
    after = server.client.get("/api/jobs", params={"key": KEY[:-1]}).status_code
    server.close()
    assert answers == [401] * WRONG_KEYS + [429] * 2
    assert (right, after) == (200, 429)


def test_a_request_without_a_key_is_no_guess(tmp_path):
    server = HttpServer(tmp_path, http_key=KEY)
    answers = {server.client.get("/api/jobs").status_code for _ in range(WRONG_KEYS + 2)}
    server.close()
    assert answers == {401}


def test_a_page_at_the_other_loopback_address_is_called_by_it(tmp_path):
    server = HttpServer(tmp_path, host="::1", http_host="::1")
    known = server.client.get("/api/jobs").status_code
    foreign = server.client.get("/api/jobs", headers={"Host": "evil.example"}).json()["text"]
    server.close()
    assert (known, server.url in foreign) == (200, True)
    assert server.url.startswith("http://[::1]:")


def test_a_page_that_was_named_may_ask_across_origins(tmp_path):
    server = HttpServer(tmp_path, http_origins=f'["{FRIEND}"]')
    asked = {"Origin": FRIEND, "Access-Control-Request-Method": "PUT"}
    preflight = server.client.options("/api/jobs", headers=asked)
    answer = server.client.get("/api/jobs", headers={"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"})
    server.close()
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, FRIEND)
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, FRIEND)


def test_a_flood_is_slowed_and_passes(tmp_path):
    server = HttpServer(tmp_path, http_rate="1")
    answers = [server.client.get("/health") for _ in range(30)]
    server.close()
    busy = [answer for answer in answers if answer.status_code == 429]
    assert busy and busy[0].json()["code"] == "busy" and busy[0].headers["retry-after"] == "1"


def test_a_bucket_fills_again():
    clock = FakeClock()
    bucket = TokenBucket(2.0, 4.0, clock.now)
    assert [bucket.take("me") for _ in range(5)] == [True] * 4 + [False] and bucket.take("you")
    clock.seconds += 1.0
    assert [bucket.take("me") for _ in range(3)] == [True, True, False]


def test_many_at_once_are_all_answered(server):
    found = []

    def ask() -> None:
        with server.new_client() as other:
            found.extend(other.get("/api/jobs").status_code for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 400


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "studio.local", "::"])
def test_other_machines_are_let_in_only_with_a_key(host):
    with pytest.raises(ConfigError, match="http_key"):
        load({"SIDESTICK_DAEMON__HTTP_HOST": host})
    assert (
        load({"SIDESTICK_DAEMON__HTTP_HOST": host, "SIDESTICK_DAEMON__HTTP_KEY": KEY}).settings.daemon.http_host == host
    )


def test_a_key_that_is_easy_to_guess_is_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="too easy to guess") as caught:
        load({"SIDESTICK_DAEMON__HTTP_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_key_under_a_misspelt_name_is_not_repeated_either():
    with pytest.raises(ConfigError, match="Did you mean http_key") as caught:
        load({"SIDESTICK_DAEMON__HTP_KEY": "correct horse battery"})
    assert "horse" not in str(caught.value)


def test_the_key_is_not_shown_with_the_settings():
    values = {value.name: value.value for value in load({"SIDESTICK_DAEMON__HTTP_KEY": KEY}).values()}
    assert KEY not in str(values["daemon.http_key"])


def test_a_port_that_is_taken_costs_the_page_and_nothing_else(server, caplog):
    inlet = HttpInlet("127.0.0.1", server.inlet.http_port, lambda port: (None, None))
    inlet.start()
    inlet.stop()
    assert inlet.http_port == 0 and str(server.inlet.http_port) in caplog.text


def test_a_page_that_breaks_is_told_and_holds_up_no_end(guard_log):
    def build(port):
        raise ZeroDivisionError("oops")

    inlet = HttpInlet("127.0.0.1", 0, build)
    inlet.start()
    inlet.stop()
    assert guard_log() == ["The review page: something broke (ZeroDivisionError: oops). Please report it."]
    assert not inlet._thread.is_alive()


def test_what_breaks_tells_the_log_and_nobody_else(server, client, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("the cat sat on /secret/place")

    monkeypatch.setattr(server.store, "page", broken)
    answer = client.get("/api/jobs")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "cat" not in answer.text and "the cat sat" in caplog.text


def test_it_ends_at_once_while_somebody_listens(tmp_path):
    server = HttpServer(tmp_path)
    with open_events(server.new_client()) as listener:
        listener.next()
        server.inlet.stop()
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{server.url}/health", timeout=2)
