import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon.events import Done, MidiWritten, Progress, Remarked
from daemon.inlets.spool import ANSWER_LIFETIME, Spool
from daemon.jobs.spool_files import MAX_REQUEST_BYTES, PATIENCE, STALE
from tests.fake_core import JOB, FakeDaemon, FakeTime

DONE = Done(JOB, 1, "/m.json", "/a.mid")


class Host:
    """A host as a script without sockets sees it: it renames a file into the inbox and reads the outbox."""

    def __init__(self, folder: Path) -> None:
        self.desk = FakeDaemon()
        self.wall = FakeTime()
        self.spool = Spool(folder, self.desk.dispatcher, self.wall)

    def puts(self, content: object, name: str = "one") -> None:
        self.puts_bytes(json.dumps(content).encode(), name)

    def puts_bytes(self, data: bytes, name: str = "one") -> None:
        fresh = self.spool.inbox / f".{name}.tmp"
        fresh.write_bytes(data)
        os.utime(fresh, (self.wall.now, self.wall.now))
        fresh.rename(self.spool.inbox / f"{name}.json")

    def asks(self, address: str, *args: object) -> dict[str, Any]:
        self.puts({"address": address, "args": args})
        self.spool.step()
        return self.reads()

    def reads(self, name: str = "one") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.spool.outbox / f"{name}.json").read_text())
        return found


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "spool")


def refusal(answer: dict[str, Any]) -> list[object]:
    assert answer["finished"]
    [message] = answer["answers"]
    assert message["address"] == "/sidestick/fail"
    return list(message["args"])


def test_a_request_is_answered_by_a_file_of_its_name(host: Host) -> None:
    pong = {"address": "/sidestick/pong", "args": [7, "sidestick", "0.1.0", 1, 4242]}
    assert host.asks("/sidestick/ping", 7) == {"answers": [pong], "events": [], "finished": True}


def test_an_answered_request_is_gone_and_leaves_nothing_behind(host: Host) -> None:
    host.asks("/sidestick/ping", 7)
    assert list(host.spool.inbox.iterdir()) == []
    assert [p.name for p in host.spool.outbox.iterdir()] == ["one.json"]


def test_the_events_of_a_job_follow_until_it_is_done(host: Host) -> None:
    assert not host.asks("/sidestick/process", "7", "/a.wav")["finished"]
    for event in (Progress(JOB, "hits", 0.25), Progress(JOB, "hits", 0.5), MidiWritten(JOB, "/a.mid"), DONE):
        host.desk.notifier.handle_event(event)
    host.spool.step()
    assert host.reads()["finished"]
    assert [(e["address"], e["args"][1]) for e in host.reads()["events"]] == [
        ("/sidestick/progress", "hits"),
        ("/sidestick/midi", "/a.mid"),
        ("/sidestick/done", JOB),
    ]
    assert host.reads()["events"][0]["args"][2] == 0.5


def test_a_job_that_is_done_already_is_answered_whole_at_once(host: Host) -> None:
    host.desk.notifier.handle_event(DONE)
    answer = host.asks("/sidestick/process", "7", "/a.wav")
    assert answer["finished"]
    assert [e["address"] for e in answer["events"]] == ["/sidestick/done"]


def test_a_refusal_is_answered_and_finished(host: Host) -> None:
    assert refusal(host.asks("/sidestick/process", "7", "/a.txt"))[2] == "not_audio"
    assert refusal(host.asks("/sidestick/proces", "7", "/a.wav"))[2:] == [
        "unknown_address",
        "sidestick knows no /sidestick/proces; did you mean /sidestick/process?",
    ]


def test_a_subscription_ends_with_its_lease(host: Host) -> None:
    assert not host.asks("/sidestick/subscribe", "7", 0, 60)["finished"]
    host.desk.notifier.handle_event(DONE)
    host.spool.step()
    assert not host.reads()["finished"]
    host.wall.now += 60
    host.spool.step()
    assert host.reads()["finished"]


def test_the_same_request_twice_is_done_once(host: Host) -> None:
    first = host.asks("/sidestick/undo", "7", "j1")
    assert host.asks("/sidestick/undo", "7", "j1") == first
    assert host.desk.core.verbs() == ["undo"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 60_000, "is not JSON"),
        (b"[]", "must be"),
        (b'{"address": "/sidestick/ping"}', "must be"),
        (b'{"address": "/sidestick/ping", "args": [1], "more": 1}', "must be"),
        (b'{"address": 5, "args": [1]}', "must have a string"),
        (b'{"address": "/sidestick/ping", "args": 1}', "must have a string"),
        (b" " * (MAX_REQUEST_BYTES + 1), "at most 65536"),
    ],
)
def test_a_file_that_is_no_request_is_refused_by_its_name(host: Host, data: bytes, reason: str) -> None:
    host.puts_bytes(data)
    host.wall.now += PATIENCE
    host.spool.step()
    code, text = refusal(host.reads())[2:]
    assert code == "bad_request"
    assert str(text).startswith("one.json")
    assert reason in str(text)


@pytest.mark.parametrize("written", [0, 1, 20, -1])
def test_a_request_that_is_being_written_is_waited_for(host: Host, written: int) -> None:
    """A REAPER on Windows has no rename that knows every folder, and writes in place."""
    whole = json.dumps({"address": "/sidestick/ping", "args": ["7 ü"]}, ensure_ascii=False).encode()
    host.puts_bytes(whole[:written])
    host.spool.step()
    assert not list(host.spool.outbox.iterdir())
    host.puts_bytes(whole)
    host.spool.step()
    assert host.reads()["answers"][0]["address"] == "/sidestick/pong"


