"""Windows: Lua's getenv, rename and remove know the letters of one language only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import synth
from tests.reaper.fake import Json, Reaper, audio_item, notes
from tests.reaper.scripted_daemon import (
    Results,
    ScriptedDaemon,
    done_event,
    serve_script,
)

SECONDS = 4.0
ASKED = "P_EXT:sidestick_asked"


@pytest.fixture
def results(tmp_path: Path) -> Results:
    synth.write(tmp_path / "Song.wav", synth.silence(SECONDS, rate=8000, channels=1), rate=8000)
    return Results(tmp_path)


@pytest.fixture
def scripted_daemon(alone: Reaper, results: Results) -> Iterator[ScriptedDaemon]:
    """Its job is done after a second, with a note at 1 s."""
    final = results.midi("drums", 1.0)
    with serve_script(ScriptedDaemon(), alone.state) as running:
        running.play = [1.0, done_event(results.manifest(final.name), final)]
        yield running


def song(results: Results, **more: Any) -> list[Json]:
    return [{"name": "Song", "items": [audio_item(results.folder / "Song.wav", SECONDS, **more)]}]


def onsets(outcome: Json) -> list[float]:
    return [round(note["time"], 3) for note in notes(outcome)]


def joergs(alone: Reaper, tmp_path: Path) -> Json:
    """The folders of a user called Jörg."""
    data = tmp_path / "Jörg" / "AppData"
    alone.state = data / "Local" / "sidestick"
    return {"system": "Win64", "resources": str(data / "Roaming" / "REAPER")}


def test_a_user_called_jörg_finds_his_sidestick(alone: Reaper, results: Results, tmp_path: Path) -> None:
    scene = joergs(alone, tmp_path)
    final = results.midi("drums", 1.0)
    play = [done_event(results.manifest(final.name), final)]
    with serve_script(ScriptedDaemon(play=play), alone.state):
        outcome = alone.run("Drums to MIDI", song(results), **scene)
    assert (outcome["boxes"], onsets(outcome)) == ([], [1.0])
    assert not [*(alone.state / "spool" / "inbox").iterdir()]


def test_a_sidestick_in_jörgs_own_folder_is_started_without_a_console(alone: Reaper, tmp_path: Path) -> None:
    scene = joergs(alone, tmp_path)
    programs = tmp_path / "Jörg" / ".local" / "bin"
    programs.mkdir(parents=True)
    for name in ("sidestick.exe", "sidestickw.exe"):
        (programs / name).touch()
    outcome = alone.run("Start the daemon", cycles=3, **scene)
    assert outcome["commands"] == [f'"{programs}/sidestickw.exe" "run"'] and outcome["consoles"] == 0


def test_the_python_that_ran_sidestick_last_is_started_without_a_console(alone: Reaper, tmp_path: Path) -> None:
    for name in ("python.exe", "pythonw.exe"):
        (tmp_path / name).touch()
    known = f'["{tmp_path}/python.exe", "-m", "bridge.osc.send"]'
    ext = {"sidestick/last_sender": known}
    outcome = alone.run("Start the daemon", cycles=3, ext=ext, system="Win64")
    assert outcome["consoles"] == 0 and outcome["commands"][0].startswith(f'"{tmp_path}/pythonw.exe"')
