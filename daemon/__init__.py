"""sidestick: the process that listens, queues, and turns audio into notes; and `transcribe`, which does it in Python.

Importing this package loads nothing; what the names below need is loaded with the first of them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from daemon.api import TranscribedSong, transcribe
    from daemon.errors import Rejected, SidestickError, StageFailed

__version__ = "0.1.0"
__all__ = ["Rejected", "SidestickError", "StageFailed", "TranscribedSong", "__version__", "transcribe"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from daemon import api

    return getattr(api, name)
