"""Ctrl-C at any stage: exit status 130, and nothing half written anywhere."""

import json
import signal

import pytest

from daemon.commands.console import JsonConsole
from daemon.outlets import note_files
from tests import synth
from tests.acceptance.command_line import BEAT

STAGES = ("decode", "separate", "listen", "kit", "hits", "beats", "write")
EVERYTHING = ("--separator", "embedded", "--stems", "wav", "--kit-stems", "--backing", "--plot", "--json")
GOODBYE = "Interrupted. Nothing was left half written.\n"


def interrupt(*_, **__):
    signal.raise_signal(signal.SIGINT)


def interrupted_at(stage, monkeypatch):
    """A console of a user who presses Ctrl-C as soon as `stage` is under way."""
    shown = JsonConsole.show_progress

    def progress(self, song, now):
        shown(self, song, now)
        if now.stage == stage:
            interrupt()

    monkeypatch.setattr(JsonConsole, "show_progress", progress)


def unfinished(home):
    return list(home.folder.glob("cache/stages/.making/*"))


@pytest.mark.parametrize("stage", STAGES)
def test_an_interruption_at_any_stage_leaves_only_the_song(home, monkeypatch, stage):
    interrupted_at(stage, monkeypatch)
    result = home.sidestick("transcribe", home.song(), *EVERYTHING)
    assert (result.exit_code, result.stderr) == (130, GOODBYE)
    assert home.files() == {"Song.wav"}
    assert not unfinished(home)


def test_an_interruption_while_files_are_written_takes_the_new_ones_back(home, monkeypatch):
    monkeypatch.setattr(note_files, "to_files", interrupt)
    result = home.sidestick("transcribe", home.song(), *EVERYTHING)
    assert (result.exit_code, result.stderr) == (130, GOODBYE)
    assert home.files() == {"Song.wav"}


def test_what_lay_there_before_survives_an_interruption(home, monkeypatch):
    song = home.song()
    home.sidestick("transcribe", song, "--separator", "embedded")
    midi = (home.music / "Song.drums.mid").read_bytes()
    monkeypatch.setattr(note_files, "to_files", interrupt)
    home.sidestick("transcribe", song, *EVERYTHING, "--grid", "1/4")
    assert (home.music / "Song.drums.mid").read_bytes() == midi
    assert home.files() == {"Song.wav", "Song.drums.mid", "Song.sidestick.json"}


def test_the_next_run_goes_on_where_it_was_stopped(home, monkeypatch):
    song = home.song()
    with monkeypatch.context() as impatient:
        interrupted_at("kit", impatient)
        home.sidestick("transcribe", song, *EVERYTHING)
    done = json.loads(home.sidestick("transcribe", song, *EVERYTHING).stdout.splitlines()[-1])
    cached = {stage["stage"] for stage in done["stages"] if stage["cached"]}
    assert cached == {"decode", "separate", "listen"}
    assert "Song.stems/drums.wav" in home.files()


def test_a_real_process_ends_on_a_real_signal(home):
    song = synth.write(home.music / "Song.wav", synth.play(BEAT, 8.0))
    with home.start("transcribe", song, *EVERYTHING) as process:
        assert any(json.loads(line)["stage"] == "separate" for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (130, GOODBYE)
    assert home.files() == {"Song.wav"}
    assert not unfinished(home)
