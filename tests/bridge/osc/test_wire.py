import random
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.osc.addresses import REPLIES
from bridge.osc.calls import fail, reply
from bridge.osc.wire import (
    LARGEST_REPLY,
    Message,
    OtherValue,
    Value,
    WireError,
    read_datagram,
    write_message,
    write_reply,
)
from tests.osc_bytes import FOREIGN_TYPES, build_bundle, join_bundle, pad_text, raw_message

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
whole = st.integers(-(2**63), 2**63 - 1)
singles = st.floats(width=32, allow_nan=False, allow_infinity=False)
values = st.one_of(texts, whole, singles, st.binary(min_size=1, max_size=40), st.booleans(), st.none())
messages = st.builds(Message, st.just("/sidestick/process"), st.lists(values, max_size=8).map(tuple))


def read(data: bytes) -> list[Message]:
    """The messages of a datagram that is OSC from end to end."""
    datagram = read_datagram(data)
    assert datagram.malformed == 0
    return list(datagram.messages)


@given(messages)
def test_every_message_survives_the_wire(message: Message) -> None:
    assert read(write_message(message)) == [message]


@given(messages)
def test_the_library_reads_what_we_write(message: Message) -> None:
    assert tuple(OscMessage(write_message(message)).params) == message.args


@given(st.lists(st.one_of(texts, st.integers(-(2**31), 2**31 - 1), singles, st.booleans()), max_size=8))
def test_we_read_what_the_library_writes(args: list[Value]) -> None:
    builder = OscMessageBuilder("/sidestick/jobs")
    for value in args:
        builder.add_arg(value)
    assert read(builder.build().dgram) == [Message("/sidestick/jobs", tuple(args))]


def test_bundles_are_opened_in_order_however_they_are_nested() -> None:
    inner, outer = OscBundleBuilder(IMMEDIATELY), OscBundleBuilder(IMMEDIATELY)
    for address, target in (("/a", outer), ("/b", inner)):
        target.add_content(OscMessageBuilder(address).build())
    outer.add_content(inner.build())
    assert [m.address for m in read(outer.build().dgram)] == ["/a", "/b"]


@given(st.lists(messages, max_size=4))
def test_a_bundle_holds_its_messages(several: list[Message]) -> None:
    assert read(build_bundle(*several)) == several


def test_doubles_and_long_integers_are_understood() -> None:
    assert read(raw_message("/x", "dh", struct.pack(">dq", 0.1, 2))) == [Message("/x", (0.1, 2))]


def test_a_symbol_is_a_string() -> None:
    assert read(raw_message("/x", "S", pad_text("sym-1"))) == [Message("/x", ("sym-1",))]


def test_an_address_alone_has_no_arguments() -> None:
    assert read(b"/stop\0\0\0") == [Message("/stop")]


def test_text_that_is_not_utf8_is_handed_on_for_the_caller_to_refuse() -> None:
    assert read(b"/a\0\0,si\0\xe9\0\0\0\0\0\0\x07") == [Message("/a", ("\udce9", 7))]


@pytest.mark.parametrize("tags", FOREIGN_TYPES)
def test_a_type_that_no_argument_has_is_named_and_the_others_are_read(tags: str) -> None:
    data = raw_message("/x", f"s{tags}i", pad_text("one") + FOREIGN_TYPES[tags] + struct.pack(">i", 9))
    assert read(data) == [Message("/x", ("one", OtherValue(tags[0]), 9))]
    assert f"OSC type {tags[0]}" in str(OtherValue(tags[0]))


@pytest.mark.parametrize("tags", FOREIGN_TYPES)
def test_a_foreign_type_takes_no_other_message_of_its_bundle_along(tags: str) -> None:
    ping = write_message(Message("/sidestick/ping", ("b-1",)))
    data = join_bundle(raw_message("/layer1/x", tags, FOREIGN_TYPES[tags]), ping)
    assert [message.address for message in read(data)] == ["/layer1/x", "/sidestick/ping"]


def test_an_element_that_is_not_osc_is_counted_and_the_others_of_the_bundle_are_read() -> None:
    ping = write_message(Message("/sidestick/ping", ("b-1",)))
    found = read_datagram(join_bundle(ping, raw_message("/x", "q"), ping))
    assert (len(found.messages), found.malformed) == (2, 1)


def test_an_array_of_arrays_without_end_is_one_value() -> None:
    deep = "[" * 20_000 + "]" * 20_000
    assert read(raw_message("/x", deep)) == [Message("/x", (OtherValue("["),))]


