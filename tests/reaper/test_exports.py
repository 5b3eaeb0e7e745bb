"""Export: the menu is the daemon's list, and the file that is chosen lies beside the song."""

import shutil
from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.outlets.exports.table import EXPORTS
from tests.reaper.conftest import SECONDS, Daemon
from tests.reaper.fake import Json, Reaper, audio_item, reopen_tracks
from tests.reaper.test_review_asks import RecordingDaemon, asked, scripted_daemon, tracks

__all__ = ["scripted_daemon", "tracks"]

ACTION = "Export"
CSV, REAPER = (list(EXPORTS).index(name) + 1 for name in ("csv", "reaper"))


@pytest.fixture
def lua() -> str:
    """One is enough here: each job takes a second, and nothing is particular to a version."""
    return "lua5.4"


def test_the_menu_is_the_list_of_the_daemon_and_what_cannot_be_had_is_grey(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    outcome = alone.run(ACTION, tracks)
    entries = outcome["menus"][0].split("|")
    assert [entry.lstrip("#").partition(": ")[2] for entry in entries] == [each.caption for each in EXPORTS.values()]
    assert entries[CSV - 1] == "hits.csv: every hit and note, as a table"
    assert [entry for entry in entries if "drummer" in entry and not entry.startswith("#")] == []
    assert (outcome["boxes"], asked(scripted_daemon, "export")) == ([], [])


@pytest.mark.parametrize(
    ("system", "command"),
    [
        ("Win64", '"explorer.exe" "/select,/song.csv"'),
        ("macOS-arm64", "'/usr/bin/open' '-R' '/song.csv'"),
        ("Other", "'xdg-open' ''"),
    ],
)
def test_what_is_chosen_is_written_and_shown(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json], system: str, command: str
) -> None:
    outcome = alone.run(ACTION, tracks, choices=[CSV], answers=["yes"], system=system)
    assert asked(scripted_daemon, "export") == [{"job": "j1", "name": "csv"}]
    assert outcome["boxes"] == ["song.csv is written. Show it in its folder?"]
    assert outcome["commands"] == [command]


def test_why_an_export_cannot_be_had_is_told(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    def refuse(job: str, name: str) -> Path:
        raise Rejected("no_package", "The export score_pdf needs verovio.")

    scripted_daemon.export = refuse  # type: ignore[method-assign]
    assert alone.run(ACTION, tracks, choices=[CSV])["boxes"] == ["The export score_pdf needs verovio."]


def test_without_an_item_of_sidestick_nothing_is_asked(alone: Reaper) -> None:
    assert alone.run(ACTION)["boxes"] == ["Select an item that sidestick has made MIDI of first."]


def test_a_real_sidestick_writes_a_project_beside_the_song(daemon: Daemon, beat: Path, tmp_path: Path) -> None:
    reaper, song = Reaper("lua5.4", tmp_path, daemon.state), Path(shutil.copy(beat, tmp_path / "drums.wav"))
    made = reaper.run("Drums to MIDI", [{"name": "Loop", "items": [audio_item(song, SECONDS)]}])
    outcome = reaper.run(ACTION, reopen_tracks(made, 1), choices=[REAPER], answers=["no"])
    assert outcome["boxes"] == ["drums.rpp is written. Show it in its folder?"]
    assert outcome["commands"] == []
    assert song.with_suffix(".rpp").read_text("utf-8").startswith("<REAPER_PROJECT")
