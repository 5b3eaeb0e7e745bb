"""An object store: whole objects, one winner of several that write at once, and errors in words."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from daemon.distributed.object_store import open_store
from daemon.errors import ObjectStoreFailed, Rejected
from tests.ports import free_port


def test_what_was_put_is_read(store, tmp_path):
    store.write("a/b", b"one")
    big = tmp_path / "big"
    big.write_bytes(bytes(range(256)) * 40_000)
    store.write("a/c", big)
    assert store.read("a/b") == b"one" and store.fetch("a/c", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == big.read_bytes()


def test_what_is_not_there_is_none(store, tmp_path):
    assert store.read("nothing") is None and not store.exists("nothing")
    assert not store.fetch("nothing", tmp_path / "back") and not (tmp_path / "back").exists()
    store.delete("nothing")


def test_an_object_is_written_anew_only_where_it_is_allowed(store):
    assert store.write_new("x", b"1") and not store.write_new("x", b"2")
    assert store.read("x") == b"1"
    store.write("x", b"3")
    assert store.read("x") == b"3"


def test_of_many_that_write_at_once_one_wins(tmp_path):
    store = open_store(f"file://{tmp_path}/store")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda number: store.write_new("x", str(number).encode()), range(64)))
    assert won.count(True) == 1 and store.read("x") == str(won.index(True)).encode()


def test_objects_are_listed_in_order(store):
    for name in ("b/2", "b/10", "a/1", "b/ä ö#.wav"):
        store.write(name, b"123")
    assert [found.path for found in store.list("b/")] == ["b/10", "b/2", "b/ä ö#.wav"]
    assert [found.path for found in store.list(after="b/10")] == ["b/2", "b/ä ö#.wav"]
    assert {found.size for found in store.list()} == {3}


@pytest.mark.parametrize("address", ["", "songs", "ftp://host/songs", "s3://", "file://", "http://host/a"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(Rejected, match="is no address of a store") as refused:
        open_store(address)
    assert refused.value.code == "bad_store"


def test_a_bucket_that_is_not_there_is_told(s3):
    with pytest.raises(ObjectStoreFailed, match="there is no such bucket"):
        open_store("s3://other/songs").write("x", b"1")
    with pytest.raises(ObjectStoreFailed, match="there is no such bucket"):
        list(open_store("s3://other/songs").list())


def test_a_store_that_does_not_answer_is_told(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("daemon.distributed.object_store._RETRY_SECONDS", 0.1)
    with pytest.raises(ObjectStoreFailed, match="it does not answer; check its address"):
        open_store("s3://songs").read("x")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(ObjectStoreFailed, match=f"{tmp_path}/store"):
        open_store(f"file://{tmp_path}/store").write("x", b"1")
