"""Runs the REAPER scripts under a plain Lua, in the fake REAPER of this folder."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "reaper_scripts"
LUAS = ("lua5.3", "lua5.4")

Json = dict[str, Any]


@dataclass
class Reaper:
    """One REAPER with its own folders; `state` is where it looks for sidestick."""

    lua: str
    home: Path
    state: Path
    scene: Json = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, script: str, tracks: Sequence[Json] = (), **more: Any) -> Json:
        """What became of the project once the action has ended."""
        scene = {"script": f"sidestick_{script}.lua", "tracks": [*tracks], "resources": str(self.home)}
        return self._play({**scene, **self.scene, **more})

    def lines(self, text: str, **more: Any) -> Json:
        """The same for a few lines of Lua instead of an action."""
        path = self.home / "lines.lua"
        path.write_text(text, encoding="utf-8")
        return self._play({"resources": str(self.home), "hasty": True, **self.scene, **more}, path)

    def _play(self, scene: Json, *files: Path) -> Json:
        path = self.home / "scene.json"
        path.write_text(json.dumps(scene), encoding="utf-8")
        command = [self.lua, str(HERE / "run_scenario.lua"), str(path), *map(str, files)]
        environment = {**os.environ, "SIDESTICK_STATE_FOLDER": str(self.state), **self.environment}
        done = subprocess.run(command, capture_output=True, env=environment, timeout=120)
        assert done.returncode == 0, done.stderr.decode()
        found: Json = json.loads(done.stdout)
        return found


def audio_item(path: Path, seconds: float, **more: Any) -> Json:
    """A selected item that plays the whole file from the start of the project."""
    values = {"D_POSITION": 0.0, "D_LENGTH": seconds, **more.pop("values", {})}
    source = {"path": str(path), "length": seconds, **more.pop("source", {})}
    return {"selected": True, "name": path.name, "values": values, "source": source, **more}


def notes(outcome: Json, track: int = 1, item: int = 0) -> list[Json]:
    found: list[Json] = outcome["tracks"][track]["items"][item]["notes"]
    return found


def reopen_tracks(outcome: Json, *selected: int) -> list[Json]:
    """The tracks of a project as it was saved; of `selected` tracks the first item is selected."""
    return [_track(track, index in selected) for index, track in enumerate(outcome["tracks"])]


def _track(track: Json, selected: bool) -> Json:
    items = [_item(item, selected and number == 0) for number, item in enumerate(track["items"])]
    return {"name": track["name"], "strings": track["strings"], "items": items}


def _item(item: Json, selected: bool) -> Json:
    """An .rpp keeps 14 digits of a number."""
    if not item["has_take"]:
        return {"empty": True, "values": _saved(item["values"]), "strings": item["strings"], "selected": selected}
    first, *more = [_take(take, item["values"]["D_LENGTH"]) for take in (item, *item["takes"])]
    return {**first, "values": _saved(item["values"]), "strings": item["strings"], "takes": more, "selected": selected}


def _take(take: Json, length: float) -> Json:
    names = ("take", "take_strings", "name", "markers", "events", "envelopes")
    kept = {name: take[name] for name in names if take.get(name)}
    source = {"path": take["file"], "length": length} if take.get("file") else None
    return {**kept, "take": _saved(take["take"]), "source": source}


def _saved(values: Json) -> Json:
    return {name: float(f"{value:.14g}") for name, value in values.items()}
