"""A cache of the latest manifests: the next correction of a song need not read its thousands of hits again."""

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path

from daemon.outlets.manifest import Manifest, read_bytes

CAPACITY = 2  # songs


class ManifestCache:
    """Found by their bytes, so that a file which anybody changed meanwhile is read anew. For any thread."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._manifests: OrderedDict[bytes, Manifest] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, path: Path) -> Manifest:
        """As Manifest.load."""
        data = read_bytes(path)
        with self._lock:
            known = self._manifests.get(_key(data))
        found = known or Manifest.parse(data, path)
        self.store(data, found)
        return found

    def store(self, data: bytes, manifest: Manifest) -> None:
        """`manifest` is what `data` says."""
        with self._lock:
            self._manifests[_key(data)] = manifest
            self._manifests.move_to_end(_key(data))
            while len(self._manifests) > self._capacity:
                self._manifests.popitem(last=False)


def _key(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
