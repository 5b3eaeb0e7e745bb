"""`sidestick send --answers FILE`: what a REAPER without sockets reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.discovery import read_running
from bridge.osc import send
from bridge.osc.answer_file import AnswerFile
from bridge.osc.wire import Message
from daemon.errors import Rejected
from tests.fake_core import JOB
from tests.reaper.scripted_daemon import ScriptedDaemon, failed_event, progress_event, serve_script


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def send_words(state: Path, scripted_daemon: ScriptedDaemon, *words: str) -> dict[str, Any]:
    with serve_script(scripted_daemon, state):
        running = read_running(state)
        assert running is not None
        answers = state / "answers.json"
        send.main(["--osc-port", str(running.osc_port), "--id", "7", "--answers", str(answers), "--wait", *words])
    return read(answers)


def test_the_latest_event_of_each_kind_is_kept_for_each_job(tmp_path: Path) -> None:
    file = AnswerFile(tmp_path / "a.json")
    file.add_answer(Message("/sidestick/ack", ("7", "j1")), last=False)
    for fraction in (0.1, 0.2):
        file.add_event(Message("/sidestick/progress", ("j1", "hits", fraction, 3)), last=False)
    file.add_event(Message("/sidestick/progress", ("j2", "hits", 0.5, 3)), last=False)
    found = read(tmp_path / "a.json")
    assert [event["args"][2] for event in found["events"]] == [0.2, 0.5]
    assert found["finished"] is False


def test_an_answer_without_more_to_come_is_the_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = send_words(tmp_path, ScriptedDaemon(), "/sidestick/ping")
    assert (found["answers"][0]["address"], found["finished"]) == ("/sidestick/pong", True)
    assert capsys.readouterr().out != ""


def test_a_job_is_followed_to_its_end(tmp_path: Path) -> None:
    found = send_words(
        tmp_path,
        ScriptedDaemon(play=[progress_event(0.5), failed_event("No memory.")]),
        "/sidestick/process",
        "/songs/one.wav",
    )
    assert found["answers"] == [{"address": "/sidestick/ack", "args": ["7", JOB]}]
    assert [event["address"] for event in found["events"]] == ["/sidestick/progress", "/sidestick/fail"]
    assert found["finished"] is True


def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    refused = ScriptedDaemon(refuse=Rejected("not_audio", "one.wav is not audio."))
    found = send_words(tmp_path, refused, "/sidestick/process", "/songs/one.wav")
    assert found["answers"][0]["args"][3] == "one.wav is not audio." and found["finished"] is True


def test_silence_is_told_too(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    assert send.main(["--osc-port", "9", "--timeout", "0.1", "--answers", str(answers), "ping"]) == send.NO_ANSWER
    assert read(answers)["answers"][0]["args"][2] == "no_answer"
