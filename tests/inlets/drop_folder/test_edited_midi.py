"""A .mid of ours in the drop folder is learned when a DAW saved it again, and only then."""

import os

import pytest

from daemon.errors import Rejected
from tests.fake_drop_folder import FakeDropFolder
from tests.songs import save_manifest

LATER = 60 * 10**9  # ns


@pytest.fixture
def drop(tmp_path):
    """A drop folder with a song that was done: its manifest and its .mid."""
    drop = FakeDropFolder(tmp_path / "Drop")
    save_manifest(drop.root)
    return drop


def save(drop, name, content=b"MThd edited", after=LATER):
    """As a DAW does it, so long after the manifest was written."""
    path = drop.root / name
    path.write_bytes(content)
    written = next(drop.root.glob("*.sidestick.json")).stat().st_mtime_ns
    os.utime(path, ns=(written + after, written + after))
    drop.folder.mark(path)
    return path


def test_a_midi_file_that_was_saved_again_is_learned_once(drop):
    path = save(drop, "Song.drums.mid")
    drop.settles()
    drop.settles()
    assert drop.learned == [path]
    assert drop.said == ["Song.drums.mid was learned."]
    assert drop.jobs == [] and drop.notes() == []


def test_it_is_learned_again_when_it_is_saved_again(drop):
    save(drop, "Song.drums.mid")
    drop.settles()
    save(drop, "Song.drums.mid", b"MThd edited more", 2 * LATER)
    drop.settles()
    assert len(drop.learned) == 2


def test_one_that_was_edited_while_nobody_watched_is_found_by_the_first_scan(drop):
    path = save(drop, "Song.drums.mid")
    drop.restart()
    drop.settles()
    assert drop.learned == [path]


def test_one_that_is_older_than_its_manifest_is_left_alone(drop, monkeypatch):
    monkeypatch.setattr("daemon.outlets.learn._change_ns", lambda path: path.stat().st_mtime_ns)
    save(drop, "Song.drums.mid", after=-LATER)
    drop.settles()
    assert drop.learned == []


def test_the_midi_of_somebody_else_is_left_alone(drop):
    save(drop, "Loop.mid")
    drop.settles()
    assert drop.learned == [] and drop.notes() == []


def test_one_that_cannot_be_learned_gets_a_note_that_says_why(drop):
    drop.rejects["Song.drums.mid"] = Rejected("not_this_song", "Song.drums.mid is of another song.")
    save(drop, "Song.drums.mid")
    drop.settles()
    assert drop.notes() == ["Song.drums.mid.error.txt"]
    assert drop.note("Song.drums.mid").startswith("Song.drums.mid is of another song.")


def test_one_in_which_nothing_was_edited_gets_no_note(drop):
    drop.rejects["Song.drums.mid"] = Rejected("no_edits", "The drums of Song.drums.mid are as sidestick wrote them.")
    save(drop, "Song.drums.mid")
    drop.settles()
    assert drop.notes() == []
    assert drop.said == ["The drums of Song.drums.mid are as sidestick wrote them."]


def test_a_note_goes_when_its_midi_file_goes(drop):
    drop.rejects["Song.drums.mid"] = Rejected("not_midi", "Song.drums.mid is no MIDI file.")
    path = save(drop, "Song.drums.mid")
    drop.settles()
    drop.remove(path)
    drop.settles()
    assert drop.notes() == []
