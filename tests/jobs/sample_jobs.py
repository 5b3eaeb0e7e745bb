"""Jobs and tasks as a musician might ask for them."""

from itertools import count
from typing import Any

from daemon.jobs.job import Fingerprint, Job, Pass, Priority
from daemon.jobs.worker import Task
from daemon.pipeline.options import Options

_numbers = count(1)


def job(path: str = "/music/Song.wav", **values: Any) -> Job:
    """A new job; each has another id and comes a second after the one before."""
    number = next(_numbers)
    given = {"options": Options(), "priority": Priority.WAITING, "created": float(number), **values}
    return Job(f"j{number}", Fingerprint(path, 1000, 1), **given)


def task(source: str = "/music/Song.wav", which: Pass = Pass.FINAL, **values: Any) -> Task:
    return Task(which, source, "ab" * 32, Options(), **values)
