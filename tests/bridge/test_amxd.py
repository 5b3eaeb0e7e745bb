"""Devices of both forms, built here byte by byte from the layout, and what is no device."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from max_for_live.amxd import AUDIO_EFFECT, FROZEN, AmxdError, Device, Entry, decode, encode

PATCHER = '{"patcher": {"boxes": []}}'


def chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload


def part(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack(">I", len(payload) + 8) + payload


def unfrozen(meta: int = 0) -> bytes:
    body = PATCHER.encode() + b"\0"
    return chunk(b"ampf", b"aaaa") + chunk(b"meta", struct.pack("<I", meta)) + chunk(b"ptch", body)


def entry(kind: bytes, name: bytes, size: int, place: int, flag: int) -> bytes:
    numbers = zip((b"sz32", b"of32", b"vers", b"flag", b"mdat"), (size, place, 0, flag, 3_700_000_000), strict=True)
    fields = [part(b"type", kind), part(b"fnam", name), *(part(key, struct.pack(">I", n)) for key, n in numbers)]
    return part(b"dire", b"".join(fields))


def frozen() -> bytes:
    own, script = PATCHER.encode() + b"\0", b"var a = 1;\n"
    directory = entry(b"JSON", b"a.amxd\0\0", len(own), 16, 17) + entry(b"TEXT", b"a.js\0\0\0\0", 11, 16 + len(own), 0)
    head = b"mx@c" + struct.pack(">IQ", 16, 16 + len(own) + len(script))
    body = head + own + script + part(b"dlst", directory)
    return chunk(b"ampf", b"aaaa") + chunk(b"meta", struct.pack("<I", 7)) + chunk(b"ptch", body)


@pytest.mark.parametrize("data", [unfrozen(), unfrozen(meta=1), frozen()])
def test_a_device_comes_back_to_the_byte(data):
    assert encode(decode(data)) == data


def test_a_frozen_device_tells_its_files():
    device = decode(frozen())
    assert (device.type, device.is_frozen, device.patcher, device.name) == (AUDIO_EFFECT, True, PATCHER, "a.amxd")
    assert device.entries == (Entry("a.js", "TEXT", b"var a = 1;\n", 3_700_000_000),)


@given(st.lists(st.tuples(st.text("abcü.-", min_size=1, max_size=9), st.binary(max_size=50)), max_size=4))
def test_what_is_written_can_be_read(files):
    entries = tuple(Entry(name, "TEXT", body, 5) for name, body in files)
    device = Device(AUDIO_EFFECT, FROZEN, PATCHER, "x.amxd", 7, entries)
    assert decode(encode(device)) == device


@given(st.binary(max_size=200) | st.integers(0, len(frozen()) - 1).map(lambda n: frozen()[:n]))
def test_what_is_no_device_is_refused(data):
    with pytest.raises(AmxdError):
        decode(data)


@given(st.integers(0, len(frozen()) - 1), st.integers(1, 255))
def test_a_changed_byte_is_kept_or_refused(place, change):
    data = bytearray(frozen())
    data[place] ^= change
    try:
        assert encode(decode(bytes(data))) == bytes(data)
    except AmxdError as error:
        assert str(error)


@pytest.mark.parametrize("entry", [Entry("", "TEXT", b"", 0), Entry("a\0b", "TEXT", b"", 0), Entry("a", "TXT", b"", 0)])
def test_names_and_types_that_do_not_fit_are_refused(entry):
    with pytest.raises(AmxdError):
        encode(Device(AUDIO_EFFECT, FROZEN, PATCHER, "x.amxd", 0, (entry,)))
