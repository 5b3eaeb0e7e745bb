"""Fixed unique ids for the virtual ports of macOS.

CoreMIDI gives a new port a new id at each start. Logic and Cubase keep ports by their ids: to them it would be another
port every day. RtMidi cannot set the id, so CoreMIDI itself is asked to, as Apple's headers say
(MIDIObjectSetIntegerProperty, kMIDIPropertyUniqueID). A refusal leaves the port as it is.
"""

import ctypes
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_FRAMEWORK = "/System/Library/Frameworks/CoreMIDI.framework/CoreMIDI"


@dataclass(frozen=True, slots=True)
class CoreMidi:
    """The functions of CoreMIDI, and its key for the unique id of an object."""

    functions: Any
    unique_id: Any

    def endpoints(self, outgoing: bool) -> set[int]:
        """References of all sources (what programs send from), else of all destinations."""
        kind = "Source" if outgoing else "Destination"
        number = getattr(self.functions, f"MIDIGetNumberOf{kind}s")()
        return {getattr(self.functions, f"MIDIGet{kind}")(index) for index in range(number)}

    def set_unique_id(self, endpoint: int, value: int) -> bool:
        """False where it is taken: another sidestick is open."""
        return bool(self.functions.MIDIObjectSetIntegerProperty(endpoint, self.unique_id, value) == 0)


def load_core_midi(platform: str = sys.platform) -> CoreMidi | None:
    """None where there is none."""
    if platform != "darwin":
        return None
    try:
        found = ctypes.CDLL(_FRAMEWORK)
        key = ctypes.c_void_p.in_dll(found, "kMIDIPropertyUniqueID")
    except (OSError, ValueError):
        return None
    for kind in ("Source", "Destination"):
        getattr(found, f"MIDIGetNumberOf{kind}s").restype = ctypes.c_ulong
        endpoint = getattr(found, f"MIDIGet{kind}")
        endpoint.argtypes, endpoint.restype = [ctypes.c_ulong], ctypes.c_uint32
    found.MIDIObjectSetIntegerProperty.argtypes = [ctypes.c_uint32, ctypes.c_void_p, ctypes.c_int32]
    found.MIDIObjectSetIntegerProperty.restype = ctypes.c_int32
    return CoreMidi(found, key)


def id_of_name(name: str) -> int:
    """The same at every start: positive, and of 31 bits, as an SInt32 holds them."""
    return zlib.crc32(f"sidestick port {name}".encode()) & 0x7FFFFFFF or 1


@contextmanager
def fix_unique_id(midi: CoreMidi | None, name: str, outgoing: bool) -> Iterator[None]:
    """The one port that is opened within the block gets the id of its name."""
    before = midi.endpoints(outgoing) if midi else set()
    yield
    fresh = midi.endpoints(outgoing) - before if midi else set()
    if midi and len(fresh) == 1:
        midi.set_unique_id(fresh.pop(), id_of_name(name))
