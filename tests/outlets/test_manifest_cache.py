from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.outlets.manifest import ManifestCache
from tests.songs import manifest


def test_a_manifest_that_is_known_is_not_read_again(tmp_path: Path) -> None:
    recent, path = ManifestCache(), tmp_path / "Song.sidestick.json"
    manifest().save(path)
    assert recent.load(path) is recent.load(path)


def test_what_was_kept_equals_what_is_on_the_disk(tmp_path: Path) -> None:
    recent, path, written = ManifestCache(), tmp_path / "Song.sidestick.json", manifest()
    written.save(path)
    recent.store(path.read_bytes(), written)
    assert recent.load(path) is written
    assert recent.load(path) == ManifestCache().load(path)


def test_an_edit_by_hand_is_seen_however_small(tmp_path: Path) -> None:
    recent, path = ManifestCache(), tmp_path / "Song.sidestick.json"
    manifest().save(path)
    assert not recent.load(path).is_edited
    path.write_bytes(path.read_bytes().replace(b"Song.wav", b"Sonk.wav"))
    assert recent.load(path).is_edited


def test_a_damaged_file_is_refused_each_time(tmp_path: Path) -> None:
    path = tmp_path / "Song.sidestick.json"
    path.write_bytes(b"{")
    recent = ManifestCache()
    for _ in range(2):
        with pytest.raises(Rejected, match="damaged"):
            recent.load(path)


def test_only_the_latest_songs_are_kept(tmp_path: Path) -> None:
    recent, paths = ManifestCache(capacity=2), [tmp_path / f"{name}.sidestick.json" for name in "abc"]
    for path in paths:
        manifest(f"{path.stem}.wav").save(path)
    first = recent.load(paths[0])
    for path in paths[1:]:
        recent.load(path)
    assert recent.load(paths[0]) is not first
