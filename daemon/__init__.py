"""sidestick: the process that listens, queues, and turns audio into notes; and `transcribe`, which does it in Python.

Importing this package loads nothing; what the names below need is loaded with the first of them. onnxruntime 1.32 and
later reports each start to its maker, unless the variable below is set before it is loaded; child processes inherit it.
"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from daemon.api import TranscribedSong, transcribe
    from daemon.errors import Rejected, SidestickError, StageFailed

__version__ = "0.1.0"
__all__ = ["Rejected", "SidestickError", "StageFailed", "TranscribedSong", "__version__", "transcribe"]

os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from daemon import api

    return getattr(api, name)
