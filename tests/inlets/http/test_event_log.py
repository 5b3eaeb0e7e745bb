"""Events for pages that watch."""

import json
import logging

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bridge.timebase import Seconds
from daemon.events import Done, Failed, MidiWritten, Progress, Pushed, Queued
from daemon.inlets.http.event_log import KEPT, Feed, LogTap
from daemon.inlets.http.metrics import Meter
from tests.inlets.http.site import listening

PROGRESS = Progress("a", "kit", 0.5, Seconds(3.0))


def told(feed: Feed, number: int) -> list[str]:
    return [news.event for news in feed.since(number)]


def test_every_event_has_its_name_and_the_next_number():
    feed = Feed(clock=lambda: 1.0)
    first = feed.last
    for event in (Queued("a", "/x.wav"), PROGRESS, MidiWritten("a", "/x.mid"), Done("a", 0, "m", "x"), Pushed("a", 3)):
        feed.hear(event)
    assert told(feed, first) == ["queued", "progress", "midi", "done", "pushed"]
    assert feed.last == first + 5
    assert feed.since(first)[1].data == {"job": "a", "stage": "kit", "fraction": 0.5, "eta": 3.0}


def test_done_after_done_is_a_revision():
    feed = Feed()
    start = feed.last
    for event in (Queued("a", "/x.wav"), Done("a", 0, "m", "x"), Done("a", 1, "m", "x"), Failed("b", "c", "r")):
        feed.hear(event)
    assert told(feed, start) == ["queued", "done", "revision", "failed"]


def test_only_what_is_kept_can_be_resumed():
    feed = Feed()
    start = feed.last
    for _ in range(KEPT + 1):
        feed.hear(PROGRESS)
    assert feed.since(start) is None and len(feed.since(start + 1)) == KEPT
    assert feed.since(feed.last + 1) is None and feed.since(feed.last) == []


def test_numbers_go_up_across_restarts():
    assert Feed(clock=lambda: 1000.0).last + KEPT < Feed(clock=lambda: 1001.0).last


def test_a_line_of_the_log_belongs_to_the_song_that_it_begins_with():
    feed = Feed(clock=lambda: 5.0)
    start = feed.last
    feed.hear(Queued("a", "/music/Song.wav"))
    logger = logging.Logger("test")
    logger.addHandler(LogTap(feed))
    logger.info("Song.wav: separating\nthe stems")
    logger.info("sidestick stops.")
    lines = [news.data for news in feed.since(start)[1:]]
    assert [line["job"] for line in lines] == ["a", None]
    assert lines[0]["text"] == "Song.wav: separating\\nthe stems"


def test_the_meter_counts_the_seconds_of_each_stage():
    now = [0.0]
    meter = Meter(clock=lambda: now[0])
    for at, event in enumerate((PROGRESS, PROGRESS, Progress("a", "hits", 0.9), Done("a", 0, "", ""))):
        now[0] = float(at)
        meter.hear(event)
    assert (meter.seconds, meter.stages) == ({"kit": 2.0, "hits": 1.0}, {"kit": 1, "hits": 1})


def test_the_first_event_tells_where_the_jobs_stand(site, client):
    name = site.song()
    with listening(client) as listener:
        _, event, data = listener.next()
    assert event == "state" and name in [job["id"] for job in data["jobs"]]


def test_who_comes_back_hears_what_was_missed(site, client):
    with listening(client) as listener:
        number, *_ = listener.next()
    for stage in ("one", "two"):
        site.bus.publish(Progress("missed", stage, 0.1))
    with listening(client, last=number) as listener:
        assert [listener.next()[2]["stage"] for _ in range(2)] == ["one", "two"]


@pytest.mark.parametrize("last", ["0", "99999999999999999", "x", "9" * 400, "-1"])
def test_who_was_away_too_long_is_told_everything_anew(client, last):
    with listening(client, last=last) as listener:
        assert listener.next()[1] == "state"


def test_listeners_of_one_job_hear_only_of_it(site, client):
    name = site.song()
    with listening(client, f"/api/jobs/{name}/events") as listener:
        listener.next()
        site.bus.publish(Progress("other", "kit", 0.5))
        site.bus.publish(Progress(name, "kit", 0.5))
        assert listener.next()[2]["job"] == name


def socket(site):
    return connect(site.url.replace("http", "ws") + "/api/ws")


def test_a_socket_hears_what_it_subscribed_to(site):
    with socket(site) as line:
        line.send('{"subscribe": "all"}')
        assert json.loads(line.recv(10))["event"] == "state"
        site.bus.publish(PROGRESS)
        assert json.loads(line.recv(10))["data"]["stage"] == "kit"


def test_a_socket_cancels_and_is_refused_in_words(site):
    name = site.song()
    with socket(site) as line:
        line.send(json.dumps({"cancel": name}))
        answer = json.loads(line.recv(10))
    assert (answer["event"], answer["data"]["code"]) == ("error", "job_over")


@pytest.mark.parametrize("sent", ["", "[", "[" * 50_000, "7", '{"subscribe": 7}', '{"subscribe": "none"}', b"\0\1"])
def test_a_socket_survives_what_it_does_not_understand(site, sent):
    with socket(site) as line:
        line.send(sent)
        assert json.loads(line.recv(10))["event"] == "error"
        line.send('{"subscribe": "all"}')
        assert json.loads(line.recv(10))["event"] == "state"


def test_a_socket_of_a_foreign_page_is_turned_away(site):
    with (
        pytest.raises(InvalidStatus) as caught,
        connect(site.url.replace("http", "ws") + "/api/ws", origin="http://evil.example"),
    ):
        pass
    assert caught.value.response.status_code == 403
