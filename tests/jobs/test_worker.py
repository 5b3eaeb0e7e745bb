"""Real worker processes: what they hand back, how they die, how they stop."""

import os
import signal
import threading

import psutil
import pytest

from daemon.jobs.worker import Broken, Finished, LocalWorker, Stopped, Told, died
from tests.jobs import hands
from tests.jobs.orders import task

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to die of")


@pytest.fixture(scope="module")
def worker():
    """One process for the tests that leave it alive."""
    local = LocalWorker(hands.labour)
    yield local
    local.rest()


def done(worker: LocalWorker, deed: str):
    return worker.run(task(f"/{deed}.wav"), lambda told: None, threading.Event())


def stopped_in(worker: LocalWorker, deed: str):
    """The outcome of a task that is stopped once it has begun."""
    stop = threading.Event()
    return worker.run(task(f"/{deed}.wav"), lambda told: stop.set(), stop)


def test_a_task_is_done_in_another_process(worker):
    outcome = done(worker, "song")
    assert isinstance(outcome, Finished)
    assert int(outcome.midi) == worker.pid != os.getpid()


def test_a_worker_stays_warm_for_the_next_task(worker):
    assert done(worker, "song") == done(worker, "song")


def test_it_tells_how_far_it_is(worker):
    told: list[Told] = []
    worker.run(task("/song.wav"), told.append, threading.Event())
    assert told == [Told("begin", 0.0, 9.0)]


def test_it_tells_at_most_five_times_a_second(worker):
    told: list[Told] = []
    worker.run(task("/chatty.wav"), told.append, threading.Event())
    assert 1 <= len(told) <= 4


@pytest.mark.parametrize(
    ("deed", "outcome"),
    [
        ("reject", Broken("not_audio", "That is no song.")),
        ("fail", Broken("stage_failed", "The kit fell over.")),
        ("memory", Broken("out_of_memory", "Too little memory.", memory=True)),
        ("bug", Broken("internal", "Something broke (ZeroDivisionError: oops). Please report it.")),
    ],
)
def test_a_failure_comes_with_its_reason_and_the_worker_lives_on(worker, deed, outcome):
    assert done(worker, deed) == outcome
    assert isinstance(done(worker, "song"), Finished)


@posix
def test_it_steps_back_behind_the_daemon(worker):
    nice = int(done(worker, "nice").reason)
    assert nice >= os.nice(0) + 10 or nice == 19


def test_a_stop_is_heard_in_the_middle_of_the_work(worker):
    pid = worker.pid
    outcome = stopped_in(worker, "polite")
    assert outcome == Stopped()
    assert worker.pid == pid


def test_a_worker_that_does_not_listen_is_ended(worker):
    outcome = stopped_in(worker, "deaf")
    assert outcome == Stopped(died=True)
    assert isinstance(done(worker, "song"), Finished)


@posix
def test_a_worker_that_the_system_ends_ran_out_of_memory(worker):
    outcome = done(worker, "killed")
    assert (outcome.code, outcome.memory, outcome.died) == ("out_of_memory", True, True)
    assert "stage begin" in outcome.reason


@posix
def test_a_crash_names_the_signal(worker):
    outcome = done(worker, "crash")
    assert (outcome.code, outcome.memory) == ("worker_died", False)
    assert "SIGSEGV" in outcome.reason


def test_a_worker_that_cannot_even_start_is_a_reason():
    outcome = done(LocalWorker(hands.start_fails), "song")
    assert (outcome.code, "starting" in outcome.reason) == ("worker_died", True)


def test_a_worker_at_rest_is_no_process_and_comes_back(worker):
    done(worker, "song")
    pid = worker.pid
    worker.rest()
    assert worker.pid is None
    assert not psutil.pid_exists(pid)
    assert isinstance(done(worker, "song"), Finished)


@posix
def test_the_signals_of_the_terminal_are_for_the_daemon_alone(worker):
    done(worker, "song")
    os.kill(worker.pid, signal.SIGINT)
    os.kill(worker.pid, signal.SIGTERM)
    before = worker.pid
    assert int(done(worker, "song").midi) == before


@pytest.mark.parametrize(("code", "words"), [(3, "status 3"), (-11, "SIGSEGV"), (-99, "signal 99"), (None, "reason")])
def test_every_way_to_die_has_words(code, words):
    assert words in died(code, "kit").reason
