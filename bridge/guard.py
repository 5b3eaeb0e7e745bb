"""The guard of a thread that lives as long as the program: whatever one item does, the next one is served."""

import logging
from types import TracebackType
from typing import Self

_log = logging.getLogger("sidestick.guard")


class Guard:
    """`with Guard("Song.wav"):` logs what breaks in it, under that name, and the program goes on behind it.

    `error` is what broke; None if all went well. What is no Exception, such as an interruption, goes on up, and so
    does what is `passing`.
    """

    def __init__(self, item: str, passing: tuple[type[Exception], ...] = ()) -> None:
        self._item = item
        self._passing = passing
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        if not isinstance(error, Exception) or isinstance(error, self._passing):
            return False
        self.error = error
        text = "%s: something broke (%s: %s). Please report it."
        _log.error(text, self._item, type(error).__name__, error, exc_info=error)
        return True
