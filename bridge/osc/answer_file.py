"""What sidestick's REAPER scripts need in Python: the sender's answers in a file, as the spool's outbox has them.

REAPER's Lua starts the sender without waiting for it and reads the file between two of its own cycles.
"""

import json
from pathlib import Path

from bridge.files import replace_file
from bridge.osc.client import event_key
from bridge.osc.wire import Message


class AnswerFile:
    """{"answers": [...], "events": [...], "finished": false}; `events` holds the latest of each kind for each job.

    Of remarks it holds every one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers: list[Message] = []
        self._events: dict[tuple[object, ...], Message] = {}

    def add_answer(self, message: Message, *, last: bool) -> None:
        self._answers.append(message)
        self._write(last)

    def add_event(self, event: Message, *, last: bool) -> None:
        self._events.pop(event_key(event), None)
        self._events[event_key(event)] = event
        self._write(last)

    def _write(self, finished: bool) -> None:
        content = {
            "answers": _to_json(self._answers),
            "events": _to_json([*self._events.values()]),
            "finished": finished,
        }
        replace_file(self._path, json.dumps(content) + "\n")


def _to_json(messages: list[Message]) -> list[dict[str, object]]:
    return [{"address": message.address, "args": list(message.args)} for message in messages]
