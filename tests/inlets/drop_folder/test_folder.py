import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.errors import Rejected
from daemon.inlets.drop_folder.folder import FolderSettings
from daemon.outlets.manifest import Manifest, Output
from tests.fake_drop_folder import QUIET, SOUND, FakeDropFolder, write_answer

ATTEND, POLL = FolderSettings().check_seconds, FolderSettings().poll_seconds


@pytest.fixture
def drop(tmp_path: Path) -> FakeDropFolder:
    return FakeDropFolder(tmp_path / "Drop")


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


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store", "._Song.wav", "desktop.ini", "Thumbs.db", "THUMBS.DB", "Song.wav.part", "Song.wav.crdownload",
        "Song.tmp", "Song.wav.asd", "Song.wav.reapeaks", "Song.syncthing.wav.tmp", ".syncthing.Song.wav.tmp",
        ".sidestick-12ab.wav", ".Song.wav.Xy12", "~$Song.wav", "Song.mid", "Song.drums.mid", "Song.sidestick.json",
        "Song.wav.error.txt", "Song.sidestick.svg",
        "sidestick.toml", "@eaDir/Song.wav", "Song.wav.download/Song.wav", "__MACOSX/Song.wav",
    ],
)  # fmt: skip
def test_junk_and_results_are_no_songs(drop: FakeDropFolder, name: str) -> None:
    drop.drop(name, SOUND if not name.endswith("toml") else b"")
    drop.settles()
    drop.passes(drop.rules.rescan_seconds)
    drop.settles()
    assert (drop.jobs, drop.opened, drop.said) == ([], [], [])


@pytest.mark.parametrize(
    "name", ["Song.wav", "Song", "part.wav", "My.stems.wav", "backing.wav", "Song.WAV", "tmp.flac"]
)
def test_names_that_only_look_a_little_like_junk_are_songs(drop: FakeDropFolder, name: str) -> None:
    drop.drop(name)
    drop.settles()
    assert drop.taken() == [name]


OUTPUTS = ["Song.stems/drums.wav", "Song.backing.wav", "Song.backing-2.wav", "Söng.stems/Ünd.wav"]


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_a_manifest_names_as_written_is_no_song(drop: FakeDropFolder, name: str) -> None:
    source = drop.put("Song.wav" if name.startswith("Song") else "Söng.wav")
    manifest = Manifest.load(write_answer(source, name=f"{source.stem}-2.sidestick.json"))
    output = Output(path=name, kind="stem", sha256="0" * 64)
    manifest.model_copy(update={"outputs": (output,)}).save(source.with_name(f"{source.stem}-2.sidestick.json"))
    source.unlink()
    drop.drop(name)
    drop.settles()
    drop.passes(drop.rules.rescan_seconds)
    drop.settles()
    assert (drop.jobs, drop.opened) == ([], [])


@pytest.mark.parametrize("name", [*OUTPUTS, "Take 1.backing.wav", "Band.backing-vocals.wav", "Mix~", "X.stems/a.wav"])
def test_a_musicians_own_files_that_are_only_named_like_results_are_songs(drop: FakeDropFolder, name: str) -> None:
    source = drop.put("Other.wav", b"text")
    write_answer(source)
    drop.drop(name)
    drop.settles()
    assert name in drop.taken()


def test_a_backup_that_an_editor_left_gets_no_note(drop: FakeDropFolder) -> None:
    drop.drop("notes.txt~", b"text")
    drop.settles()
    assert (drop.jobs, drop.notes()) == ([], [])


def test_a_file_deleted_before_its_turn_is_forgotten(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav")
    drop.passes(QUIET / 2)
    drop.remove(song)
    drop.settles()
    assert (drop.jobs, drop.said) == ([], [])


def test_a_file_that_vanishes_at_the_door_is_forgotten(drop: FakeDropFolder) -> None:
    drop.rejects["Song.wav"] = Rejected("missing", "Song.wav cannot be found.")
    drop.drop("Song.wav")
    drop.settles()
    assert (drop.notes(), drop.said) == ([], [])


def test_a_file_renamed_while_it_settles_is_taken_by_its_new_name(drop: FakeDropFolder) -> None:
    song = drop.drop("Take 1.wav")
    drop.passes(QUIET / 2)
    final = song.rename(drop.root / "Song.wav")
    drop.folder.mark(song)
    drop.folder.mark(final)
    drop.settles()
    assert drop.taken() == ["Song.wav"]


def test_two_spellings_of_one_name_make_one_job(drop: FakeDropFolder) -> None:
    song = drop.drop(unicodedata.normalize("NFD", "Für Elise.wav"))
    drop.folder.mark(song.with_name(unicodedata.normalize("NFC", song.name)))
    drop.settles()
    assert [path for path, _ in drop.jobs] == [song]


@pytest.mark.skipif(sys.platform == "darwin", reason="two such files are one there")
def test_two_files_whose_names_look_the_same_are_both_taken_once(drop: FakeDropFolder) -> None:
    for form in ("NFC", "NFD"):
        drop.put(unicodedata.normalize(form, "é.wav"), SOUND + form.encode())
    for _ in range(3):
        drop.settles()
        drop.passes(drop.rules.rescan_seconds)
    assert len(drop.jobs) == 2


def test_a_link_out_of_the_folder_is_not_followed(drop: FakeDropFolder, tmp_path: Path) -> None:
    outside = tmp_path / "private.wav"
    outside.write_bytes(SOUND)
    (drop.root / "Song.wav").symlink_to(outside)
    drop.settles()
    assert (drop.jobs, drop.opened) == ([], [])
    assert "link to a file outside" in drop.note("Song.wav")


def test_a_linked_folder_is_not_entered(drop: FakeDropFolder, tmp_path: Path) -> None:
    (tmp_path / "Music").mkdir()
    (tmp_path / "Music" / "Song.wav").write_bytes(SOUND)
    (drop.root / "Music").symlink_to(tmp_path / "Music")
    drop.folder.mark(drop.root / "Music")
    drop.settles()
    assert (drop.jobs, drop.opened) == ([], [])


def test_a_link_within_the_folder_is_followed(drop: FakeDropFolder) -> None:
    song = drop.put("Song.wav")
    (drop.root / "drums").mkdir()
    (drop.root / "drums" / "loop.wav").symlink_to(song)
    drop.settles()
    assert drop.taken() == ["Song.wav", "drums/loop.wav"]


def test_links_in_circles_and_pipes_do_no_harm(drop: FakeDropFolder) -> None:
    (drop.root / "round.wav").symlink_to(drop.root / "round.wav")
    (drop.root / "up").symlink_to(drop.root)
    os.mkfifo(drop.root / "pipe.wav")
    drop.put("Song.wav")
    drop.settles()
    assert drop.taken() == ["Song.wav"]


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
