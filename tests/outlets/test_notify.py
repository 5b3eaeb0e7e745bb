import pytest

from bridge.osc.addresses import FAIL, REQUESTS
from bridge.osc.calls import RequestId
from bridge.osc.wire import Message
from bridge.timebase import Seconds
from daemon.events import Done, Download, EventBus, Failed, MidiWritten, Progress, Pushed, Queued, Remarked
from daemon.outlets.notify import LONGEST_FOLLOW, Notifier, Requester
from tests.fake_core import FakeTime

PROCESS, PUSH = REQUESTS["/sidestick/process"], REQUESTS["/sidestick/push"]
DONE = Done("j1", 1, "/m.json", "/a.mid")


class FakeSubscriber:
    """A client that keeps what it hears."""

    def __init__(self, client: str = "me") -> None:
        self.client = client
        self.heard: list[Message] = []

    def asks(self, identity: RequestId = "7") -> Requester:
        return Requester(self.client, identity, self.heard.append)

    def addresses(self) -> list[str]:
        return [message.address for message in self.heard]


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def notifier(time: FakeTime) -> Notifier:
    return Notifier(time)


@pytest.fixture
def subscriber() -> FakeSubscriber:
    return FakeSubscriber()


def test_a_subscriber_hears_every_event_as_the_table_has_it(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.subscribe(subscriber.asks("s"), ttl=60)
    for event in (
        Queued("j1", "/a.wav"),
        Progress("j1", "hits", 0.5, Seconds(3.4), doing="Finding the hits"),
        MidiWritten("j1", "/a.mid"),
        Remarked("j1", "no_beat", "No beat was found."),
        DONE,
        Failed("j2", "no_memory", "Too little memory."),
    ):
        notifier.handle_event(event)
    assert subscriber.heard == [
        Message("/sidestick/queued", ("j1", "/a.wav")),
        Message("/sidestick/progress", ("j1", "hits", 0.5, 3, "Finding the hits")),
        Message("/sidestick/midi", ("j1", "/a.mid")),
        Message("/sidestick/remark", ("j1", "no_beat", "No beat was found.")),
        Message("/sidestick/done", ("s", "j1", 1, "/m.json", "/a.mid")),
        Message(FAIL, ("s", "/sidestick/process", "no_memory", "Too little memory.", "j2")),
    ]


def test_a_download_is_told_with_its_bytes(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.subscribe(subscriber.asks("s"), ttl=60)
    notifier.handle_event(Progress("j1", "fetch", 0.0, None, Download("htdemucs", 34_000_000, 84_000_000)))
    told = ("j1", "fetch", 0.0, -1, "fetching htdemucs, 34 of 84 MB")
    assert subscriber.heard == [Message("/sidestick/progress", told)]


def test_a_lease_ends_with_its_time(notifier: Notifier, subscriber: FakeSubscriber, time: FakeTime) -> None:
    notifier.subscribe(subscriber.asks(), ttl=60)
    time.now += 60
    notifier.handle_event(DONE)
    assert subscriber.heard == []


def test_a_lease_goes_on_when_it_is_renewed(notifier: Notifier, subscriber: FakeSubscriber, time: FakeTime) -> None:
    notifier.subscribe(subscriber.asks("1"), ttl=60)
    time.now += 59
    notifier.subscribe(subscriber.asks("2"), ttl=60)
    time.now += 59
    notifier.handle_event(DONE)
    assert [message.args[0] for message in subscriber.heard] == ["2"]


def test_who_unsubscribes_hears_no_more(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.subscribe(subscriber.asks(), ttl=60)
    notifier.unsubscribe(subscriber.asks("other id"))
    notifier.handle_event(DONE)
    assert subscriber.heard == []


def test_progress_comes_at_most_five_times_in_any_second(
    notifier: Notifier, subscriber: FakeSubscriber, time: FakeTime
) -> None:
    notifier.subscribe(subscriber.asks(), ttl=3600)
    sent: list[float] = []
    for step in range(400):
        time.now += 0.013
        notifier.handle_event(Progress("j1", "separate", step / 400))
        sent += [time.now] * (len(subscriber.heard) - len(sent))
    assert all(b - a >= 1 for a, b in zip(sent, sent[5:], strict=False))
    assert len(sent) >= 25


def test_each_job_has_its_own_measure_of_progress(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.subscribe(subscriber.asks(), ttl=60)
    for _ in range(10):
        notifier.handle_event(Progress("a", "hits", 0.5))
        notifier.handle_event(Progress("b", "hits", 0.5))
    assert len(subscriber.heard) == 2 * 5


def test_who_asked_for_a_job_hears_that_job_until_it_ends(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.follow(subscriber.asks(), "j1", PROCESS)
    notifier.handle_event(Done("other", 1, "/m", "/o.mid"))
    notifier.handle_event(Progress("j1", "hits", 0.5))
    notifier.handle_event(DONE)
    notifier.handle_event(Done("j1", 2, "/m.json", "/a.mid"))
    assert subscriber.addresses() == ["/sidestick/progress", "/sidestick/done"]


def test_who_pushed_hears_of_the_push_only(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.handle_event(DONE)
    assert notifier.follow(subscriber.asks(), "j1", PUSH) == []
    notifier.handle_event(Progress("j1", "hits", 0.5))
    notifier.handle_event(Pushed("j1", 120))
    assert subscriber.heard == [Message("/sidestick/pushed", ("7", "j1", 120))]


def test_who_follows_and_subscribes_hears_nothing_twice(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.subscribe(subscriber.asks("s"), ttl=60)
    notifier.follow(subscriber.asks("7"), "j1", PROCESS)
    notifier.handle_event(Progress("j1", "hits", 0.5))
    notifier.handle_event(DONE)
    assert [m.args[0] for m in subscriber.heard] == ["j1", "7"]


def test_two_requests_for_one_job_are_both_told_of_its_end(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    notifier.follow(subscriber.asks("7"), "j1", PROCESS)
    notifier.follow(subscriber.asks("8"), "j1", PROCESS)
    notifier.handle_event(Progress("j1", "hits", 0.5))
    notifier.handle_event(DONE)
    assert [m.args[0] for m in subscriber.heard] == ["j1", "7", "8"]


def test_a_job_that_never_ends_is_not_followed_for_ever(
    notifier: Notifier, subscriber: FakeSubscriber, time: FakeTime
) -> None:
    notifier.follow(subscriber.asks(), "j1", PROCESS)
    time.now += LONGEST_FOLLOW
    notifier.handle_event(DONE)
    assert subscriber.heard == []


def test_a_subscriber_is_told_at_once_of_the_jobs_that_are_not_over(
    notifier: Notifier, subscriber: FakeSubscriber
) -> None:
    notifier.handle_event(Queued("waits", "/w.wav"))
    notifier.handle_event(Progress("runs", "hits", 0.5))
    notifier.handle_event(DONE)
    known = notifier.subscribe(subscriber.asks(), ttl=60)
    assert [m.args[0] for m in known] == ["waits", "runs"]


def test_a_subscriber_is_not_flooded_by_a_long_queue(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    for number in range(1000):
        notifier.handle_event(Queued(f"j{number}", "/a.wav"))
    known = notifier.subscribe(subscriber.asks(), ttl=60)
    assert [m.args[0] for m in known] == [f"j{number}" for number in range(950, 1000)]


def test_the_bus_reaches_every_listener_until_it_leaves() -> None:
    bus, one, two = EventBus(), list[object](), list[object]()
    leave = bus.subscribe(one.append)
    bus.subscribe(two.append)
    bus.publish(DONE)
    leave()
    bus.publish(DONE)
    assert (len(one), len(two)) == (1, 2)


def test_who_asks_when_a_job_is_done_hears_every_remark_once(notifier: Notifier, subscriber: FakeSubscriber) -> None:
    for code in ("channels", "no_beat", "no_beat"):
        notifier.handle_event(Remarked("j1", code, f"Of {code}."))
    notifier.handle_event(DONE)
    known = notifier.follow(subscriber.asks(), "j1", PROCESS)
    assert [message.args[1] for message in known] == ["channels", "no_beat", "j1"]
