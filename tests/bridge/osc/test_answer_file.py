"""`sidestick send --answers FILE`: what a REAPER without sockets reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.discovery import published
from bridge.osc import send
from bridge.osc.answer_file import AnswerFile
from bridge.osc.codec import Message
from daemon.errors import Rejected
from tests.fake_door import JOB
from tests.reaper.stage import Stage, failed, on_stage, working


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def sent(state: Path, stage: Stage, *words: str) -> dict[str, Any]:
    with on_stage(stage, state):
        running = published(state)
        assert running is not None
        answers = state / "answers.json"
        send.main(["--osc-port", str(running.osc_port), "--id", "7", "--answers", str(answers), "--wait", *words])
    return read(answers)


def test_the_latest_event_of_each_kind_is_kept_for_each_job(tmp_path: Path) -> None:
    file = AnswerFile(tmp_path / "a.json")
    file.answer(Message("/sidestick/ack", ("7", "j1")), last=False)
    for fraction in (0.1, 0.2):
        file.hear(Message("/sidestick/progress", ("j1", "hits", fraction, 3)), last=False)
    file.hear(Message("/sidestick/progress", ("j2", "hits", 0.5, 3)), last=False)
    found = read(tmp_path / "a.json")
    assert [event["args"][2] for event in found["events"]] == [0.2, 0.5]
    assert found["finished"] is False


def test_an_answer_without_more_to_come_is_the_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = sent(tmp_path, Stage(), "/sidestick/ping")
    assert (found["answers"][0]["address"], found["finished"]) == ("/sidestick/pong", True)
    assert capsys.readouterr().out != ""


def test_a_job_is_followed_to_its_end(tmp_path: Path) -> None:
    found = sent(tmp_path, Stage(play=[working(0.5), failed("No memory.")]), "/sidestick/process", "/songs/one.wav")
    assert found["answers"] == [{"address": "/sidestick/ack", "args": ["7", JOB]}]
    assert [event["address"] for event in found["events"]] == ["/sidestick/progress", "/sidestick/fail"]
    assert found["finished"] is True


def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    refused = Stage(refuse=Rejected("not_audio", "one.wav is not audio."))
    found = sent(tmp_path, refused, "/sidestick/process", "/songs/one.wav")
    assert found["answers"][0]["args"][3] == "one.wav is not audio." and found["finished"] is True


def test_silence_is_told_too(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    assert send.main(["--osc-port", "9", "--timeout", "0.1", "--answers", str(answers), "ping"]) == send.NOBODY
    assert read(answers)["answers"][0]["args"][2] == "no_answer"
