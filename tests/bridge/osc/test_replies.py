import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.osc.addresses import REPLIES
from bridge.osc.codec import Message, decode
from bridge.osc.replies import LARGEST_DATAGRAM, datagram, fail, reply


def test_arguments_go_out_in_the_order_of_the_table() -> None:
    assert reply("/sidestick/ack", job="j1", id=7) == Message("/sidestick/ack", (7, "j1"))


def test_optional_arguments_are_left_out_from_the_end_only() -> None:
    assert reply("/sidestick/done", id=7, job="j1").args == (7, "j1")
    with pytest.raises(TypeError, match="id job revision"):
        reply("/sidestick/done", id=7, midi="/a.mid")


def test_a_required_argument_cannot_be_forgotten() -> None:
    with pytest.raises(TypeError, match="/sidestick/ack takes id job"):
        reply("/sidestick/ack", id=7)


def test_a_long_text_is_shortened_and_says_so() -> None:
    [message] = decode(datagram(fail("7", "/sidestick/process", "bad_option", "é" * 5000)))
    assert message.args[:3] == ("7", "/sidestick/process", "bad_option")
    assert str(message.args[3]).endswith("é…")


def test_a_path_is_whole_or_empty_but_never_cut() -> None:
    long, short = "/" + "x" * 1390, "/a.mid"
    sent = reply("/sidestick/done", id="7", job="j1", revision=1, manifest=long, midi=short)
    assert decode(datagram(sent)) == [Message("/sidestick/done", ("7", "j1", 1, "", short))]


def test_a_file_name_that_is_not_utf8_can_still_be_told() -> None:
    [message] = decode(datagram(reply("/sidestick/midi", job="j1", path="/caf\udce9.mid")))
    assert message.args == ("j1", "/caf?.mid")


@given(st.sampled_from(sorted(REPLIES)), st.lists(st.text(max_size=3000), max_size=6))
def test_nothing_too_big_ever_goes_on_the_wire(address: str, args: list[str]) -> None:
    data = datagram(Message(address, tuple(args)))
    assert len(data) <= LARGEST_DATAGRAM
    assert decode(data)[0].address == address
