"""Windows: Lua's getenv, rename and remove know the letters of one language only."""

from pathlib import Path

from tests.reaper.fake import Json, Reaper
from tests.reaper.one_song import onsets, song
from tests.reaper.scripted_daemon import (
    Results,
    ScriptedDaemon,
    done_event,
    serve_script,
)


def joergs(alone: Reaper, tmp_path: Path) -> Json:
    """The folders of a user called Jörg."""
    data = tmp_path / "Jörg" / "AppData"
    alone.state = data / "Local" / "sidestick"
    return {"system": "Win64", "resources": str(data / "Roaming" / "REAPER")}


def test_a_user_called_jörg_finds_his_sidestick(alone: Reaper, results: Results, tmp_path: Path) -> None:
    """Row "getenv, rename, remove": the state folder from GetResourcePath, requests without rename."""
    scene = joergs(alone, tmp_path)
    final = results.midi("drums", 1.0)
    play = [done_event(results.manifest(final.name), final)]
    with serve_script(ScriptedDaemon(play=play), alone.state):
        outcome = alone.run("Drums to MIDI", song(results), **scene)
    assert (outcome["boxes"], onsets(outcome)) == ([], [1.0])
    assert not [*(alone.state / "spool" / "inbox").iterdir()]


def test_a_sidestick_in_jörgs_own_folder_is_started_without_a_console(alone: Reaper, tmp_path: Path) -> None:
    """Row "ExecProcess": a program for the console leaves one open."""
    scene = joergs(alone, tmp_path)
    programs = tmp_path / "Jörg" / ".local" / "bin"
    programs.mkdir(parents=True)
    for name in ("sidestick.exe", "sidestickw.exe"):
        (programs / name).touch()
    outcome = alone.run("Start the daemon", cycles=3, **scene)
    assert outcome["commands"] == [f'"{programs}/sidestickw.exe" "run"'] and outcome["consoles"] == 0


def test_the_python_that_ran_sidestick_last_is_started_without_a_console(alone: Reaper, tmp_path: Path) -> None:
    """Row "ExecProcess"."""
    for name in ("python.exe", "pythonw.exe"):
        (tmp_path / name).touch()
    known = f'["{tmp_path}/python.exe", "-m", "bridge.osc.send"]'
    ext = {"sidestick/last_sender": known}
    outcome = alone.run("Start the daemon", cycles=3, ext=ext, system="Win64")
    assert outcome["consoles"] == 0 and outcome["commands"][0].startswith(f'"{tmp_path}/pythonw.exe"')


def test_a_job_is_asked_for_and_answered_without_any_process(
    alone: Reaper, scripted_daemon: ScriptedDaemon, results: Results
) -> None:
    """Row "the spool is the only wire": a sender for each request would open a console each time."""
    outcome = alone.run(
        "Drums to MIDI", song(results), system="Win64", ext={"sidestick/state_folder": str(alone.state)}
    )
    assert (outcome["boxes"], onsets(outcome)) == ([], [1.0])
    assert (outcome["commands"], outcome["consoles"]) == ([], 0)
