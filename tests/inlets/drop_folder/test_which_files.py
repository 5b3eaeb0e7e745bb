"""Which files of a drop folder are songs: results, junk, links and odd names."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.outlets.manifest import Manifest, Output
from tests.fake_drop_folder import QUIET, SOUND, FakeDropFolder, write_answer


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_links_in_circles_and_pipes_do_no_harm(drop: FakeDropFolder) -> None:
    (drop.root / "round.wav").symlink_to(drop.root / "round.wav")
    (drop.root / "up").symlink_to(drop.root)
    os.mkfifo(drop.root / "pipe.wav")
    drop.put("Song.wav")
    drop.settles()
    assert drop.taken() == ["Song.wav"]
