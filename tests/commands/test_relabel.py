"""`sidestick relabel`: the beat by its flags."""

import json

import pytest

from tests.acceptance.command_line import CommandLine
from tests.songs import save_manifest


@pytest.fixture
def home(tmp_path):
    return CommandLine(tmp_path)


def settings_of(path):
    return json.loads(path.read_text("utf-8"))["history"]["revisions"][-1]["changes"]["settings"]


def test_the_flags_of_the_beat_are_kept_as_figures(home, tmp_path):
    song = save_manifest(tmp_path)
    typed = ("--bpm", "93.517", "--meter", "7/8", "--downbeat", "1.25", "--start", "bars")
    done = home.sidestick("relabel", str(song), *typed)
    assert done.exit_code == 0, done.stderr
    told = settings_of(song)
    assert (float(told["bpm"]), told["meter"]) == (93.517, "7/8")
    assert (float(told["downbeat"]), told["start"]) == (1.25, "bars")


@pytest.mark.parametrize(
    ("flag", "factor"), [("--half", 1 / 2), ("--double", 2), ("--two-thirds", 2 / 3), ("--three-halves", 3 / 2)]
)
def test_a_word_for_a_tempo_is_taken_of_the_bpm_that_holds(home, tmp_path, flag, factor):
    song = save_manifest(tmp_path)
    home.sidestick("relabel", str(song), "--bpm", "100")
    done = home.sidestick("relabel", str(song), flag)
    assert done.exit_code == 0, done.stderr
    assert settings_of(song)["bpm"] == pytest.approx(100 * factor, abs=0.001)


def test_two_tempi_at_once_are_refused(home, tmp_path):
    done = home.sidestick("relabel", str(save_manifest(tmp_path)), "--half", "--double")
    assert done.exit_code == 2 and "Give one tempo" in done.stderr
