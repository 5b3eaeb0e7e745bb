"""The process that looks into unknown files, so that no decoder can hold up the daemon or take it down.

It is started by `guarded_probe` and answers one line of JSON with one line of JSON. Libraries written in C print on
standard output and standard error as they like; the answers go where they cannot reach.
"""

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter

from daemon.errors import Rejected
from daemon.pipeline.audio.probe import Limits, Probe, probe

GIGABYTE = 1 << 30  # bytes
MOST_DATA, MOST_SPACE = GIGABYTE, 5 * GIGABYTE  # memory of its own, and with the files that are mapped into it
MOST_SECONDS = 30  # after which the system ends it, if nobody else does


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon, whose end closes the input
    _limit_memory()
    with os.fdopen(_take_output(), "w", encoding="utf-8") as answers:
        for line in sys.stdin:
            _set_alarm(MOST_SECONDS)
            _answer(json.loads(line), answers)
            _set_alarm(0)


def _answer(request: dict[str, Any], answers: IO[str]) -> None:
    limits = TypeAdapter(Limits).validate_python(request["limits"])
    try:
        found = probe(Path(request["path"]), limits)
        answer = {"found": TypeAdapter(Probe).dump_python(found, mode="json", exclude={"path"})}
    except Rejected as refusal:
        answer = {"rejected": [refusal.code, refusal.reason]}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _take_output() -> int:
    """The standard output for ourselves; what others write there or on standard error goes nowhere."""
    own = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return own


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        for kind, most in ((resource.RLIMIT_DATA, MOST_DATA), (resource.RLIMIT_AS, MOST_SPACE)):
            with suppress(ValueError, OSError):  # a lower limit holds already, or the system knows none
                resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def _set_alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


if __name__ == "__main__":
    main()
