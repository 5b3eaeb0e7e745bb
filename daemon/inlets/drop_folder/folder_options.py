"""What a folder says about the files in it: `drums/` holds drum stems, and a sidestick.toml sets any option.

Both hold for the folders below as well; what stands nearer to the file wins.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from daemon.errors import Rejected
from daemon.files import FileStamp, describe_os_error
from daemon.inlets.drop_folder.ignore import OPTIONS_FILE
from daemon.inlets.drop_folder.settle import stamp_of
from daemon.jobs.admission import merge_options
from daemon.pipeline.options import Input, Options
from daemon.validation import refusal

INPUT_FOLDERS: frozenset[str] = frozenset(get_args(Input)) - {"mix"}

_LINE = re.compile(r"\(at line (\d+)")
_LARGEST = 1 << 16  # bytes; a sidestick.toml has a few lines


class BadFolderOptions(Rejected):
    """The sidestick.toml at `file` cannot be used."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__("bad_recipe", reason)
        self.file = file


class FolderOptions:
    """The options of every folder below `root`, as plain values to be laid over `defaults`."""

    def __init__(self, root: Path, defaults: Options) -> None:
        self._root = root
        self._defaults = defaults.model_dump()
        self._cache: dict[Path, tuple[FileStamp, dict[str, Any] | BadFolderOptions]] = {}

    def values_for(self, folder: Path) -> dict[str, Any]:
        """What is set for files in `folder`. Raises BadRecipe."""
        values: dict[str, Any] = {}
        for place in self._folders_down_to(folder):
            if place != self._root and place.name.lower() in INPUT_FOLDERS:
                values["input"] = place.name.lower()
            values = merge_options(values, self.values_in(place))
        return values

    def options(self, given: dict[str, Any]) -> Options:
        """All options that hold with `given`. Raises Rejected."""
        return Options.read(merge_options(self._defaults, given))

    def values_in(self, folder: Path) -> dict[str, Any]:
        """What the sidestick.toml in `folder` itself says; nothing if there is none. Raises BadRecipe."""
        file = folder / OPTIONS_FILE
        stamp = stamp_of(file)
        if stamp is None:
            self._cache.pop(file, None)
            return {}
        known = self._cache.get(file)
        if known is None or known[0] != stamp:
            known = self._cache[file] = stamp, self._read(file)
        if isinstance(known[1], BadFolderOptions):
            raise known[1]
        return known[1]

    def _folders_down_to(self, folder: Path) -> Iterator[Path]:
        yield self._root
        place = self._root
        for part in folder.relative_to(self._root).parts:
            place = place / part
            yield place

    def _read(self, file: Path) -> dict[str, Any] | BadFolderOptions:
        try:
            text = _read_text(file)
            return self._parse(file, text)
        except OSError as error:
            return BadFolderOptions(
                file, f"{file} cannot be read ({describe_os_error(error)}). Make it readable, or remove it."
            )
        except UnicodeDecodeError:
            return BadFolderOptions(file, f"{file} is not a text in UTF-8. Save it as plain text.")
        except tomllib.TOMLDecodeError as error:
            return BadFolderOptions(file, _syntax_refusal(file, text, error))
        except (RecursionError, ValueError):  # a number of thousands of digits is a ValueError of its own
            return BadFolderOptions(file, f"{file} is too deep or too long. One short line for each option is enough.")

    def _parse(self, file: Path, text: str) -> dict[str, Any] | BadFolderOptions:
        values = tomllib.loads(text)
        try:
            Options.model_validate(merge_options(self._defaults, values))
        except ValidationError as error:
            return BadFolderOptions(file, " ".join(_sentence(file, text, e) for e in error.errors()))
        return values


def _read_text(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(_LARGEST).decode("utf-8-sig")


def _syntax_refusal(file: Path, text: str, error: tomllib.TOMLDecodeError) -> str:
    found = _LINE.search(str(error))
    number = int(found[1]) if found else max(1, len(text.splitlines()))
    lines = text.splitlines()
    line = lines[number - 1].strip()[:80] if number <= len(lines) else ""
    return (
        f"{file}, line {number}, cannot be understood: {line or 'the file ends too early'}. "
        'Write it like this: separator = "htdemucs".'
    )


def _sentence(file: Path, text: str, error: Any) -> str:
    names = [str(part) for part in error["loc"]]
    place = f"{file}, line {_line_number(names, text)}"
    if error["type"] == "extra_forbidden":
        known = ", ".join(Options.model_fields)
        return f"{place}: there is no option {'.'.join(names)}. Use one of {known}."
    return f"{place}: {refusal('.'.join(names), error)}"


def _line_number(names: list[str], text: str) -> int:
    """Where the innermost name that the file itself mentions is set, counted from 1."""
    for name in reversed(names):
        quoted = rf"[\"']?{re.escape(name)}[\"']?"
        setting = re.compile(rf"^\s*(?:\[.*\b)?(?:[\w.\"']+\.)?{quoted}\s*[=\].]|[{{,]\s*{quoted}\s*=")
        for number, line in enumerate(text.splitlines(), 1):
            if setting.search(line):
                return number
    return 1
