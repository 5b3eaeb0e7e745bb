"""What /metrics counts: jobs by their ends, seconds in each stage, requests by their answers."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from daemon.events import Done, Event, Failed, Progress, Pushed, Queued


@dataclass(frozen=True, slots=True)
class _At:
    stage: str
    since: float


class Meter:
    """Listens to the bus. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at: dict[str, _At] = {}
        self.seconds: Counter[str] = Counter()
        self.stages: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()

    def hear(self, event: Event) -> None:
        with self._lock:
            self.events[type(event).__name__.lower()] += 1
            if isinstance(event, Progress):
                self._enter(event.job, event.stage)
            elif isinstance(event, Queued | Done | Failed):
                self._leave(event.job)
            elif isinstance(event, Pushed):
                self.events["notes"] += event.notes

    def answered(self, status: int) -> None:
        with self._lock:
            self.answers[str(status)] += 1

    def _enter(self, job: str, stage: str) -> None:
        if job in self._at and self._at[job].stage == stage:
            return
        self._leave(job)
        self._at[job] = _At(stage, self._clock())

    def _leave(self, job: str) -> None:
        at = self._at.pop(job, None)
        if at is not None:
            self.seconds[at.stage] += self._clock() - at.since  # type: ignore[assignment]
            self.stages[at.stage] += 1


def lines(name: str, kind: str, meaning: str, values: Mapping[str, float], label: str = "") -> Iterator[str]:
    """One metric in the text format of Prometheus; `values` by what `label` says, or one under ''."""
    yield f"# HELP sidestick_{name} {meaning}"
    yield f"# TYPE sidestick_{name} {kind}"
    for value, number in sorted(values.items()):
        which = f'{{{label}="{value}"}}' if label else ""
        yield f"sidestick_{name}{which} {number:g}"
