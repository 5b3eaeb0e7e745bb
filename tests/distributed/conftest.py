"""A real Redis server and an S3 server (moto, which knows conditional writes) on this machine."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from daemon.distributed.object_store import open_store
from tests.ports import free_port

S3_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
PATIENCE = 30.0  # seconds for a server to start


def wait_for_port(port):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nobody listens on {port}")


class RedisServer:
    """A Redis server that keeps nothing: whoever stops it loses everything in it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for_port(self.port)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3_address():
    """The address of an S3 server that has the bucket `songs`."""
    port = free_port()
    environment = {**os.environ, **S3_KEYS}
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_port(port)
    address = f"http://127.0.0.1:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/songs", method="PUT", data=b"")).close()
    yield address
    server.kill()
    server.wait()


@pytest.fixture
def s3(s3_address, monkeypatch):
    for name, value in {**S3_KEYS, "AWS_ENDPOINT_URL": s3_address}.items():
        monkeypatch.setenv(name, value)
    return s3_address


@pytest.fixture(params=["file", "s3"])
def store(request, tmp_path):
    """An empty store of each kind."""
    if request.param == "file":
        return open_store(f"file://{tmp_path}/store")
    request.getfixturevalue("s3")
    return open_store(f"s3://songs/{tmp_path.parent.name}/{tmp_path.name}")
