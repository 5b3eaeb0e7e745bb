import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.inlets.drop_folder.folder import FolderSettings
from tests.fake_drop_folder import QUIET, SOUND, FakeDropFolder

ATTEND, POLL = FolderSettings().check_seconds, FolderSettings().poll_seconds


def test_a_dropped_song_becomes_a_job_once_it_is_quiet(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav")
    drop.passes(QUIET / 2)
    assert drop.jobs == []
    drop.passes(QUIET / 2)
    assert drop.jobs == [(song, {})]


def test_whatever_is_told_about_it_later_it_is_taken_once(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav")
    for _ in range(5):
        drop.settles()
        drop.folder.mark(song)
    assert drop.taken() == ["Song.wav"]


def test_a_song_that_was_exported_again_is_taken_again(drop: FakeDropFolder) -> None:
    drop.drop("Song.wav")
    drop.settles()
    drop.drop("Song.wav", SOUND + b"longer")
    drop.settles()
    assert drop.taken() == ["Song.wav", "Song.wav"]


def test_a_copy_that_still_grows_is_left_alone(drop: FakeDropFolder) -> None:
    for size in range(1, 6):
        drop.drop("Song.wav", SOUND * size)
        drop.passes(QUIET * 0.9)
    assert drop.jobs == []
    drop.settles()
    assert drop.taken() == ["Song.wav"]


def test_songs_that_came_while_nobody_looked_are_found_at_the_start(drop: FakeDropFolder) -> None:
    for name in ("b.wav", "a.wav", "drums/c.wav"):
        drop.put(name)
    drop.settles()
    assert drop.taken() == ["a.wav", "b.wav", "drums/c.wav"]


def test_a_song_that_no_event_told_of_is_found_by_the_next_rescan(drop: FakeDropFolder) -> None:
    drop.settles()
    drop.put("Song.wav")
    drop.settles()
    assert drop.jobs == []
    drop.passes(drop.rules.rescan_seconds)
    drop.settles()
    assert drop.taken() == ["Song.wav"]


def test_a_share_that_announces_nothing_is_looked_through_often(tmp_path: Path) -> None:
    drop = FakeDropFolder(tmp_path / "Drop", FolderSettings(poll=True, quiet_seconds=QUIET))
    drop.settles()
    drop.put("Song.wav")
    drop.passes(POLL)
    drop.settles()
    assert drop.taken() == ["Song.wav"]
    assert drop.watch.roots == []


def test_a_whole_album_moved_in_is_found_in_its_folder(drop: FakeDropFolder) -> None:
    drop.folder.step()
    drop.put("Album/1.wav")
    drop.put("Album/CD 2/2.wav")
    drop.folder.mark(drop.root / "Album")
    drop.settles()
    assert sorted(drop.taken()) == ["Album/1.wav", "Album/CD 2/2.wav"]


def test_the_folder_it_lies_in_decides_what_is_done(drop: FakeDropFolder) -> None:
    drop.put("drums/sidestick.toml", b"bpm = 96")
    drop.drop("drums/loop.wav")
    drop.settles()
    assert [given for _, given in drop.jobs] == [{"input": "drums", "bpm": 96}]


def test_a_thousand_songs_at_once_are_each_taken_once(drop: FakeDropFolder) -> None:
    for number in range(1000):
        drop.drop(f"{number}.wav")
    for _ in range(3):
        drop.settles()
    assert Counter(drop.taken()) == Counter(f"{number}.wav" for number in range(1000))


def test_a_folder_that_is_not_there_is_told_once_and_waited_for(drop: FakeDropFolder) -> None:
    drop.root.rmdir()
    for _ in range(5):
        drop.passes(ATTEND)
    drop.put("Song.wav")
    drop.passes(ATTEND)
    drop.settles()
    assert drop.taken() == ["Song.wav"]
    assert [line.split(str(drop.root))[1] for line in drop.said] == [
        " cannot be used: it is not there. Create it, or plug its disk in; sidestick waits for it.",
        " is back.",
    ]


def test_a_folder_that_vanishes_and_comes_back_is_watched_anew(drop: FakeDropFolder, tmp_path: Path) -> None:
    drop.drop("Song.wav")
    drop.settles()
    away = drop.root.rename(tmp_path / "away")
    drop.passes(ATTEND)
    away.rename(drop.root)
    drop.put("New.wav")
    drop.passes(ATTEND)
    drop.settles()
    assert drop.taken() == ["Song.wav", "New.wav"]
    assert drop.watch.roots == [drop.root, drop.root]


def test_another_folder_in_its_place_is_watched(drop: FakeDropFolder, tmp_path: Path) -> None:
    drop.passes(ATTEND)
    drop.root.rename(tmp_path / "away")
    drop.put("Song.wav")
    drop.passes(ATTEND)
    drop.settles()
    assert drop.taken() == ["Song.wav"]
    assert len(drop.watch.roots) == 2


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    drop = FakeDropFolder(tmp_path / "Drop")
    drop.root.rmdir()
    drop.root.write_bytes(b"")
    drop.passes(ATTEND)
    assert drop.said == [f"The drop folder {drop.root} cannot be used: it is a file. Name a folder in the settings."]


def test_without_a_watch_the_folder_is_looked_through_often(drop: FakeDropFolder) -> None:
    drop.watch.limit = True
    drop.passes(ATTEND)
    drop.put("Song.wav")
    drop.passes(POLL)
    drop.settles()
    assert drop.taken() == ["Song.wav"]
    assert "looks every 5 s instead" in drop.said[0]


@pytest.fixture
def unwritable(drop: FakeDropFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[Path]]:
    """Folders that refuse writing, also to the superuser that tests may run as."""
    closed: set[Path] = set()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) not in closed and access(path, mode))
    yield closed