@pytest.mark.real_time
@pytest.mark.parametrize("tags", ["i" * 13_000, "[" + "i" * 13_000 + "]", "T" * 60_000])
def test_a_datagram_full_of_arguments_costs_little(tags: str) -> None:
    data = raw_message("/x", tags, bytes(4 * tags.count("i")))
    began = time.perf_counter()
    assert len(read(data)) == 1
    assert time.perf_counter() - began < 1.0  # python-osc alone: .1 s at best, and more than a second under load


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
        b"/a\0\0,[\0\0",
        b"/a\0\0,]\0\0",
        b"/a\0\0,b\0\0\0\0\0\x05abcd",
        b"/a\0\0,b\0\0\xff\xff\xff\xf8abcd",
        b"/a\0\0,bi\0\xff\xff\xff\xfc",
        b"#bundle\0\0\0\0\0",
        b"#bundle\0" + bytes(8) + b"\0\0\0\0",
        b"#bundle\0" + bytes(8) + b"\x7f\xff\xff\xfc/a\0\0",
    ],
)
def test_what_breaks_the_rules_is_not_read(data: bytes) -> None:
    found = read_datagram(data)
    assert (found.messages, found.malformed) == ((), 1)


@pytest.mark.parametrize("element", [b"", b"/bad\0\0\0", b"/bad\0\0\0,q\0\0", b"x" * 12])
def test_an_element_of_a_wrong_size_takes_no_other_of_its_bundle_along(element: bytes) -> None:
    good = write_message(Message("/a"))
    data = b"#bundle\0" + bytes(8) + b"".join(struct.pack(">i", len(each)) + each for each in (element, good))
    found = read_datagram(data)
    assert (found.messages, found.malformed) == ((Message("/a"),), 1)


def test_bundles_within_bundles_without_end_are_not_read() -> None:
    data = write_message(Message("/a"))
    for _ in range(50):
        data = join_bundle(data)
    assert read_datagram(data).messages == ()


@pytest.mark.parametrize(
    "message",
    [
        Message("sidestick"),
        Message("/é"),
        Message("/a", ("a\0b",)),
        Message("/a", ("\ud800",)),
        Message("/a", (2**63,)),
        Message("/a", (1e39,)),
        Message("/a", (OtherValue("r"),)),
    ],
)
def test_what_osc_cannot_say_is_refused(message: Message) -> None:
    with pytest.raises(WireError):
        write_message(message)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_counted(data: bytes) -> None:
    found = read_datagram(data)
    assert found.messages or found.malformed or data[:8] == b"#bundle\0"


def test_a_hundred_thousand_damaged_datagrams_raise_nothing(caplog: pytest.LogCaptureFixture) -> None:
    dice = random.Random(9331)
    sound = write_message(Message("/sidestick/process", ("7", "/songs/one.wav", '{"bpm": 120}', 1.5, b"xyz", 9001)))
    several = build_bundle(Message("/sidestick/ping", (1,)), Message("/sidestick/jobs", (2, 10)))
    foreign = raw_message("/x", "S[r]mtcIN", pad_text("s") + bytes(20))
    damaged = (_damage(dice, dice.choice((sound, several, foreign))) for _ in range(100_000))
    refused = sum(read_datagram(data).malformed > 0 for data in damaged)
    assert 10_000 < refused < 100_000
    assert caplog.records == []


def _damage(dice: random.Random, data: bytes) -> bytes:
    if dice.random() < 0.2:
        return dice.randbytes(dice.randrange(120))
    spoiled = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
    return bytes(spoiled[: dice.randint(len(spoiled) // 2, len(spoiled))])


def test_a_long_text_is_shortened_and_says_so() -> None:
    [message] = read(write_reply(fail("7", "/sidestick/process", "bad_option", "é" * 5000)))
    assert message.args[:3] == ("7", "/sidestick/process", "bad_option")
    assert str(message.args[3]).endswith("é…")


def test_a_path_is_whole_or_empty_but_never_cut() -> None:
    long, short = "/" + "x" * 1390, "/a.mid"
    sent = reply("/sidestick/done", id="7", job="j1", revision=1, manifest=long, midi=short)
    assert read(write_reply(sent)) == [Message("/sidestick/done", ("7", "j1", 1, "", short))]


def test_a_file_name_that_is_not_utf8_can_still_be_told() -> None:
    [message] = read(write_reply(reply("/sidestick/midi", job="j1", path="/caf\udce9.mid")))
    assert message.args == ("j1", "/caf?.mid")


@given(st.sampled_from(sorted(REPLIES)), st.lists(st.text(max_size=3000), max_size=6))
def test_nothing_too_big_ever_goes_on_the_wire(address: str, args: list[str]) -> None:
    data = write_reply(Message(address, tuple(args)))
    assert len(data) <= LARGEST_REPLY
    assert read(data)[0].address == address
