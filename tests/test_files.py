import os
from pathlib import Path

import pytest

from daemon import files as whole
from daemon.errors import DiskFailed
from daemon.files import DigestCache, FileStamp, atomic_batch, file_digest, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_older_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(b"old")
    write_atomically(tmp_path / "song.mid", b"new")
    assert ((tmp_path / "song.mid").read_bytes(), names(tmp_path)) == (b"new", ["song.mid"])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_a_file_has_the_permissions_that_the_users_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a.mid", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "a.mid").stat().st_mode & 0o777 == 0o640


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiskFailed, match=r"gone.*song\.mid could not be written: the folder is not there\."):
        write_atomically(tmp_path / "gone" / "song.mid", b"")


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    with atomic_batch() as write:
        write(tmp_path / "a.mid", b"a")
        write(tmp_path / "b.json", b"b")
        assert not {"a.mid", "b.json"} & set(names(tmp_path))
    assert [(tmp_path / name).read_bytes() for name in names(tmp_path)] == [b"a", b"b"]


def test_if_one_cannot_be_written_the_others_stay_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"old")
    with pytest.raises(DiskFailed, match=r"gone.*b\.json could not be written"), atomic_batch() as write:
        write(tmp_path / "a.mid", b"new")
        write(tmp_path / "gone" / "b.json", b"b")
    assert ((tmp_path / "a.mid").read_bytes(), names(tmp_path)) == (b"old", ["a.mid"])


def test_an_error_between_two_files_leaves_none(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), atomic_batch() as write:
        write(tmp_path / "a.mid", b"a")
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_every_file_is_on_the_disk_before_the_first_takes_its_place(tmp_path, monkeypatch) -> None:
    happened: list[str] = []
    synced, replaced = os.fsync, Path.replace
    monkeypatch.setattr(whole.os, "fsync", lambda handle: (happened.append("sync"), synced(handle)))
    monkeypatch.setattr(Path, "replace", lambda path, to: (happened.append(to.name), replaced(path, to)))
    with atomic_batch() as write:
        write(tmp_path / "a.mid", b"a")
        write(tmp_path / "b.json", b"b")
    assert happened == ["sync", "sync", "a.mid", "b.json", "sync"]


def test_a_settled_file_is_read_once_until_anything_about_it_changes(tmp_path):
    path, digests = tmp_path / "Song.wav", DigestCache()
    path.write_bytes(b"one")
    digest = digests.hash_settled(path)
    known = digests.hash_file(path)
    assert known == (digest, FileStamp.of(path)) and digests.hash_file(path) is known
    (tmp_path / "two").write_bytes(b"two")
    os.utime(tmp_path / "two", ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    (tmp_path / "two").replace(path)
    assert digests.hash_file(path)[0] == file_digest(path) != digest


def test_a_file_that_may_still_be_written_is_read_each_time(tmp_path):
    path, digests = tmp_path / "Song.wav", DigestCache()
    path.write_bytes(b"one")
    assert digests.hash_file(path) is not digests.hash_file(path)


def test_a_settled_file_that_is_gone_has_no_digest(tmp_path):
    assert DigestCache().hash_settled(tmp_path / "gone.wav") == ""
