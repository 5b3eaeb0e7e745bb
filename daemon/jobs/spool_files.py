"""The files of the spool: reading a request, keeping an answer, sweeping away what nobody fetched."""

import json
import stat
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from bridge.osc.calls import CallError
from bridge.osc.client import event_key
from bridge.osc.wire import Message

MAX_REQUEST_BYTES = 65_536  # bytes
PATIENCE = 2.0  # seconds that a writer may take; the longest request is written at once, or else by a disk that sleeps
STALE = 120.0  # seconds; an older request was meant for a sidestick that did not run

_MAX_EVENTS = 200


class SpoolAnswer:
    """The answer file of one request, open until one of the events `ends` or the time of day `until` (seconds)."""

    def __init__(self, ends: Collection[str], until: float) -> None:
        self.changed = True
        self.finished = False
        self._ends = ends
        self._until = until
        self._answers: list[Message] = []
        self._events: dict[tuple[object, ...], Message] = {}

    def add_answer(self, message: Message, *, last: bool) -> None:
        self._answers.append(message)
        self.finished = self.finished or last
        self.changed = True

    def add_event(self, event: Message) -> None:
        """Keeps the latest event of each kind for each job, and every remark."""
        self._events.pop(event_key(event), None)
        self._events[event_key(event)] = event
        while len(self._events) > _MAX_EVENTS:
            del self._events[next(iter(self._events))]
        self.finished = self.finished or event.address in self._ends
        self.changed = True

    def expire(self, now: float) -> None:
        if now >= self._until and not self.finished:
            self.finished = self.changed = True

    def text(self) -> str:
        content = {
            "answers": _message_rows(self._answers),
            "events": _message_rows(self._events.values()),
            "finished": self.finished,
        }
        return json.dumps(content) + "\n"


def take_request(path: Path, now: float) -> tuple[str, list[object]] | None:
    """Address and arguments; the file is removed, or else it would be answered for ever.

    None while somebody may still be writing it: not every host can put a file there whole, by a rename.
    Raises CallError if it is no request or a stale one, OSError if it cannot be read or removed now.
    """
    about = path.lstat()
    plain = stat.S_ISREG(about.st_mode)
    data = path.read_bytes() if plain and about.st_size <= MAX_REQUEST_BYTES else b""
    if plain and about.st_mtime > now - PATIENCE and not _is_whole(data):
        return None
    path.unlink()
    if not plain:
        raise _bad_request(path, "is not a plain file")
    if about.st_size > MAX_REQUEST_BYTES:
        raise _bad_request(path, f"has {about.st_size} bytes; at most {MAX_REQUEST_BYTES} are read")
    if about.st_mtime < now - STALE:
        raise CallError("stale", f"{path.name} was left from before. Send the request again.")
    return _request(path, data)


def remove_old_files(folder: Path, oldest: float, keep: Collection[str] = ()) -> None:
    """Removes the files that were last written before `oldest`, whoever left them there."""
    for path in [path for path in folder.glob("*") if path.name not in keep]:
        with suppress(OSError):  # gone already, or held open by a reader (Windows)
            _remove_if_old(path, oldest)


def _remove_if_old(path: Path, oldest: float) -> None:
    about = path.lstat()
    if about.st_mtime < oldest and not stat.S_ISDIR(about.st_mode):
        path.unlink()


def _is_whole(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def _request(path: Path, data: bytes) -> tuple[str, list[object]]:
    try:
        content = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _bad_request(path, f"is not JSON ({error})") from None
    if not isinstance(content, dict) or set(content) != {"address", "args"}:
        raise _bad_request(path, 'must be {"address": ..., "args": [...]}')
    address, args = content["address"], content["args"]
    if not isinstance(address, str) or not isinstance(args, list):
        raise _bad_request(path, "must have a string as address and a list as args")
    return address, args


def _bad_request(path: Path, reason: str) -> CallError:
    return CallError("bad_request", f"{path.name} {reason}.")


def _message_rows(messages: Iterable[Message]) -> list[dict[str, object]]:
    return [{"address": message.address, "args": list(message.args)} for message in messages]
