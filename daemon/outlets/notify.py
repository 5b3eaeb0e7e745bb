"""Tells clients what happens: subscribers for as long as their lease lasts, and everyone who asked for a job.

A client that has gone costs one datagram per event until its lease ends, and nothing else.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bridge.osc.addresses import REQUESTS, Request
from bridge.osc.calls import RequestId
from bridge.osc.codec import Message
from bridge.osc.replies import fail, reply
from daemon.events import Done, Event, Failed, MidiWritten, Progress, Pushed, Queued

PROGRESS_PER_SECOND = 5
LONGEST_FOLLOW = 24 * 3600.0  # seconds; a client that waits longer for its job asks again

_REMEMBERED_JOBS = 512
_LONGEST_NEWS = 50


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked, with which request id, and how to reach them. `deliver` never blocks and never raises."""

    client: str
    id: RequestId
    deliver: Callable[[Message], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Lease:
    """`sent` holds when this lease last heard of a job's progress."""

    asker: Asker
    until: float
    wants: frozenset[str]
    ends: frozenset[str] = frozenset()
    sent: dict[str, deque[float]] = field(default_factory=dict)


class Notifier:
    """Listens on the bus. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._leases: dict[str | None, dict[tuple[str, ...], _Lease]] = {}  # by job, None for all jobs
        self._latest: OrderedDict[str, Event] = OrderedDict()
        self._pushed: OrderedDict[str, Event] = OrderedDict()
        self._lock = threading.Lock()

    def subscribe(self, asker: Asker, ttl: float) -> list[Message]:
        """All events for `ttl` seconds; a second lease of the same client takes the place of the first.

        Returns where the latest jobs stand that are not over, no more than a client's socket can hold.
        """
        wants = frozenset(REQUESTS["/sidestick/subscribe"].then)
        with self._lock:
            self._drop_ended()
            self._leases.setdefault(None, {})[asker.client,] = _Lease(asker, self._clock() + ttl, wants)
            going_on = [e for e in self._latest.values() if isinstance(e, Queued | Progress)]
            return [_message(event, asker) for event in going_on[-_LONGEST_NEWS:]]

    def unsubscribe(self, asker: Asker) -> None:
        with self._lock:
            self._leases.get(None, {}).pop((asker.client,), None)

    def follow(self, asker: Asker, job: str, request: Request) -> list[Message]:
        """What `request` promises to tell about `job`, until it ends. Returns what is known already."""
        lease = _Lease(asker, self._clock() + LONGEST_FOLLOW, frozenset(request.then), frozenset(request.ends))
        with self._lock:
            latest = (self._pushed if "/sidestick/pushed" in lease.wants else self._latest).get(job)
            known = [] if latest is None else _wanted(lease, _message(latest, asker))
            if not any(message.address in lease.ends for message in known):
                self._leases.setdefault(job, {})[asker.client, repr(asker.id)] = lease
            return known

    def hear(self, event: Event) -> None:
        """The listener for the bus."""
        with self._lock:
            self._remember(event)
            for asker, message in self._addressed(event):
                asker.deliver(message)

    def _remember(self, event: Event) -> None:
        if isinstance(event, MidiWritten):
            return
        memory = self._pushed if isinstance(event, Pushed) else self._latest
        memory[event.job] = event
        memory.move_to_end(event.job)
        while len(memory) > _REMEMBERED_JOBS:
            memory.popitem(last=False)

    def _drop_ended(self) -> None:
        for job in list(self._leases):
            self._holders(job)

    def _holders(self, job: str | None) -> dict[tuple[str, ...], _Lease]:
        """The leases of one job, or of all jobs, that have not ended."""
        now = self._clock()
        kept = {key: lease for key, lease in self._leases.pop(job, {}).items() if lease.until > now}
        if kept:
            self._leases[job] = kept
        return kept

    def _addressed(self, event: Event) -> Iterable[tuple[Asker, Message]]:
        """A client that follows the job hears nothing twice because it is subscribed, too."""
        told: set[tuple[str, Message | None]] = set()
        for job in (event.job, None):
            holders = self._holders(job)
            for key, lease in list(holders.items()):
                client, message = lease.asker.client, _message(event, lease.asker)
                if message.address not in lease.wants:
                    continue
                if message.address in lease.ends:
                    del holders[key]
                fresh = (client, None if job is None else message) not in told
                told |= {(client, None), (client, message)}
                if fresh and self._in_time(lease, event):
                    yield lease.asker, message
            if not holders:
                self._leases.pop(job, None)

    def _in_time(self, lease: _Lease, event: Event) -> bool:
        """False for progress that came too soon after what was sent within the last second."""
        if isinstance(event, Done | Failed):
            lease.sent.pop(event.job, None)
        if not isinstance(event, Progress):
            return True
        sent = lease.sent.setdefault(event.job, deque(maxlen=PROGRESS_PER_SECOND))
        if len(sent) == PROGRESS_PER_SECOND and self._clock() - sent[0] < 1.0:
            return False
        sent.append(self._clock())
        return True


def _wanted(lease: _Lease, message: Message) -> list[Message]:
    return [message] if message.address in lease.wants else []


def _message(event: Event, asker: Asker) -> Message:
    match event:
        case Queued(job, path):
            return reply("/sidestick/queued", job=job, path=path)
        case Progress(job, stage, fraction, eta):
            whole = -1 if eta is None else round(eta)
            return reply("/sidestick/progress", job=job, stage=stage, fraction=float(fraction), eta_seconds=whole)
        case MidiWritten(job=job, path=path):
            return reply("/sidestick/midi", job=job, path=path)
        case Pushed(job, notes):
            return reply("/sidestick/pushed", id=asker.id, job=job, notes=notes)
        case Done(job, revision, manifest, midi):
            return reply("/sidestick/done", id=asker.id, job=job, revision=revision, manifest=manifest, midi=midi)
        case Failed(job, code, reason):
            return fail(asker.id, "/sidestick/process", code, reason, job)
