"""A real JACK server without a sound card, and an independent client that notes the frame of every message."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

if sys.platform != "linux":
    pytest.skip("JACK's dummy server is tested on Linux", allow_module_level=True)

import jack

RATE, PERIOD = 48000, 64
RULES = (
    "-R",
    "-P60",
    "-t2000",
)  # real time where the system allows it; wait for clients rather than skip them


class Server:
    """A private JACK server without a sound card."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.start()

    def start(self) -> None:
        card = ["-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)]
        self.process = subprocess.Popen(
            ["jackd", "-n", self.name, "-S", *RULES, *card],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert eventually(lambda: subprocess.run(["jack_lsp"], capture_output=True).returncode == 0)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


class Event(NamedTuple):
    frame: int
    message: bytes


class Receiver:
    """Listens to one port. It shares no code with sidestick."""

    def __init__(self, source: str) -> None:
        self.events: list[Event] = []
        self.client = jack.Client("receiver", no_start_server=True)
        self.port = self.client.midi_inports.register("in")
        self.client.set_process_callback(self._process)
        self.client.activate()
        self.client.connect(source, self.port)

    def _process(self, frames: int) -> None:
        start = self.client.last_frame_time
        self.events += [Event(start + frame, bytes(data)) for frame, data in self.port.incoming_midi_events()]

    def strikes(self) -> list[Event]:
        return [event for event in self.events if event.message[0] & 0xF0 == 0x90]

    def sounding(self) -> set[tuple[int, int]]:
        notes: set[tuple[int, int]] = set()
        for _, message in self.events:
            key = message[0] & 0x0F, message[1]
            if message[0] & 0xF0 == 0x90:
                notes.add(key)
            elif message[0] & 0xF0 == 0x80:
                notes.discard(key)
        return notes

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()


def eventually(true: Callable[[], Any], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())
