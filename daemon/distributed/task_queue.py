"""The queue of many machines: Celery on Redis. It carries names and numbers; sound and results lie in the store.

Each phase has its queue, and each version of the stages its own set, so that an older worker never takes what it
would do differently. A task is taken off the queue when it is done: what a worker took with it when it died comes
again.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from daemon.distributed.song_worker import Phase, SongTask, SongWorker
from daemon.errors import BrokerFailed, Rejected, SidestickError
from daemon.extras import install_command
from daemon.pipeline.stages import VERSION

if TYPE_CHECKING:
    from celery import Celery

QUEUES = {Phase.FETCH: "io", Phase.SEPARATE: "separate", Phase.TRANSCRIBE: "cpu"}
EVENTS = "sidestick.events"  # a stream of the broker, for those who watch
TASK = "sidestick.song"

_PREFIX = f"sidestick.{VERSION}."
_VISIBILITY_SECONDS = 3600  # after which a task that nobody has finished comes again: longer than any phase
_MOST_EVENTS = 10000
_LONGEST_WAIT = 60  # seconds before a task that met a store that is away is tried again
_ANSWER_SECONDS = 1.0  # that workers have to say what they take

_log = logging.getLogger("sidestick.distributed")


def queue_name(short: str) -> str:
    """The queue's name at the broker."""
    return _PREFIX + short


def build_app(broker: str, open_worker: Callable[["TaskQueue"], SongWorker] | None = None) -> "Celery":
    """The Celery application. `open_worker` is called once in each process that works.

    Raises Rejected where Celery is missing.
    """
    if find_spec("celery") is None or find_spec("redis") is None:
        reason = f"Many machines need Celery and Redis. Add them with: {install_command(['distributed'])}"
        raise Rejected("no_package", reason)
    from celery import Celery

    app = Celery("sidestick", broker=broker, set_as_current=False)
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": _VISIBILITY_SECONDS, "socket_connect_timeout": 5},
    )
    if open_worker is not None:
        _register_task(app, broker, open_worker)
    return app


def _register_task(app: "Celery", broker: str, open_worker: Callable[["TaskQueue"], SongWorker]) -> None:
    workers: list[SongWorker] = []

    @app.task(name=TASK, bind=True, max_retries=None, shared=False)  # type: ignore[untyped-decorator]
    def do_song(self: Any, message: dict[str, Any]) -> None:
        try:
            if not workers:
                workers.append(open_worker(TaskQueue(app, broker)))
            workers[0].do(SongTask.read(message))
        except (SidestickError, OSError) as error:
            wait = min(_LONGEST_WAIT, 2**self.request.retries)
            _log.warning("%s: %s Tried again in %d s.", message["name"], error, wait)
            raise self.retry(exc=error, countdown=wait) from error


class TaskQueue:
    """What a feeder, a worker and a watcher ask of the queue. Raises BrokerFailed when it does not answer."""

    def __init__(self, app: "Celery", broker: str) -> None:
        import redis

        self._app = app
        self._redis: Any = redis.Redis.from_url(broker, socket_connect_timeout=5, socket_timeout=10)

    @classmethod
    def open(cls, broker: str) -> "TaskQueue":
        """Raises Rejected for an address that is none, BrokerFailed when nobody answers there."""
        if not broker:
            raise Rejected(
                "bad_broker", "No queue is set. Set distributed.broker to a Redis server: redis://host:6379/0"
            )
        app = build_app(broker)
        try:
            queue = cls(app, broker)
        except ValueError as error:
            raise Rejected("bad_broker", f"distributed.broker is no address of a Redis server: {error}.") from None
        queue.ping()
        return queue

    def ping(self) -> None:
        with _translate_errors():
            self._redis.ping()

    def send(self, task: SongTask) -> None:
        self.ping()
        with _translate_errors():
            self._app.send_task(TASK, args=[task.message], queue=queue_name(QUEUES[task.phase]), retry=False)

    def depth(self) -> int:
        """How many tasks wait or are worked on."""
        with _translate_errors():
            waiting = sum(self._redis.llen(queue_name(short)) for short in QUEUES.values())
            return int(waiting) + int(self._redis.hlen("unacked"))

    def is_idle(self) -> bool:
        """Whether nothing waits, and no worker that answers within a second has anything to do.

        What a worker took that is gone for good counts for nothing: `depth` has it until Celery gives it out again.
        """
        with _translate_errors():
            if any(self._redis.llen(queue_name(short)) for short in QUEUES.values()):
                return False
        told = [self._ask_workers(question) for question in ("active", "reserved", "scheduled")]
        return not any(tasks for found in told for tasks in found.values())

    def tell(self, event: Mapping[str, Any]) -> None:
        """For those who watch. A broker that is away for a moment costs an event and no more."""
        with suppress(BrokerFailed), _translate_errors():
            self._redis.xadd(EVENTS, {"event": json.dumps(event)}, maxlen=_MOST_EVENTS, approximate=True)

    def list_workers(self) -> dict[str, tuple[str, ...]]:
        """The queues that each worker takes, as they answer within a second."""
        found = self._ask_workers("active_queues")
        return {name: tuple(queue["name"] for queue in queues) for name, queues in sorted(found.items())}

    def count_processes(self) -> int:
        """How many tasks all workers of this version do at once."""
        found = self._ask_workers("stats")
        return sum(int(stats.get("pool", {}).get("max-concurrency", 1)) for stats in found.values())

    def end_tasks(self, run: str) -> int:
        """End what workers do for a run at once; says how many tasks there were."""
        active = self._ask_workers("active")
        tasks = [task["id"] for each in active.values() for task in each if task["args"][0].get("run") == run]
        with _translate_errors():
            if tasks:
                self._app.control.revoke(tasks, terminate=True, signal="SIGKILL")
        return len(tasks)

    def _ask_workers(self, question: str) -> dict[str, Any]:
        """What each worker says within a second, by its name.

        By a connection of its own: a pooled one may be of before a new start of Redis.
        """
        self.ping()  # Celery would try for half a minute
        with _translate_errors(), self._app.connection_for_write() as connection:
            inspect = self._app.control.inspect(timeout=_ANSWER_SECONDS, connection=connection)
            return getattr(inspect, question)() or {}


@contextmanager
def _translate_errors() -> Iterator[None]:
    import redis
    from kombu.exceptions import OperationalError

    try:
        yield
    except redis.AuthenticationError as error:
        raise BrokerFailed("The queue refuses the password in distributed.broker. Correct it.") from error
    except (redis.RedisError, OperationalError, ConnectionError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise BrokerFailed(
            f"The queue does not answer ({reason}). Start Redis, or correct distributed.broker."
        ) from error


def worker_arguments(queues: Sequence[str], processes: int, name: str) -> list[str]:
    """What Celery's worker is started with."""
    import sys

    pool = "solo" if sys.platform == "win32" else "prefork"
    return [
        "--quiet", "worker", "--queues", ",".join(map(queue_name, queues)), "--pool", pool,
        "--concurrency", str(processes), "--hostname", name, "--without-gossip", "--without-mingle",
        "--loglevel", "WARNING", "-O", "fair",
    ]  # fmt: skip
