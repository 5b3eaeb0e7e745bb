"""Events for pages that watch."""

import json
import logging

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bridge.timebase import Seconds
from daemon.events import Done, Failed, MidiWritten, Progress, Pushed, Queued
from daemon.inlets.http.event_log import MOST_EVENTS, EventLog, EventLogHandler
from daemon.inlets.http.metrics import Metrics
from tests.inlets.http.server import open_events

PROGRESS = Progress("a", "kit", 0.5, Seconds(3.0), doing="Splitting the kit")


def event_names(feed: EventLog, number: int) -> list[str]:
    return [news.event for news in feed.events_since(number)]


def test_every_event_has_its_name_and_the_next_number():
    feed = EventLog(clock=lambda: 1.0)
    first = feed.last_id
    for event in (Queued("a", "/x.wav"), PROGRESS, MidiWritten("a", "/x.mid"), Done("a", 0, "m", "x"), Pushed("a", 3)):
        feed.record_event(event)
    assert event_names(feed, first) == ["queued", "progress", "midi", "done", "pushed"]
    assert feed.last_id == first + 5
    assert feed.events_since(first)[1].data == {
        "job": "a",
        "stage": "kit",
        "fraction": 0.5,
        "eta": 3.0,
        "download": None,
        "doing": "Splitting the kit",
    }


def test_done_after_done_is_a_revision():
    feed = EventLog()
    start = feed.last_id
    for event in (Queued("a", "/x.wav"), Done("a", 0, "m", "x"), Done("a", 1, "m", "x"), Failed("b", "c", "r")):
        feed.record_event(event)
    assert event_names(feed, start) == ["queued", "done", "revision", "failed"]


def test_only_what_is_kept_can_be_resumed():
    feed = EventLog()
    start = feed.last_id
    for _ in range(MOST_EVENTS + 1):
        feed.record_event(PROGRESS)
    assert feed.events_since(start) is None and len(feed.events_since(start + 1)) == MOST_EVENTS
    assert feed.events_since(feed.last_id + 1) is None and feed.events_since(feed.last_id) == []


def test_numbers_go_up_across_restarts():
    assert EventLog(clock=lambda: 1000.0).last_id + MOST_EVENTS < EventLog(clock=lambda: 1001.0).last_id


def test_a_line_of_the_log_belongs_to_the_song_that_it_begins_with():
    feed = EventLog(clock=lambda: 5.0)
    start = feed.last_id
    feed.record_event(Queued("a", "/music/Song.wav"))
    logger = logging.Logger("test")
    logger.addHandler(EventLogHandler(feed))
    logger.info("Song.wav: separating\nthe stems")
    logger.info("sidestick stops.")
    lines = [news.data for news in feed.events_since(start)[1:]]
    assert [line["job"] for line in lines] == ["a", None]
    assert lines[0]["text"] == "Song.wav: separating\\nthe stems"


def test_the_meter_counts_the_seconds_of_each_stage():
    now = [0.0]
    meter = Metrics(clock=lambda: now[0])
    for at, event in enumerate((PROGRESS, PROGRESS, Progress("a", "hits", 0.9), Done("a", 0, "", ""))):
        now[0] = float(at)
        meter.record_event(event)
    assert (meter.stage_seconds, meter.stage_runs) == ({"kit": 2.0, "hits": 1.0}, {"kit": 1, "hits": 1})


def test_the_first_event_tells_where_the_jobs_stand(server, client):
    name = server.song()
    with open_events(client) as listener:
        _, event, data = listener.next()
    assert event == "state" and name in [job["id"] for job in data["jobs"]]


def test_who_comes_back_hears_what_was_missed(server, client):
    with open_events(client) as listener:
        number, *_ = listener.next()
    for stage in ("one", "two"):
        server.bus.publish(Progress("missed", stage, 0.1))
    with open_events(client, last=number) as listener:
        assert [listener.next()[2]["stage"] for _ in range(2)] == ["one", "two"]


@pytest.mark.parametrize("last", ["0", "99999999999999999", "x", "9" * 400, "-1"])
def test_who_was_away_too_long_is_told_everything_anew(client, last):
    with open_events(client, last=last) as listener:
        assert listener.next()[1] == "state"


def test_listeners_of_one_job_hear_only_of_it(server, client):
    name = server.song()
    with open_events(client, f"/api/jobs/{name}/events") as listener:
        listener.next()
        server.bus.publish(Progress("other", "kit", 0.5))
        server.bus.publish(Progress(name, "kit", 0.5))
        assert listener.next()[2]["job"] == name


def socket(server):
    return connect(server.url.replace("http", "ws") + "/api/ws")


def test_a_socket_hears_what_it_subscribed_to(server):
    with socket(server) as line:
        line.send('{"subscribe": "all"}')
        assert json.loads(line.recv(10))["event"] == "state"
        server.bus.publish(PROGRESS)
        assert json.loads(line.recv(10))["data"]["stage"] == "kit"


def test_a_socket_cancels_and_is_refused_in_words(server):
    name = server.song()
    with socket(server) as line:
        line.send(json.dumps({"cancel": name}))
        answer = json.loads(line.recv(10))
    assert (answer["event"], answer["data"]["code"]) == ("error", "job_over")


@pytest.mark.parametrize("sent", ["", "[", "[" * 50_000, "7", '{"subscribe": 7}', '{"subscribe": "none"}', b"\0\1"])
def test_a_socket_survives_what_it_does_not_understand(server, sent):
    with socket(server) as line:
        line.send(sent)
        assert json.loads(line.recv(10))["event"] == "error"
        line.send('{"subscribe": "all"}')
        assert json.loads(line.recv(10))["event"] == "state"


def test_a_socket_of_a_foreign_page_is_turned_away(server):
    with (
        pytest.raises(InvalidStatus) as caught,
        connect(server.url.replace("http", "ws") + "/api/ws", origin="http://evil.example"),
    ):
        pass
    assert caught.value.response.status_code == 403


def test_the_seconds_of_a_draft_end_with_it_and_do_not_count_the_wait_for_the_final():
    now = [0.0]
    metrics = Metrics(lambda: now[0])
    steps = [Progress("j", "draft", 0.5), MidiWritten("j", "/a.mid", draft=True), Progress("j", "decode", 0.1)]
    for step, at in zip(steps, (0.0, 3.0, 500.0), strict=True):
        now[0] = at
        metrics.record_event(step)
    assert metrics.stage_seconds == {"draft": 3.0}
