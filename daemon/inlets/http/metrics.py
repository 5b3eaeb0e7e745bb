"""The metrics that /metrics counts: jobs by their ends, seconds in each stage, requests by their answers."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from daemon.events import Done, Event, Failed, MidiWritten, Progress, Pushed, Queued


@dataclass(frozen=True, slots=True)
class _RunningStage:
    stage: str
    since: float


class Metrics:
    """Listens to the bus. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[str, _RunningStage] = {}
        self.stage_seconds: Counter[str] = Counter()
        self.stage_runs: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()

    def record_event(self, event: Event) -> None:
        with self._lock:
            self.events[type(event).__name__.lower()] += 1
            if isinstance(event, Progress):
                self._enter_stage(event.job, event.stage)
            elif isinstance(event, Queued | Done | Failed) or (isinstance(event, MidiWritten) and event.draft):
                self._leave_stage(event.job)  # after a draft a job waits again
            elif isinstance(event, Pushed):
                self.events["notes"] += event.notes

    def count_answer(self, status: int) -> None:
        with self._lock:
            self.answers[str(status)] += 1

    def _enter_stage(self, job: str, stage: str) -> None:
        if job in self._running and self._running[job].stage == stage:
            return
        self._leave_stage(job)
        self._running[job] = _RunningStage(stage, self._clock())

    def _leave_stage(self, job: str) -> None:
        at = self._running.pop(job, None)
        if at is not None:
            self.stage_seconds[at.stage] += self._clock() - at.since  # type: ignore[assignment]
            self.stage_runs[at.stage] += 1


def format_metric(name: str, kind: str, meaning: str, values: Mapping[str, float], label: str = "") -> Iterator[str]:
    """One metric in the text format of Prometheus; `values` by what `label` says, or one under ''."""
    yield f"# HELP sidestick_{name} {meaning}"
    yield f"# TYPE sidestick_{name} {kind}"
    for value, number in sorted(values.items()):
        which = f'{{{label}="{value}"}}' if label else ""
        yield f"sidestick_{name}{which} {number:g}"
