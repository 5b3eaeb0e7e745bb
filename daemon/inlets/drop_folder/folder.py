"""The drop folder: whatever announces a file only marks it, and this thread decides when it is ready to be taken."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from daemon.errors import Rejected
from daemon.files import why
from daemon.inlets.drop_folder.decide import Intake, Said, Submit, Tell
from daemon.inlets.drop_folder.error_note import remove_note, subject_of
from daemon.inlets.drop_folder.folder_options import Recipes
from daemon.inlets.drop_folder.ignore import NOTE, RECIPE, ignored
from daemon.inlets.drop_folder.settle import Opens, Settling, key_of
from daemon.inlets.drop_folder.watch import NativeWatch, NoWatch, Watch
from daemon.pipeline.options import Options

BURST = 200  # news at once, of which some may have been lost

_LONGEST_STOP = 5.0  # seconds; a network share that is away can hold a thread for minutes


@dataclass(frozen=True, slots=True)
class Rules:
    """`poll` says that the folder announces nothing: it is looked through every `poll_seconds` instead.

    `attend_seconds` lie between two looks whether the folder is still the same one; for `gather_seconds` news are
    collected before they are looked at. `defaults` are the options that hold without a recipe.
    """

    poll: bool = False
    quiet_seconds: float = 2.0
    rescan_seconds: float = 300.0
    defaults: Options = field(default_factory=Options)
    poll_seconds: float = 5.0
    attend_seconds: float = 2.0
    gather_seconds: float = 0.2


class DropFolder:
    """start() follows the folder in a thread; step() does one round. `clock` gives seconds that only go forward."""

    def __init__(
        self,
        root: Path,
        rules: Rules,
        submit: Submit,
        opens: Opens,
        *,
        tell: Tell,
        clock: Callable[[], float] = time.monotonic,
        watch: Callable[[Callable[[Path], None]], Watch] = NativeWatch,
    ) -> None:
        self.root = root
        self._rules = rules
        self._clock = clock
        self._said = Said(tell)
        self._intake = Intake(Recipes(root, rules.defaults), submit, tell)
        self._opens = opens
        self._settling = Settling(rules.quiet_seconds, self._open)
        self._watch: Watch = NoWatch() if rules.poll else watch(self.mark)
        self._rescan = rules.poll_seconds if rules.poll else rules.rescan_seconds
        self._here: tuple[int, int] | None = None
        self._next_scan = self._next_look = -1.0
        self._marked: dict[str, Path] = {}
        self._verdicts: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"drop folder {root.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join(_LONGEST_STOP)
        self._watch.stop()

    def mark(self, path: Path) -> None:
        """Something may have happened to `path`, which lies in the folder. From any thread."""
        with self._lock:
            self._marked[str(path)] = path
        self._news.set()

    def failed(self, path: Path, reason: str) -> None:
        """The job of a file failed; nothing happens for files that lie elsewhere. From any thread."""
        self._hear(path, partial(self._intake.failed, path, reason))

    def done(self, path: Path) -> None:
        """The job of a file is done: a note that lies beside it is out of date. From any thread."""
        self._hear(path, partial(self._intake.done, path))

    def step(self) -> None:
        """One round: the folder itself, verdicts, news, and the files that have come to rest."""
        now = self._clock()
        if now >= self._next_look:
            self._attend(now)
        while self._verdicts:
            self._verdicts.popleft()()
        if self._here is None:
            return
        self._consider_marked(now)
        if now >= self._next_scan:
            self._scan(now)
        for settled in self._settling.step(now):
            self._intake.take(settled)
            if self._stopping.is_set():
                return

    def pause(self) -> float:
        """Seconds until a round is due even if there is no news."""
        if len(self._settling):
            return min(self._rules.quiet_seconds / 4, self._rules.attend_seconds)
        return self._rules.attend_seconds

    def _run(self) -> None:
        while not self._stopping.wait(self._rules.gather_seconds):
            self._news.clear()
            try:
                self.step()
                self._said.over("step")
            except OSError as error:
                self._said.say("step", f"{self.root} makes trouble ({why(error)}). sidestick goes on trying.")
            self._news.wait(self.pause())

    def _open(self, path: Path) -> None:
        """Read the header, but of nothing that lies outside."""
        if path.is_symlink() and not path.resolve().is_relative_to(self.root.resolve()):
            remedy = "Copy the file here instead."
            raise Rejected("outside", f"{path.name} is a link to a file outside the drop folder. {remedy}")
        self._opens(path)

    def _hear(self, path: Path, verdict: Callable[[], None]) -> None:
        if path.is_relative_to(self.root):
            self._verdicts.append(verdict)
            self._news.set()

    def _attend(self, now: float) -> None:
        """See whether the folder is there, and still the same one; a watch on one that is gone hears nothing."""
        self._next_look = now + self._rules.attend_seconds
        here = self._identity()
        if here == self._here:
            return
        self._here = here
        if here is None:
            self._watch.stop()
            self._settling.forget()
        else:
            self._said.over("root", f"{self.root} is back.")
            self._follow()
            self._next_scan = now

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.root.stat()
            with os.scandir(self.root):
                return found.st_dev, found.st_ino
        except OSError as error:
            self._said.say("root", f"The drop folder {self.root} cannot be used: {_why_not(error)}")
            return None

    def _follow(self) -> None:
        rules = self._rules
        try:
            self._watch.point(self.root)
            self._rescan = rules.poll_seconds if rules.poll else rules.rescan_seconds
        except OSError as error:
            self._watch.stop()
            self._rescan = min(rules.poll_seconds, rules.rescan_seconds)
            text = f"{self.root} cannot be watched ({why(error)}), so sidestick looks every {self._rescan:g} s instead."
            self._said.say("watch", text)

    def _consider_marked(self, now: float) -> None:
        with self._lock:
            marked, self._marked = self._marked, {}
        if len(marked) > BURST:
            self._next_scan = min(self._next_scan, now + self._rules.quiet_seconds)
        for path in marked.values():
            self._consider(path, now)

    def _consider(self, path: Path, now: float) -> None:
        relative = path.relative_to(self.root)
        if path == self.root:
            self._next_scan = now
        elif ignored(relative.parent):
            return
        elif path.name == RECIPE:
            self._look_through(path.parent, now)
        elif path.name.lower().endswith(NOTE):
            self._note_changed(path, now)
        elif path.is_dir() and not path.is_symlink():
            self._look_through(path, now)
        elif not ignored(relative):
            self._consider_song(path, now)

    def _consider_song(self, path: Path, now: float) -> None:
        if not os.path.lexists(path):
            remove_note(path)
        elif not self._intake.knows(path):
            self._settling.mark(path, now)

    def _note_changed(self, note: Path, now: float) -> None:
        """A note that was taken away asks for another try; one whose file has gone is out of date."""
        subject = subject_of(note)
        if subject is None:
            return
        if subject.name != RECIPE:
            self._consider_song(subject, now)
        elif not os.path.lexists(subject):
            remove_note(subject)

    def _scan(self, now: float) -> None:
        self._next_scan = now + self._rescan
        self._intake.prune(self._look_through(self.root, now))

    def _look_through(self, folder: Path, now: float) -> set[str]:
        """Consider all that lies in `folder` and below; the keys of what is there."""
        there = set()
        for path in self._files(folder):
            there.add(key_of(path))
            if path.name == RECIPE:
                self._intake.check_recipe(path.parent)
            elif path.name.lower().endswith(NOTE):
                self._note_changed(path, now)
            elif not ignored(path.relative_to(self.root)):
                self._consider_song(path, now)
        return there

    def _files(self, folder: Path) -> Iterator[Path]:
        if ignored(folder.relative_to(self.root)):
            return
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
            self._said.over(f"reading {folder}")
        except OSError as error:
            self._said.say(f"reading {folder}", f"The drop folder {folder} cannot be used: {_why_not(error)}")
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(folder / entry.name)
            else:
                yield folder / entry.name


def _why_not(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is not there. Create it, or plug its disk in; sidestick waits for it."
    if isinstance(error, NotADirectoryError):
        return "it is a file. Name a folder in the settings."
    if isinstance(error, PermissionError):
        return "reading it is not allowed. Change its permissions; sidestick waits."
    return f"{why(error)}. sidestick goes on trying."
