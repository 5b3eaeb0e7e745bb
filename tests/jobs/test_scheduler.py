"""The scheduler with workers that do what the test says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.events import Done, Failed, MidiWritten, Progress, Remarked
from daemon.jobs.job import Pass, State
from daemon.jobs.worker import Failure, TaskProgress, TaskResult
from tests.jobs.scheduler_setup import PATIENCE, SchedulerSetup, ScriptedWorker


@pytest.fixture
def running(tmp_path) -> Iterator[SchedulerSetup]:
    opened = SchedulerSetup(tmp_path)
    yield opened
    opened.close()


def test_a_queued_job_is_done_and_announced(running):
    asked = running.ask()
    running.open(ScriptedWorker())
    [done] = running.until(Done)
    assert done == Done(asked.id, 0, f"{asked.path}.json", f"{asked.path}.mid")
    assert running.store.get(asked.id).state is State.DONE


def test_events_go_out_after_the_commit(running):
    states = []
    running.bus.subscribe(lambda event: states.append((type(event), running.store.get(event.job).state)))
    running.ask()
    running.open(ScriptedWorker())
    running.until(Done)
    running.scheduler.stop()
    assert states[-1] == (Done, State.DONE)


def test_progress_is_passed_on(running):
    running.open(ScriptedWorker())
    asked = running.ask()
    running.until(Done)
    assert running.events_of(Progress) == [Progress(asked.id, "hits", 0.5, 2.0, doing="Finding the hits")]


def test_a_draft_comes_before_the_final_and_both_are_announced(running):
    worker = ScriptedWorker()
    running.open(worker)
    running.ask(draft=True)
    running.until(Done)
    assert [task.which_pass for task in worker.tasks] == [Pass.DRAFT, Pass.FINAL]
    assert (len(running.events_of(MidiWritten)), len(running.events_of(Done))) == (2, 1)


def test_the_drafts_of_an_album_come_before_its_finals(running):
    worker = ScriptedWorker()
    for name in ("one", "two"):
        running.ask(name, draft=True)
    running.open(worker)
    running.until(Done, 2)
    assert [task.which_pass for task in worker.tasks] == [Pass.DRAFT] * 2 + [Pass.FINAL] * 2


def test_a_draft_is_made_while_all_others_are_busy(running):
    worker, draft_worker = ScriptedWorker(hold=True), ScriptedWorker()
    running.open(worker, draft_worker=draft_worker)
    running.ask("long")
    assert worker.busy.wait(PATIENCE)
    running.ask("quick", draft=True)
    running.until(MidiWritten)
    assert [task.which_pass for task in draft_worker.tasks] == [Pass.DRAFT]


def test_the_relief_leaves_the_draft_to_a_worker_that_is_free(running):
    worker, draft_worker = ScriptedWorker(), ScriptedWorker()
    running.open(worker, draft_worker=draft_worker)
    running.ask(draft=True)
    running.until(Done)
    assert (len(worker.tasks), draft_worker.tasks) == (2, [])


def test_a_draft_that_fails_is_only_a_missing_draft(running):
    fails = ScriptedWorker(lambda task: Failure("x", "y") if task.which_pass is Pass.DRAFT else TaskResult("m", "n"))
    running.open(fails)
    running.ask(draft=True)
    running.until(Done)
    assert running.events_of(Failed) == []


def test_a_failed_job_says_why_and_the_next_one_is_taken(running):
    running.open(ScriptedWorker(lambda task: Failure("bad", "No.") if "one" in task.source else TaskResult("m", "n")))
    asked = running.ask("one")
    running.ask("two")
    running.until(Done)
    assert running.until(Failed) == [Failed(asked.id, "bad", "No.")]
    assert running.store.get(asked.id).reason == "No."


def test_too_little_memory_is_tried_again_with_less_each_time(running):
    worker = ScriptedWorker(
        lambda task: TaskResult("m", "n") if task.memory_level == 2 else Failure("m", "n", memory=True)
    )
    running.open(worker)
    running.ask()
    running.until(Done)
    assert [task.memory_level for task in worker.tasks] == [0, 1, 2]


def test_too_little_memory_for_the_least_is_a_failure(running):
    worker = ScriptedWorker(lambda task: Failure("out_of_memory", "No.", memory=True, worker_died=True))
    running.open(worker)
    asked = running.ask()
    running.until(Failed)
    assert len(worker.tasks) == 3
    assert running.cleanup.tidied == [asked.path] * 3


def test_a_job_in_the_queue_is_cancelled_at_once(running):
    worker = ScriptedWorker(hold=True)
    running.open(worker)
    running.ask("one")
    assert worker.busy.wait(PATIENCE)
    waiting = running.ask("two")
    running.scheduler.cancel(waiting.id)
    assert running.events_of(Failed) == [Failed(waiting.id, "cancelled", "two.wav was cancelled.")]
    worker.go.set()
    running.until(Done)
    assert len(worker.tasks) == 1


def test_a_running_job_is_cancelled_and_what_it_left_swept_away(running):
    worker = ScriptedWorker(hold=True)
    running.open(worker)
    asked = running.ask("one")
    assert worker.busy.wait(PATIENCE)
    running.scheduler.cancel(asked.id)
    assert running.store.get(asked.id).state is State.CANCELLED
    worker.hold = False
    running.ask("two")
    running.until(Done)
    assert running.cleanup.tidied == [asked.path]


def test_what_a_cancelled_worker_still_hands_in_is_not_announced(running):
    worker = ScriptedWorker()
    worker.act = lambda task: running.scheduler.cancel(running.store.list_latest(1)[0].id) and TaskResult("m", "n")
    running.open(worker)
    asked = running.ask("one")
    running.until(Failed)
    running.scheduler.stop()
    assert running.events_of(Done) == []
    assert running.store.get(asked.id).state is State.CANCELLED


def test_what_is_over_cannot_be_cancelled(running):
    running.open(ScriptedWorker())
    asked = running.ask()
    running.until(Done)
    with pytest.raises(Rejected, match="is done already"):
        running.scheduler.cancel(asked.id)


def test_a_job_that_runs_when_sidestick_stops_waits_for_the_next_start(running):
    worker = ScriptedWorker(hold=True)
    running.open(worker)
    asked = running.ask()
    assert worker.busy.wait(PATIENCE)
    running.scheduler.stop()
    assert running.store.get(asked.id).state is State.QUEUED
    assert running.events_of(Failed) == []


def test_a_job_that_was_cut_off_is_done_after_the_next_start(running):
    asked = running.ask()
    running.store.move(asked, State.RUNNING)
    running.open(ScriptedWorker())
    running.until(Done)
    assert running.cleanup.tidied == [asked.path]


def test_the_same_content_is_not_worked_on_twice_at_a_time(running):
    first, second = ScriptedWorker(hold=True), ScriptedWorker(hold=True)
    running.open(first, second)
    for name, content in {"one": "the same", "two": "the same", "three": "another"}.items():
        running.ask(name, content)
    assert first.busy.wait(PATIENCE)
    assert second.busy.wait(PATIENCE)
    assert len({task.digest for task in first.tasks + second.tasks}) == 2
    for worker in (first, second):
        worker.go.set()
    running.until(Done, 3)


def test_a_source_that_has_gone_fails_its_job(running):
    asked = running.ask()
    asked.path.unlink()
    running.open(ScriptedWorker())
    [failed] = running.until(Failed)
    assert (failed.code, str(asked.path) in failed.reason) == ("missing", True)


def test_a_source_that_goes_after_its_draft_still_gets_its_final(running):
    def act(task):
        Path(task.source).unlink(missing_ok=True)
        return TaskResult(f"{task.source}.json", f"{task.source}.mid", 0, ("a.mid",))

    worker = ScriptedWorker(act)
    running.ask(draft=True)
    running.open(worker)
    running.until(Done)
    assert [task.which_pass for task in worker.tasks] == [Pass.DRAFT, Pass.FINAL]
    assert running.events_of(Failed) == []


def test_a_worker_without_work_lets_go_of_its_models(running):
    worker = ScriptedWorker()
    running.open(worker, idle=0.01)
    running.ask()
    running.until(Done)
    assert worker.unloaded.wait(PATIENCE)


def test_the_cache_keeps_what_was_used_since_the_oldest_running_job_began(running):
    running.open(ScriptedWorker())
    running.ask()
    running.until(Done)
    running.scheduler.stop()
    assert running.cleanup.retained == [7.0]


def test_how_far_running_jobs_are_can_be_asked(running):
    worker = ScriptedWorker(hold=True)
    running.open(worker)
    asked = running.ask()
    assert worker.busy.wait(PATIENCE)
    assert running.scheduler.progress() == {asked.id: TaskProgress("hits", 0.5, 2.0)}


def test_a_job_over_which_a_worker_breaks_fails_and_the_next_one_is_done(running, guard_log):
    worker = ScriptedWorker(act=lambda task: 1 / 0 if "bad" in task.source else TaskResult("m", "n"))
    bad = running.ask("bad")
    running.ask("good")
    running.open(worker)
    running.until(Done)
    [failed] = running.events_of(Failed)
    assert (failed.job, failed.code) == (bad.id, "internal")
    assert "ZeroDivisionError: division by zero" in failed.reason
    assert running.store.get(bad.id).state is State.FAILED
    assert [line.partition(":")[0] for line in guard_log()] == ["bad.wav"]


def test_a_cleanup_that_breaks_holds_up_no_job(running, guard_log, monkeypatch):
    monkeypatch.setattr(running.cleanup, "trim_cache", lambda since: 1 / 0)
    running.open(ScriptedWorker())
    running.ask("one")
    running.ask("two")
    running.until(Done, 2)
    running.scheduler.stop()
    assert {line.partition(":")[0] for line in guard_log()} == {"The cleanup"}


def test_a_worker_slot_outlives_a_list_of_jobs_that_breaks(running, guard_log, monkeypatch):
    monkeypatch.setattr("daemon.jobs.scheduler.RETRY_SECONDS", 0.0)
    listing, broken = running.store.list_queued, iter([lambda **_: 1 / 0])
    running.open(ScriptedWorker())
    monkeypatch.setattr(running.store, "list_queued", lambda **given: next(broken, listing)(**given))
    running.ask()
    running.until(Done)
    assert [line.partition(":")[0] for line in guard_log()] == ["The worker 1"]


def test_remarks_are_kept_with_the_job_and_told_before_it_is_done(running):
    told = ("Song.wav has 8 channels; the first two were used.",)
    running.open(ScriptedWorker(lambda task: TaskResult("a.json", "a.mid", remarks=told)))
    asked = running.ask()
    running.until(Done)
    assert running.events[-2] == Remarked(asked.id, "channels", told[0])
    assert running.store.get(asked.id).remarks == told


def test_remarks_on_a_draft_wait_for_the_final(running):
    def act(task):
        return TaskResult("a.json", "a.mid", remarks=(f"Of the {task.which_pass}.",))

    running.open(ScriptedWorker(act))
    running.ask(draft=True)
    running.until(Done)
    assert [event.text for event in running.events_of(Remarked)] == ["Of the final."]
