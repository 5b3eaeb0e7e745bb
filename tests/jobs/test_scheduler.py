"""The foreman with workers that do what the test says."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.events import Bus, Done, Event, Failed, MidiWritten, Progress
from daemon.jobs.job import Job, Pass, State
from daemon.jobs.scheduler import Bench, Foreman
from daemon.jobs.store import JobStore
from daemon.jobs.worker import Broken, Finished, Hear, Outcome, Stopped, Task, Told
from tests.jobs.orders import job

PATIENCE = 10.0


@dataclass
class ScriptedWorker:
    """Answers each task with `act(task)`. With `hold` it keeps a task until told to `go` or to stop."""

    act: Callable[[Task], Outcome] = lambda task: Finished(f"{task.source}.json", f"{task.source}.mid", 0, ("a.mid",))
    tasks: list[Task] = field(default_factory=list)
    hold: bool = False
    busy: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    rested: threading.Event = field(default_factory=threading.Event)

    def run(self, task: Task, hear: Hear, stop: threading.Event) -> Outcome:
        self.tasks.append(task)
        hear(Told("hits", 0.5, 2.0))
        self.busy.set()
        while self.hold and not self.go.wait(0.005):
            if stop.is_set():
                return Stopped(died=True)
        return self.act(task)

    def rest(self) -> None:
        self.rested.set()


@dataclass
class FakeHouse:
    tidied: list[Path] = field(default_factory=list)
    retained: list[float] = field(default_factory=list)

    def tidy(self, source: Path) -> None:
        self.tidied.append(source)

    def retain(self, since: float) -> None:
        self.retained.append(since)


class Office:
    """A foreman with its store, and all events that went out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store, self.bus, self.house = JobStore(folder / "jobs.db"), Bus(), FakeHouse()
        self.events: list[Event] = []
        self._news = threading.Condition()
        self.foreman: Foreman | None = None
        self.bus.listen(self._hear)

    def open(self, *workers: ScriptedWorker, relief: ScriptedWorker | None = None, idle: float = 60.0) -> None:
        benches = [Bench(worker) for worker in workers]
        benches += [Bench(relief, frozenset({Pass.DRAFT}))] if relief else []
        self.foreman = Foreman(self.store, self.bus, benches, self.house, idle=idle, clock=lambda: 7.0)
        self.foreman.start()

    def ask(self, name: str = "Song", content: str = "", **values: object) -> Job:
        path = self.folder / f"{name}.wav"
        path.write_text(content or name)
        asked = self.store.add(job(str(path), **values))
        if self.foreman:
            self.foreman.wake()
        return asked

    def until(self, kind: type[Event], number: int = 1) -> list[Event]:
        """The events of this kind, once there are so many."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.heard(kind)) >= number, PATIENCE), self.events
        return self.heard(kind)

    def heard(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def close(self) -> None:
        if self.foreman:
            self.foreman.stop()
        self.store.close()

    def _hear(self, event: Event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()


@pytest.fixture
def office(tmp_path) -> Iterator[Office]:
    opened = Office(tmp_path)
    yield opened
    opened.close()


def test_a_queued_job_is_done_and_announced(office):
    asked = office.ask()
    office.open(ScriptedWorker())
    [done] = office.until(Done)
    assert done == Done(asked.id, 0, f"{asked.path}.json", f"{asked.path}.mid")
    assert office.store.get(asked.id).state is State.DONE


def test_events_go_out_after_the_commit(office):
    states = []
    office.bus.listen(lambda event: states.append((type(event), office.store.get(event.job).state)))
    office.ask()
    office.open(ScriptedWorker())
    office.until(Done)
    office.foreman.stop()
    assert states[-1] == (Done, State.DONE)


def test_progress_is_passed_on(office):
    office.open(ScriptedWorker())
    asked = office.ask()
    office.until(Done)
    assert office.heard(Progress) == [Progress(asked.id, "hits", 0.5, 2.0)]


def test_a_draft_comes_before_the_final_and_both_are_announced(office):
    worker = ScriptedWorker()
    office.open(worker)
    office.ask(draft=True)
    office.until(Done)
    assert [task.which for task in worker.tasks] == [Pass.DRAFT, Pass.FINAL]
    assert (len(office.heard(MidiWritten)), len(office.heard(Done))) == (2, 1)


def test_the_drafts_of_an_album_come_before_its_finals(office):
    worker = ScriptedWorker()
    for name in ("one", "two"):
        office.ask(name, draft=True)
    office.open(worker)
    office.until(Done, 2)
    assert [task.which for task in worker.tasks] == [Pass.DRAFT] * 2 + [Pass.FINAL] * 2


def test_a_draft_is_made_while_all_others_are_busy(office):
    worker, relief = ScriptedWorker(hold=True), ScriptedWorker()
    office.open(worker, relief=relief)
    office.ask("long")
    assert worker.busy.wait(PATIENCE)
    office.ask("quick", draft=True)
    office.until(MidiWritten)
    assert [task.which for task in relief.tasks] == [Pass.DRAFT]


def test_the_relief_leaves_the_draft_to_a_worker_that_is_free(office):
    worker, relief = ScriptedWorker(), ScriptedWorker()
    office.open(worker, relief=relief)
    office.ask(draft=True)
    office.until(Done)
    assert (len(worker.tasks), relief.tasks) == (2, [])


def test_a_draft_that_fails_is_only_a_missing_draft(office):
    fails = ScriptedWorker(lambda task: Broken("x", "y") if task.which is Pass.DRAFT else Finished("m", "n"))
    office.open(fails)
    office.ask(draft=True)
    office.until(Done)
    assert office.heard(Failed) == []


def test_a_failed_job_says_why_and_the_next_one_is_taken(office):
    office.open(ScriptedWorker(lambda task: Broken("bad", "No.") if "one" in task.source else Finished("m", "n")))
    asked = office.ask("one")
    office.ask("two")
    office.until(Done)
    assert office.until(Failed) == [Failed(asked.id, "bad", "No.")]
    assert office.store.get(asked.id).reason == "No."


def test_too_little_memory_is_tried_again_with_less_each_time(office):
    worker = ScriptedWorker(lambda task: Finished("m", "n") if task.frugal == 2 else Broken("m", "n", memory=True))
    office.open(worker)
    office.ask()
    office.until(Done)
    assert [task.frugal for task in worker.tasks] == [0, 1, 2]


def test_too_little_memory_for_the_least_is_a_failure(office):
    worker = ScriptedWorker(lambda task: Broken("out_of_memory", "No.", memory=True, died=True))
    office.open(worker)
    asked = office.ask()
    office.until(Failed)
    assert len(worker.tasks) == 3
    assert office.house.tidied == [asked.path] * 3


def test_a_job_in_the_queue_is_cancelled_at_once(office):
    worker = ScriptedWorker(hold=True)
    office.open(worker)
    office.ask("one")
    assert worker.busy.wait(PATIENCE)
    waiting = office.ask("two")
    office.foreman.cancel(waiting.id)
    assert office.heard(Failed) == [Failed(waiting.id, "cancelled", "two.wav was cancelled.")]
    worker.go.set()
    office.until(Done)
    assert len(worker.tasks) == 1


def test_a_running_job_is_cancelled_and_what_it_left_swept_away(office):
    worker = ScriptedWorker(hold=True)
    office.open(worker)
    asked = office.ask("one")
    assert worker.busy.wait(PATIENCE)
    office.foreman.cancel(asked.id)
    assert office.store.get(asked.id).state is State.CANCELLED
    worker.hold = False
    office.ask("two")
    office.until(Done)
    assert office.house.tidied == [asked.path]


def test_what_a_cancelled_worker_still_hands_in_is_not_announced(office):
    worker = ScriptedWorker()
    worker.act = lambda task: office.foreman.cancel(task.job) and Finished("m", "n")
    office.open(worker)
    asked = office.ask("one")
    office.until(Failed)
    office.foreman.stop()
    assert office.heard(Done) == []
    assert office.store.get(asked.id).state is State.CANCELLED


def test_what_is_over_cannot_be_cancelled(office):
    office.open(ScriptedWorker())
    asked = office.ask()
    office.until(Done)
    with pytest.raises(Rejected, match="is done already"):
        office.foreman.cancel(asked.id)


def test_a_job_that_runs_when_sidestick_stops_waits_for_the_next_start(office):
    worker = ScriptedWorker(hold=True)
    office.open(worker)
    asked = office.ask()
    assert worker.busy.wait(PATIENCE)
    office.foreman.stop()
    assert office.store.get(asked.id).state is State.QUEUED
    assert office.heard(Failed) == []


def test_a_job_that_was_cut_off_is_done_after_the_next_start(office):
    asked = office.ask()
    office.store.move(asked, State.RUNNING)
    office.open(ScriptedWorker())
    office.until(Done)
    assert office.house.tidied == [asked.path]


def test_the_same_content_is_not_worked_on_twice_at_a_time(office):
    first, second = ScriptedWorker(hold=True), ScriptedWorker(hold=True)
    office.open(first, second)
    for name, content in {"one": "the same", "two": "the same", "three": "another"}.items():
        office.ask(name, content)
    assert first.busy.wait(PATIENCE)
    assert second.busy.wait(PATIENCE)
    assert len({task.digest for task in first.tasks + second.tasks}) == 2
    for worker in (first, second):
        worker.go.set()
    office.until(Done, 3)


def test_a_source_that_has_gone_fails_its_job(office):
    asked = office.ask()
    asked.path.unlink()
    office.open(ScriptedWorker())
    [failed] = office.until(Failed)
    assert (failed.code, str(asked.path) in failed.reason) == ("missing", True)


def test_a_worker_without_work_lets_go_of_its_models(office):
    worker = ScriptedWorker()
    office.open(worker, idle=0.01)
    office.ask()
    office.until(Done)
    assert worker.rested.wait(PATIENCE)


def test_the_cache_keeps_what_was_used_since_the_oldest_running_job_began(office):
    office.open(ScriptedWorker())
    office.ask()
    office.until(Done)
    office.foreman.stop()
    assert office.house.retained == [7.0]


def test_how_far_running_jobs_are_can_be_asked(office):
    worker = ScriptedWorker(hold=True)
    office.open(worker)
    asked = office.ask()
    assert worker.busy.wait(PATIENCE)
    assert office.foreman.progress() == {asked.id: Told("hits", 0.5, 2.0)}
