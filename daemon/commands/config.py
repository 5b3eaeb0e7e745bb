"""`sidestick config` and `sidestick ports`: the settings, where each comes from, and the MIDI ports of this machine."""

import json
import sys

from bridge.drum_map import map_names
from bridge.midi.port import NoPort, apis, list_ports
from daemon.config import load
from daemon.outlets.manifest import schema_text


def show_settings(as_json: bool, drum_maps: bool, manifest_schema: bool) -> int:
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


def show_ports(as_json: bool) -> int:
    """A line for each port; status 1 with the reason if MIDI does not work here."""
    found, name = list_ports(), load().settings.daemon.midi_port
    if isinstance(found, NoPort):
        print(json.dumps({"error": found.reason}) if as_json else found.reason, file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps({"own": name, "ports": found, "apis": apis()}, ensure_ascii=False))
        return 0
    print(f"sidestick run opens the port {name} ({', '.join(apis())}).")
    print("\n".join(found) or "No other program offers a MIDI port now.")
    return 0
