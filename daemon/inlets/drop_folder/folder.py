"""The drop folder: whatever announces a file only marks it, and this thread decides when it is ready to be taken."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bridge.guard import Guard
from daemon.errors import Rejected
from daemon.files import DigestCache, describe_os_error
from daemon.inlets.drop_folder.decide import Decider, Learn, Notices, Submit, Tell
from daemon.inlets.drop_folder.error_note import remove_note, subject_of
from daemon.inlets.drop_folder.folder_options import FolderOptions
from daemon.inlets.drop_folder.ignore import NOTE_SUFFIX, OPTIONS_FILE, is_ignored, is_midi
from daemon.inlets.drop_folder.settle import OpenHeader, PendingFiles, key_of
from daemon.inlets.drop_folder.watch import NativeWatch, NoWatch, Watch
from daemon.outlets.learn import is_saved_since
from daemon.pipeline.options import Options

BURST = 200  # changes at once, of which some may have been lost

_LONGEST_STOP = 5.0  # seconds; a network share that is away can hold a thread for minutes


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """`poll` says that the folder announces nothing: it is looked through every `poll_seconds` instead.

    `check_seconds` lie between two looks whether the folder is still the same one; for `gather_seconds` changes are
    collected before they are looked at. `defaults` are the options that hold without a sidestick.toml.
    """

    poll: bool = False
    quiet_seconds: float = 2.0
    rescan_seconds: float = 300.0
    defaults: Options = field(default_factory=Options)
    poll_seconds: float = 5.0
    check_seconds: float = 2.0
    gather_seconds: float = 0.2


class DropFolder:
    """start() follows the folder in a thread; step() does one round. `clock` gives seconds that only go forward.

    `digests` are those that the scheduler looks up, too, so that no song is read through twice.
    """

    def __init__(
        self,
        root: Path,
        settings: FolderSettings,
        submit: Submit,
        open_header: OpenHeader,
        *,
        learn: Learn,
        tell: Tell,
        digests: DigestCache | None = None,
        clock: Callable[[], float] = time.monotonic,
        watch: Callable[[Callable[[Path], None]], Watch] = NativeWatch,
    ) -> None:
        self.root = root
        self._settings = settings
        self._clock = clock
        self._notices = Notices(tell)
        folder_options = FolderOptions(root, settings.defaults)
        self._decider = Decider(folder_options, submit, learn, tell, digests=digests or DigestCache())
        self._open_header = open_header
        self._pending = PendingFiles(settings.quiet_seconds, self._open_inside)
        self._watch: Watch = NoWatch() if settings.poll else watch(self.mark)
        self._rescan = settings.poll_seconds if settings.poll else settings.rescan_seconds
        self._folder_id: tuple[int, int] | None = None
        self._next_scan = self._next_check = -1.0
        self._marked_paths: dict[str, Path] = {}
        self._outcomes: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"drop folder {root.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(_LONGEST_STOP)
        self._watch.stop()

    def mark(self, path: Path) -> None:
        """Something may have happened to `path`, which lies in the folder. From any thread."""
        with self._lock:
            self._marked_paths[str(path)] = path
        self._wake.set()

    def mark_failed(self, path: Path, reason: str) -> None:
        """The job of a file failed; nothing happens for files that lie elsewhere. From any thread."""
        self._queue_outcome(path, partial(self._decider.mark_failed, path, reason))

    def mark_done(self, path: Path) -> None:
        """The job of a file is done: a note that lies beside it is out of date. From any thread."""
        self._queue_outcome(path, partial(self._decider.mark_done, path))

    def step(self) -> None:
        """One round: the folder itself, outcomes of jobs, marked paths, and the files that have come to rest."""
        now = self._clock()
        if now >= self._next_check:
            self._check_folder(now)
        while self._outcomes:
            with Guard(f"The drop folder {self.root}", passing=(OSError,)):
                self._outcomes.popleft()()
        if self._folder_id is None:
            return
        self._consider_marked(now)
        if now >= self._next_scan:
            self._scan(now)
        for settled in self._pending.step(now):
            with Guard(str(settled.path), passing=(OSError,)):
                self._decider.take(settled)
            if self._stopping.is_set():
                return

    def wait_seconds(self) -> float:
        """Seconds until a round is due even if nothing was marked."""
        if len(self._pending):
            return min(self._settings.quiet_seconds / 4, self._settings.check_seconds)
        return self._settings.check_seconds

    def _run(self) -> None:
        while not self._stopping.wait(self._settings.gather_seconds):
            self._wake.clear()
            with Guard(f"The drop folder {self.root}"):
                self._step_or_report()
            self._wake.wait(self.wait_seconds())

    def _step_or_report(self) -> None:
        try:
            self.step()
            self._notices.clear("step")
        except OSError as error:
            trouble = f"{self.root} makes trouble ({describe_os_error(error)}). sidestick goes on trying."
            self._notices.report("step", trouble)

    def _open_inside(self, path: Path) -> None:
        """Read the header of what may be a song, but of nothing that lies outside."""
        if path.is_symlink() and not path.resolve().is_relative_to(self.root.resolve()):
            remedy = "Copy the file here instead."
            raise Rejected("outside", f"{path.name} is a link to a file outside the drop folder. {remedy}")
        if not is_midi(path):
            self._open_header(path)

    def _queue_outcome(self, path: Path, outcome: Callable[[], None]) -> None:
        if path.is_relative_to(self.root):
            self._outcomes.append(outcome)
            self._wake.set()

    def _check_folder(self, now: float) -> None:
        """See whether the folder is there, and still the same one; a watch on one that is gone reports nothing."""
        self._next_check = now + self._settings.check_seconds
        folder_id = self._read_folder_id()
        if folder_id == self._folder_id:
            return
        self._folder_id = folder_id
        if folder_id is None:
            self._watch.stop()
            self._pending.forget()
        else:
            self._notices.clear("root", f"{self.root} is back.")
            self._start_watch()
            self._next_scan = now

    def _read_folder_id(self) -> tuple[int, int] | None:
        try:
            found = self.root.stat()
            with os.scandir(self.root):
                return found.st_dev, found.st_ino
        except OSError as error:
            self._notices.report("root", f"The drop folder {self.root} cannot be used: {_reason(error)}")
            return None

    def _start_watch(self) -> None:
        settings = self._settings
        try:
            self._watch.point(self.root)
            self._rescan = settings.poll_seconds if settings.poll else settings.rescan_seconds
        except OSError as error:
            self._watch.stop()
            self._rescan = min(settings.poll_seconds, settings.rescan_seconds)
            why = describe_os_error(error)
            text = f"{self.root} cannot be watched ({why}), so sidestick looks every {self._rescan:g} s instead."
            self._notices.report("watch", text)

    def _consider_marked(self, now: float) -> None:
        with self._lock:
            marked, self._marked_paths = self._marked_paths, {}
        if len(marked) > BURST:
            self._next_scan = min(self._next_scan, now + self._settings.quiet_seconds)
        for path in marked.values():
            with Guard(str(path), passing=(OSError,)):
                self._consider(path, now)

    def _consider(self, path: Path, now: float) -> None:
        relative = path.relative_to(self.root)
        if path == self.root:
            self._next_scan = now
        elif is_ignored(relative.parent):
            return
        elif path.name == OPTIONS_FILE:
            self._look_through(path.parent, now)
        elif path.name.lower().endswith(NOTE_SUFFIX):
            self._consider_note(path, now)
        elif path.is_dir() and not path.is_symlink():
            self._look_through(path, now)
        elif is_midi(path):
            self._consider_midi(path, now)
        elif not is_ignored(relative):
            self._consider_song(path, now)

    def _consider_song(self, path: Path, now: float) -> None:
        if not os.path.lexists(path):
            remove_note(path)
        elif not self._decider.is_decided(path) and not self._decider.is_ours(path):
            self._pending.mark(path, now)

    def _consider_midi(self, path: Path, now: float) -> None:
        if not os.path.lexists(path):
            remove_note(path)
        elif is_saved_since(path) and not self._decider.is_decided(path):
            self._pending.mark(path, now)

    def _consider_note(self, note: Path, now: float) -> None:
        """A note that was taken away asks for another try; one whose file has gone is out of date."""
        subject = subject_of(note)
        if subject is None:
            return
        if is_midi(subject):
            self._consider_midi(subject, now)
        elif subject.name != OPTIONS_FILE:
            self._consider_song(subject, now)
        elif not os.path.lexists(subject):
            remove_note(subject)

    def _scan(self, now: float) -> None:
        self._next_scan = now + self._rescan
        self._decider.prune(self._look_through(self.root, now))

    def _look_through(self, folder: Path, now: float) -> set[str]:
        """Consider all that lies in `folder` and below; the keys of what is there."""
        there = set()
        for path in self._files(folder):
            there.add(key_of(path))
            if path.name == OPTIONS_FILE:
                self._decider.check_folder_options(path.parent)
            elif path.name.lower().endswith(NOTE_SUFFIX):
                self._consider_note(path, now)
            elif is_midi(path):
                self._consider_midi(path, now)
            elif not is_ignored(path.relative_to(self.root)):
                self._consider_song(path, now)
        return there

    def _files(self, folder: Path) -> Iterator[Path]:
        if is_ignored(folder.relative_to(self.root)):
            return
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
            self._notices.clear(f"reading {folder}")
        except OSError as error:
            self._notices.report(f"reading {folder}", f"The drop folder {folder} cannot be used: {_reason(error)}")
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(folder / entry.name)
            else:
                yield folder / entry.name


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there. Create it, or plug its disk in; sidestick waits for it."
    if isinstance(error, NotADirectoryError):
        return "it is a file. Name a folder in the settings."
    if isinstance(error, PermissionError):
        return "reading it is not allowed. Change its permissions; sidestick waits."
    return f"{describe_os_error(error)}. sidestick goes on trying."
