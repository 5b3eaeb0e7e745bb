from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.outlets.arrange import arrange
from daemon.outlets.delivery import DeliverySettings, correct
from daemon.outlets.manifest_cache import ManifestCache
from tests.songs import manifest, save_manifest


def test_a_manifest_that_is_known_is_not_read_again(tmp_path: Path) -> None:
    cache, path = ManifestCache(), tmp_path / "Song.sidestick.json"
    manifest().save(path)
    assert cache.load(path) is cache.load(path)


def test_what_was_kept_equals_what_is_on_the_disk(tmp_path: Path) -> None:
    cache, path, written = ManifestCache(), tmp_path / "Song.sidestick.json", manifest()
    written.save(path)
    cache.store(path.read_bytes(), written)
    assert cache.load(path) is written
    assert cache.load(path) == ManifestCache().load(path)


def test_an_edit_by_hand_is_seen_however_small(tmp_path: Path) -> None:
    cache, path = ManifestCache(), tmp_path / "Song.sidestick.json"
    manifest().save(path)
    assert not cache.load(path).is_edited
    path.write_bytes(path.read_bytes().replace(b"Song.wav", b"Sonk.wav"))
    assert cache.load(path).is_edited


def test_a_damaged_file_is_refused_each_time(tmp_path: Path) -> None:
    path = tmp_path / "Song.sidestick.json"
    path.write_bytes(b"{")
    cache = ManifestCache()
    for _ in range(2):
        with pytest.raises(Rejected, match="damaged"):
            cache.load(path)


def test_only_the_latest_songs_are_kept(tmp_path: Path) -> None:
    cache, paths = ManifestCache(capacity=2), [tmp_path / f"{name}.sidestick.json" for name in "abc"]
    for path in paths:
        manifest(f"{path.stem}.wav").save(path)
    first = cache.load(paths[0])
    for path in paths[1:]:
        cache.load(path)
    assert cache.load(paths[0]) is not first


def test_what_a_manifest_stands_for_is_worked_out_once(tmp_path: Path) -> None:
    cache, path = ManifestCache(), tmp_path / "Song.sidestick.json"
    manifest().save(path)
    found = cache.load(path)
    assert cache.arrange(found) is cache.arrange(found)
    assert cache.arrange(found) == arrange(found)


def test_the_arrangement_of_a_correction_is_handed_on_to_whoever_asks_next(tmp_path: Path) -> None:
    settings = DeliverySettings(tmp_path / "locks")
    made = correct(save_manifest(tmp_path), {"settings": {"velocity": {"top": 60}}}, settings)
    cache = settings.manifest_cache
    assert cache.arrange(cache.load(made.manifest)) is made.arrangement


def test_a_manifest_from_elsewhere_is_arranged_too(tmp_path: Path) -> None:
    assert ManifestCache().arrange(manifest()) == arrange(manifest())
