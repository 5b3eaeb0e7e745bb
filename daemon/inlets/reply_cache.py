"""The reply cache: a request that comes again, as UDP lost its answer, gets that answer and is not done twice."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bridge.osc.calls import Call, CallError
from bridge.osc.wire import Message

MOST_REPLIES = 4096
LIFETIME = 600.0  # seconds; clients retry within a few

_ReplyKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _CachedReply:
    call: Call
    answer: Message
    until: float


class ReplyCache:
    """The latest replies, by client, id and address. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._replies: OrderedDict[_ReplyKey, _CachedReply] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, client: str, call: Call) -> Message | None:
        """The answer that this call got before. Raises CallError if the id was used with other arguments."""
        with self._lock:
            self._forget_old()
            cached = self._replies.get(_key(client, call))
        if cached is None:
            return None
        if cached.call.values != call.values:
            text = f"The id {call.id} was used for another {call.request.path} before. Make a new id each time."
            raise CallError("id_reused", text)
        return cached.answer

    def keep(self, client: str, call: Call, answer: Message) -> None:
        with self._lock:
            self._replies[_key(client, call)] = _CachedReply(call, answer, self._clock() + LIFETIME)
            while len(self._replies) > MOST_REPLIES:
                self._replies.popitem(last=False)

    def _forget_old(self) -> None:
        now = self._clock()
        while self._replies and next(iter(self._replies.values())).until <= now:
            self._replies.popitem(last=False)


def _key(client: str, call: Call) -> _ReplyKey:
    return client, repr(call.id), call.request.path
