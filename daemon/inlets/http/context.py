"""What the routes work with: the same desk, jobs, port and bus that the other inlets have."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from bridge.drum_map import DrumMap
from daemon.config import Settings
from daemon.core import FrontDesk, Staff
from daemon.errors import Rejected
from daemon.inlets.http.cached_results import Held, Shelf
from daemon.inlets.http.event_log import Feed
from daemon.inlets.http.media_cache import Lab
from daemon.inlets.http.metrics import Meter
from daemon.jobs.job import Job
from daemon.outlets.delivery import Desk, Score, arrange, drum_map
from daemon.outlets.manifest import Manifest
from daemon.outlets.stems import Sound
from daemon.pipeline.cache import Workspace


@dataclass(frozen=True, slots=True)
class Front:
    """`outbox` is where corrections are written, `separators` what options may name.

    `osc_counts` tells what the OSC port has counted since the start.
    """

    settings: Settings
    desk: FrontDesk
    staff: Staff
    outbox: Desk
    shelf: Shelf
    lab: Lab
    feed: Feed
    meter: Meter
    cache: Workspace
    separators: tuple[str, ...]
    osc_counts: Callable[[], Mapping[str, int]] = dict
    began: float = field(default_factory=time.monotonic)

    def job(self, name: str) -> Job:
        """Raises Rejected (unknown_job)."""
        return self.staff.store.get(name)

    def manifest(self, job: str) -> Manifest:
        """What was heard in a job, its draft if there is no more yet. Raises Rejected (unknown_job, no_result)."""
        return self.outbox.recent.load(self.desk.heard(job))

    def score(self, job: str) -> Score:
        return arrange(self.manifest(job))

    def drum_map(self, score: Score) -> DrumMap:
        return drum_map(score.options.drum_map, self.outbox.drum_maps)

    def held(self, job: str) -> Held:
        return self.shelf.held(self.job(job))

    def sounds(self, job: str) -> dict[str, Sound]:
        """What of a job can be listened to. Raises Rejected (unknown_job, no_sound)."""
        held = self.held(job)
        found = held.sounds()
        if not found:
            raise no_sound(held.job, "its sound")
        return found

    def sound(self, job: str, name: str) -> tuple[dict[str, Sound], str]:
        """All sounds of a job, and `name` if it is among them. Raises Rejected (no_sound)."""
        found = self.sounds(job)
        if name not in found:
            there = ", ".join(found)
            raise Rejected("no_sound", f"There is no stem {name!r} of {self.job(job).name} here; there is {there}.")
        return found, name


def no_sound(job: Job, what: str) -> Rejected:
    """Nothing in the cache. The sentence tells how to get it back."""
    if job.active:
        return Rejected("no_sound", f"{job.name} is not that far yet; {what} comes with its stage.")
    again = f"rerun job {job.id} from separate to have it again"
    return Rejected("no_sound", f"The cache does not hold {what} of {job.name} any more; {again}.")


def front_of(asked: HTTPConnection) -> Front:
    found: Front = asked.app.state.front
    return found


Here = Annotated[Front, Depends(front_of)]
