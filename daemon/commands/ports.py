"""`sidestick ports`: the MIDI ports that a DAW or an instrument offers, and the one that sidestick would open."""

import json
import sys

from bridge.midi.port import NoPort, apis, list_ports
from daemon.config import load


def run(as_json: bool) -> int:
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
