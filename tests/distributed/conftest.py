"""A real Redis server and an S3 server on this machine, and a store of each kind."""

import pytest

from daemon.distributed.object_store import open_store
from tests.distributed.cluster import S3_KEYS, RedisServer, s3_server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3_address():
    with s3_server() as address:
        yield address


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
