"""Flags about pitched parts, typed as bass.transpose=-12 or bass:7=43, in the words of options and corrections."""

import json
from collections.abc import Iterable
from typing import Any

from daemon.errors import Rejected
from daemon.pipeline.records import Part

Parts = dict[str, dict[str, Any]]


def settings(typed: Iterable[str]) -> Parts:
    """`--set bass.transpose=-12 --set vocals.bends=false` by part."""
    found: Parts = {}
    for text in typed:
        name, equals, value = text.partition("=")
        part, dot, setting = name.strip().partition(".")
        if not (equals and dot and setting and value.strip()):
            raise _bad_flag("--set", text, "bass.transpose=-12")
        found.setdefault(part, {})[setting.strip()] = _value(value.strip())
    return found


def sensitivity(typed: Iterable[str]) -> dict[str, str]:
    """`--sensitivity bass=0.7` by drum or part."""
    return dict(_split("--sensitivity", text, "=", "bass=0.7") for text in typed)


def corrections(
    deleted: Iterable[str] = (), pitch: Iterable[str] = (), octave: Iterable[str] = (), merged: Iterable[str] = ()
) -> Parts:
    """`--delete-note bass:12 --pitch bass:7=43 --octave bass:9=-1 --merge bass:10+11` by part."""
    found: Parts = {}
    for text in deleted:
        part, number = _split("--delete-note", text, ":", "bass:12")
        found.setdefault(part, {}).setdefault("delete", []).append(number)
    for flag, word, values in (("--pitch", "pitch", pitch), ("--octave", "octave", octave)):
        for text in values:
            part, note = _split(flag, text, ":", "bass:7=-1")
            number, value = _split(flag, note, "=", "bass:7=-1")
            found.setdefault(part, {}).setdefault(word, {})[number] = value
    for text in merged:
        part, numbers = _split("--merge", text, ":", "bass:10+11")
        found.setdefault(part, {}).setdefault("merge", []).append(numbers.split("+"))
    return found


def _split(flag: str, text: str, sign: str, like: str) -> tuple[str, str]:
    first, there, second = (each.strip() for each in text.partition(sign))
    if not (there and first and second):
        raise _bad_flag(flag, text, like)
    return first, second


def _value(text: str) -> Any:
    """Numbers, true and false as they are meant; anything else is a word."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _bad_flag(flag: str, text: str, like: str) -> Rejected:
    return Rejected("bad_option", f"{flag} {text!r} does not work; write it like {like}.")


def parts(text: str | None) -> tuple[str, ...] | None:
    """The parts of `--parts bass,drums`; None where nothing was said. Raises Rejected for a list without a part."""
    if text is None:
        return None
    if not text.strip(" ,"):
        reason = f"--parts {text!r} names no part. Give some with commas between: {', '.join(Part)}; all, or none."
        raise Rejected("bad_option", reason)
    return tuple(part.strip() for part in text.split(","))
