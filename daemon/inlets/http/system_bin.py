"""The system's bin, where the user has one: what was deleted by mistake is taken back from there."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_ALWAYS = ("darwin", "win32")


def has_bin() -> bool:
    """macOS and Windows always have one; elsewhere a desktop makes its folder, and a server has none."""
    if sys.platform in _ALWAYS:
        return True
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return (Path(data) / "Trash").is_dir()


def discard(path: Path) -> bool:
    """To the bin, which is True, or where there is none or it does not take the file, gone for good."""
    if has_bin():
        with suppress(Exception):  # whatever the system's bin has against it
            _load_library()(str(path))
            return True
    with suppress(OSError):
        path.unlink()
    return False


def _load_library() -> Callable[[str], None]:
    from send2trash import send2trash

    return send2trash  # type: ignore[no-any-return,unused-ignore]
