"""OSC datagrams as other programs send them: bundles, and values of every type of the standard."""

import struct

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage

from bridge.osc.wire import Message, write_message

FOREIGN_TYPES = {
    "r": struct.pack(">I", 0xFF8800FF),
    "m": b"\0\x90\x3c\x40",
    "t": struct.pack(">Q", 1),
    "c": struct.pack(">i", ord("x")),
    "I": b"",
    "[iT[s]]": struct.pack(">i", 7) + b"in\0\0",
}


def build_bundle(*messages: Message) -> bytes:
    """To be acted on at once."""
    bundle = OscBundleBuilder(IMMEDIATELY)
    for message in messages:
        bundle.add_content(OscMessage(write_message(message)))
    return bytes(bundle.build().dgram)


def join_bundle(*elements: bytes) -> bytes:
    """A bundle of elements that python-osc would not write."""
    return b"#bundle\0" + struct.pack(">Q", 1) + b"".join(struct.pack(">i", len(each)) + each for each in elements)


def raw_message(address: str, tags: str, values: bytes = b"") -> bytes:
    return pad_text(address) + pad_text("," + tags) + values


def pad_text(text: str) -> bytes:
    data = text.encode()
    return data + bytes(4 - len(data) % 4)
