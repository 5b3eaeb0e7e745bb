"""A Redis server, an S3 server (moto, which knows conditional writes) and machines that share them, all on this one."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon.distributed.object_store import open_store
from tests import synth
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
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


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of an S3 server that has the bucket `songs`."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    environment = {**os.environ, **S3_KEYS}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_port(port)
    address = f"http://127.0.0.1:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/songs", method="PUT", data=b"")).close()
    try:
        yield address
    finally:
        server.kill()
        server.wait()


class Cluster:
    """The settings that all machines share, each with a home of its own."""

    def __init__(self, redis_server, s3_address, tmp_path, place):
        self.store = f"s3://songs/{place}/store"
        self.songs, self.out = f"s3://songs/{place}/in", f"s3://songs/{place}/out"
        self.queue = redis_server.url
        self._home = tmp_path
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SIDESTICK_")},
            "SIDESTICK_DISTRIBUTED__BROKER": redis_server.url,
            "SIDESTICK_DISTRIBUTED__STORE": self.store,
            "AWS_ENDPOINT_URL": s3_address,
        }

    def command(self, *words):
        return [sys.executable, "-m", "daemon", *words]

    def settings(self, machine):
        folders = {
            f"SIDESTICK_FOLDERS__{name}": str(self._home / machine / name) for name in ("CONFIG", "CACHE", "UPLOADS")
        }
        return {**self.environment, **folders, "SIDESTICK_STATE_FOLDER": str(self._home / machine / "state")}

    def run(self, *words, machine="desk", timeout=120):
        return subprocess.run(
            self.command(*words), cwd=ROOT, env=self.settings(machine), capture_output=True, text=True, timeout=timeout
        )

    def start_worker(self, machine, processes=1):
        command = self.command("catalogue", "worker", "--processes", str(processes))
        return subprocess.Popen(command, cwd=ROOT, env=self.settings(machine), stderr=subprocess.DEVNULL)

    def write(self, name, samples, tmp_path):
        path = synth.write(tmp_path / "clip.wav", samples)
        open_store(self.songs).write(name, path)
        return path
