"""The beat in a musician's words: `bpm` as "half", and a meter or a bar moved under beats that were given.

Settings of a correction may say {"bpm": "half"}; what is kept are the figures that it means for the beat that holds
now, so that an undo and a later word find them as they were.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from daemon.errors import Rejected
from daemon.pipeline.beats.meter import has_beats
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.pipeline.tempo_settings import lift_tempo
from daemon.score.given_tempo import correct_grid

CurrentBeat = Callable[[], tuple[BeatGrid, Options]]
"""Tells the beat and the options that hold now."""

FACTORS = {"half": 1 / 2, "double": 2.0, "two_thirds": 2 / 3, "three_halves": 3 / 2}
"""Of the bpm that holds now."""
_BARS = ("downbeat", "meter")


def resolve_beat_words(given: str | dict[str, Any], current: CurrentBeat) -> str | dict[str, Any]:
    """`given`, a correction, with figures for words; `current` tells the beat and the options that hold now."""
    settings = _settings(given)
    if settings is None or not ({"bpm", *_BARS} & settings.keys()):
        return given
    told = dict(settings)
    if isinstance(told.get("bpm"), str):
        told["bpm"] = _resolve_bpm(told["bpm"], current()[0])
    found = json.loads(given) if isinstance(given, str) else given
    return {**found, "settings": _move_given_bars(told, current)}


def _settings(given: str | dict[str, Any]) -> dict[str, Any] | None:
    """Its settings, None where it has none; what cannot be read is refused by whoever reads it all."""
    try:
        found = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        return None
    settings = found.get("settings") if isinstance(found, dict) else None
    return lift_tempo(settings) if isinstance(settings, dict) else None


def _resolve_bpm(text: str, grid: BeatGrid) -> float | str:
    word = text.strip().lower().replace("-", "_").replace(" ", "_")
    if word not in FACTORS:
        if re.fullmatch(r"[\d.]+", word):
            return text
        raise Rejected("bad_change", f"bpm {text!r:.20} does not work; give a number, or {', '.join(FACTORS)}.")
    if not has_beats(grid):
        raise Rejected("bad_change", f"There is no beat of which {word} could be taken; give bpm as a number.")
    return round(grid.bpm * FACTORS[word], 4)


def _move_given_bars(told: dict[str, Any], current: CurrentBeat) -> dict[str, Any]:
    """Where beats or a tempo map were given or tapped, a new meter or first bar is laid on just those beats."""
    moved = {name: told[name] for name in _BARS if told.get(name) is not None}
    if not moved or any(name in told for name in ("bpm", "tempo_map", "beats")):
        return told
    now, options = current()
    if not (options.beats or options.tempo_map):
        return told
    laid = correct_grid(now, Options.read(moved))
    rest = {name: value for name, value in told.items() if name not in _BARS}
    meter = f"{laid.numerator}/{laid.denominator}"
    return {**rest, "beats": list(laid.beats), "downbeats": list(laid.downbeats), "meter": meter}
