"""Whether a queue and a store do what many machines need of them, each finding a sentence."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Literal

from daemon.distributed.object_store import ObjectStore, open_store
from daemon.distributed.task_queue import QUEUES, TaskQueue, queue_name
from daemon.errors import Rejected, WorkFailed

State = Literal["ok", "note", "bad"]

_MAX_SKEW = 5.0  # seconds between this machine's clock and the store's; of a lease of 20


def require_conditional_writes(store: ObjectStore) -> None:
    """Raises Rejected for a store that writes over what is there when it is told not to."""
    path = f"checks/{secrets.token_hex(8)}"
    try:
        if not store.write_new(path, b"1") or store.write_new(path, b"2"):
            text = (
                f"The store {store.address} does not know conditional writes (If-None-Match), so that two machines "
                "could publish different results. Use another, or a folder that all machines share: file:///folder"
            )
            raise Rejected("bad_store", text)
    finally:
        store.delete(path)


def require_writable(store: ObjectStore) -> None:
    """Raises ObjectStoreFailed for a place that takes nothing, before there is work in vain."""
    path = f"checks/{secrets.token_hex(8)}"
    store.write(path, b"")
    store.delete(path)


def check_store(address: str) -> tuple[State, str]:
    """Raises Rejected and WorkFailed with the sentence."""
    if not address:
        return "note", "No store is set: distributed.store. Only catalogues on many machines need one."
    store = open_store(address)
    require_conditional_writes(store)
    skew = _measure_skew(store)
    if abs(skew) > _MAX_SKEW:
        return "bad", f"{address}: this machine's clock is {skew:+.0f} s from the store's. Set it by network time."
    return "ok", f"{address} reads, writes, lists, deletes, and writes only what is new when told so"


def _measure_skew(store: ObjectStore) -> float:
    """Seconds that this machine's clock is ahead."""
    path = f"checks/{secrets.token_hex(8)}"
    store.write(path, b"")
    now = time.time()
    try:
        return next((now - found.modified.timestamp() for found in store.list("checks/") if found.path == path), 0.0)
    finally:
        store.delete(path)


def check_broker(broker: str) -> tuple[State, str]:
    """Raises Rejected and WorkFailed with the sentence."""
    if not broker:
        return "note", "No queue is set: distributed.broker. Only catalogues on many machines need one."
    queue = TaskQueue.open(broker)
    workers = queue.list_workers()
    ours = {queue_name(short) for short in QUEUES.values()}
    strange = [name for name, queues in workers.items() if not ours.issuperset(queues)]
    if strange:
        return (
            "note",
            f"Redis answers. These workers are of another version, and take other tasks: {', '.join(strange)}.",
        )
    taken = {name for queues in workers.values() for name in queues}
    idle = [short for short in QUEUES.values() if queue_name(short) not in taken]
    if idle:
        return "note", f"Redis answers. No worker takes {', '.join(idle)} yet; start one for each."
    return "ok", f"Redis answers, and {len(workers)} workers take every queue"


def check_all(broker: str, store: str) -> Iterator[tuple[str, State, str]]:
    """(topic, state, sentence) of queue and store."""
    yield ("queue", *_describe(check_broker, broker))
    yield ("store", *describe_store(store))


def describe_store(address: str) -> tuple[State, str]:
    """As `check_store`; what it raises is bad."""
    return _describe(check_store, address)


def _describe(check: Callable[[str], tuple[State, str]], address: str) -> tuple[State, str]:
    try:
        return check(address)
    except (Rejected, WorkFailed) as error:
        return "bad", str(error)
