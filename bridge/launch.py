"""The console script. Another package called `daemon` may stand in the way of sidestick's: then it says so and ends.

It lies in `bridge`, because the other package would be in the way of anything under `daemon`.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

_FIRST_WORD = '"""sidestick'


def main() -> None:
    found = find_spec("daemon")
    if not _is_ours(found):
        where = found.origin if found and found.origin else "none at all"
        sys.exit(
            f"sidestick cannot start: Python finds another package called daemon ({where}). "
            "Install sidestick in a virtual environment of its own."
        )
    import_module("daemon.__main__").main()


def _is_ours(found: ModuleSpec | None) -> bool:
    try:
        return bool(found and found.origin and Path(found.origin).read_text("utf-8").startswith(_FIRST_WORD))
    except (OSError, UnicodeDecodeError):
        return False
