"""What is said to a request that cannot be met, and what the doctor finds of a queue and a store."""

import pytest

from daemon.commands import catalogue, run_to_exit
from daemon.distributed.checks import check_all, require_conditional_writes
from daemon.distributed.object_store import open_store
from daemon.errors import Rejected
from tests.ports import free_port

SONGS, OUT = "s3://songs/requests/in", "s3://songs/requests/out"


@pytest.fixture
def settings(monkeypatch, redis_server, s3, tmp_path):
    monkeypatch.setenv("SIDESTICK_FOLDERS__CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("SIDESTICK_DISTRIBUTED__BROKER", redis_server.url)
    monkeypatch.setenv("SIDESTICK_DISTRIBUTED__STORE", "s3://songs/requests/store")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (lambda: catalogue.run(SONGS, f"{SONGS}/out", {}, False), "lies among the songs"),
        (lambda: catalogue.run(SONGS, OUT, {}, False), "There is no song in s3://songs/requests/in."),
        (lambda: catalogue.run(SONGS, OUT, {"options": "{"}, False), "--options is no JSON"),
        (lambda: catalogue.run(SONGS, OUT, {"options": "[]"}, False), "--options is an object in JSON"),
        (lambda: catalogue.run(SONGS, OUT, {"options": '{"nothing": 1}'}, False), "nothing: 1 does not work"),
        (lambda: catalogue.run(SONGS, OUT, {"separator": "nothing"}, False), "There is no separator 'nothing'"),
        (lambda: catalogue.run(SONGS, "results/out", {}, False), "'results/out' is no address of a store."),
        (lambda: catalogue.work(["gpu"], 1), "There is no queue gpu. --queues is some of io,separate,cpu."),
        (lambda: catalogue.show_status("nothing", False), "There is no run 'nothing'"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_in_a_sentence(settings, command, said, capsys):
    assert run_to_exit(command) == 2
    assert said in capsys.readouterr().err


def test_a_place_that_takes_nothing_is_told_before_the_work(settings, capsys):
    open_store(SONGS).write("a.wav", b"sound")
    assert run_to_exit(lambda: catalogue.run(SONGS, "s3://nowhere/out", {}, False)) == 1
    assert "there is no such bucket" in capsys.readouterr().err


def test_no_queue_and_no_store_are_told_with_the_setting(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SIDESTICK_FOLDERS__CONFIG", str(tmp_path))
    assert run_to_exit(lambda: catalogue.show_status("", False)) == 2
    assert "No store is set. Set distributed.store" in capsys.readouterr().err
    assert [(topic, state) for topic, state, _ in check_all("", "")] == [("queue", "note"), ("store", "note")]


def test_the_doctor_tries_queue_and_store(redis_server, store):
    found = list(check_all(redis_server.url, store.address))
    assert [(topic, state) for topic, state, _ in found] == [("queue", "note"), ("store", "ok")]
    assert "No worker takes io, separate, cpu" in found[0][2]
    assert list(store.list()) == []


def test_the_doctor_tells_who_does_not_answer(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("daemon.distributed.object_store._RETRY_SECONDS", 0.1)
    found = list(check_all(f"redis://127.0.0.1:{free_port()}/0", "s3://songs/store"))
    assert [state for _, state, _ in found] == ["bad", "bad"]
    assert "Start Redis" in found[0][2] and "it does not answer" in found[1][2]


class CarelessStore:
    """A store that writes over what is there, whatever it is told, as some S3 servers do."""

    address = "s3://careless"

    def __init__(self, inner):
        self._inner = inner

    def write_new(self, path, content):
        self._inner.write(path, content)
        return True

    def delete(self, *paths):
        self._inner.delete(*paths)


def test_a_store_without_conditional_writes_is_refused(store):
    with pytest.raises(Rejected, match="does not know conditional writes"):
        require_conditional_writes(CarelessStore(store))
    assert list(store.list()) == []
