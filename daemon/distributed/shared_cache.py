"""The cache of finished stages for many machines: a local folder in front of an object store that all share.

stages/<stage>/<key>/manifest.json      what the result consists of; written last, by whoever came first
stages/<stage>/<key>/<attempt>/<file>   its files, as that attempt made them
leases/<stage>/<key>                    who makes it now, and until when nobody else need begin

A lease saves work and nothing depends on it: two machines that make the same result publish one, since the manifest
is only written where there is none.
"""

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bridge.guard import Guard
from daemon.distributed.object_store import ObjectStore
from daemon.errors import CacheFailed, ObjectStoreFailed
from daemon.pipeline.cache import StageCache

LEASE_SECONDS = 20.0  # a machine that died holds up the others for as long; chosen by hand
RENEW_SECONDS = 5.0  # a quarter of it, so that a slow store costs no lease
WAIT_SECONDS = 0.5  # between two looks at what another machine makes


class SharedCache(StageCache):
    """A StageCache under `root` that looks into `store` for what is not here, and puts there what was made here."""

    def __init__(
        self, root: Path, store: ObjectStore, owner: str, clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        super().__init__(root, clock)
        self._store = store
        self._owner = owner
        self._now = clock
        self._sleep = sleep

    def recall(self, stage: str, key: str) -> Path | None:
        """The folder of a finished result, fetched from the store if need be; None if nobody has made it."""
        return super().recall(stage, key) or self._download(stage, key)

    def obtain(
        self, stage: str, key: str, fill: Callable[[Path], None], waiting: Callable[[], None] = lambda: None
    ) -> Path:
        """As StageCache.obtain; made by one machine while the others wait, as far as its lease goes."""
        found = self.recall(stage, key)
        while found is None:
            with self._lease(stage, key) as ours:
                found = self.recall(stage, key)
                if found is None and ours:
                    found = self._publish(stage, key, super().obtain(stage, key, fill, waiting))
            if found is None:
                waiting()
                self._sleep(WAIT_SECONDS)
        return found

    def _publish(self, stage: str, key: str, folder: Path) -> Path:
        """Put a result into the store. If another machine was first, its result is the one that holds, here too."""
        place, attempt = f"stages/{stage}/{key}", secrets.token_hex(8)
        files = {}
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            name = path.relative_to(folder).as_posix()
            files[name] = [path.stat().st_size, _sha256(path)]
            self._store.write(f"{place}/{attempt}/{name}", path)
        manifest = {"attempt": attempt, "files": files, "owner": self._owner, "made": self._now()}
        if self._store.write_new(f"{place}/manifest.json", json.dumps(manifest).encode()):
            return folder
        self._store.delete(*(f"{place}/{attempt}/{name}" for name in files))
        self.forget(folder)
        found = self._download(stage, key)
        if found is None:
            raise CacheFailed(f"The result {place} was removed from {self._store.address} meanwhile. Start it again.")
        return found

    def _download(self, stage: str, key: str) -> Path | None:
        """A result of the store, as a result of this folder. One that is damaged there is dropped, and made again."""
        place = f"stages/{stage}/{key}"
        text = self._store.read(f"{place}/manifest.json")
        if text is None:
            return None
        try:
            with self.make(stage, key) as folder:
                self._fetch_files(place, json.loads(text), folder)
        except (_Damaged, ValueError, KeyError, TypeError, AttributeError):
            self._store.delete(f"{place}/manifest.json")
            return None
        return self._root / stage / key

    def _fetch_files(self, place: str, manifest: dict[str, Any], folder: Path) -> None:
        attempt = str(manifest["attempt"])
        for name, (size, digest) in manifest["files"].items():
            target = folder / name
            if not target.resolve().is_relative_to(folder.resolve()):
                raise _Damaged
            target.parent.mkdir(parents=True, exist_ok=True)
            there = self._store.fetch(f"{place}/{attempt}/{name}", target)
            if not there or target.stat().st_size != size or _sha256(target) != digest:
                raise _Damaged

    @contextmanager
    def _lease(self, stage: str, key: str) -> Iterator[bool]:
        """Whether the work is ours to do. A lease is renewed while it is held, and given back after."""
        path, token = f"leases/{stage}/{key}", secrets.token_hex(8)
        if not self._take_lease(path, token):
            yield False
            return
        released = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(path, token, released), name="lease", daemon=True)
        renewal.start()
        try:
            yield True
        finally:
            released.set()
            renewal.join()
            self._store.delete(path)

    def _take_lease(self, path: str, token: str) -> bool:
        if self._store.write_new(path, self._lease_text(token)):
            return True
        try:
            until = float(json.loads(self._store.read(path) or b"{}").get("until", 0))
        except (ValueError, AttributeError, TypeError):
            until = 0.0
        if until > self._now():
            return False
        self._store.delete(path)
        return self._store.write_new(path, self._lease_text(token))

    def _lease_text(self, token: str) -> bytes:
        return json.dumps({"owner": self._owner, "token": token, "until": self._now() + LEASE_SECONDS}).encode()

    def _renew(self, path: str, token: str, released: threading.Event) -> None:
        """A store that is away for a moment costs the lease at worst: then two machines do the same."""
        while not released.wait(RENEW_SECONDS):
            with Guard("A lease"), suppress(ObjectStoreFailed):
                self._store.write(path, self._lease_text(token))


class _Damaged(Exception):
    """What lies in the store is not what its manifest says."""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
