"""The user's own drum maps as the settings file has them now: one that was added holds at once, in workers too."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from daemon.config import FILE, Name, Settings, UserDrumMap

_MAPS = TypeAdapter(dict[Name, UserDrumMap])
_Stamp = tuple[int, int]


class OwnDrumMaps(Mapping[str, Mapping[str, int]]):
    """Note numbers by label, by the name of the map. What the file lost, or what is wrong in it, changes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._file: Path = settings.folders.config / FILE
        self._known: dict[str, dict[str, int]] = dict(settings.drum_maps)
        self._stamp: _Stamp | None = None

    def __getitem__(self, name: str) -> Mapping[str, int]:
        return self._current()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def _current(self) -> dict[str, dict[str, int]]:
        try:
            found = self._file.stat()
            stamp = found.st_mtime_ns, found.st_size
            if stamp != self._stamp:
                written = tomllib.loads(self._file.read_text("utf-8")).get("drum_maps", {})
                self._known = {**self._known, **_MAPS.validate_python(written)}
                self._stamp = stamp
        except (OSError, ValueError, ValidationError):
            pass
        return self._known
