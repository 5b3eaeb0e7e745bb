"""A project with one song of four seconds, and its onsets."""

from typing import Any

from tests.reaper.fake import Json, audio_item, notes
from tests.reaper.scripted_daemon import Results

SECONDS = 4.0


def song(results: Results, **more: Any) -> list[Json]:
    return [{"name": "Song", "items": [audio_item(results.folder / "Song.wav", SECONDS, **more)]}]


def onsets(outcome: Json) -> list[float]:
    return [round(note["time"], 3) for note in notes(outcome)]
