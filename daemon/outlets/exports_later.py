"""Exports of a correction: its answer does not wait for them; they follow within moments, made in another process.

A corrected .mid takes some milliseconds, a PDF or a project with its sound a second or more. And engraving in the
daemon would make MIDI late.
"""

import hashlib
import logging
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from bridge.guard import Guard
from daemon.child_process import ChildProcesses, module_command
from daemon.errors import SidestickError
from daemon.files import atomic_batch, write_atomically
from daemon.outlets import naming
from daemon.outlets.delivery import DeliverySettings
from daemon.outlets.export_process import PROBLEMS, ExportTask
from daemon.outlets.exports.table import export_kinds
from daemon.outlets.manifest import Manifest
from daemon.outlets.note_files import refused_exports
from daemon.remarks import remark

_REST = 0.4  # seconds without a further correction, so that those of a slider are one
_LONGEST = 600.0  # seconds for all exports of a song
_LONGEST_STOP = 2.0

_log = logging.getLogger("sidestick.exports")

Make = Callable[[Path, Sequence[str], Mapping[str, Mapping[str, int]], Path], dict[str, str]]


class ExportMaker:
    """Makes exports in a process of its own. Any thread may ask."""

    def __init__(self) -> None:
        self._processes = ChildProcesses()

    def make(
        self, manifest: Path, names: Sequence[str], drum_maps: Mapping[str, Mapping[str, int]], folder: Path
    ) -> dict[str, str]:
        """Put each export into `folder` under its name; returns what could not be made, and why."""
        task = ExportTask(manifest, tuple(names), {name: dict(notes) for name, notes in drum_maps.items()}, folder)
        command = module_command("daemon.outlets.export_process")
        try:
            status, reason = self._processes.run(command, task.encode(), _LONGEST, folder)
        except subprocess.TimeoutExpired:
            status, reason = 1, "it took too long and was given up"
        if status:
            return dict.fromkeys(names, reason or "the work was ended from outside")
        return PROBLEMS.validate_json((folder / "problems").read_bytes())

    def close(self) -> None:
        self._processes.close()


def renew_exports(path: Path, settings: DeliverySettings, make: Make) -> tuple[str, ...]:
    """Write the exports of the manifest at `path` as its corrections have them now. Returns remarks.

    Raises Rejected, DiskFailed.
    """
    attempts = naming.Attempts()
    while True:
        with attempts, tempfile.TemporaryDirectory(prefix="sidestick-") as name:
            seen, found = naming.stamp_of(path), settings.manifest_cache.load(path)
            arrangement = settings.manifest_cache.arrange(found)
            refused = dict(refused_exports(arrangement))
            kinds = {
                kind: export.name for kind, export in export_kinds(arrangement.options.export, arrangement.padding > 0)
            }
            kinds = {kind: name for kind, name in kinds.items() if kind not in refused}
            problems = make(path, tuple(kinds.values()), settings.drum_maps, Path(name)) if kinds else {}
            data = {kind: (Path(name) / each).read_bytes() for kind, each in kinds.items() if each not in problems}
            remarks = [remark("export_failed", export=each, reason=why) for each, why in problems.items()]
            return (*remarks, *_place(path, seen, found, data, settings))


def _place(
    path: Path,
    seen: object,
    found: Manifest,
    data: Mapping[naming.OutputKind, bytes],
    settings: DeliverySettings,
) -> tuple[str, ...]:
    """Raises ChangedMeanwhile if the song was corrected while they were made."""
    with naming.lock_folder(path, None, settings.locks):
        if naming.stamp_of(path) != seen:
            raise naming.ChangedMeanwhile(f"{path} was changed in this very moment. Try again.")
        plan = naming.replan(path, found, data, settings.locks, naming.stamp_of(path))
        pending = {plan.paths[kind]: content for kind, content in data.items()}
        whole = found.model_copy(update={"outputs": plan.list_outputs(pending)})
        if whole.outputs == found.outputs:
            return plan.remarks
        encoded = whole.encode()
        written_down = naming.journal(path.parent, whole.outputs, settings.locks)
        with written_down, atomic_batch(plan.require_unchanged) as write:
            for place, content in pending.items():
                write(place, content)
            write(path, encoded)
        settings.manifest_cache.store(encoded, whole, settings.manifest_cache.arrange(found))
        return plan.remarks


class ExportRenewer:
    """Renews the exports of corrected songs, one song after the other. What is due outlives the daemon.

    `tell` gets the remarks for the song of a manifest.
    """

    def __init__(
        self, due: Path, renew: Callable[[Path], Iterable[str]], tell: Callable[[Path, tuple[str, ...]], None]
    ) -> None:
        self._due, self._renew, self._tell = due, renew, tell
        self._asked, self._lock = threading.Event(), threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="exports", daemon=True)

    def start(self) -> None:
        """What was due when the daemon ended is made now."""
        self._asked.set()
        self._thread.start()

    def stop(self) -> None:
        self._closed = True
        self._asked.set()
        if self._thread.ident is not None:
            self._thread.join(_LONGEST_STOP)

    def ask(self, manifest: Path) -> None:
        """The song of this manifest was corrected. Raises DiskFailed."""
        self._due.mkdir(parents=True, exist_ok=True)
        write_atomically(self._note(manifest), f"{time.time_ns()} {manifest}".encode())
        self._asked.set()

    def finish(self, manifest: Path) -> None:
        """What is due of this song is made when this returns."""
        if self._note(manifest).exists():
            self._renew_note(self._note(manifest))

    def step(self) -> bool:
        """Makes the exports of one song that is due; whether there was one."""
        note = next(iter(sorted(self._due.glob("*.due"))), None)
        if note is None:
            return False
        self._renew_note(note)
        return True

    def _renew_note(self, note: Path) -> None:
        with self._lock:  # one at a time: a song that was asked for twice is made once
            asked = note.read_bytes() if note.exists() else b""
            if asked:
                self._renew_due(note, asked)

    def _renew_due(self, note: Path, asked: bytes) -> None:
        manifest = Path(asked.decode().partition(" ")[2])
        with Guard(f"The exports of {manifest.name}"):
            self._renew_one(manifest)
        if not self._closed and note.read_bytes() == asked:  # else it is due once more
            note.unlink()

    def _renew_one(self, manifest: Path) -> None:
        try:
            remarks = tuple(self._renew(manifest))
        except SidestickError as error:
            _log.warning("The exports of %s could not be renewed: %s", manifest.name, error)
            return
        if not self._closed:
            self._tell(manifest, remarks)

    def _serve(self) -> None:
        while not self._closed:
            self._asked.wait()
            while not self._closed and self._rest():
                pass
            with Guard("The exports"):
                while not self._closed and not self._asked.is_set() and self.step():
                    pass

    def _rest(self) -> bool:
        """Whether more was asked for while it waited."""
        self._asked.clear()
        return self._asked.wait(_REST)

    def _note(self, manifest: Path) -> Path:
        return self._due / f"{hashlib.sha256(str(manifest).encode()).hexdigest()[:32]}.due"
