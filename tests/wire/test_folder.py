"""The drop folder as it runs: its thread, watchdog, the real header reader, and what people do with files."""

import random
import shutil
import threading
import tracemalloc
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from daemon.errors import Rejected
from daemon.inlets.drop_folder.folder import DropFolder, FolderSettings
from daemon.pipeline.audio.probe import Limits, probe
from tests.synth import tone, write

QUIET = 0.1
LIMITS = Limits()


class RunningDropFolder:
    """A drop folder at work; jobs and sentences wake whoever waits for them."""

    def __init__(self, root: Path, *, poll: bool = False, quiet: float = QUIET) -> None:
        self.root = root
        self.jobs: list[tuple[Path, dict[str, Any]]] = []
        self.said: list[str] = []
        self.sizes: list[int] = []
        self._news = threading.Condition()
        rules = FolderSettings(
            poll, quiet, rescan_seconds=3600.0, poll_seconds=0.2, check_seconds=0.1, gather_seconds=0.02
        )
        self.folder = DropFolder(root, rules, self._submit, self._open, learn=str, tell=self._tell)

    def comes_true(self, what: Callable[[], object], within: float = 15.0) -> bool:
        with self._news:
            return bool(self._news.wait_for(what, within))

    def takes(self, *names: str) -> bool:
        return self.comes_true(lambda: sorted(self.taken()) == sorted(names))

    def taken(self) -> list[str]:
        return [path.relative_to(self.root).as_posix() for path, _ in self.jobs]

    def _submit(self, path: Path, given: Mapping[str, Any]) -> str:
        probe(path, LIMITS)
        with self._news:
            self.sizes.append(path.stat().st_size)
            self.jobs.append((path, dict(given)))
            self._news.notify_all()
        return str(len(self.jobs))

    def _open(self, path: Path) -> None:
        probe(path, LIMITS)

    def _tell(self, text: str) -> None:
        with self._news:
            self.said.append(text)
            self._news.notify_all()


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("desk") / "Song.wav", tone(220.0, 0.2))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningDropFolder]:
    """Already watching when the test begins: a first song has been seen."""
    root = tmp_path / "Drop"
    root.mkdir()
    found = RunningDropFolder(root)
    found.folder.start()
    yield found
    found.folder.stop()


def begin(running: RunningDropFolder, song: Path) -> None:
    """The start-up scan is behind us once a song was taken; what is taken later, events told of."""
    shutil.copy(song, running.root / "First.wav")
    assert running.takes("First.wav")
    running.jobs.clear()


def test_a_song_that_is_moved_in_is_taken(running: RunningDropFolder, song: Path, tmp_path: Path) -> None:
    begin(running, song)
    Path(shutil.copy(song, tmp_path / "Export.wav")).rename(running.root / "Export.wav")
    assert running.takes("Export.wav")


def test_a_hard_link_is_taken(running: RunningDropFolder, song: Path, tmp_path: Path) -> None:
    begin(running, song)
    source = Path(shutil.copy(song, tmp_path / "Export.wav"))
    (running.root / "Linked.wav").hardlink_to(source)
    assert running.takes("Linked.wav")


def test_a_slow_copy_is_taken_once_and_whole(tmp_path: Path, song: Path) -> None:
    data = song.read_bytes()
    running = RunningDropFolder(tmp_path, quiet=1.0)
    running.folder.start()
    try:
        copy_slowly(data, tmp_path / "Slow.wav")
        assert running.takes("Slow.wav")
    finally:
        running.folder.stop()
    assert running.sizes == [len(data)]


