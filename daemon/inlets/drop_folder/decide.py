"""What becomes of a dropped file that has come to rest: a job, a note that says why not, or nothing at all."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from daemon.errors import Rejected, StageFailed
from daemon.inlets.drop_folder.error_note import Seen, read_note, remove_note, write_note
from daemon.inlets.drop_folder.folder_options import BadRecipe, Recipes
from daemon.inlets.drop_folder.ignore import RECIPE, companion
from daemon.inlets.drop_folder.settle import Settled, key_of, stamp_of
from daemon.outlets.manifest import Manifest
from daemon.outlets.naming import MANIFEST, digest_of
from daemon.pipeline.options import Options

Submit = Callable[[Path, Mapping[str, Any]], str]
"""Takes an absolute path and options as plain values; returns the job's id, or raises Rejected."""

Tell = Callable[[str], None]
"""Says one sentence to the user."""


class Said:
    """Says a thing once, until it is over or different."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last: dict[str, str] = {}

    def say(self, topic: str, text: str) -> None:
        if self._last.get(topic) != text:
            self._last[topic] = text
            self._tell(text)

    def over(self, topic: str, text: str = "") -> None:
        if self._last.pop(topic, None) and text:
            self._tell(text)


@dataclass(frozen=True, slots=True)
class _Decided:
    """What was done about one state of a file is done. It holds as long as `note`, if there is one, lies there."""

    seen: Seen
    note: Path | None = None


class Intake:
    """Decides about files, each state of each file once. Used by one thread."""

    def __init__(self, recipes: Recipes, submit: Submit, tell: Tell) -> None:
        self._recipes = recipes
        self._submit = submit
        self._tell = tell
        self._said = Said(tell)
        self._decided: dict[str, _Decided] = {}

    def knows(self, path: Path) -> bool:
        """Whether nothing has changed since it was decided about `path`, now or before a restart."""
        seen = self._seen(path)
        return seen is not None and self._knows(path, seen)

    def take(self, settled: Settled) -> None:
        """Hand it on as a job, or say why not."""
        path = settled.path
        try:
            given = self._recipes.given(path.parent)
        except BadRecipe:
            return
        seen = Seen(settled.stamp, _digest(given))
        if self.knows(path) or not self._writable(path.parent):
            return
        if settled.objection is None:
            self._hand_on(path, given, seen)
        elif settled.objection.code == "not_audio" and companion(path.name):
            self._decide(path, seen)
        else:
            self._refuse(path, seen, settled.objection.reason)

    def failed(self, path: Path, reason: str) -> None:
        """The job of `path` ended without a result."""
        decided = self._decided.get(key_of(path))
        seen = decided.seen if decided else self._seen(path)
        if seen is not None:
            self._refuse(path, seen, reason, told=True)

    def done(self, path: Path) -> None:
        """What was said about `path` before holds no longer."""
        decided = self._decided.get(key_of(path))
        if decided is not None:
            self._decide(path, decided.seen)
        remove_note(path)

    def check_recipe(self, folder: Path) -> None:
        """Write, renew or take back the note about the sidestick.toml in `folder`."""
        file = folder / RECIPE
        try:
            self._recipes.written(folder)
        except BadRecipe as error:
            stamp = stamp_of(file)
            seen = None if stamp is None else Seen(stamp, "0")
            if seen is not None and not self._knows(file, seen):
                self._refuse(file, seen, f"{error.reason} Until then the songs in this folder wait.")
        else:
            self._decided.pop(key_of(file), None)
            remove_note(file)

    def prune(self, there: set[str]) -> None:
        """Forget the files whose keys are not `there` any more."""
        self._decided = {key: decided for key, decided in self._decided.items() if key in there}

    def _knows(self, path: Path, seen: Seen) -> bool:
        decided = self._decided.get(key_of(path))
        if decided is None or decided.seen != seen:
            return read_note(path) == seen
        return decided.note is None or os.path.lexists(decided.note)

    def _hand_on(self, path: Path, given: dict[str, Any], seen: Seen) -> None:
        try:
            if not answered(path, self._recipes.options(given)):
                self._submit(path, given)
        except Rejected as error:
            if error.code != "missing":
                self._refuse(path, seen, error.reason)
            return
        remove_note(path)
        self._decide(path, seen)

    def _refuse(self, path: Path, seen: Seen, reason: str, *, told: bool = False) -> None:
        """`told` says that the user heard of it already."""
        note = None
        try:
            note = write_note(path, reason, seen)
        except StageFailed as error:
            self._said.say(f"notes {path.parent}", f"No note can be left beside refused files. {error.reason}")
        self._decide(path, seen, note)
        if not told:
            self._tell(reason if path.name in reason else f"{path.name}: {reason}")

    def _decide(self, path: Path, seen: Seen, note: Path | None = None) -> None:
        self._decided[key_of(path)] = _Decided(seen, note)

    def _seen(self, path: Path) -> Seen | None:
        stamp = stamp_of(path)
        if stamp is None:
            return None
        with suppress(BadRecipe):
            return Seen(stamp, _digest(self._recipes.given(path.parent)))
        return None

    def _writable(self, folder: Path) -> bool:
        topic = f"writing {folder}"
        if os.access(folder, os.W_OK):
            self._said.over(topic)
            return True
        remedy = "Allow writing there, or drop them elsewhere."
        self._said.say(topic, f"Nothing can be written to {folder}, so its songs wait. {remedy}")
        return False


def answered(path: Path, options: Options) -> bool:
    """Whether a manifest beside `path` holds what this content gives with these options."""
    digest = ""
    for number in count(1):
        manifest = path.with_name(f"{path.stem}{'' if number == 1 else f'-{number}'}{MANIFEST}")
        if not os.path.lexists(manifest):
            return False
        with suppress(Rejected):
            found = Manifest.load(manifest)
            if found.source.folder == "." and _same_work(found.options, options):
                digest = digest or digest_of(path)
                if found.source.sha256 == digest:
                    return True
    return False


def _same_work(one: Options, other: Options) -> bool:
    """A draft more or less gives the same in the end."""
    return one.model_copy(update={"draft": True}) == other.model_copy(update={"draft": True})


def _digest(given: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()[:12]
