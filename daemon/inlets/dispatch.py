"""The dispatcher of requests that come by wire: OSC and the spool both hand their calls to it.

The verbs, their arguments and their answers are those of the table in bridge/osc/addresses.py.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from bridge.osc.calls import Call, CallError
from bridge.osc.wire import Message
from bridge.osc.calls import fail, refusal, reply
from daemon.errors import Rejected, StageFailed
from daemon.inlets.reply_cache import ReplyCache
from daemon.outlets.notify import Notifier, Requester

Json = dict[str, Any]

_log = logging.getLogger("sidestick.requests")


class Handlers(Protocol):
    """The handlers of the requests, one for each verb. Each returns the answer of the table, or raises Rejected.

    Called from several threads at once: one per lane of the OSC server, and the spool's.
    """

    def ping(self, asker: Requester) -> Message: ...
    def status(self, asker: Requester) -> Message: ...
    def process(self, asker: Requester, path: str, options_json: Json) -> Message: ...
    def relabel(self, asker: Requester, job: str, changes_json: Json) -> Message: ...
    def undo(self, asker: Requester, job: str) -> Message: ...
    def redo(self, asker: Requester, job: str) -> Message: ...
    def regenerate(self, asker: Requester, job: str, options_json: Json) -> Message: ...
    def tap(self, asker: Requester, job: str, seconds: float) -> Message: ...
    def push(self, asker: Requester, job: str, options_json: Json) -> Message: ...
    def stop(self, asker: Requester) -> Message: ...
    def panic(self, asker: Requester) -> Message: ...
    def cancel(self, asker: Requester, job: str) -> Message: ...
    def jobs(self, asker: Requester, limit: int) -> Message: ...
    def clusters(self, asker: Requester, job: str) -> Message: ...
    def audition(self, asker: Requester, job: str, cluster: int) -> Message: ...


class Dispatcher:
    """Calls the handler of each request: refusals in words, repeated ids once, the events that the table promises."""

    def __init__(self, handlers: Handlers, notifier: Notifier, clock: Callable[[], float]) -> None:
        self._handlers = handlers
        self._notifier = notifier
        self._reply_cache = ReplyCache(clock)

    def handle(self, call: Call, asker: Requester) -> list[Message]:
        """The answer, and behind it what is known already of the events that follow.

        One of the four guards: a request that breaks is answered, and the next one is heard.
        """
        try:
            return self._dispatch(call, asker)
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

    def _dispatch(self, call: Call, asker: Requester) -> list[Message]:
        if call.request.verb == "subscribe":
            return [self._handlers.status(asker), *self._notifier.subscribe(asker, call.values["ttl_seconds"])]
        if call.request.verb == "unsubscribe":
            self._notifier.unsubscribe(asker)
            return [reply("/sidestick/done", id=call.id)]
        answer = self._answer_once(call, asker)
        return [answer, *self._follow_job(call, answer, asker)]

    def _answer_once(self, call: Call, asker: Requester) -> Message:
        if not call.request.once:
            return self._call_handler(call, asker)
        answer = self._reply_cache.recall(asker.client, call)
        if answer is None:
            answer = self._call_handler(call, asker)
            self._reply_cache.keep(asker.client, call, answer)
        return answer

    def _call_handler(self, call: Call, asker: Requester) -> Message:
        verb: Callable[..., Message] = getattr(self._handlers, call.request.verb)
        return verb(asker, **call.values)

    def _follow_job(self, call: Call, answer: Message, asker: Requester) -> list[Message]:
        if not call.request.then:
            return []
        return self._notifier.follow(asker, str(answer.args[1]), call.request)
