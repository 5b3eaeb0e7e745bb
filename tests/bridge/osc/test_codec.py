import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.osc.codec import CodecError, Message, Value, bundle, decode, encode

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
whole = st.integers(-(2**63), 2**63 - 1)
singles = st.floats(width=32, allow_nan=False, allow_infinity=False)
values = st.one_of(texts, whole, singles, st.binary(max_size=40), st.booleans(), st.none())
messages = st.builds(Message, st.just("/sidestick/process"), st.lists(values, max_size=8).map(tuple))


@given(messages)
def test_every_message_survives_the_wire(message: Message) -> None:
    assert decode(encode(message)) == [message]


@given(messages.filter(lambda m: None not in m.args and b"" not in m.args))
def test_an_independent_library_reads_what_we_write(message: Message) -> None:
    assert tuple(OscMessage(encode(message)).params) == message.args


@given(st.lists(st.one_of(texts, st.integers(-(2**31), 2**31 - 1), singles, st.booleans()), max_size=8))
def test_we_read_what_an_independent_library_writes(args: list[Value]) -> None:
    builder = OscMessageBuilder("/sidestick/jobs")
    for value in args:
        builder.add_arg(value)
    assert decode(builder.build().dgram) == [Message("/sidestick/jobs", tuple(args))]


def test_bundles_are_opened_in_order_however_they_are_nested() -> None:
    inner, outer = OscBundleBuilder(IMMEDIATELY), OscBundleBuilder(IMMEDIATELY)
    for address, target in (("/a", outer), ("/b", inner)):
        target.add_content(OscMessageBuilder(address).build())
    outer.add_content(inner.build())
    assert [m.address for m in decode(outer.build().dgram)] == ["/a", "/b"]


@given(st.lists(messages, max_size=4))
def test_our_bundles_hold_their_messages(several: list[Message]) -> None:
    assert decode(bundle(several)) == several


def test_doubles_and_infinitum_are_understood() -> None:
    tagged = encode(Message("/x", (0.1, math.inf, 2)), tags="dIh")
    assert decode(tagged) == [Message("/x", (0.1, math.inf, 2))]


def test_an_address_alone_has_no_arguments() -> None:
    assert decode(b"/stop\0\0\0") == [Message("/stop")]


def test_text_that_is_not_utf8_is_handed_on_for_the_caller_to_refuse() -> None:
    assert decode(b"/a\0\0,s\0\0\xe9\0\0\0") == [Message("/a", ("\udce9",))]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"/",
        b"abc\0",
        b"/a\xff\0",
        b"/a\0\0s\0\0\0",
        b"/a\0x,\0\0\0",
        b"/a\0\0,i\0\0\0\0",
        b"/a\0\0,s\0\0abcd",
        b"/a\0\0,q\0\0\0\0\0\0",
        b"/a\0\0,\0\0\0\0\0\0\0",
        b"/a\0\0,b\0\0\0\0\0\x05abcd",
        b"/a\0\0,b\0\0\xff\xff\xff\xf8abcd",
        b"/a\0\0,bi\0\xff\xff\xff\xfc",
        b"#bundle\0\0\0\0\0",
        b"#bundle\0" + bytes(8) + b"\0\0\0\0",
        b"#bundle\0" + bytes(8) + b"\x7f\xff\xff\xfc/a\0\0",
    ],
)
def test_what_breaks_the_rules_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode(data)


def test_bundles_within_bundles_without_end_are_refused() -> None:
    data = encode(Message("/a"))
    for _ in range(50):
        data = b"#bundle\0" + bytes(8) + struct.pack(">i", len(data)) + data
    with pytest.raises(CodecError, match="nested"):
        decode(data)


@pytest.mark.parametrize(
    ("message", "tags"),
    [
        (Message("sidestick"), None),
        (Message("/é"), None),
        (Message("/a", ("a\0b",)), None),
        (Message("/a", ("\ud800",)), None),
        (Message("/a", (2**63,)), None),
        (Message("/a", (1e39,)), None),
        (Message("/a", (1,)), "s"),
        (Message("/a", (1,)), "ii"),
    ],
)
def test_what_osc_cannot_say_is_refused(message: Message, tags: str | None) -> None:
    with pytest.raises(CodecError):
        encode(message, tags)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    _is_read_or_refused(data)


def test_a_hundred_thousand_damaged_datagrams_raise_nothing_but_the_codecs_error() -> None:
    dice = random.Random(9331)
    sound = encode(Message("/sidestick/process", ("7", "/songs/one.wav", '{"bpm": 120}', 1.5, b"xyz", 9001)))
    several = bundle([Message("/sidestick/ping", (1,)), Message("/sidestick/jobs", (2, 10))])
    refused = sum(_is_read_or_refused(_damage(dice, dice.choice((sound, several)))) for _ in range(100_000))
    assert 10_000 < refused < 100_000


def _damage(dice: random.Random, data: bytes) -> bytes:
    if dice.random() < 0.2:
        return dice.randbytes(dice.randrange(120))
    spoiled = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
    return bytes(spoiled[: dice.randint(len(spoiled) // 2, len(spoiled))])


def _is_read_or_refused(data: bytes) -> bool:
    try:
        decode(data)
    except CodecError:
        return True
    return False
