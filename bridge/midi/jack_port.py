"""JACK ports that write each message at its very frame, from JACK's own process callback.

Times are JACK's frame counter in seconds. The callback only tries the lock: if the player is taking messages
back at that instant, the rest waits for the next cycle rather than JACK for us.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

import jack

from bridge.midi.port import Api, OutPort, PortLost, Receive

LEAD = 0.25  # seconds: more than a busy computer ever keeps a thread waiting
DRAIN = 0.5
WRAP = 1 << 32

LOOK = 1 << 14  # cycles between two looks at the counter while nothing is played: minutes, where wraps take a day

Cycle = Callable[[int], None]
"""Called in every cycle with its length in frames."""


class FrameClock:
    """JACK's 32-bit frame counter, which starts again every day at 48 kHz, as steady seconds.

    Clocks made at different times agree: each takes the wrap nearest to the computer's own clock.
    """

    def __init__(self, rate: int, frame: int, near: float) -> None:
        self._rate = rate
        self._frame = frame + round((near * rate - frame) / WRAP) * WRAP

    def start_cycle(self, frame: int) -> int:
        """Takes note of the counter at the start of a cycle; returns it without wraps."""
        self._frame = self._unwrap(frame)
        return self._frame

    def seconds(self, frame: int) -> float:
        return self._unwrap(frame) / self._rate

    def frames(self, seconds: float) -> int:
        return round(seconds * self._rate)

    def _unwrap(self, frame: int) -> int:
        return self._frame + (frame - self._frame + WRAP // 2) % WRAP - WRAP // 2


class Hub:
    """A JACK client, and what its ports do in each cycle.

    JACK wakes every client up in every cycle, which costs more than all that sidestick does then: ports share a client.
    When the server dies, close every client of it before another is opened: libjack crashes otherwise.
    """

    def __init__(self, name: str) -> None:
        self.client = _client(name)
        self.clock = FrameClock(self.client.samplerate, self.client.frame_time, time.perf_counter())
        self._cycles: tuple[Cycle, ...] = ()
        self._until_look = LOOK
        self._lost = False
        self._closed = False
        self.client.set_shutdown_callback(self._shut_down)
        self.client.set_process_callback(self._process)
        self.client.activate()

    def now(self) -> float:
        return self.clock.seconds(self.client.frame_time)

    def cycle_start(self) -> int:
        """The frame at which this cycle began; only for those who are called in it."""
        self._until_look = LOOK
        return self.clock.start_cycle(self.client.last_frame_time)

    def alive(self) -> bool:
        return not (self._lost or self._closed)

    def add(self, cycle: Cycle) -> None:
        self._cycles = (*self._cycles, cycle)

    def remove(self, cycle: Cycle) -> None:
        self._cycles = tuple(known for known in self._cycles if known != cycle)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with suppress(jack.JackError):  # the server may end at this very moment
            if not self._lost:
                self.client.deactivate()
        with suppress(jack.JackError):
            self.client.close()

    def _process(self, frames: int) -> None:
        self._until_look -= 1
        if not self._until_look:
            self.cycle_start()
        for cycle in self._cycles:
            cycle(frames)

    def _shut_down(self, status: Any, reason: str) -> None:  # noqa: ARG002
        self._lost = True


class JackOut:
    lead = LEAD

    def __init__(self, name: str) -> None:
        self.hub = Hub(name)
        self._port = self.hub.client.midi_outports.register("out")
        self.label = f"{self._port.name} (JACK)"
        self._queue: deque[tuple[int, bytes]] = deque()
        self._lock = Lock()
        self._written = True
        self.hub.add(self._write)

    def now(self) -> float:
        return self.hub.now()

    def alive(self) -> bool:
        return self.hub.alive()

    def send(self, message: bytes) -> None:
        self.schedule(message, 0.0)

    def schedule(self, message: bytes, when: float) -> None:
        if not self.alive():
            raise PortLost("JACK has stopped.")
        self._queue.append((self.hub.clock.frames(when), message))

    def drop(self) -> list[bytes]:
        with self._lock:
            taken = [message for _, message in self._queue]
            self._queue.clear()
        return taken

    def close(self) -> None:
        deadline = time.perf_counter() + DRAIN
        while self._queue and self.alive() and time.perf_counter() < deadline:
            time.sleep(0.002)
        if self.alive():
            rate = self.hub.client.samplerate or 1  # 0 once the server is gone
            time.sleep(2 * self.hub.client.blocksize / rate)
        self.hub.close()

    def _write(self, frames: int) -> None:
        """Nothing at all while there is nothing to play: at short periods every call counts."""
        if self._written:
            self._port.clear_buffer()
            self._written = False
        if not self._queue or not self._lock.acquire(blocking=False):
            return
        try:
            self._write_due(self.hub.cycle_start(), frames)
        finally:
            self._lock.release()

    def _write_due(self, start: int, frames: int) -> None:
        """Messages come in order; one that is late, or would overtake, goes as early as it can."""
        earliest = 0
        while self._queue and self._queue[0][0] < start + frames:
            when, message = self._queue[0]
            earliest = max(earliest, when - start)
            try:
                self._port.write_midi_event(earliest, message)
            except jack.JackError:
                return
            self._written = True
            self._queue.popleft()


class JackIn:
    """With a client of its own, or as one more port called `name` of a `hub` that is there."""

    def __init__(self, name: str, receive: Receive, hub: Hub | None = None) -> None:
        self._hub = hub or Hub(name)
        self._shares_hub = hub is not None
        self._port = self._hub.client.midi_inports.register(name if self._shares_hub else "in")
        self.label = f"{self._port.name} (JACK)"
        self._receive = receive
        self._hub.add(self._read)

    def now(self) -> float:
        return self._hub.now()

    def alive(self) -> bool:
        return self._hub.alive()

    def close(self) -> None:
        self._hub.remove(self._read)
        if not self._shares_hub:
            self._hub.close()
        elif self._hub.alive():
            with suppress(jack.JackError):
                self._port.unregister()

    def _read(self, frames: int) -> None:  # noqa: ARG002
        for frame, message in self._port.incoming_midi_events():
            self._receive(bytes(message), self._hub.clock.seconds(self._hub.cycle_start() + frame))


def open_out(name: str, api: Api) -> JackOut:  # noqa: ARG001
    return JackOut(name)


def open_in(name: str, api: Api, receive: Receive, beside: OutPort | None) -> JackIn:  # noqa: ARG001
    return JackIn(name, receive, beside.hub if isinstance(beside, JackOut) and beside.alive() else None)


def destinations(api: Api) -> tuple[str, ...]:  # noqa: ARG001
    client = _client("sidestick list")
    try:
        return tuple(port.name for port in client.get_ports(is_midi=True, is_input=True))
    finally:
        client.close()


def _client(name: str) -> Any:
    """Never starts a server. What libjack would print while there is none, the exception says."""
    jack.set_error_function(lambda _: None)
    try:
        return jack.Client(name, no_start_server=True)
    except jack.JackOpenError:
        raise OSError("JACK is not running") from None
