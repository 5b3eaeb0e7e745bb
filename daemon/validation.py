"""What pydantic finds wrong with a value, in the words of somebody who makes music: what would be right."""

import re
from collections.abc import Mapping
from typing import Any

_BOUNDS = {
    "greater_than_equal": ("ge", "the least is {}"),
    "greater_than": ("gt", "it must be more than {}"),
    "less_than_equal": ("le", "the most is {}"),
    "less_than": ("lt", "it must be less than {}"),
}
_MESSAGES = {
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "finite_number": "it must be a finite number",
    "int_parsing": "it must be a whole number",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "bool_parsing": "use true or false",
    "bool_type": "use true or false",
    "string_type": "it must be a text",
    "tuple_type": "it must be a list",
    "list_type": "it must be a list",
    "dict_type": "it must be a table",
    "model_type": "it must be a table",
    "extra_forbidden": "there is nothing of that name",
}


SECRET = "key"  # the value of a setting with this in its name, misspelt or not, is not repeated
_TABLE_KEY = "[key]"  # how pydantic calls the name of a table's entry that does not work


def refusal(name: str, error: Mapping[str, Any]) -> str:
    """One sentence for one of `ValidationError.errors()`; `name` is what the user calls the value."""
    secret = any(SECRET in str(part) for part in error["loc"][-1:] if part != _TABLE_KEY)
    value = "this" if secret else _abbreviate(error["input"])
    return f"{name}: {value} does not work; {remedy(error)}."


def remedy(error: Mapping[str, Any]) -> str:
    """What would be right: the end of a sentence."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("literal_error", "enum"):
        return "use " + re.sub(r"'([^']*)'", r"\1", context["expected"])
    if kind in _BOUNDS:
        name, text = _BOUNDS[kind]
        return str(text.format(f"{context[name]:g}"))
    message = str(_MESSAGES.get(kind, error["msg"].removeprefix("Value error, ")))
    return message[0].lower() + message[1:]


def _abbreviate(value: object) -> str:
    """Text as it was typed, numbers as one writes them."""
    return f"{value:g}" if isinstance(value, float) else f"{value!r:.80}"
