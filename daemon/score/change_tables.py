"""The words of a correction as tables of the reference, made from its models."""

import json
from collections.abc import Iterator

from daemon.score.changes import Changes
from daemon.score.note_changes import ChangeModel, NoteChanges


def markdown() -> str:
    """A table of the words for hits and settings, and one of those for the notes of a part."""
    tables = (("correction", Changes), ("correction of a part's notes", NoteChanges))
    return "\n\n".join("\n".join(_rows(title, model)) for title, model in tables) + "\n"


def examples(model: type[ChangeModel]) -> dict[str, object]:
    """One of each word."""
    return {name: (field.examples or [None])[0] for name, field in model.model_fields.items()}


def _rows(title: str, model: type[ChangeModel]) -> Iterator[str]:
    yield from (f"| {title} | what it does | example |", "| --- | --- | --- |")
    for name, example in examples(model).items():
        yield f"| `{name}` | {model.model_fields[name].description} | `{json.dumps({name: example})}` |"
