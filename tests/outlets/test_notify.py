import pytest

from bridge.osc.addresses import FAIL, REQUESTS
from bridge.osc.calls import RequestId
from bridge.osc.codec import Message
from bridge.timebase import Seconds
from daemon.events import Bus, Done, Failed, MidiWritten, Progress, Pushed, Queued
from daemon.outlets.notify import LONGEST_FOLLOW, Asker, Notifier
from tests.fake_door import FakeTime

PROCESS, PUSH = REQUESTS["/sidestick/process"], REQUESTS["/sidestick/push"]
DONE = Done("j1", 1, "/m.json", "/a.mid")


class Ear:
    """A client that keeps what it hears."""

    def __init__(self, client: str = "me") -> None:
        self.client = client
        self.heard: list[Message] = []

    def asks(self, identity: RequestId = "7") -> Asker:
        return Asker(self.client, identity, self.heard.append)

    def addresses(self) -> list[str]:
        return [message.address for message in self.heard]


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def notifier(time: FakeTime) -> Notifier:
    return Notifier(time)


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_a_subscriber_hears_every_event_as_the_table_has_it(notifier: Notifier, ear: Ear) -> None:
    notifier.subscribe(ear.asks("s"), ttl=60)
    for event in (
        Queued("j1", "/a.wav"),
        Progress("j1", "hits", 0.5, Seconds(3.4)),
        MidiWritten("j1", "/a.mid"),
        DONE,
        Failed("j2", "no_memory", "Too little memory."),
    ):
        notifier.hear(event)
    assert ear.heard == [
        Message("/sidestick/queued", ("j1", "/a.wav")),
        Message("/sidestick/progress", ("j1", "hits", 0.5, 3)),
        Message("/sidestick/midi", ("j1", "/a.mid")),
        Message("/sidestick/done", ("s", "j1", 1, "/m.json", "/a.mid")),
        Message(FAIL, ("s", "/sidestick/process", "no_memory", "Too little memory.", "j2")),
    ]


def test_a_lease_ends_with_its_time(notifier: Notifier, ear: Ear, time: FakeTime) -> None:
    notifier.subscribe(ear.asks(), ttl=60)
    time.now += 60
    notifier.hear(DONE)
    assert ear.heard == []


def test_a_lease_goes_on_when_it_is_renewed(notifier: Notifier, ear: Ear, time: FakeTime) -> None:
    notifier.subscribe(ear.asks("1"), ttl=60)
    time.now += 59
    notifier.subscribe(ear.asks("2"), ttl=60)
    time.now += 59
    notifier.hear(DONE)
    assert [message.args[0] for message in ear.heard] == ["2"]


def test_who_unsubscribes_hears_no_more(notifier: Notifier, ear: Ear) -> None:
    notifier.subscribe(ear.asks(), ttl=60)
    notifier.unsubscribe(ear.asks("other id"))
    notifier.hear(DONE)
    assert ear.heard == []


def test_progress_comes_at_most_five_times_in_any_second(notifier: Notifier, ear: Ear, time: FakeTime) -> None:
    notifier.subscribe(ear.asks(), ttl=3600)
    sent: list[float] = []
    for step in range(400):
        time.now += 0.013
        notifier.hear(Progress("j1", "separate", step / 400))
        sent += [time.now] * (len(ear.heard) - len(sent))
    assert all(b - a >= 1 for a, b in zip(sent, sent[5:], strict=False))
    assert len(sent) >= 25


def test_each_job_has_its_own_measure_of_progress(notifier: Notifier, ear: Ear) -> None:
    notifier.subscribe(ear.asks(), ttl=60)
    for _ in range(10):
        notifier.hear(Progress("a", "hits", 0.5))
        notifier.hear(Progress("b", "hits", 0.5))
    assert len(ear.heard) == 2 * 5


def test_who_asked_for_a_job_hears_that_job_until_it_ends(notifier: Notifier, ear: Ear) -> None:
    notifier.follow(ear.asks(), "j1", PROCESS)
    notifier.hear(Done("other", 1, "/m", "/o.mid"))
    notifier.hear(Progress("j1", "hits", 0.5))
    notifier.hear(DONE)
    notifier.hear(Done("j1", 2, "/m.json", "/a.mid"))
    assert ear.addresses() == ["/sidestick/progress", "/sidestick/done"]


def test_who_pushed_hears_of_the_push_only(notifier: Notifier, ear: Ear) -> None:
    notifier.hear(DONE)
    assert notifier.follow(ear.asks(), "j1", PUSH) == []
    notifier.hear(Progress("j1", "hits", 0.5))
    notifier.hear(Pushed("j1", 120))
    assert ear.heard == [Message("/sidestick/pushed", ("7", "j1", 120))]


def test_who_follows_and_subscribes_hears_nothing_twice(notifier: Notifier, ear: Ear) -> None:
    notifier.subscribe(ear.asks("s"), ttl=60)
    notifier.follow(ear.asks("7"), "j1", PROCESS)
    notifier.hear(Progress("j1", "hits", 0.5))
    notifier.hear(DONE)
    assert [m.args[0] for m in ear.heard] == ["j1", "7"]


def test_two_requests_for_one_job_are_both_told_of_its_end(notifier: Notifier, ear: Ear) -> None:
    notifier.follow(ear.asks("7"), "j1", PROCESS)
    notifier.follow(ear.asks("8"), "j1", PROCESS)
    notifier.hear(Progress("j1", "hits", 0.5))
    notifier.hear(DONE)
    assert [m.args[0] for m in ear.heard] == ["j1", "7", "8"]


def test_a_job_that_never_ends_is_not_followed_for_ever(notifier: Notifier, ear: Ear, time: FakeTime) -> None:
    notifier.follow(ear.asks(), "j1", PROCESS)
    time.now += LONGEST_FOLLOW
    notifier.hear(DONE)
    assert ear.heard == []


def test_a_subscriber_is_told_at_once_of_the_jobs_that_are_not_over(notifier: Notifier, ear: Ear) -> None:
    notifier.hear(Queued("waits", "/w.wav"))
    notifier.hear(Progress("runs", "hits", 0.5))
    notifier.hear(DONE)
    known = notifier.subscribe(ear.asks(), ttl=60)
    assert [m.args[0] for m in known] == ["waits", "runs"]


def test_a_subscriber_is_not_flooded_by_a_long_queue(notifier: Notifier, ear: Ear) -> None:
    for number in range(1000):
        notifier.hear(Queued(f"j{number}", "/a.wav"))
    known = notifier.subscribe(ear.asks(), ttl=60)
    assert [m.args[0] for m in known] == [f"j{number}" for number in range(950, 1000)]


def test_the_bus_reaches_every_listener_until_it_leaves() -> None:
    bus, one, two = Bus(), list[object](), list[object]()
    leave = bus.listen(one.append)
    bus.listen(two.append)
    bus.publish(DONE)
    leave()
    bus.publish(DONE)
    assert (len(one), len(two)) == (1, 2)
