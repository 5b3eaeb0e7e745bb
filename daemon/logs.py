"""What the daemon says: a line for each thing that happens, in words for a musician, in a file that stays small.

Level "debug" adds where each line comes from, the thread, and the traceback of every error.
"""

import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from daemon.events import Done, Download, Event, Failed, MidiWritten, Progress, Pushed, Queued, Remarked
from daemon.files import describe_os_error
from daemon.service_files import LABEL

NAME = "sidestick"
FILE = "sidestick.log"
MAX_BYTES = 1_000_000  # bytes in a file

_OLD_FILES = 4
_PLAIN = "%(asctime)s  %(mark)s%(message)s"
_DETAILED = "%(asctime)s.%(msecs)03d  %(levelname)-7s %(threadName)s %(module)s:%(lineno)d  %(message)s"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class LineFormatter(logging.Formatter):
    """One line for each record, whatever stands in it; tracebacks only when `detailed`."""

    def __init__(self, *, detailed: bool) -> None:
        super().__init__(_DETAILED if detailed else _PLAIN, datefmt="%Y-%m-%d %H:%M:%S")
        self._detailed = detailed

    def format(self, record: logging.LogRecord) -> str:
        shown = logging.makeLogRecord(record.__dict__)
        shown.msg, shown.args = escape_controls(record.getMessage()), None
        shown.__dict__["mark"] = "! " if record.levelno >= logging.WARNING else ""
        if not self._detailed:
            shown.exc_info = shown.exc_text = shown.stack_info = None
        return super().format(shown)


class LogFile(RotatingFileHandler):
    """sidestick.log and its predecessors. A full disk costs lines, never the daemon."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(
            folder / FILE, maxBytes=max_bytes, backupCount=_OLD_FILES, encoding="utf-8", errors="backslashreplace"
        )

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def start(folder: Path, level: str, console: TextIO | None, max_bytes: int = MAX_BYTES) -> logging.Logger:
    """The daemon's logger. It writes to sidestick.log in `folder` and to `console`; of the two, what works.

    `level` is debug, info, warning or error; a file that would grow over `largest` bytes becomes sidestick.log.1 first.
    Call `stop` at the end.
    """
    logger = logging.getLogger(NAME)
    stop(logger)
    logger.setLevel(level.upper())
    logger.propagate = False
    lines = LineFormatter(detailed=level == "debug")
    if console is not None:
        _attach(logger, logging.StreamHandler(console), lines)
    try:
        _attach(logger, LogFile(folder, max_bytes), lines)
    except OSError as error:
        logger.warning(
            "%s cannot be written (%s), so nothing is kept of what is said here.",
            folder / FILE,
            describe_os_error(error),
        )
    return logger


def console(environ: Mapping[str, str]) -> TextIO | None:
    """Where a person or the journal reads along; None as a LaunchAgent, whose stderr is a file that nobody rotates."""
    return None if environ.get("XPC_SERVICE_NAME") == LABEL else sys.stderr


def stop(logger: logging.Logger) -> None:
    """Write out and close everything."""
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()


def _attach(logger: logging.Logger, handler: logging.Handler, lines: logging.Formatter) -> None:
    handler.setFormatter(lines)
    logger.addHandler(handler)


def escape_controls(text: str) -> str:
    """`text` on one line: what a file name could use to forge lines or turn their direction is spelt out."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


@contextmanager
def log_thread_errors(logger: logging.Logger) -> Iterator[None]:
    """What ends a thread, past every guard, is logged with the thread's name."""
    before = threading.excepthook

    def log_error(what: threading.ExceptHookArgs) -> None:
        name = what.thread.name if what.thread else "unknown"
        text, kind = "The thread %s ended (%s: %s). Please report it.", what.exc_type
        if what.exc_value is not None and kind is not SystemExit:
            logger.error(text, name, kind.__name__, what.exc_value, exc_info=what.exc_value)

    threading.excepthook = log_error
    try:
        yield
    finally:
        threading.excepthook = before


class JobLogger:
    """Logs the events of each song: queued, separated, MIDI written, done or failed."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._names: dict[str, str] = {}
        self._stages: dict[str, str] = {}
        self._lock = threading.Lock()

    def log_event(self, event: Event) -> None:
        with self._lock:
            level, line = self._describe(event)
        if line:
            self._logger.log(level, "%s", line)

    def _describe(self, event: Event) -> tuple[int, str]:
        match event:
            case Queued(job, path):
                self._names[job] = Path(path).name
                return logging.INFO, f"{self._name(job)}: queued"
            case Progress(job, stage, download=Download(name, _, total)):
                return self._describe_download(job, stage, name, total)
            case Progress(job, stage, fraction, eta):
                return self._describe_progress(job, stage, fraction, eta)
            case MidiWritten(job, path, draft):
                what = "a first draft" if draft else "the hits" if path.endswith(".drums.mid") else "the notes"
                return logging.INFO, f"{self._name(job)}: wrote {what} to {Path(path).name}"
            case Pushed(job, notes):
                return logging.INFO, f"{self._name(job)}: {notes} notes go to the MIDI port"
            case Remarked(job, _, text):
                return logging.INFO, _prefix_name(self._name(job), text)
            case Done(job, revision):
                text = f"corrected, revision {revision}" if revision else "done"
                return logging.INFO, f"{self._forget(job)}: {text}"
            case Failed(job, _, reason):
                return logging.WARNING, _prefix_name(self._forget(job), reason)

    def _describe_progress(self, job: str, stage: str, fraction: float, eta: float | None) -> tuple[int, str]:
        """A stage is told when it begins; that long one, the separation, to everybody."""
        if self._stages.get(job) == stage:
            return logging.DEBUG, ""
        self._stages[job] = stage
        left = "" if eta is None else f", about {_duration(eta)} left"
        level = logging.INFO if stage == "separate" else logging.DEBUG
        text = "separating the stems" if stage == "separate" else f"{stage} at {fraction:.0%}"
        return level, f"{self._name(job)}: {text}{left}"

    def _describe_download(self, job: str, stage: str, name: str, total: int) -> tuple[int, str]:
        if self._stages.get(job) == stage:
            return logging.DEBUG, ""
        self._stages[job] = stage
        size = f", {total / 1e6:.0f} MB" if total else ""
        return logging.INFO, f"{self._name(job)}: fetching the network {name}{size}, once"

    def _name(self, job: str) -> str:
        return self._names.get(job, f"Job {job}")

    def _forget(self, job: str) -> str:
        self._stages.pop(job, None)
        name = self._name(job)
        self._names.pop(job, None)
        return name


def _prefix_name(name: str, reason: str) -> str:
    return reason if name in reason else f"{name}: {reason}"


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"


def tail(folder: Path, lines: int) -> list[str]:
    """The last `lines` lines of the log, from the predecessors too if the newest file has fewer."""
    found: list[str] = []
    for name in (FILE, *(f"{FILE}.{number}" for number in range(1, _OLD_FILES + 1))):
        path = folder / name
        if len(found) >= lines or not path.exists():
            break
        found = path.read_text(encoding="utf-8", errors="replace").splitlines() + found
    return found[-lines:] if lines > 0 else []
