"""The feeder: never more in the queue than workers take, and nothing lost with a broker. With a real Redis server."""

import pytest
import redis

from daemon.distributed.catalogue_run import CatalogueRun, CatalogueSong, RunSpec, SongOutcome
from daemon.distributed.feeder import PER_PROCESS, Feeder
from daemon.distributed.object_store import open_store
from daemon.distributed.task_queue import QUEUES, TaskQueue, queue_name
from daemon.errors import BrokerFailed, Rejected
from tests.ports import free_port

SONGS = [CatalogueSong(f"s3://songs/{number:03}.wav", f"{number:03}.wav") for number in range(35)]


@pytest.fixture
def run(tmp_path):
    return CatalogueRun.create(open_store(f"file://{tmp_path}/store"), RunSpec("s3://songs", "s3://out"))


@pytest.fixture
def client(redis_server):
    found = redis.Redis.from_url(redis_server.url)
    found.flushall()
    return found


@pytest.fixture
def queue(redis_server, client):
    return TaskQueue.open(redis_server.url)


class Worker:
    """Takes what waits, in a step of its own, and puts down that it is done."""

    def __init__(self, run, queue, client):
        self._run, self._queue, self._client = run, queue, client
        self.most, self.taken = 0, 0

    def take_all(self, _seconds=0.0):
        self.most = max(self.most, self._queue.depth())
        for short in QUEUES.values():
            while self._client.lpop(queue_name(short)):
                song = SONGS[self.taken % len(SONGS)]
                self._run.mark(SongOutcome(song.id, song.url, song.name))
                self.taken += 1


def feed(run, queue, sleep, songs=SONGS):
    return Feeder(run, lambda: iter(songs), queue, lambda _: None, sleep=sleep).feed()


def test_a_long_list_never_fills_the_queue(run, queue, client):
    worker = Worker(run, queue, client)
    progress = feed(run, queue, worker.take_all)
    assert (progress.total, progress.done, progress.is_over) == (35, 35, True)
    assert worker.most == PER_PROCESS and worker.taken == 35


def test_a_feeder_that_is_started_again_sends_what_is_left(run, queue, client):
    for song in SONGS[:30]:
        run.mark(SongOutcome(song.id, song.url, song.name))
    worker = Worker(run, queue, client)
    worker.taken = 30
    assert feed(run, queue, worker.take_all).done == 35 and worker.taken == 35


def test_what_a_broker_lost_is_sent_again(run, queue, client):
    worker = Worker(run, queue, client)
    looks = []

    def sleep(_seconds):
        looks.append(queue.depth())
        if len(looks) == 1:
            client.flushall()
        elif len(looks) > 8:
            worker.take_all()

    assert feed(run, queue, sleep, SONGS[:8]).done == 8 and worker.taken >= 8


def test_a_cancelled_run_ends_its_feeder(run, queue):
    progress = feed(run, queue, lambda _: run.cancel())
    assert progress.done == 0 and not progress.is_over and queue.depth() == PER_PROCESS


def test_a_broker_that_is_away_is_waited_for(run, redis_server, queue, client):
    worker, looks = Worker(run, queue, client), []

    def sleep(_seconds):
        looks.append(1)
        if len(looks) == 3:
            redis_server.start()
        elif len(looks) > 3:
            worker.take_all()

    redis_server.stop()
    assert feed(run, queue, sleep, SONGS[:5]).done == 5 and len(looks) >= 3


@pytest.mark.parametrize(
    ("broker", "error", "said"),
    [
        ("", Rejected, "No queue is set. Set distributed.broker"),
        ("http://x", Rejected, "no address of a Redis server"),
        ("redis://127.0.0.1:{port}/0", BrokerFailed, "The queue does not answer .* Start Redis"),
    ],
)
def test_a_queue_that_cannot_be_used_is_told(broker, error, said):
    with pytest.raises(error, match=said):
        TaskQueue.open(broker.format(port=free_port()))


def test_workers_are_asked_again_after_a_new_start_of_redis(redis_server, queue):
    assert queue.list_workers() == {}
    redis_server.stop()
    redis_server.start()
    assert queue.list_workers() == {} and queue.is_idle()