def test_a_link_is_refused_and_what_it_leads_to_is_neither_read_nor_touched(host: Host, tmp_path: Path) -> None:
    target = tmp_path / "secret.json"
    target.write_text('{"address": "/sidestick/panic", "args": [1]}')
    (host.spool.inbox / "one.json").symlink_to(target)
    host.spool.step()
    assert refusal(host.reads())[2:] == ["bad_request", "one.json is not a plain file."]
    assert host.desk.core.asked == []
    assert target.exists()


def test_a_folder_in_the_inbox_harms_nobody(host: Host) -> None:
    (host.spool.inbox / "dir.json").mkdir()
    assert host.asks("/sidestick/ping", 7)["finished"]


def test_a_file_still_being_written_is_left_alone(host: Host) -> None:
    (host.spool.inbox / ".one.tmp").write_text('{"address": "/sidestick/panic", "args": [1]}')
    (host.spool.inbox / "two.txt").write_text('{"address": "/sidestick/panic", "args": [1]}')
    host.spool.step()
    assert host.desk.core.asked == []


def test_a_request_from_before_the_start_is_refused_as_stale(host: Host) -> None:
    host.puts({"address": "/sidestick/process", "args": ["7", "/a.wav"]})
    host.wall.now += STALE + 1
    host.spool.step()
    assert refusal(host.reads())[2] == "stale"
    assert host.desk.core.asked == []


def test_what_a_dead_host_left_is_swept_away(host: Host) -> None:
    host.asks("/sidestick/ping", 7)
    leftover, link = host.spool.inbox / ".half.tmp", host.spool.inbox / ".link"
    leftover.write_text("{")
    link.symlink_to("nowhere")
    for path in (leftover, link, host.spool.outbox / "one.json"):
        os.utime(path, (host.wall.now, host.wall.now), follow_symlinks=False)
    host.wall.now += ANSWER_LIFETIME + 61
    host.spool.step()
    assert [*host.spool.inbox.iterdir(), *host.spool.outbox.iterdir()] == []


def test_the_answer_of_a_job_that_still_waits_is_kept(host: Host) -> None:
    host.asks("/sidestick/process", "7", "/a.wav")
    os.utime(host.spool.outbox / "one.json", (host.wall.now, host.wall.now))
    host.wall.now += ANSWER_LIFETIME + 61
    host.spool.step()
    assert not host.reads()["finished"]


def test_folders_that_vanish_come_back(host: Host) -> None:
    host.spool.inbox.rmdir()
    host.spool.outbox.rmdir()
    host.spool.step()
    assert host.asks("/sidestick/ping", 7)["finished"]


def test_an_answer_that_cannot_be_written_is_written_later(host: Host) -> None:
    blocked = host.spool.outbox / "one.json"
    blocked.mkdir()
    host.puts({"address": "/sidestick/ping", "args": [7]})
    host.spool.step()
    blocked.rmdir()
    host.spool.step()
    assert host.reads()["finished"]


def test_the_spool_is_closed_to_other_users(host: Host) -> None:
    assert all(p.stat().st_mode & 0o077 == 0 for p in (host.spool.inbox, host.spool.outbox))


def test_the_thread_answers_by_itself(host: Host, tmp_path: Path) -> None:
    answered = threading.Event()
    host.desk.core.hold = answered.set
    host.spool.start()
    host.puts({"address": "/sidestick/relabel", "args": [7, "j1", {}]})
    assert answered.wait(10)
    host.spool.stop()
    assert host.reads()["answers"][0]["args"][0] == 7


def test_a_request_that_breaks_is_logged_and_the_next_one_is_answered(
    host: Host, guard_log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host.desk.dispatcher, "handle", _breaking_once(host.desk.dispatcher.handle))
    host.puts({"address": "/sidestick/ping", "args": [6]}, "bad")
    assert host.asks("/sidestick/ping", 7)["answers"][0]["args"][0] == 7
    [line] = guard_log()
    assert line.startswith("The spool's request bad.json: something broke (ZeroDivisionError")


def test_the_thread_of_the_spool_outlives_a_round_that_breaks(
    host: Host, guard_log: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = threading.Event()
    steps = iter([lambda: 1 / 0])
    monkeypatch.setattr(host.spool, "step", lambda: next(steps, second.set)())
    host.spool.start()
    assert second.wait(10)
    host.spool.stop()
    assert [line.partition(":")[0] for line in guard_log()] == ["The spool"]


def _breaking_once(handle: Callable[..., Any]) -> Callable[..., Any]:
    """`handle`, but its first call breaks."""
    calls = iter([lambda *_: 1 / 0])
    return lambda *args: next(calls, handle)(*args)


def test_every_remark_of_a_job_stays_in_its_answer(host: Host) -> None:
    host.asks("/sidestick/process", 7, "/songs/one.wav")
    for code in ("channels", "no_beat", "no_beat"):
        host.desk.notifier.handle_event(Remarked(JOB, code, f"Of {code}."))
    host.spool.step()
    events = host.reads()["events"]
    assert [event["args"][1] for event in events if event["address"] == "/sidestick/remark"] == ["channels", "no_beat"]
