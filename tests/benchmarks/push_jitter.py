"""How exactly a pushed clip arrives, on a private JACK server, idle and while every core is busy.

Three senders play the same notes to a receiver in a process of its own: sidestick as it ships, sidestick's player on
RtMidi (what CoreMIDI, ALSA and Windows use) and, as the peer, the plain loop of sleep and rtmidi.send_message. The
jitter is how far a note lies from its time on JACK's frames, once the median delay is taken off.
"""

import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import NamedTuple

from bridge.midi.player import Player
from bridge.midi.port import Api, NoPort, OutPort, open_out
from bridge.midi.rtmidi_port import open_out as open_rtmidi
from tests.benchmarks.tables import Setting, Table, number
from tests.fakes import clip_of

RATE, PERIOD = 48000, 64
NOTES = 2000
SPACING, SOUNDS = 0.0025, 0.02
RULES = ("-R", "-P60", "-t2000")  # real time where the system allows it; wait for clients rather than skip them
SETTLE = 1.0

Send = Callable[[Sequence[tuple[float, int]]], None]


class Figures(NamedTuple):
    heard: int
    p50: float
    p99: float
    worst: float

    @classmethod
    def of(cls, frames: Sequence[int], onsets: Sequence[float]) -> "Figures":
        """Milliseconds. Lost notes leave the order unknown: then only their number counts."""
        if len(frames) != len(onsets):
            return cls(len(frames), float("nan"), float("nan"), float("nan"))
        delays = [frame / RATE - onset for frame, onset in zip(frames, onsets, strict=True)]
        usual = statistics.median(delays)
        errors = sorted(abs(delay - usual) * 1e3 for delay in delays)
        return cls(len(frames), errors[len(errors) // 2], errors[int(len(errors) * 0.99)], errors[-1])


@contextmanager
def jack_server() -> Iterator[None]:
    """A server of our own, which everything that is started meanwhile finds by the environment."""
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name = f"sidestick-bench-{os.getpid()}"
    card = ["-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(["jackd", "-n", name, "-S", *RULES, *card], stdout=quiet, stderr=quiet)
    time.sleep(SETTLE)
    yield
    server.terminate()
    server.wait()
    if before is None:
        del os.environ["JACK_DEFAULT_SERVER"]
    else:
        os.environ["JACK_DEFAULT_SERVER"] = before


@contextmanager
def busy(cores: int) -> Iterator[None]:
    processes = [multiprocessing.Process(target=_burn, daemon=True) for _ in range(cores)]
    for process in processes:
        process.start()
    yield
    for process in processes:
        process.kill()
        process.join()


def _burn() -> None:
    while True:
        sum(range(10_000))


def listen(pipe: Connection, source: str) -> None:
    """Collects the frame of every note-on until told to stop."""
    import jack

    frames: list[int] = []
    client = jack.Client("receiver", no_start_server=True)
    port = client.midi_inports.register("in")

    @client.set_process_callback
    def process(_: int) -> None:
        start = client.last_frame_time
        frames.extend(start + at for at, data in port.incoming_midi_events() if data[0][0] & 0xF0 == 0x90)

    client.activate()
    client.connect(source, port)
    pipe.send("ready")
    pipe.recv()
    pipe.send(frames)
    client.deactivate()
    client.close()


def measure(send: Send, source: str, notes: Sequence[tuple[float, int]]) -> Figures:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    receiver = context.Process(target=listen, args=(there, source))
    receiver.start()
    here.recv()
    send(notes)
    time.sleep(SETTLE)
    here.send("stop")
    frames = here.recv()
    receiver.join()
    return Figures.of(frames, [onset for onset, _ in notes])


def by_player(port: OutPort | NoPort) -> tuple[Send, Callable[[], None]]:
    if isinstance(port, NoPort):
        sys.exit(port.reason)
    player = Player(port)
    player.start()

    def send(notes: Sequence[tuple[float, int]]) -> None:
        player.play(clip_of(*notes, length=notes[-1][0] + 1, sounds=SOUNDS))
        while player.is_playing:
            time.sleep(0.1)

    return send, player.close


def by_plain_rtmidi(name: str) -> tuple[Send, Callable[[], None]]:
    import rtmidi

    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
    out.open_virtual_port("out")

    def send(notes: Sequence[tuple[float, int]]) -> None:
        start = time.perf_counter()
        for onset, pitch in notes:
            time.sleep(max(0.0, start + onset - time.perf_counter()))
            out.send_message([0x99, pitch, 100])

    return send, out.delete


SENDERS: dict[str, tuple[str, Callable[[], tuple[Send, Callable[[], None]]]]] = {
    "sidestick on JACK": ("sidestick:out", lambda: by_player(open_out())),
    "sidestick on RtMidi": ("bench:bench", lambda: by_player(open_rtmidi("bench", Api.JACK))),
    "plain rtmidi": ("plain:out", lambda: by_plain_rtmidi("plain")),
}


def tables(_: Setting) -> Iterator[Table]:
    head = ("sender", "cores busy", "heard", "p50 ms", "p99 ms", "worst ms")
    note = f"{NOTES} notes, {SPACING * 1e3:g} ms apart; JACK at {RATE} Hz with {PERIOD} frames."
    with jack_server():
        yield Table("jitter", head, tuple(_rows()), note)


def _rows() -> Iterator[tuple[str, ...]]:
    notes = [(n * SPACING, 36 + n % 40) for n in range(NOTES)]
    for load in (0, os.cpu_count() or 1):
        for name, (source, opening) in SENDERS.items():
            send, close = opening()
            with busy(load):
                heard, *times = measure(send, source, notes)
            close()
            yield name, str(load), str(heard), *(number(time) for time in times)
