from collections.abc import Callable

from daemon.events import Event, EventBus, Queued


def test_a_listener_that_breaks_is_logged_and_the_others_are_told(guard_log: Callable[[], list[str]]) -> None:
    bus, told = EventBus(), list[Event]()
    bus.subscribe(lambda event: 1 / 0)  # type: ignore[arg-type, return-value]
    bus.subscribe(told.append)
    for job in ("j1", "j2"):
        bus.publish(Queued(job, "/Song.wav"))
    assert [event.job for event in told] == ["j1", "j2"]
    assert [line.partition(":")[0] for line in guard_log()] == ["Queued of job j1", "Queued of job j2"]