def copy_slowly(data: bytes, to: Path) -> None:
    """Longer than the quiet time, but never quiet for that long."""
    network = threading.Event()
    with to.open("wb") as copy:
        for at in range(0, len(data), len(data) // 8):
            copy.write(data[at : at + len(data) // 8])
            copy.flush()
            network.wait(0.15)


def test_a_browser_download_is_taken_when_it_gets_its_name(running: RunningDropFolder, song: Path) -> None:
    begin(running, song)
    unfinished = Path(shutil.copy(song, running.root / "Web.wav.crdownload"))
    unfinished.rename(running.root / "Web.wav")
    assert running.takes("Web.wav")


def test_a_name_in_decomposed_letters_is_opened_as_it_is(running: RunningDropFolder, song: Path) -> None:
    begin(running, song)
    name = unicodedata.normalize("NFD", "Für Élise.wav")
    shutil.copy(song, running.root / name)
    assert running.comes_true(lambda: running.jobs)
    assert running.jobs[0][0] in list(running.root.iterdir())


def test_an_album_with_folders_is_taken_with_its_recipes(
    running: RunningDropFolder, song: Path, tmp_path: Path
) -> None:
    begin(running, song)
    album = tmp_path / "Album"
    for name in ("1.wav", "drums/2.wav"):
        (album / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(song, album / name)
    (album / "sidestick.toml").write_text("bpm = 96")
    album.rename(running.root / "Album")
    assert running.takes("Album/1.wav", "Album/drums/2.wav")
    assert sorted((given.get("input", ""), given["bpm"]) for _, given in running.jobs) == [("", 96), ("drums", 96)]


def test_a_link_to_the_outside_gets_a_note(running: RunningDropFolder, song: Path) -> None:
    begin(running, song)
    (running.root / "Link.wav").symlink_to(song)
    assert running.comes_true(lambda: running.said)
    assert "link to a file outside" in running.said[0]
    assert running.jobs == []


def test_a_deleted_note_means_another_try(running: RunningDropFolder, song: Path) -> None:
    begin(running, song)
    bad = running.root / "Bad.wav"
    bad.write_bytes(song.read_bytes()[:20])
    assert running.comes_true(lambda: len(running.said) == 1)
    (running.root / "Bad.wav.error.txt").unlink()
    assert running.comes_true(lambda: len(running.said) == 2)


def test_a_folder_that_went_and_came_back_is_watched_again(
    running: RunningDropFolder, song: Path, tmp_path: Path
) -> None:
    begin(running, song)
    away = running.root.rename(tmp_path / "away")
    assert running.comes_true(lambda: len(running.said) == 1)
    away.rename(running.root)
    assert running.comes_true(lambda: len(running.said) == 2)
    shutil.copy(song, running.root / "Later.wav")
    assert running.takes("Later.wav")


def test_a_share_is_followed_without_events(tmp_path: Path, song: Path) -> None:
    running = RunningDropFolder(tmp_path, poll=True)
    running.folder.start()
    try:
        begin(running, song)
        shutil.copy(song, tmp_path / "Shared.wav")
        assert running.takes("Shared.wav")
    finally:
        running.folder.stop()


def test_a_thousand_songs_are_each_taken_once_in_little_memory(running: RunningDropFolder, song: Path) -> None:
    begin(running, song)
    source = song.read_bytes()
    tracemalloc.start()
    try:
        for number in range(1000):
            (running.root / f"{number}.wav").write_bytes(source)
        assert running.comes_true(lambda: len(running.jobs) >= 1000, within=60)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert Counter(running.taken()) == Counter(f"{number}.wav" for number in range(1000))
    assert peak < 16_000_000


def test_damaged_songs_are_all_taken_or_told_of(running: RunningDropFolder, song: Path) -> None:
    begin(running, song)
    chance = random.Random(7)
    whole = song.read_bytes()
    for number in range(60):
        data = bytearray(whole[: chance.randrange(1, len(whole))] if chance.random() < 0.5 else whole)
        for _ in range(chance.randrange(20)):
            data[chance.randrange(min(60, len(data)))] = chance.randrange(256)
        (running.root / f"{number}.wav").write_bytes(data)
    assert running.comes_true(lambda: len(running.jobs) + len(running.said) == 60)
    refused = {path.name.removesuffix(".error.txt") for path in running.root.glob("*.error.txt")}
    assert refused | set(running.taken()) == {f"{number}.wav" for number in range(60)}


def test_stopping_ends_the_thread_and_the_watch(running: RunningDropFolder, song: Path) -> None:
    begin(running, song)
    running.folder.stop()
    names = [thread.name for thread in threading.enumerate()]
    assert "drop folder Drop" not in names


def test_the_refusal_of_the_door_reaches_the_musician(tmp_path: Path, song: Path) -> None:
    def full(path: Path, given: Mapping[str, Any]) -> str:
        raise Rejected("disk_full", f"{path.name} needs 900 MB. Make some room.")

    shutil.copy(song, tmp_path / "Song.wav")
    heard = threading.Event()
    folder = DropFolder(
        tmp_path,
        FolderSettings(quiet_seconds=QUIET),
        full,
        lambda path: None,
        learn=str,
        tell=lambda text: heard.set(),
    )
    folder.start()
    assert heard.wait(10)
    folder.stop()
    assert (tmp_path / "Song.wav.error.txt").read_text().startswith("Song.wav needs 900 MB.")
