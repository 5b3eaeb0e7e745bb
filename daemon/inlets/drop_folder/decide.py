"""What becomes of a dropped file that has come to rest: a job, a note that says why not, or nothing at all."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from daemon.errors import DiskFailed, Rejected
from daemon.files import DigestCache
from daemon.inlets.drop_folder.error_note import FileState, note_of, read_note, remove_note, write_note
from daemon.inlets.drop_folder.folder_options import BadFolderOptions, FolderOptions
from daemon.inlets.drop_folder.ignore import OPTIONS_FILE, is_companion, is_midi
from daemon.inlets.drop_folder.settle import SettledFile, key_of, stamp_of
from daemon.outlets.learn import is_saved_since
from daemon.outlets.manifest import Manifest
from daemon.outlets.naming import MANIFEST, digest_of
from daemon.outlets.ownership import Ownership
from daemon.pipeline.options import Options

Submit = Callable[[Path, Mapping[str, Any]], str]
"""Takes an absolute path and options as plain values; returns the job's id, or raises Rejected."""

Learn = Callable[[Path], str]
"""Takes a .mid of ours that a DAW saved again; returns what was learned from it, or raises Rejected."""

Tell = Callable[[str], None]
"""Says one sentence to the user."""


class Notices:
    """Notices to the user: each is reported once, until it is cleared or different."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last: dict[str, str] = {}

    def report(self, topic: str, text: str) -> None:
        if self._last.get(topic) != text:
            self._last[topic] = text
            self._tell(text)

    def clear(self, topic: str, text: str = "") -> None:
        if self._last.pop(topic, None) and text:
            self._tell(text)


@dataclass(frozen=True, slots=True)
class _Decision:
    """What was done about one state of a file is done. It holds as long as `note`, if there is one, lies there."""

    state: FileState
    note: Path | None = None


class Decider:
    """Decides about files, each state of each file once. Used by one thread."""

    def __init__(
        self, folder_options: FolderOptions, submit: Submit, learn: Learn, tell: Tell, *, digests: DigestCache
    ) -> None:
        self._folder_options = folder_options
        self._submit = submit
        self._learn = learn
        self._tell = tell
        self._digests = digests
        self._notices = Notices(tell)
        self._decisions: dict[str, _Decision] = {}
        self._ownership = Ownership()

    def is_ours(self, path: Path) -> bool:
        """Whether sidestick wrote it."""
        return self._ownership.is_ours(path)

    def is_decided(self, path: Path) -> bool:
        """Whether nothing has changed since it was decided about `path`, now or before a restart."""
        state = self._current_state(path)
        return state is not None and self._matches_decision(path, state)

    def take(self, settled: SettledFile) -> None:
        """Hand it on as a job, or what was edited in a .mid as corrections; or say why not."""
        path = settled.path
        if not is_saved_since(path) if is_midi(path) else self._ownership.is_ours(path):
            return
        try:
            given = self._folder_options.values_for(path.parent)
        except BadFolderOptions:
            return
        if self.is_decided(path) or not self._can_write(path.parent):
            return
        state = FileState(settled.stamp, _options_digest(given), self._digests.hash_settled(path))
        if is_midi(path):
            self._learn_edits(path, state)
        elif settled.objection is None:
            self._submit_job(path, given, state)
        elif settled.objection.code == "not_audio" and is_companion(path.name):
            self._decide(path, state)
        else:
            self._refuse(path, state, settled.objection.reason)

    def mark_failed(self, path: Path, reason: str) -> None:
        """The job of `path` ended without a result."""
        decision = self._decisions.get(key_of(path))
        state = decision.state if decision else self._current_state(path)
        if state is not None:
            self._refuse(path, state, reason, already_reported=True)

    def mark_done(self, path: Path) -> None:
        """What was said about `path` before holds no longer."""
        decision = self._decisions.get(key_of(path))
        if decision is not None:
            self._decide(path, decision.state)
        remove_note(path)

    def check_folder_options(self, folder: Path) -> None:
        """Write, renew or take back the note about the sidestick.toml in `folder`."""
        file = folder / OPTIONS_FILE
        try:
            self._folder_options.values_in(folder)
        except BadFolderOptions as error:
            stamp = stamp_of(file)
            state = None if stamp is None else FileState(stamp, "0")
            if state is not None and not self._matches_decision(file, state):
                self._refuse(file, state, f"{error.reason} Until then the songs in this folder wait.")
        else:
            self._decisions.pop(key_of(file), None)
            remove_note(file)

    def prune(self, there: set[str]) -> None:
        """Forget the files whose keys are not `there` any more."""
        self._decisions = {key: decision for key, decision in self._decisions.items() if key in there}

    def _matches_decision(self, path: Path, state: FileState) -> bool:
        decision = self._decisions.get(key_of(path))
        if decision is None or not decision.state.looks_like(state):
            noted = read_note(path)
            decision = None if noted is None or not noted.looks_like(state) else _Decision(noted, note_of(path))
        if decision is None or (decision.note is not None and not os.path.lexists(decision.note)):
            return False
        if decision.state.stamp != state.stamp:
            if decision.state.content and digest_of(path) != decision.state.content:
                return False
            self._decide(path, replace(state, content=decision.state.content), decision.note)
        return True

    def _submit_job(self, path: Path, given: dict[str, Any], state: FileState) -> None:
        try:
            if not has_result(path, state.content, self._folder_options.options(given)):
                self._submit(path, given)
        except Rejected as error:
            if error.code != "missing":
                self._refuse(path, state, error.reason)
            return
        remove_note(path)
        self._decide(path, state)

    def _learn_edits(self, path: Path, state: FileState) -> None:
        try:
            learned = self._learn(path)
        except Rejected as error:
            if error.code != "no_edits":
                self._refuse(path, state, error.reason)
                return
            learned = error.reason
        remove_note(path)
        self._decide(path, state)
        self._tell(learned)

    def _refuse(self, path: Path, state: FileState, reason: str, *, already_reported: bool = False) -> None:
        """`already_reported` says that the user knows of it."""
        note = None
        try:
            note = write_note(path, reason, state)
        except DiskFailed as error:
            self._notices.report(f"notes {path.parent}", f"No note can be left beside refused files. {error.reason}")
        self._decide(path, state, note)
        if not already_reported:
            self._tell(reason if path.name in reason else f"{path.name}: {reason}")

    def _decide(self, path: Path, state: FileState, note: Path | None = None) -> None:
        self._decisions[key_of(path)] = _Decision(state, note)

    def _current_state(self, path: Path) -> FileState | None:
        stamp = stamp_of(path)
        if stamp is None:
            return None
        with suppress(BadFolderOptions):
            return FileState(stamp, _options_digest(self._folder_options.values_for(path.parent)))
        return None

    def _can_write(self, folder: Path) -> bool:
        topic = f"writing {folder}"
        if os.access(folder, os.W_OK):
            self._notices.clear(topic)
            return True
        remedy = "Allow writing there, or drop them elsewhere."
        self._notices.report(topic, f"Nothing can be written to {folder}, so its songs wait. {remedy}")
        return False


def has_result(path: Path, digest: str, options: Options) -> bool:
    """Whether a manifest beside `path` holds what content of this digest gives with these options."""
    for number in count(1):
        manifest = path.with_name(f"{path.stem}{'' if number == 1 else f'-{number}'}{MANIFEST}")
        if not os.path.lexists(manifest):
            return False
        with suppress(Rejected):
            found = Manifest.load(manifest)
            source = found.source
            if source.folder == "." and source.sha256 == digest and _is_same_work(found.options, options):
                return True
    return False


def _is_same_work(one: Options, other: Options) -> bool:
    """A draft more or less gives the same in the end."""
    return one.model_copy(update={"draft": True}) == other.model_copy(update={"draft": True})


def _options_digest(given: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()[:12]
