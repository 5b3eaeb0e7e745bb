"""Standard output, which may lose its reader: `sidestick transcribe Album/ | head -1` does all songs all the same."""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

GONE = "Nobody reads the output any more; the songs go on."


class LineOutput:
    """Lines to `out`; once its reader has gone, none, and a word of it to `errors`."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out, self._errors = out, errors
        self._is_read = True

    def print_lines(self, lines: Iterable[str]) -> None:
        if not self._is_read:
            return
        try:
            self._out.writelines(f"{line}\n" for line in lines)
            self._out.flush()
        except BrokenPipeError:
            self._is_read = False
            _drop_rest(self._out)
            print(GONE, file=self._errors)


def _drop_rest(out: TextIO) -> None:
    """What is still in the buffer goes nowhere; Python would complain of it at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)
