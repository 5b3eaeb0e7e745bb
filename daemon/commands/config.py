"""`sidestick config`: the settings, and where each comes from."""

import json

from bridge.drum_map import map_names
from daemon.config import load
from daemon.outlets.manifest import schema_text


def run(as_json: bool, drum_maps: bool, manifest_schema: bool) -> int:
    """Print all settings, or the names of the drum maps, or the schema of a manifest."""
    if manifest_schema:
        print(schema_text(), end="")
        return 0
    found = load()
    if drum_maps:
        names = [*map_names(), *found.settings.drum_maps]
        print(json.dumps(names) if as_json else "\n".join(names))
        return 0
    rows = list(found.values())
    if as_json:
        print(json.dumps({row.name: {"value": row.value, "origin": row.origin} for row in rows}, indent=1))
        return 0
    print(f"Settings come from {found.file}{'' if found.file.exists() else ' (not there yet)'} and SIDESTICK_*.\n")
    for row in rows:
        print(f"{row.name:<32} {json.dumps(row.value, ensure_ascii=False):<40} {row.origin}")
    return 0
