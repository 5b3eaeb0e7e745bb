import os
from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.inlets.drop_folder.error_note import note_of, read_note
from daemon.inlets.drop_folder.folder import FolderSettings
from daemon.pipeline.options import Options
from tests.fake_drop_folder import QUIET, SOUND, FakeDropFolder, write_answer


@pytest.fixture
def drop(tmp_path: Path) -> FakeDropFolder:
    return FakeDropFolder(tmp_path / "Drop")


def test_what_cannot_be_used_stays_with_a_note_beside_it(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav", b"text")
    drop.settles()
    assert song.read_bytes() == b"text"
    assert drop.note("Song.wav").startswith("Song.wav is not audio that can be read. Export it as WAV.\n")
    assert drop.said == ["Song.wav is not audio that can be read. Export it as WAV."]


def test_what_the_door_refuses_gets_a_note_too(drop: FakeDropFolder) -> None:
    drop.rejects["Song.wav"] = Rejected("bad_option", "There is no separator 'x'.")
    drop.drop("Song.wav")
    drop.settles()
    assert drop.note("Song.wav").startswith("There is no separator 'x'.")


def test_what_cannot_be_used_is_not_tried_again(drop: FakeDropFolder) -> None:
    drop.drop("Song.wav", b"text")
    drop.settles()
    tried = len(drop.opened)
    drop.passes(drop.rules.rescan_seconds)
    drop.settles()
    assert len(drop.opened) == tried


def test_not_even_after_a_restart(drop: FakeDropFolder) -> None:
    drop.drop("Song.wav", b"text")
    drop.settles()
    tried = len(drop.opened)
    drop.restart()
    drop.settles()
    assert len(drop.opened) == tried


def test_it_is_tried_again_when_it_changes_and_its_note_goes(drop: FakeDropFolder) -> None:
    drop.drop("Song.wav", b"text")
    drop.settles()
    drop.drop("Song.wav")
    drop.settles()
    assert drop.taken() == ["Song.wav"]
    assert drop.notes() == []


def test_it_is_tried_again_when_its_note_is_deleted(drop: FakeDropFolder) -> None:
    drop.rejects["Song.wav"] = Rejected("disk_full", "The disk is full.")
    drop.drop("Song.wav")
    drop.settles()
    drop.rejects.clear()
    drop.remove(drop.root / "Song.wav.error.txt")
    drop.settles()
    assert drop.taken() == ["Song.wav"]


def test_a_note_whose_file_was_taken_away_goes_as_well(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav", b"text")
    drop.settles()
    drop.remove(song)
    drop.settles()
    assert drop.notes() == []


def test_a_note_whose_file_went_unseen_goes_at_the_next_start(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav", b"text")
    drop.settles()
    song.unlink()
    drop.restart()
    drop.settles()
    assert drop.notes() == []


def test_a_text_of_the_same_name_by_somebody_else_is_left_alone(drop: FakeDropFolder) -> None:
    mine = drop.put("Song.wav.error.txt", b"my own remarks")
    drop.drop("Song.wav", b"text")
    drop.settles()
    drop.drop("Song.wav")
    drop.settles()
    assert mine.read_bytes() == b"my own remarks"


def test_what_lies_beside_songs_gets_no_note(drop: FakeDropFolder) -> None:
    drop.drop("Album/cover.jpg", b"picture")
    drop.drop("Album/Song.rpp", b"project")
    drop.settles()
    assert drop.notes() == []


def test_sound_that_is_named_like_a_text_is_welcome(drop: FakeDropFolder) -> None:
    drop.drop("Song.txt")
    drop.settles()
    assert drop.taken() == ["Song.txt"]


def test_a_job_that_fails_leaves_a_note(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav")
    drop.settles()
    drop.folder.mark_failed(song, "Song.wav is silent. Nothing can be heard in it.")
    drop.settles()
    assert drop.note("Song.wav").startswith("Song.wav is silent.")
    assert drop.taken() == ["Song.wav"]


def test_a_failed_song_is_not_taken_again_after_a_restart(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav")
    drop.settles()
    drop.folder.mark_failed(song, "Song.wav is silent.")
    drop.folder.step()
    drop.restart()
    drop.settles()
    assert drop.taken() == ["Song.wav"]


def test_a_job_that_is_done_takes_the_note_away(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav")
    drop.settles()
    drop.folder.mark_failed(song, "The worker died.")
    drop.folder.step()
    drop.folder.mark_done(song)
    drop.settles()
    assert (drop.notes(), drop.taken()) == ([], ["Song.wav"])


def test_verdicts_about_files_elsewhere_do_nothing(drop: FakeDropFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "Song.wav"
    elsewhere.write_bytes(SOUND)
    drop.folder.mark_failed(elsewhere, "Song.wav is silent.")
    drop.folder.step()
    assert not note_of(elsewhere).exists()


def test_a_song_that_is_answered_by_its_manifest_is_not_taken_again(drop: FakeDropFolder) -> None:
    write_answer(drop.put("Song.wav"))
    drop.settles()
    assert drop.jobs == []


def test_a_numbered_manifest_answers_as_well(drop: FakeDropFolder) -> None:
    song, other = drop.put("Song.wav"), drop.put("Song.flac", SOUND + b"other")
    write_answer(other)
    write_answer(song, name="Song-2.sidestick.json")
    drop.settles()
    assert drop.jobs == []


def test_a_manifest_of_other_content_or_other_options_is_no_answer(drop: FakeDropFolder) -> None:
    write_answer(drop.put("Changed.wav", SOUND + b"before"))
    drop.put("Changed.wav")
    write_answer(drop.put("Other.wav"), Options(bpm=96))
    drop.settles()
    assert drop.taken() == ["Changed.wav", "Other.wav"]


def test_a_manifest_that_is_damaged_is_no_answer(drop: FakeDropFolder) -> None:
    drop.put("Song.wav")
    drop.put("Song.sidestick.json", b"{")
    drop.settles()
    assert drop.taken() == ["Song.wav"]


def test_a_manifest_answers_with_the_options_of_settings_and_recipe(tmp_path: Path) -> None:
    drop = FakeDropFolder(tmp_path / "Drop", FolderSettings(quiet_seconds=QUIET, defaults=Options(drum_map="ableton")))
    drop.put("drums/sidestick.toml", b"bpm = 96")
    write_answer(drop.put("drums/Song.wav"), Options(drum_map="ableton", input="drums", bpm=96))
    drop.settles()
    assert drop.jobs == []


def test_songs_wait_for_a_recipe_with_a_mistake(drop: FakeDropFolder) -> None:
    drop.put("Album/sidestick.toml", b"bpm = fast")
    drop.put("Album/Song.wav")
    drop.settles()
    assert drop.jobs == []
    assert "line 1" in drop.note("Album/sidestick.toml")


def test_they_are_taken_when_the_mistake_is_corrected(drop: FakeDropFolder) -> None:
    drop.put("Album/sidestick.toml", b"bpm = fast")
    drop.put("Album/Song.wav")
    drop.settles()
    drop.drop("Album/sidestick.toml", b"bpm = 96")
    drop.settles()
    assert [given for _, given in drop.jobs] == [{"bpm": 96}]
    assert drop.notes() == []


def test_a_mistake_in_a_recipe_is_told_once(drop: FakeDropFolder) -> None:
    drop.put("sidestick.toml", b"bpm = fast")
    drop.put("Song.wav")
    for _ in range(3):
        drop.settles()
        drop.passes(drop.rules.rescan_seconds)
    assert len(drop.said) == 1


def test_the_note_about_a_recipe_goes_with_the_recipe(drop: FakeDropFolder) -> None:
    recipe = drop.put("sidestick.toml", b"bpm = fast")
    drop.settles()
    drop.remove(recipe)
    drop.settles()
    assert drop.notes() == []


def test_what_was_refused_is_tried_again_with_other_options(drop: FakeDropFolder) -> None:
    drop.rejects["Song.wav"] = Rejected("no_drums", "A bass stem has no drums to hear.")
    drop.drop("bass/Song.wav")
    drop.settles()
    drop.rejects.clear()
    drop.drop("bass/sidestick.toml", b'input = "mix"')
    drop.settles()
    assert drop.jobs[0][1] == {"input": "mix"}


def test_a_name_as_long_as_names_get_gets_a_note(drop: FakeDropFolder) -> None:
    name = "ü" * 125 + ".wav"
    drop.drop(name, b"text")
    drop.settles()
    tried = len(drop.opened)
    drop.passes(drop.rules.rescan_seconds)
    drop.settles()
    assert len(drop.notes()) == 1
    assert read_note(drop.root / name) is not None
    assert len(drop.opened) == tried


def replace_take(drop: FakeDropFolder, name: str, content: bytes, *, by_rename: bool) -> None:
    """Another take of the same size, with the time of the one that it replaces."""
    path = drop.root / name
    about = path.stat()
    fresh = drop.root.parent / "fresh" if by_rename else path
    fresh.write_bytes(content)
    os.utime(fresh, ns=(about.st_atime_ns, about.st_mtime_ns))
    if by_rename:
        fresh.replace(path)
    drop.folder.mark(path)


@pytest.mark.parametrize("by_rename", [False, True])
def test_another_take_of_the_same_size_and_time_is_taken(drop: FakeDropFolder, by_rename: bool) -> None:
    drop.drop("Song.wav", SOUND + b"one")
    drop.settles()
    replace_take(drop, "Song.wav", SOUND + b"two", by_rename=by_rename)
    drop.settles()
    assert drop.taken() == ["Song.wav", "Song.wav"]


def test_a_song_whose_permissions_change_is_not_taken_again(drop: FakeDropFolder) -> None:
    song = drop.drop("Song.wav")
    drop.settles()
    song.chmod(0o600)
    drop.folder.mark(song)
    drop.settles()
    assert drop.taken() == ["Song.wav"]


def test_another_take_of_a_refused_song_is_tried_even_after_a_restart(drop: FakeDropFolder) -> None:
    drop.drop("Song.wav", b"text-text")
    drop.settles()
    drop.restart()
    replace_take(drop, "Song.wav", SOUND + b"two", by_rename=False)
    drop.settles()
    assert drop.taken() == ["Song.wav"] and drop.notes() == []
