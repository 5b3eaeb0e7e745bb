"""Small text files that others read at any moment."""

import os
from pathlib import Path


def expand_home(path: str | Path) -> Path:
    """`~` as the home folder; a `~name` of nobody whom this machine knows is a name like any other."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def replace_file(path: Path, text: str, *, private: bool = False) -> None:
    """A reader sees the old file or the new one, never a part; nobody but its owner reads a `private` one.

    It lives as long as the process that wrote it, so unlike results it need not survive a power cut.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.touch(mode=0o600 if private else 0o666)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
