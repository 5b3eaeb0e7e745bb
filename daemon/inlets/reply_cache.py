"""A request that comes again, because UDP lost its answer, gets that answer again and is not done twice."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bridge.osc.calls import Call, CallError
from bridge.osc.codec import Message

REMEMBERED = 4096
LIFETIME = 600.0  # seconds; clients retry within a few

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Given:
    call: Call
    answer: Message
    until: float


class Once:
    """The answers given of late, by client, id and address. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._given: OrderedDict[_Key, _Given] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, client: str, call: Call) -> Message | None:
        """The answer that this call got before. Raises CallError if the id was used with other arguments."""
        with self._lock:
            self._forget_old()
            given = self._given.get(_key(client, call))
        if given is None:
            return None
        if given.call.values != call.values:
            text = f"The id {call.id} was used for another {call.request.path} before. Make a new id each time."
            raise CallError("id_reused", text)
        return given.answer

    def keep(self, client: str, call: Call, answer: Message) -> None:
        with self._lock:
            self._given[_key(client, call)] = _Given(call, answer, self._clock() + LIFETIME)
            while len(self._given) > REMEMBERED:
                self._given.popitem(last=False)

    def _forget_old(self) -> None:
        now = self._clock()
        while self._given and next(iter(self._given.values())).until <= now:
            self._given.popitem(last=False)


def _key(client: str, call: Call) -> _Key:
    return client, repr(call.id), call.request.path
