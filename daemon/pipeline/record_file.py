"""A stage's record beside its sound files in the workspace. Paths are kept by name, so that the folder may move."""

from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import from_json

FILE = "record.json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that belongs to a record."""

    path: Path


def save(folder: Path, record: object, seconds: float) -> None:
    """Write `record` and what it took into `folder`, which holds all files that it names."""
    adapter: TypeAdapter[Any] = TypeAdapter(type(record))
    head = f'{{"seconds":{seconds:.4f},"record":'.encode()
    (folder / FILE).write_bytes(head + adapter.dump_json(record) + b"}")


def load(folder: Path, kind: type[T]) -> tuple[T, float]:
    """The record and the seconds it took, its files found in `folder`."""
    found = from_json((folder / FILE).read_bytes())
    return _moved(TypeAdapter(kind).validate_python(found["record"]), folder), float(found["seconds"])


def _moved(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return folder / value.name
    if isinstance(value, dict):
        return {name: _moved(item, folder) for name, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        named = {f.name: getattr(value, f.name) for f in fields(value)}
        files = {n: v for n, v in named.items() if isinstance(v, Path | dict) or is_dataclass(v)}
        return replace(value, **{n: _moved(v, folder) for n, v in files.items()})
    return value
