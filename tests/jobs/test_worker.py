"""Real worker processes: what they hand back, how they die, how they stop."""

import os
import signal
import threading

import psutil
import pytest

from daemon.jobs.worker import Failure, LocalWorker, TaskProgress, TaskResult, TaskStopped, describe_exit
from tests.jobs import worker_functions
from tests.jobs.sample_jobs import task

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to die of")


@pytest.fixture(scope="module")
def worker():
    """One process for the tests that leave it alive."""
    local = LocalWorker(worker_functions.run_worker_process)
    yield local
    local.unload()


def run_behaviour(worker: LocalWorker, behaviour: str):
    return worker.run(task(f"/{behaviour}.wav"), lambda told: None, threading.Event())


def stop_behaviour(worker: LocalWorker, behaviour: str):
    """The outcome of a task that is stopped once it has begun."""
    stop = threading.Event()
    return worker.run(task(f"/{behaviour}.wav"), lambda told: stop.set(), stop)


def test_a_task_is_done_in_another_process(worker):
    outcome = run_behaviour(worker, "song")
    assert isinstance(outcome, TaskResult)
    assert int(outcome.midi) == worker.pid != os.getpid()


def test_a_worker_stays_warm_for_the_next_task(worker):
    assert run_behaviour(worker, "song") == run_behaviour(worker, "song")


def test_it_tells_how_far_it_is(worker):
    told: list[TaskProgress] = []
    worker.run(task("/song.wav"), told.append, threading.Event())
    assert told == [TaskProgress("begin", 0.0, 9.0)]


def test_it_tells_at_most_five_times_a_second(worker):
    told: list[TaskProgress] = []
    worker.run(task("/chatty.wav"), told.append, threading.Event())
    assert 1 <= len(told) <= 4


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        ("reject", Failure("not_audio", "That is no song.")),
        ("fail", Failure("stage_failed", "The kit fell over.")),
        ("memory", Failure("out_of_memory", "Too little memory.", memory=True)),
        ("bug", Failure("internal", "Something broke (ZeroDivisionError: oops). Please report it.")),
    ],
)
def test_a_failure_comes_with_its_reason_and_the_worker_lives_on(worker, behaviour, outcome):
    assert run_behaviour(worker, behaviour) == outcome
    assert isinstance(run_behaviour(worker, "song"), TaskResult)


@posix
def test_it_steps_back_behind_the_daemon(worker):
    nice = int(run_behaviour(worker, "nice").reason)
    assert nice >= os.nice(0) + 10 or nice == 19


def test_a_stop_is_heard_in_the_middle_of_the_work(worker):
    pid = worker.pid
    outcome = stop_behaviour(worker, "polite")
    assert outcome == TaskStopped()
    assert worker.pid == pid


def test_a_worker_that_does_not_listen_is_ended(worker):
    outcome = stop_behaviour(worker, "deaf")
    assert outcome == TaskStopped(worker_died=True)
    assert isinstance(run_behaviour(worker, "song"), TaskResult)


@posix
def test_a_worker_that_the_system_ends_ran_out_of_memory(worker):
    outcome = run_behaviour(worker, "killed")
    assert (outcome.code, outcome.memory, outcome.worker_died) == ("out_of_memory", True, True)
    assert "stage begin" in outcome.reason


@posix
def test_a_crash_names_the_signal(worker):
    outcome = run_behaviour(worker, "crash")
    assert (outcome.code, outcome.memory) == ("worker_died", False)
    assert "SIGSEGV" in outcome.reason


def test_a_worker_that_cannot_even_start_is_a_reason():
    outcome = run_behaviour(LocalWorker(worker_functions.fail_to_start), "song")
    assert (outcome.code, "starting" in outcome.reason) == ("worker_died", True)


def test_a_worker_at_rest_is_no_process_and_comes_back(worker):
    run_behaviour(worker, "song")
    pid = worker.pid
    worker.unload()
    assert worker.pid is None
    assert not psutil.pid_exists(pid)
    assert isinstance(run_behaviour(worker, "song"), TaskResult)


@posix
def test_the_signals_of_the_terminal_are_for_the_daemon_alone(worker):
    run_behaviour(worker, "song")
    os.kill(worker.pid, signal.SIGINT)
    os.kill(worker.pid, signal.SIGTERM)
    before = worker.pid
    assert int(run_behaviour(worker, "song").midi) == before


@pytest.mark.parametrize(("code", "words"), [(3, "status 3"), (-11, "SIGSEGV"), (-99, "signal 99"), (None, "reason")])
def test_every_way_to_die_has_words(code, words):
    assert words in describe_exit(code, "kit").reason
