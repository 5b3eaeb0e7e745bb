"""Bodies that FastAPI does not read by itself, refused in the same words."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from daemon.errors import Rejected
from daemon.validation import refusal

T = TypeVar("T", bound=BaseModel)


def read_body(kind: type[T], body: bytes | str) -> T:
    """Raises Rejected (bad_request)."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Rejected("bad_request", " ".join(_sentence(e) for e in error.errors()[:5])) from None


def _sentence(error: object) -> str:
    found = dict(error)  # type: ignore[call-overload]
    if found["type"] == "json_invalid":
        return "The body is not JSON."
    return refusal(".".join(map(str, found["loc"])) or "The body", found)
