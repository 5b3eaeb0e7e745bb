"""What is known of one run over a catalogue. It lies in the store alone, so that no broker can lose it.

runs/<run>/run.json             what is asked for
runs/<run>/cursor.json          how much of the list has been sent
runs/<run>/done/<song>.json     one for each song that is done, written once
runs/<run>/failed/<song>.json   one for each that cannot be done, with the reason
runs/<run>/tries/<song>/<n>     one for each try that has begun and not come to an end
runs/<run>/cancelled            nobody need go on
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from daemon.distributed.object_store import ObjectStore
from daemon.errors import Rejected
from daemon.pipeline.options import Options

MAX_TRIES = 3  # a song that has ended so many workers is not given to another


@dataclass(frozen=True, slots=True)
class CatalogueSong:
    """A song of the list: its address, and its name below the results, where it gets a folder of its own."""

    url: str
    name: str

    @property
    def id(self) -> str:
        """24 hex digits by which the run knows it."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What a run does: the address of the songs or of their list, where results go, and the options of all songs."""

    songs: str
    out: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """12 hex digits: the same request is the same run, and goes on where it was."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class SongOutcome:
    """How a song ended. `code` and `reason` of a failure; `seconds` of work, `duration` of sound."""

    id: str
    url: str
    name: str
    files: tuple[str, ...] = ()
    digest: str = ""
    duration: float = 0.0
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""


class CatalogueRun:
    """One run in the store. Raises ObjectStoreFailed when that is away."""

    def __init__(self, store: ObjectStore, name: str, spec: RunSpec) -> None:
        self.name = name
        self.spec = spec
        self._store = store

    @classmethod
    def create(cls, store: ObjectStore, spec: RunSpec) -> "CatalogueRun":
        """The run of this request, begun now or earlier."""
        store.write_new(f"runs/{spec.name}/run.json", json.dumps(asdict(spec)).encode())
        return cls(store, spec.name, spec)

    @classmethod
    def load(cls, store: ObjectStore, name: str) -> "CatalogueRun":
        """Raises Rejected where there is no such run."""
        text = store.read(f"runs/{name}/run.json") if name.isalnum() else None
        if text is None:
            known = ", ".join(list_runs(store)) or "none yet"
            raise Rejected("unknown_run", f"There is no run {name!r} in {store.address}. Known are: {known}.")
        return cls(store, name, RunSpec(**json.loads(text)))

    @property
    def options(self) -> Options:
        return Options.read(self.spec.options)

    def is_over(self, song: CatalogueSong) -> bool:
        return self._store.exists(self._path("done", song.id)) or self._store.exists(self._path("failed", song.id))

    def mark(self, outcome: SongOutcome) -> bool:
        """Put down how a song ended; False if it has ended before."""
        kind = "failed" if outcome.code else "done"
        if kind == "failed" and self._store.exists(self._path("done", outcome.id)):
            return False
        return self._store.write_new(self._path(kind, outcome.id), json.dumps(asdict(outcome)).encode())

    def begin_try(self, song: CatalogueSong, worker: str) -> int | None:
        """The number of this try, from 1; None once MAX_TRIES have begun and not come to an end."""
        for number in range(1, MAX_TRIES + 1):
            if self._store.write_new(self._try(song, number), worker.encode()):
                return number
        return None

    def end_try(self, song: CatalogueSong, number: int) -> None:
        """It came to an end, whatever it was: its worker lives."""
        self._store.delete(self._try(song, number))

    def cancel(self) -> None:
        self._store.write(f"runs/{self.name}/cancelled", b"")

    def forget_tries(self) -> None:
        """Workers that were ended on purpose say nothing about their songs."""
        self._store.delete(*(found.path for found in self._store.list(f"runs/{self.name}/tries/")))

    def resume(self) -> None:
        """It is not cancelled any more."""
        self._store.delete(f"runs/{self.name}/cancelled")

    def is_cancelled(self) -> bool:
        return self._store.exists(f"runs/{self.name}/cancelled")

    def list_outcomes(self, kind: str) -> Iterator[SongOutcome]:
        """Those that are `done`, or `failed`, in the order of their ids."""
        for each in self.list_ids(kind):
            text = self._store.read(self._path(kind, each))
            if text is not None:
                found = json.loads(text)
                yield SongOutcome(**{**found, "files": tuple(found["files"]), "remarks": tuple(found["remarks"])})

    def list_ids(self, kind: str) -> Iterator[str]:
        for found in self._store.list(f"runs/{self.name}/{kind}/"):
            yield found.path.rpartition("/")[2].removesuffix(".json")

    def retry(self) -> int:
        """Forget the failures, and the tries that led to them; the next `catalogue run` does them. How many."""
        failed = list(self.list_ids("failed"))
        for each in failed:
            tries = [self._path("tries", each, str(number)) for number in range(1, MAX_TRIES + 1)]
            self._store.delete(self._path("failed", each), *tries)
        return len(failed)

    @property
    def cursor(self) -> int:
        """How many songs of the list have been sent."""
        return int(json.loads(self._store.read(f"runs/{self.name}/cursor.json") or b"0"))

    @cursor.setter
    def cursor(self, sent: int) -> None:
        self._store.write(f"runs/{self.name}/cursor.json", json.dumps(sent).encode())

    def _path(self, kind: str, song: str, number: str = "") -> str:
        return f"runs/{self.name}/{kind}/{song}" + (f"/{number}" if number else ".json")

    def _try(self, song: CatalogueSong, number: int) -> str:
        return self._path("tries", song.id, str(number))


def list_runs(store: ObjectStore) -> list[str]:
    """The names of all runs, in their order."""
    paths = (found.path.split("/") for found in store.list("runs/"))
    return sorted({parts[1] for parts in paths if parts[-1] == "run.json"})
