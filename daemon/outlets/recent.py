"""The manifests that were worked on last: the next correction of a song need not read its thousands of hits again."""

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path

from daemon.outlets.manifest import Manifest, read

ROOM = 2  # songs


class Recent:
    """Found by their bytes, so that a file which anybody changed meanwhile is read anew. For any thread."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._known: OrderedDict[bytes, Manifest] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, path: Path) -> Manifest:
        """As Manifest.load."""
        data = read(path)
        with self._lock:
            known = self._known.get(_key(data))
        found = known or Manifest.parsed(data, path)
        self.keep(data, found)
        return found

    def keep(self, data: bytes, manifest: Manifest) -> None:
        """`manifest` is what `data` says."""
        with self._lock:
            self._known[_key(data)] = manifest
            self._known.move_to_end(_key(data))
            while len(self._known) > self._room:
                self._known.popitem(last=False)


def _key(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
