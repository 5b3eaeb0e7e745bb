"""Plays a clip in time: a thread that wakes the note scheduler at the right moments, and every way of ending it.

Deadlines are absolute, on the clock of the port, so that lateness never adds up.
"""

import atexit
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from bridge.guard import Guard
from bridge.midi.note_scheduler import NoteScheduler, SoundingNotes
from bridge.midi.play_events import PlaySettings
from bridge.midi.port import OutPort, PortLost
from bridge.midi.priority import raise_priority
from bridge.midi.transport import FreeRun, Transport
from bridge.notes import Clip

COARSE_TIMER = 0.016  # seconds by which Windows may wake a waiting thread up too late
SOON = 0.05  # seconds from the command to the first note, where notes can be written ahead


class Player:
    """A note scheduler with a thread. Commands come from any thread and have taken effect when they return.

    `sounding` are notes that a port which went has left behind: the next command ends them.
    """

    def __init__(
        self,
        port: OutPort,
        on_lost: Callable[[str], None] = lambda _: None,
        sounding: SoundingNotes | None = None,
    ) -> None:
        self._port = port
        self._on_lost = on_lost
        self._scheduler = NoteScheduler(port, sounding)
        self._settings = PlaySettings()
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self.run, name="sidestick player", daemon=True)

    @property
    def is_playing(self) -> bool:
        return self._scheduler.is_playing

    @property
    def notes_sent(self) -> int:
        """Notes played so far."""
        return self._scheduler.notes_sent

    @property
    def sounding_notes(self) -> SoundingNotes:
        """What has begun and not ended."""
        return self._scheduler.sounding

    @property
    def is_alive(self) -> bool:
        """Whether it can still be heard."""
        return not self._closed and self._port.alive()

    def start(self) -> None:
        atexit.register(self.close)
        self._thread.start()

    def play(self, clip: Clip, settings: PlaySettings | None = None, transport: Transport | None = None) -> int:
        """Plays `clip` from its beginning now, or wherever `transport` is; returns how many notes it has.

        A clip without notes changes nothing.
        """
        musical = transport is not None and transport.musical
        chosen = replace(settings or PlaySettings(), musical=musical)
        events = chosen.play_events(clip)
        if not events.note_count:
            return 0
        with self._command():
            self._settings = chosen
            self._scheduler.play(events, transport or FreeRun(self._port.now() + min(self._port.lead, SOON)))
        return events.note_count

    def replace(self, clip: Clip) -> None:
        """Goes on with `clip` in place of the one that plays, from the next note on."""
        events = self._settings.play_events(clip)
        with self._command():
            self._scheduler.replace(events, self._port.now())

    def stop(self) -> None:
        with self._command():
            self._scheduler.stop()

    def panic(self) -> None:
        with self._command():
            self._scheduler.panic()

    def wake(self) -> None:
        """Look again: the transport has started, stopped or jumped."""
        self._wake.set()

    def close(self) -> None:
        """Leaves silence and gives the port up. Also runs when Python ends and when the thread dies."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            with suppress(PortLost):
                self._scheduler.panic()
            self._port.close()
        self._wake.set()
        atexit.unregister(self.close)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(1.0)

    def run(self) -> None:
        """Whatever breaks leaves silence and a closed port, which its owner notices and opens anew."""
        raise_priority()
        with Guard("The MIDI player") as guard:
            try:
                while not self._closed:
                    self._wait(self.send_due())
            finally:
                self.close()
        if guard.error is not None:
            self._on_lost(str(guard.error))

    def send_due(self) -> float | None:
        """One look at what is due; the thread's whole work."""
        self._wake.clear()
        if self._closed:
            return None
        with self._guard_port():
            return self._scheduler.send_due(self._port.now())

    def _wait(self, deadline: float | None) -> None:
        if deadline is None:
            self._wake.wait()
            return
        seconds = deadline - self._port.now()
        if sys.platform != "win32":
            self._wake.wait(max(0.0, seconds))
        elif not self._wake.wait(max(0.0, seconds - COARSE_TIMER)):
            time.sleep(max(0.0, deadline - self._port.now()))

    @contextmanager
    def _command(self) -> Iterator[None]:
        with self._guard_port():
            yield
        self._wake.set()

    @contextmanager
    def _guard_port(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except PortLost as error:
                self._scheduler.abandon()
                self._on_lost(str(error))