def test_songs_in_a_folder_that_cannot_be_written_wait_and_that_is_told_once(
    drop: FakeDropFolder, unwritable: set[Path]
) -> None:
    unwritable.add(drop.root)
    for number in range(50):
        drop.put(f"{number}.wav")
    drop.settles()
    drop.passes(drop.rules.rescan_seconds)
    assert drop.jobs == []
    assert len(drop.said) == 1
    unwritable.clear()
    drop.passes(drop.rules.rescan_seconds)
    drop.settles()
    assert len(drop.jobs) == 50


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40),
            st.binary(max_size=20) | st.just(SOUND),
        ),
        max_size=8,
    )
)
def test_no_name_and_no_content_upsets_the_folder(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]
) -> None:
    drop = FakeDropFolder(tmp_path_factory.mktemp("fuzz") / "Drop")
    for name, content in files:
        if name not in (".", "..") and len(name.encode()) < 256:
            drop.drop(name, content)
    for _ in range(2):
        drop.settles()
        drop.passes(drop.rules.rescan_seconds)
    assert max(Counter(drop.taken()).values(), default=1) == 1
    assert not list(drop.root.rglob(".sidestick-*"))


def test_a_file_that_breaks_its_reader_is_logged_and_the_next_one_is_taken(
    drop: FakeDropFolder, guard_log: Callable[[], list[str]]
) -> None:
    drop.breaks.add("Bad.wav")
    bad = drop.drop("Bad.wav")
    drop.drop("Good.wav")
    drop.settles()
    assert drop.taken() == ["Good.wav"]
    assert guard_log()[0] == f"{bad}: something broke (ZeroDivisionError: division by zero). Please report it."


def test_the_thread_of_a_folder_outlives_a_round_that_breaks(
    drop: FakeDropFolder, guard_log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: SimpleQueue[bool] = SimpleQueue()
    monkeypatch.setattr(drop.folder, "_settings", replace(drop.rules, gather_seconds=0.0, check_seconds=0.0))
    monkeypatch.setattr(drop.folder, "step", lambda: rounds.put(True) or 1 / 0)
    drop.folder.start()
    assert rounds.get(timeout=10) and rounds.get(timeout=10)
    drop.folder.stop()
    assert guard_log()[0].startswith(f"The drop folder {drop.root}: something broke (ZeroDivisionError")
