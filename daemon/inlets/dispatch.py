"""The one door for requests that come by wire: OSC and the spool both hand their calls to a Reception.

The verbs, their arguments and their answers are those of the table in bridge/osc/addresses.py.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from bridge.osc.calls import Call, CallError
from bridge.osc.codec import Message
from bridge.osc.replies import fail, refusal, reply
from daemon.errors import Rejected, StageFailed
from daemon.inlets.reply_cache import Once
from daemon.outlets.notify import Asker, Notifier

Json = dict[str, Any]

_log = logging.getLogger("sidestick.requests")


class Door(Protocol):
    """What sidestick can be asked to do. Each returns the answer of the table, or raises Rejected.

    Called from several threads at once: one per lane of the OSC server, and the spool's.
    """

    def ping(self, asker: Asker) -> Message: ...
    def status(self, asker: Asker) -> Message: ...
    def process(self, asker: Asker, path: str, options_json: Json) -> Message: ...
    def relabel(self, asker: Asker, job: str, changes_json: Json) -> Message: ...
    def undo(self, asker: Asker, job: str) -> Message: ...
    def redo(self, asker: Asker, job: str) -> Message: ...
    def regenerate(self, asker: Asker, job: str, options_json: Json) -> Message: ...
    def tap(self, asker: Asker, job: str, seconds: float) -> Message: ...
    def push(self, asker: Asker, job: str, options_json: Json) -> Message: ...
    def stop(self, asker: Asker) -> Message: ...
    def panic(self, asker: Asker) -> Message: ...
    def cancel(self, asker: Asker, job: str) -> Message: ...
    def jobs(self, asker: Asker, limit: int) -> Message: ...
    def clusters(self, asker: Asker, job: str) -> Message: ...
    def audition(self, asker: Asker, job: str, cluster: int) -> Message: ...


class Reception:
    """Answers calls: refusals in words, repeated ids once, and the events that the table promises."""

    def __init__(self, door: Door, notifier: Notifier, clock: Callable[[], float]) -> None:
        self._door = door
        self._notifier = notifier
        self._once = Once(clock)

    def handle(self, call: Call, asker: Asker) -> list[Message]:
        """The answer, and behind it what is known already of the events that follow.

        One of the four guards: a request that breaks is answered, and the next one is heard.
        """
        try:
            return self._handle(call, asker)
        except Rejected as error:
            return [fail(call.id, call.request.path, error.code, error.reason)]
        except StageFailed as error:
            return [fail(call.id, call.request.path, "stage_failed", error.reason)]
        except CallError as error:
            return [refusal(call.id, call.request.path, error)]
        except Exception as error:  # noqa: BLE001
            _log.exception("%s could not be answered", call.request.path)
            reason = f"sidestick could not do this ({type(error).__name__}: {error}). Please report it."
            return [fail(call.id, call.request.path, "internal", reason)]

    def _handle(self, call: Call, asker: Asker) -> list[Message]:
        if call.request.verb == "subscribe":
            return [self._door.status(asker), *self._notifier.subscribe(asker, call.values["ttl_seconds"])]
        if call.request.verb == "unsubscribe":
            self._notifier.unsubscribe(asker)
            return [reply("/sidestick/done", id=call.id)]
        answer = self._answer(call, asker)
        return [answer, *self._news(call, answer, asker)]

    def _answer(self, call: Call, asker: Asker) -> Message:
        if not call.request.once:
            return self._do(call, asker)
        answer = self._once.recall(asker.client, call)
        if answer is None:
            answer = self._do(call, asker)
            self._once.keep(asker.client, call, answer)
        return answer

    def _do(self, call: Call, asker: Asker) -> Message:
        verb: Callable[..., Message] = getattr(self._door, call.request.verb)
        return verb(asker, **call.values)

    def _news(self, call: Call, answer: Message, asker: Asker) -> list[Message]:
        if not call.request.then:
            return []
        return self._notifier.follow(asker, str(answer.args[1]), call.request)
