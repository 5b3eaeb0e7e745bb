"""Songs from the web, fetched from a server of this test by the real yt-dlp."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.inlets.http import url_download
from tests import synth

pytest.importorskip("yt_dlp")


@pytest.fixture
def web(tmp_path, monkeypatch) -> Iterator[str]:
    """An address whose folder is `tmp_path`; that it is not on the open web does not count here."""
    monkeypatch.setattr(url_download, "require_public", lambda url: None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
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


CLOSED = ["ftp://x.org/a.wav", "file:///etc/passwd", "http://", "http://10.0.0.1/", "http://[::1]/", "http://[", "-x"]


@pytest.mark.parametrize("url", CLOSED)
def test_only_the_open_web_is_asked(url):
    with pytest.raises(Rejected) as caught:
        url_download.require_public(url)
    assert caught.value.code == "bad_url"
