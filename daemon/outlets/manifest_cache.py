"""A cache of the latest manifests and what they stand for: to correct, list or play again works out nothing twice."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from daemon.outlets.arrange import Arrangement, arrange
from daemon.outlets.manifest import Manifest, read_bytes

CAPACITY = 2  # songs


@dataclass(slots=True)
class _Entry:
    manifest: Manifest
    arrangement: Arrangement | None


class ManifestCache:
    """Found by their bytes, so that a file which anybody changed meanwhile is read anew. For any thread."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, path: Path) -> Manifest:
        """As Manifest.load."""
        data = read_bytes(path)
        key = hashlib.sha256(data).digest()
        with self._lock:
            known = self._entries.get(key)
        entry = known or _Entry(Manifest.parse(data, path), None)
        self._keep(key, entry)
        return entry.manifest

    def arrange(self, manifest: Manifest) -> Arrangement:
        """What `manifest` stands for, as `arrange` says; of one that came from here it is worked out once."""
        with self._lock:
            entry = next((each for each in self._entries.values() if each.manifest is manifest), None)
        if entry is None:
            return arrange(manifest)
        if entry.arrangement is None:
            entry.arrangement = arrange(manifest)
        return entry.arrangement

    def store(self, data: bytes, manifest: Manifest, arrangement: Arrangement | None = None) -> None:
        """`manifest` is what `data` says, and `arrangement` what it stands for."""
        self._keep(hashlib.sha256(data).digest(), _Entry(manifest, arrangement))

    def _keep(self, key: bytes, entry: _Entry) -> None:
        with self._lock:
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
