"""A clip as a .mid file on disk."""

from pathlib import Path

from bridge.midi.file import to_bytes
from bridge.notes import Clip
from daemon.outlets.whole import write_whole


def write_midi(path: Path, clip: Clip) -> Path:
    """Write `clip` to `path` in one step and return it. Raises StageFailed with the reason and the remedy."""
    write_whole(path, to_bytes(clip))
    return path
