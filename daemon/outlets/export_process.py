"""The process that makes exports: what is engraved or packed would make MIDI late in the daemon.

    python -P -m daemon.outlets.export_process < task.json

Each export becomes a file of its name in the task's folder; `problems` there says which could not be made, and why.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from daemon.child_process import read_request
from daemon.errors import SidestickError
from daemon.outlets.arrange import arrange
from daemon.outlets.delivery import drum_map
from daemon.outlets.exports.table import export_of
from daemon.outlets.manifest import Manifest
from daemon.outlets.note_files import export_song, write_export

_NICE = 10


@dataclass(frozen=True, slots=True)
class ExportTask:
    """These exports of the song of a manifest, into a folder."""

    manifest: Path
    names: tuple[str, ...]
    drum_maps: dict[str, dict[str, int]]
    folder: Path

    def encode(self) -> bytes:
        return _TASK.dump_json(self)


_TASK = TypeAdapter(ExportTask)
PROBLEMS = TypeAdapter(dict[str, str])


def run_task(task: ExportTask) -> None:
    """Raises Rejected for a manifest that cannot be read, OSError for a folder that cannot be written."""
    found = Manifest.load(task.manifest)
    arrangement = arrange(found)
    notes = drum_map(arrangement.options.drum_map, task.drum_maps)
    song, problems = export_song(found, task.manifest, arrangement, notes), {}
    for name in task.names:
        made = write_export(export_of(name), song)
        if isinstance(made, str):
            problems[name] = made
        else:
            (task.folder / name).write_bytes(made)
    (task.folder / "problems").write_bytes(PROBLEMS.dump_json(problems))


def main() -> int:
    if hasattr(os, "nice"):
        os.nice(_NICE)
    line = read_request()
    try:
        run_task(_TASK.validate_json(line))
    except (SidestickError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
