"""NAME.error.txt: why a dropped file was not used, beside it, where its owner will look.

It also remembers, across restarts, which state of the file it speaks of: until that changes nothing is tried again.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.files import FileStamp, write_atomically
from daemon.inlets.drop_folder.ignore import NOTE_SUFFIX

_LONGEST_NAME = 255  # bytes
_LONGEST_CHARACTER = 4  # bytes
_LARGEST = 1 << 14
_LAST_LINE = re.compile(
    r"^\(sidestick saw (\d+) bytes, changed (-?\d+), options ([0-9a-f]+)(?:, content ([0-9a-f]*))?\)\s*\Z", re.MULTILINE
)
_AGAIN = "sidestick tries again when the file changes, or when you delete this note."


@dataclass(frozen=True, slots=True)
class FileState:
    """The state of a file that a decision was about. `options` is a digest of what was to be done with it.

    `content` is SHA-256 of its bytes, '' where nobody knows it.
    """

    stamp: FileStamp
    options: str
    content: str = ""

    def looks_like(self, other: "FileState") -> bool:
        return self.stamp.looks_like(other.stamp) and self.options == other.options


def note_of(path: Path) -> Path:
    """Where the note about `path` lies. A name that would become too long is cut."""
    name, room = os.fsencode(path.name), _LONGEST_NAME - len(NOTE_SUFFIX)
    if len(name) <= room:
        return path.with_name(path.name + NOTE_SUFFIX)
    return path.with_name(name[:room].decode(errors="ignore") + NOTE_SUFFIX)


def subject_of(note: Path) -> Path | None:
    """The file that a note of this name speaks of; None if the name may have been cut."""
    if len(os.fsencode(note.name)) > _LONGEST_NAME - _LONGEST_CHARACTER:
        return None
    return note.with_name(note.name[: -len(NOTE_SUFFIX)])


def read_note(path: Path) -> FileState | None:
    """What the note about `path` speaks of; None if there is no note, or one that sidestick did not write."""
    try:
        with note_of(path).open("rb") as file:
            text = file.read(_LARGEST).decode(errors="replace")
    except OSError:
        return None
    found = _LAST_LINE.search(text)
    return FileState(FileStamp(int(found[1]), int(found[2])), found[3], found[4] or "") if found else None


def write_note(path: Path, reason: str, state: FileState) -> Path | None:
    """The note that was written; None if another file has its name, which is left alone. Raises DiskFailed."""
    note = note_of(path)
    if os.path.lexists(note) and read_note(path) is None:
        return None
    seen = f"{state.stamp.size} bytes, changed {state.stamp.mtime_ns}, options {state.options}"
    last = f"(sidestick saw {seen}, content {state.content})"
    write_atomically(note, f"{reason}\n\n{_AGAIN}\n{last}\n".encode(errors="replace"))
    return note


def remove_note(path: Path) -> None:
    """Take back what sidestick wrote about `path`, if anything. One that cannot be removed stays."""
    if read_note(path) is not None:
        with suppress(OSError):
            note_of(path).unlink()
