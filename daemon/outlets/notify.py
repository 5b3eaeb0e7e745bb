"""Tells clients what happens: subscribers for as long as their lease lasts, and everyone who asked for a job.

A client that has gone costs one datagram per event until its lease ends, and nothing else.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bridge.osc.addresses import REMARK, REQUESTS, Request
from bridge.osc.calls import RequestId, fail, reply
from bridge.osc.wire import Message
from daemon.events import Done, Event, Failed, MidiWritten, Progress, Pushed, Queued, Remarked

PROGRESS_PER_SECOND = 5
LONGEST_FOLLOW = 24 * 3600.0  # seconds; a client that waits longer for its job asks again

_REMEMBERED_JOBS = 512
_MOST_REPLAYED = 50


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked, with which request id, and how to reach them. `deliver` never blocks and never raises."""

    client: str
    id: RequestId
    deliver: Callable[[Message], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`progress_times` holds when this lease last heard of a job's progress."""

    requester: Requester
    until: float
    addresses: frozenset[str]
    ends: frozenset[str] = frozenset()
    progress_times: dict[str, deque[float]] = field(default_factory=dict)


class Notifier:
    """Listens on the bus. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._subscriptions: dict[str | None, dict[tuple[str, ...], Subscription]] = {}  # by job, None for all jobs
        self._latest: OrderedDict[str, Event] = OrderedDict()
        self._pushed: OrderedDict[str, Event] = OrderedDict()
        self._remarks: OrderedDict[str, dict[Remarked, None]] = OrderedDict()
        self._lock = threading.Lock()

    def subscribe(self, requester: Requester, ttl: float) -> list[Message]:
        """All events for `ttl` seconds; a second lease of the same client takes the place of the first.

        Returns where the latest jobs stand that are not over, no more than a client's socket can hold.
        """
        wants = frozenset(REQUESTS["/sidestick/subscribe"].then)
        with self._lock:
            self._drop_ended()
            self._subscriptions.setdefault(None, {})[requester.client,] = Subscription(
                requester, self._clock() + ttl, wants
            )
            going_on = [e for e in self._latest.values() if isinstance(e, Queued | Progress)]
            return [_message(event, requester) for event in going_on[-_MOST_REPLAYED:]]

    def unsubscribe(self, requester: Requester) -> None:
        with self._lock:
            self._subscriptions.get(None, {}).pop((requester.client,), None)

    def follow(self, requester: Requester, job: str, request: Request) -> list[Message]:
        """What `request` promises to tell about `job`, until it ends. Returns what is known already."""
        subscription = Subscription(
            requester, self._clock() + LONGEST_FOLLOW, frozenset(request.then), frozenset(request.ends)
        )
        with self._lock:
            latest = (self._pushed if "/sidestick/pushed" in subscription.addresses else self._latest).get(job)
            events = [*self._remarks.get(job, ()), *([latest] if latest else [])]
            known = [message for event in events for message in _keep_wanted(subscription, _message(event, requester))]
            if not any(message.address in subscription.ends for message in known):
                self._subscriptions.setdefault(job, {})[requester.client, repr(requester.id)] = subscription
            return known

    def handle_event(self, event: Event) -> None:
        """The handler for events of the bus."""
        with self._lock:
            self._remember(event)
            for requester, message in self._recipients(event):
                requester.deliver(message)

    def _remember(self, event: Event) -> None:
        if isinstance(event, MidiWritten):
            return
        if isinstance(event, Remarked):
            self._remarks.setdefault(event.job, {})[event] = None
            while len(self._remarks) > _REMEMBERED_JOBS:
                self._remarks.popitem(last=False)
            return
        memory = self._pushed if isinstance(event, Pushed) else self._latest
        memory[event.job] = event
        memory.move_to_end(event.job)
        while len(memory) > _REMEMBERED_JOBS:
            memory.popitem(last=False)

    def _drop_ended(self) -> None:
        for job in list(self._subscriptions):
            self._current_subscriptions(job)

    def _current_subscriptions(self, job: str | None) -> dict[tuple[str, ...], Subscription]:
        """The leases of one job, or of all jobs, that have not ended."""
        now = self._clock()
        kept = {
            key: subscription
            for key, subscription in self._subscriptions.pop(job, {}).items()
            if subscription.until > now
        }
        if kept:
            self._subscriptions[job] = kept
        return kept

    def _recipients(self, event: Event) -> Iterable[tuple[Requester, Message]]:
        """A client that follows the job hears nothing twice because it is subscribed, too."""
        told: set[tuple[str, Message | None]] = set()
        for job in (event.job, None):
            holders = self._current_subscriptions(job)
            for key, subscription in list(holders.items()):
                client, message = subscription.requester.client, _message(event, subscription.requester)
                if message.address not in subscription.addresses:
                    continue
                if message.address in subscription.ends:
                    del holders[key]
                fresh = (client, None if job is None else message) not in told
                told |= {(client, None), (client, message)}
                if fresh and self._is_due(subscription, event):
                    yield subscription.requester, message
            if not holders:
                self._subscriptions.pop(job, None)

    def _is_due(self, subscription: Subscription, event: Event) -> bool:
        """False for progress that came too soon after what was sent within the last second."""
        if isinstance(event, Done | Failed):
            subscription.progress_times.pop(event.job, None)
        if not isinstance(event, Progress):
            return True
        sent = subscription.progress_times.setdefault(event.job, deque(maxlen=PROGRESS_PER_SECOND))
        if len(sent) == PROGRESS_PER_SECOND and self._clock() - sent[0] < 1.0:
            return False
        sent.append(self._clock())
        return True


def _keep_wanted(subscription: Subscription, message: Message) -> list[Message]:
    return [message] if message.address in subscription.addresses else []


def _message(event: Event, requester: Requester) -> Message:
    match event:
        case Queued(job, path):
            return reply("/sidestick/queued", job=job, path=path)
        case Progress(job, stage, fraction, eta, download, doing):
            left, text = -1 if eta is None else round(eta), download.text if download else doing
            return reply(
                "/sidestick/progress", job=job, stage=stage, fraction=float(fraction), eta_seconds=left, text=text
            )
        case MidiWritten(job=job, path=path):
            return reply("/sidestick/midi", job=job, path=path)
        case Remarked(job, code, text):
            return reply(REMARK, job=job, code=code, text=text)
        case Pushed(job, notes):
            return reply("/sidestick/pushed", id=requester.id, job=job, notes=notes)
        case Done(job, revision, manifest, midi):
            return reply("/sidestick/done", id=requester.id, job=job, revision=revision, manifest=manifest, midi=midi)
        case Failed(job, code, reason):
            return fail(requester.id, "/sidestick/process", code, reason, job)
