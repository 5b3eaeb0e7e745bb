"""Songs from the web, fetched from a server of this test by the real yt-dlp."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from daemon.child_process import ChildProcesses
from daemon.errors import Rejected
from daemon.inlets.http import fetch_song, url_download
from tests import synth

pytest.importorskip("yt_dlp")

PATIENCE = 60.0
HANGS = threading.Event()
SENT: list[int] = []  # bytes of /huge, each time it was asked for


@pytest.fixture
def web(tmp_path, monkeypatch) -> Iterator[str]:
    """An address whose folder is `tmp_path`; that it is not on the open web does not count here."""
    monkeypatch.setattr(url_download, "TRUSTED", ("127.0.0.1",))
    server = ThreadingHTTPServer(("", 0), partial(WebServer, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class WebServer(SimpleHTTPRequestHandler):
    """/to/HOST/PATH redirects to that host at this server's port, /hang begins, /endless goes on, /huge has 700 MB."""

    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            _, _, host, path = self.path.split("/", 3)
            self.send_response(302)
            self.send_header("Location", f"http://{host}:{self.server.server_address[1]}/{path}")
            self.end_headers()
        elif self.path == "/endless.wav":
            self.send_response(200)
            self.send_header("Content-Type", "audio/wav")
            self.end_headers()
            with suppress(OSError):
                for _ in range(2000):
                    self.wfile.write(bytes(1 << 16))
        elif self.path == "/huge.wav":
            self.send_response(200)
            self.send_header("Content-Type", "audio/wav")
            self.send_header("Content-Length", str(700 * 1_000_000))
            self.end_headers()
            with suppress(OSError):
                for _ in range(700):
                    self.wfile.write(bytes(1_000_000))
                    SENT.append(1_000_000)
        elif self.path == "/hang.wav":
            self.send_response(200)
            self.send_header("Content-Type", "audio/wav")
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"RIFF")
            self.wfile.flush()
            HANGS.set()
            self.connection.settimeout(PATIENCE)
            with suppress(OSError):
                self.rfile.read(1)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Tests have their own output."""


def test_a_song_from_the_web_becomes_a_job(server, client, web, tmp_path):
    data = synth.write(tmp_path / "Far Away.wav", synth.tone(300.0, 1.0)).read_bytes()
    made = client.post("/api/jobs", json={"url": f"{web}/Far%20Away.wav", "options": {"input": "drums"}})
    assert made.status_code == 202, made.text
    path = Path(made.json()["path"])
    assert path.read_bytes() == data and path.parent.parent == server.settings.folders.uploads
    assert made.json()["options"]["input"] == "drums"


def test_an_address_without_a_song_is_refused_and_leaves_nothing(server, client, web):
    before = sorted(server.settings.folders.uploads.rglob("*"))
    refused = client.post("/api/jobs", json={"url": f"{web}/nothing.wav"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_url")
    assert sorted(server.settings.folders.uploads.rglob("*")) == before


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0", "2130706434", "[::ffff:127.0.0.2]"])
def test_a_redirect_into_the_machine_is_not_followed(client, web, tmp_path, host):
    synth.write(tmp_path / "Inside.wav", synth.tone(300.0, 1.0))
    refused = client.post("/api/jobs", json={"url": f"{web}/to/{host}/Inside.wav"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_url")


def test_a_name_that_means_this_machine_by_the_time_of_the_connection_is_refused(client, web, tmp_path, monkeypatch):
    synth.write(tmp_path / "Inside.wav", synth.tone(300.0, 1.0))
    monkeypatch.setattr(url_download, "TRUSTED", ())
    monkeypatch.setattr(url_download, "require_public", lambda url: None)  # as if the name meant something else then
    refused = client.post("/api/jobs", json={"url": f"{web.replace('127.0.0.1', 'localhost')}/Inside.wav"})
    assert refused.status_code == 400 and "open web" in refused.text


def test_a_download_that_hangs_ends_in_time(client, web, monkeypatch):
    monkeypatch.setattr(url_download, "DOWNLOAD_TIMEOUT", 3.0)
    refused = client.post("/api/jobs", json={"url": f"{web}/hang.wav"})
    assert refused.status_code == 400 and "did not arrive" in refused.text


def test_a_download_without_a_length_ends_at_the_limit(web, tmp_path):
    request = fetch_song.SongRequest(f"{web}/endless.wav", tmp_path / "target", 1 << 20, ("127.0.0.1",))
    line = TypeAdapter(fetch_song.SongRequest).dump_json(request)
    command = url_download.module_command("daemon.inlets.http.fetch_song")
    status, reason = ChildProcesses().run(command, line, PATIENCE, tmp_path)
    assert status == 1 and "larger than 1 MB" in reason
    assert sum(path.stat().st_size for path in (tmp_path / "target").iterdir()) < 1 << 25


def test_a_download_that_tells_its_length_ends_at_once_at_the_limit(web, tmp_path):
    SENT.clear()
    request = fetch_song.SongRequest(f"{web}/huge.wav", tmp_path / "target", 600 * 1_000_000, ("127.0.0.1",))
    line = TypeAdapter(fetch_song.SongRequest).dump_json(request)
    command = url_download.module_command("daemon.inlets.http.fetch_song")
    status, reason = ChildProcesses().run(command, line, PATIENCE, tmp_path)
    assert status == 1 and "larger than 600 MB" in reason
    assert sum(SENT) < 100_000_000


def test_a_download_onto_a_full_disk_says_so_and_leaves_nothing(small_server, web):
    refused = small_server.client.post("/api/jobs", json={"url": f"{web}/huge.wav"})
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
    assert "make some room" in refused.text
    assert list(small_server.settings.folders.uploads.iterdir()) == []


def test_an_address_tells_yt_dlp_nothing_but_itself(client, web):
    smuggled = f"{web}/song.wav#__youtubedl_smuggle=%7B%22http_headers%22%3A+%7B%22X%22%3A+%221%22%7D%7D"
    refused = client.post("/api/jobs", json={"url": smuggled})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_url")


def test_a_download_ends_with_the_daemon(web, tmp_path):
    HANGS.clear()
    (tmp_path / "target").mkdir()
    request = fetch_song.SongRequest(f"{web}/hang.wav", tmp_path / "target", 1 << 30, ("127.0.0.1",))
    command = url_download.module_command("daemon.inlets.http.fetch_song")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdin.write(TypeAdapter(fetch_song.SongRequest).dump_json(request) + b"\n")
        process.stdin.flush()
        assert HANGS.wait(PATIENCE)
        process.stdin.close()  # what the system does when the daemon is killed
        assert process.wait(PATIENCE) == 1


def test_a_daemon_that_stops_does_not_wait_for_its_helpers(tmp_path):
    helpers, over = ChildProcesses(), []
    command = [sys.executable, "-c", "import sys, time; print('at work', file=sys.stderr, flush=True); time.sleep(60)"]
    waiting = threading.Thread(target=lambda: over.append(helpers.run(command, b"", PATIENCE, tmp_path)))
    waiting.start()
    while not helpers.count:
        assert waiting.is_alive()
    helpers.close()
    waiting.join(PATIENCE)
    assert over and over[0][0] != 0
    assert helpers.run(command, b"", PATIENCE, tmp_path) == (1, "sidestick stops")


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.9",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "fe80::1%eth0",
]
WRAPPED = [
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fc00::1",
    "ff02::1",
    "",
    "localhost",
]


@pytest.mark.parametrize("address", [*PRIVATE, *WRAPPED])
def test_an_address_that_is_or_stands_for_an_inner_one_is_not_public(address):
    assert not fetch_song.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_an_address_of_the_open_web_is_public(address):
    assert fetch_song.is_public(address)


@pytest.mark.parametrize("text", ["--exec touch x", "-o x https://a.org", "--config-locations=/etc"])
def test_an_address_is_never_an_option(text):
    with pytest.raises(Rejected, match="not an address"):
        url_download.require_public(text)


CLOSED = ["ftp://x.org/a.wav", "file:///etc/passwd", "http://", "http://10.0.0.1/", "http://[::1]/", "http://[", "-x"]


@pytest.mark.parametrize("url", CLOSED)
def test_only_the_open_web_is_asked(url):
    with pytest.raises(Rejected) as caught:
        url_download.require_public(url)
    assert caught.value.code == "bad_url"
