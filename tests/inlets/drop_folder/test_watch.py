"""The change events of the system, as watchdog hands them on."""

from pathlib import Path

import pytest
from watchdog.events import DirModifiedEvent, FileCreatedEvent, FileMovedEvent, FileOpenedEvent

from daemon.inlets.drop_folder.watch import NativeWatch


def test_a_change_that_breaks_is_logged_and_the_next_one_is_told(tmp_path, guard_log):
    told, bad, good = [], tmp_path / "bad.wav", tmp_path / "good.wav"

    def mark(path: Path) -> None:
        if path == bad:
            raise ZeroDivisionError("oops")
        told.append(path)

    watch = NativeWatch(mark)
    watch.point(tmp_path)
    for event in (FileCreatedEvent(str(bad)), FileMovedEvent(str(bad), str(good))):
        watch.dispatch(event)
    watch.stop()
    line = f"A change of {str(bad)!r}: something broke (ZeroDivisionError: oops). Please report it."
    assert (told, guard_log()) == ([good], [line, line])


@pytest.mark.parametrize("event", [FileOpenedEvent("/drop/Song.wav"), DirModifiedEvent("/drop")])
def test_who_only_looks_at_a_file_or_into_a_folder_changes_nothing(event):
    told = []
    NativeWatch(told.append).dispatch(event)
    assert not told


def test_a_change_is_told_by_the_name_of_the_folder_that_was_asked_for(tmp_path):
    told, real, asked = [], tmp_path / "real", tmp_path / "asked"
    real.mkdir()
    asked.symlink_to(real)
    watch = NativeWatch(told.append)
    watch.point(asked)
    watch.dispatch(FileCreatedEvent(str(real / "Song.wav")))
    watch.dispatch(FileCreatedEvent("/elsewhere/Song.wav"))
    watch.stop()
    assert told == [asked / "Song.wav", asked]
