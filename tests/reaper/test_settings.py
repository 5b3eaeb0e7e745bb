"""Settings, and starting a sidestick that is not there."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from bridge.discovery import read_running
from tests.reaper.conftest import Daemon
from tests.reaper.fake import Reaper, audio_item
from tests.reaper.scripted_daemon import ScriptedDaemon, serve_script

NAMES = ("quantize", "input", "place", "drum_map", "stem_format", "mute_source", "program", "state_folder")


def filled(**values: str) -> str:
    usual = dict(zip(NAMES, ("played", "auto", "track", "gm", "wav", "yes", "", ""), strict=True))
    return "\n".join({**usual, **values}.values())


def test_settings_are_shown_in_one_form_and_kept(alone: Reaper) -> None:
    outcome = alone.run("Settings", filled=filled(quantize="quantized", drum_map="ssd5"))
    captions = outcome["form"]["captions"].split(",")
    assert (len(captions), outcome["form"]["count"]) == (len(NAMES) + 2, len(NAMES))
    assert outcome["ext"]["sidestick/quantize"] == "quantized" and outcome["ext"]["sidestick/drum_map"] == "ssd5"


def test_a_setting_that_does_not_work_is_refused_and_the_rest_is_kept(alone: Reaper) -> None:
    outcome = alone.run("Settings", filled=filled(stem_format="aiff", mute_source="no"))
    assert outcome["boxes"] == ['"aiff" does not work for "Stems (wav / flac / mp3)"; write wav, flac, mp3.']
    assert outcome["ext"]["sidestick/mute_source"] == "no" and "sidestick/stem_format" not in outcome["ext"]


def test_settings_reach_the_daemon(alone: Reaper) -> None:
    chosen = {"sidestick/quantize": "quantized", "sidestick/drum_map": "logic", "sidestick/input": "stem"}
    item = audio_item(Path(__file__), 1.0)
    with serve_script(ScriptedDaemon(), alone.state) as scripted_daemon:
        alone.run("Drums to MIDI", [{"items": [item]}], ext=chosen, cycles=40)
    options = dict(scripted_daemon.asked)["process"]["options_json"]
    assert options == {
        "parts": ["drums"],
        "drum_map": "logic",
        "input": "drums",
        "start": "audio",
        "grid": {"quantize": True},
    }


def test_without_a_sidestick_the_user_is_asked_and_may_say_no(alone: Reaper) -> None:
    outcome = alone.run("Stop", answers=["no"])
    assert outcome["boxes"] == ["sidestick is not running. Start it now?"]
    assert outcome["commands"] == []


def test_a_program_that_is_nowhere_is_asked_for_once(alone: Reaper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERPROFILE", "/nobody")
    outcome = alone.run("Start the daemon", picked="/music/sidestick 2/sidestick", cycles=3, system="Win64")
    assert outcome["commands"] == ['"/music/sidestick 2/sidestick" "run"']
    assert outcome["ext"]["sidestick/program"] == "/music/sidestick 2/sidestick"


def test_the_action_starts_a_real_sidestick_and_goes_on(alone: Reaper, tmp_path: Path) -> None:
    alone.environment = Daemon(tmp_path / "own").environment
    alone.state = tmp_path / "own" / "state"
    known = json.dumps([sys.executable, "-P", "-m", "bridge.osc.send"])
    outcome = alone.run("Stop", answers=["yes"], ext={"sidestick/last_sender": known})
    running = read_running(alone.state)
    assert outcome["boxes"] == ["sidestick is not running. Start it now?"]
    assert running is not None
    os.kill(running.pid, signal.SIGTERM)
