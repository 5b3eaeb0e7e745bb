"""The spool: the OSC contract in files, for hosts whose scripts have no sockets (REAPER's Lua).

    inbox/NAME.json    {"address": "/sidestick/process", "args": ["7", "/songs/one.wav"]}, taken once its JSON is whole
    outbox/NAME.json   {"answers": [...], "events": [...], "finished": true}, written whole at each change

`events` holds the latest event of each kind for each job, and every remark. Once `finished` is true nothing more
comes, and the host deletes the file. NAME is of letters, digits, dots, dashes and underscores.
"""

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from bridge.files import replace_file
from bridge.guard import Guard
from bridge.osc.addresses import FAIL
from bridge.osc.calls import CallError, claimed_id, read_call, refusal
from bridge.osc.wire import Message
from daemon.inlets.dispatch import Dispatcher
from daemon.jobs.spool_files import SpoolAnswer, remove_old_files, take_request
from daemon.outlets.notify import LONGEST_FOLLOW, Requester

POLL = 0.05  # seconds
ANSWER_LIFETIME = 3600.0  # seconds that an answer nobody fetches is kept

LONGEST_STOP = 2.0  # seconds; a request that hangs must not keep the process alive

_SWEEP_EVERY = 60.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.json")


class Spool:
    """`wall` gives the time of day in seconds, as files have it. start() polls in a thread, step() once."""

    def __init__(self, folder: Path, dispatcher: Dispatcher, wall: Callable[[], float]) -> None:
        self.inbox, self.outbox = folder / "inbox", folder / "outbox"
        self._dispatcher = dispatcher
        self._wall = wall
        self._answer_files: dict[str, SpoolAnswer] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._next_sweep = 0.0
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._make_folders()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(LONGEST_STOP)

    def step(self) -> None:
        """Answers what lies in the inbox, and writes what has changed since."""
        for name in self._list_requests():
            with Guard(f"The spool's request {name}"):
                self._take(self.inbox / name)
        self._write_changed()
        if self._wall() >= self._next_sweep:
            self._sweep()

    def _run(self) -> None:
        while not self._stopping.wait(POLL):
            with Guard("The spool"):
                self.step()

    def _make_folders(self) -> None:
        """Open to their owner only: whoever can write here can ask sidestick to read a file."""
        for place in (self.inbox.parent, self.inbox, self.outbox):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _restore_folders(self) -> None:
        with suppress(OSError):  # a disk that is away or full: the next step tries again
            self._make_folders()

    def _list_requests(self) -> list[str]:
        try:
            with os.scandir(self.inbox) as entries:
                return sorted(entry.name for entry in entries if _NAME.fullmatch(entry.name))
        except OSError:
            self._restore_folders()
            return []

    def _take(self, path: Path) -> None:
        try:
            taken = take_request(path, self._wall())
        except CallError as error:
            self._refuse(path.name, refusal("", "", error))
        except OSError:  # taken back, or not readable yet
            return
        else:
            if taken:
                self._answer(path.name, *taken)

    def _answer(self, name: str, address: str, args: list[object]) -> None:
        try:
            call = read_call(address, args)
        except CallError as error:
            self._refuse(name, refusal(claimed_id(args), address, error))
            return
        answer_file = SpoolAnswer(call.request.ends, self._wall() + call.values.get("ttl_seconds", LONGEST_FOLLOW))
        asker = Requester(f"spool {name}", call.id, partial(self._deliver, answer_file))
        first, *known = self._dispatcher.handle(call, asker)
        for event in known:
            self._deliver(answer_file, event)
        with self._lock:
            answer_file.add_answer(first, last=first.address == FAIL or not call.request.then)
        self._answer_files[name] = answer_file

    def _refuse(self, name: str, message: Message) -> None:
        answer_file = SpoolAnswer((), self._wall())
        answer_file.add_answer(message, last=True)
        self._answer_files[name] = answer_file

    def _deliver(self, answer_file: SpoolAnswer, event: Message) -> None:
        with self._lock:
            answer_file.add_event(event)

    def _write_changed(self) -> None:
        for name, answer_file in list(self._answer_files.items()):
            answer_file.expire(self._wall())
            if answer_file.changed:
                self._write(name, answer_file)

    def _write(self, name: str, answer_file: SpoolAnswer) -> None:
        """A full disk or a reader that holds the file (Windows) is tried again at the next step."""
        with self._lock:
            text, finished, answer_file.changed = answer_file.text(), answer_file.finished, False
        try:
            replace_file(self.outbox / name, text)
        except OSError:
            answer_file.changed = True
            self._restore_folders()
            return
        if finished:
            del self._answer_files[name]

    def _sweep(self) -> None:
        self._next_sweep = self._wall() + _SWEEP_EVERY
        remove_old_files(self.inbox, self._wall() - ANSWER_LIFETIME)
        remove_old_files(self.outbox, self._wall() - ANSWER_LIFETIME, keep=self._answer_files)
