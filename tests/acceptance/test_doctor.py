"""`sidestick doctor`: what works here, and what to do about the rest."""

import json

import pytest


def test_a_sound_machine_passes(home):
    result = home.sidestick("doctor")
    assert result.exit_code == 0
    assert "device" in result.stdout and "decoder" in result.stdout and "sidestick models fetch" in result.stdout


def test_the_findings_for_programs_are_json(home):
    findings = json.loads(home.sidestick("doctor", "--json").stdout)
    assert {finding["topic"] for finding in findings} >= {
        "cache",
        "decoder",
        "device",
        "weights",
        "drum transcriber",
        "midi",
    }


def test_a_folder_that_cannot_be_used_is_a_finding(home):
    (home.folder / "file").write_text("")
    result = home.sidestick("doctor", folders__cache=str(home.folder / "file" / "cache"))
    assert result.exit_code == 1
    assert "set folders.cache to another place" in result.stdout


@pytest.mark.parametrize("words", [("doctor",), ("config",), ("transcribe", "Song.wav"), ("models", "list")])
def test_wrong_settings_are_all_told_before_anything_else(home, words):
    result = home.sidestick(*words, device="abacus", limits__max_minutes="-1")
    assert result.exit_code == 2
    assert "use auto, cpu, cuda or mps" in result.stderr
    assert "it must be more than 0" in result.stderr


def test_whether_the_daemon_runs_is_a_finding(home):
    found = {finding["topic"]: finding for finding in json.loads(home.sidestick("doctor", "--json").stdout)}
    assert found["daemon"]["state"] == "note"
    assert "`sidestick run` starts it" in found["daemon"]["text"]


def test_a_bundle_is_written_where_one_is(home, monkeypatch):
    monkeypatch.chdir(home.music)
    result = home.sidestick("doctor", "--bundle")
    assert home.files() == {"sidestick-report.zip"}
    assert "Wrote" in result.stdout and "without sound" in result.stdout
