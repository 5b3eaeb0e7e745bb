import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.discovery import RunningDaemon, publish
from bridge.osc.addresses import REQUESTS
from bridge.osc.send import ANSWERED, NO_ANSWER, REFUSED, WRONG_USAGE, arguments, main
from daemon.events import Done, Failed, Progress
from daemon.inlets.osc import OscInlet
from tests.fake_core import JOB, FakeDaemon

PROCESS = REQUESTS["/sidestick/process"]


@pytest.fixture
def fake_daemon() -> FakeDaemon:
    return FakeDaemon()


@pytest.fixture
def osc_port(fake_daemon: FakeDaemon) -> Iterator[str]:
    inlet = OscInlet(fake_daemon.dispatcher, osc_port=0)
    inlet.start()
    yield str(inlet.osc_port)
    inlet.stop()


def test_words_become_the_arguments_of_the_table() -> None:
    assert arguments(PROCESS, ["/a.wav", "{}"], "7") == ["7", "/a.wav", "{}", 0]
    assert arguments(REQUESTS["/sidestick/jobs"], ["5"], "7") == ["7", 5, 0]
    assert arguments(REQUESTS["/sidestick/tap"], ["0a1b", "12.5"], "7") == ["7", "0a1b", 12.5, 0]


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert arguments(PROCESS, ["song.wav"], "7")[1] == str(tmp_path / "song.wav")


def test_what_the_table_leaves_optional_takes_its_default() -> None:
    assert arguments(PROCESS, ["/a.wav"], "7") == ["7", "/a.wav", "", 0]
    assert arguments(REQUESTS["/sidestick/subscribe"], [], "7") == ["7", 0, 60]


def test_the_answer_is_printed(osc_port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--osc-port", osc_port, "--id", "7", "ping"]) == ANSWERED
    assert capsys.readouterr().out == "/sidestick/pong 7 sidestick 0.1.0 1 4242\n"


def test_json_has_the_names_of_the_table(osc_port: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--osc-port", osc_port, "--id", "7", "--json", "/sidestick/process", "/a.wav"])
    assert json.loads(capsys.readouterr().out) == {"address": "/sidestick/ack", "id": "7", "job": JOB}


def test_a_refusal_is_exit_code_one(osc_port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--osc-port", osc_port, "process", "/a.txt"]) == REFUSED
    assert "Send a WAV" in capsys.readouterr().err


def test_a_refusal_in_json_names_the_request(osc_port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--osc-port", osc_port, "--json", "process", "/a.txt"]) == REFUSED
    printed = json.loads(capsys.readouterr().out)
    assert (printed["request"], printed["code"]) == ("/sidestick/process", "not_audio")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["proces", "/a.wav"], "did you mean /sidestick/process?"),
        (["process"], "path"),
        (["relabel", "j1", "{oops"], "changes_json is not a JSON object"),
        (["jobs", "many"], "limit must be a number"),
        (["undo", "j1", "j2"], "takes only"),
    ],
)
def test_wrong_usage_is_exit_code_two(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--osc-port", "9", *words]) == WRONG_USAGE
    assert text in capsys.readouterr().err


def test_no_daemon_is_exit_code_three(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--osc-port", "9", "ping"]) == NO_ANSWER
    assert "Start it with: sidestick run" in capsys.readouterr().err


def test_the_running_sidestick_is_found_by_itself(
    osc_port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(RunningDaemon(1, int(osc_port), "/spool", "0.1.0", ("sidestick", "send")), tmp_path)
    monkeypatch.setenv("SIDESTICK_STATE_FOLDER", str(tmp_path))
    assert main(["ping"]) == ANSWERED


def test_waiting_shows_progress_and_ends_with_the_job(
    fake_daemon: FakeDaemon, osc_port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_daemon.notifier.handle_event(Done(JOB, 1, "/m.json", "/a.mid"))
    assert main(["--osc-port", osc_port, "--id", "7", "--wait", "process", "/a.wav"]) == ANSWERED
    assert capsys.readouterr().out.splitlines()[-1] == f"/sidestick/done 7 {JOB} 1 /m.json /a.mid"


def test_waiting_for_a_job_that_fails_is_exit_code_one(fake_daemon: FakeDaemon, osc_port: str) -> None:
    fake_daemon.notifier.handle_event(Failed(JOB, "no_memory", "Too little memory."))
    assert main(["--osc-port", osc_port, "--wait", "process", "/a.wav"]) == REFUSED


def test_a_waiting_client_that_lost_the_end_asks_again(
    fake_daemon: FakeDaemon, osc_port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bridge.osc.send.NUDGE", 0.05)
    follow, heard = fake_daemon.notifier.follow, []

    def follow_and_finish(*args: object) -> object:
        heard.append(args)
        if len(heard) == 2:  # the second request: the end came and went in between
            fake_daemon.notifier._latest[JOB] = Done(JOB, 1, "/m.json", "/a.mid")
        return follow(*args)  # type: ignore[arg-type]

    fake_daemon.notifier.handle_event(Progress(JOB, "separate", 0.5))
    monkeypatch.setattr(fake_daemon.notifier, "follow", follow_and_finish)
    assert main(["--osc-port", osc_port, "--wait", "process", "/a.wav"]) == ANSWERED
    assert fake_daemon.core.verbs() == ["process"]
