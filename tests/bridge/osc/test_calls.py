import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.osc.addresses import REQUESTS, WIRE_CODES
from bridge.osc.calls import Call, CallError, claimed_id, claimed_reply_port, read_call, reply
from bridge.osc.wire import Message, OtherValue


def refusal(address: str, *args: object) -> CallError:
    with pytest.raises(CallError) as caught:
        read_call(address, args)
    return caught.value


def test_arguments_get_their_names_and_types() -> None:
    call = read_call("/sidestick/process", ["7", "/songs/one.wav", '{"bpm": 120}', 9001])
    assert call == Call(
        REQUESTS["/sidestick/process"], "7", {"path": "/songs/one.wav", "options_json": {"bpm": 120}}, 9001
    )


@pytest.mark.parametrize("identity", ["7", 7, -1, "a b"])
def test_an_id_comes_back_as_it_was_sent(identity: str | int) -> None:
    assert read_call("/sidestick/ping", [identity]).id == identity


def test_optional_arguments_may_be_left_out() -> None:
    assert read_call("/sidestick/process", [1, "/a.wav"]).values["options_json"] == {}
    assert read_call("/sidestick/jobs", [1]).values == {"limit": 50}


def test_a_reply_port_may_follow_at_once_when_the_options_are_left_out() -> None:
    call = read_call("/sidestick/process", [1, "/a.wav", 9001])
    assert (call.values["options_json"], call.reply_port) == ({}, 9001)


def test_a_job_is_text_even_if_a_host_sends_a_number() -> None:
    assert read_call("/sidestick/undo", [1, 12]).values == {"job": "12"}


def test_a_host_that_only_has_floats_may_send_whole_ones() -> None:
    assert read_call("/sidestick/audition", [1, "j", 3.0, 9000.0]).values["cluster"] == 3


def test_the_spool_may_send_an_object_instead_of_json_text() -> None:
    assert read_call("/sidestick/relabel", [1, "j", {"clusters": {}}]).values["changes_json"] == {"clusters": {}}


@pytest.mark.parametrize(
    ("code", "word", "address", "args"),
    [
        ("unknown_address", "did you mean /sidestick/process?", "/sidestick/proces", ["1"]),
        ("unknown_address", "/sidestick/ping, /sidestick/status", "/xyzzy/42", ["1"]),
        ("missing_argument", "id", "/sidestick/ping", []),
        ("missing_argument", "path", "/sidestick/process", ["1"]),
        ("missing_argument", "changes_json", "/sidestick/relabel", ["1", "j"]),
        ("too_many_arguments", "id [reply_port]", "/sidestick/ping", ["1", 0, "more"]),
        ("bad_argument", "id", "/sidestick/ping", [1.5]),
        ("bad_argument", "id", "/sidestick/ping", [""]),
        ("bad_argument", "id", "/sidestick/ping", [None]),
        ("bad_argument", "id", "/sidestick/ping", [True]),
        ("bad_argument", "id", "/sidestick/ping", ["x" * 65]),
        ("bad_argument", "reply_port", "/sidestick/ping", ["1", "9001"]),
        ("bad_argument", "reply_port", "/sidestick/ping", ["1", 70000]),
        ("bad_argument", "reply_port", "/sidestick/ping", ["1", 0.5]),
        ("bad_argument", "path", "/sidestick/process", ["1", ""]),
        ("bad_argument", "path", "/sidestick/process", ["1", b"/a.wav"]),
        ("bad_argument", "path must be a string, not a blob (OSC type b)", "/sidestick/process", ["1", b"/a.wav"]),
        ("bad_argument", "not a colour (OSC type r)", "/sidestick/ping", [OtherValue("r")]),
        (
            "bad_argument",
            "a number, not an array (OSC type [)",
            "/sidestick/jobs",
            ["1", OtherValue("[")],
        ),
        ("bad_argument", "not a time tag (OSC type t)", "/sidestick/process", ["1", OtherValue("t")]),
        ("bad_json", "not a MIDI message (OSC type m)", "/sidestick/relabel", ["1", "j", OtherValue("m")]),
        ("bad_json", "it has 'bpm' twice", "/sidestick/process", ["1", "/a.wav", '{"bpm": 90, "bpm": 120}', 9001]),
        ("bad_json", "'step' twice", "/sidestick/process", ["1", "/a", '{"grid": {"step": "1/8", "step": 1}}', 9001]),
        ("bad_json", "NaN is not a number of JSON", "/sidestick/process", ["1", "/a.wav", '{"bpm": NaN}', 9001]),
        ("bad_json", "-Infinity is not a number", "/sidestick/process", ["1", "/a.wav", '{"bpm": -Infinity}', 9001]),
        ("bad_json", "Out of range", "/sidestick/process", ["1", "/a.wav", '{"bpm": 1e999}', 9001]),
        ("bad_json", "digits", "/sidestick/process", ["1", "/a.wav", '{"bpm": ' + "9" * 5000 + "}", 9001]),
        ("bad_json", "nested too deeply", "/sidestick/process", ["1", "/a.wav", '{"a":' * 20_000, 9001]),
        ("bad_argument", "path must be UTF-8", "/sidestick/process", ["1", "/caf\udce9.wav"]),
        ("bad_argument", "path", "/sidestick/process", ["1", "/a\0.wav"]),
        ("bad_argument", "cluster", "/sidestick/audition", ["1", "j", -1]),
        ("bad_argument", "cluster", "/sidestick/audition", ["1", "j", True]),
        ("bad_argument", "cluster", "/sidestick/audition", ["1", "j", float("nan")]),
        ("bad_argument", "cluster", "/sidestick/audition", ["1", "j", 10**400]),
        ("bad_argument", "ttl_seconds must be from 1 to 3600", "/sidestick/subscribe", ["1", 0, 0]),
        ("bad_json", "options_json", "/sidestick/process", ["1", "/a.wav", "{oops"]),
        ("bad_json", "options_json", "/sidestick/process", ["1", "/a.wav", "[1]", 9001]),
        ("bad_json", "options_json", "/sidestick/process", ["1", "/a.wav", '{"bpm": NaN}', 9001]),
        ("bad_json", "nested too deeply", "/sidestick/relabel", ["1", "j", "[" * 100_000]),
        ("bad_json", "changes_json", "/sidestick/relabel", ["1", "j", 5]),
        ("bad_json", "not UTF-8", "/sidestick/relabel", ["1", "j", '{"a": "\\ud800"}']),
        ("bad_json", "changes_json", "/sidestick/relabel", ["1", "j", {"a": float("inf")}]),
        ("bad_json", "changes_json", "/sidestick/relabel", ["1", "j", {"a": b"bytes"}]),
    ],
)
def test_a_wrong_call_is_refused_with_the_argument_named(
    code: str, word: str, address: str, args: list[object]
) -> None:
    error = refusal(address, *args)
    assert error.code == code
    assert word in error.text


@pytest.mark.parametrize(
    ("address", "args", "reply_port"),
    [
        ("/sidestick/process", ["1", "", "", 9001], 9001),
        ("/sidestick/process", ["1", 9001], 9001),
        ("/sidestick/subscribe", ["1", 9001, 9999], 9001),
        ("/sidestick/proces", ["1", "/a.wav", 9001], 9001),
        ("/sidestick/audition", ["1", "j", -3], 0),
        ("/sidestick/ping", [], 0),
    ],
)
def test_a_wrong_call_is_answered_to_the_port_that_it_claims(address: str, args: list[object], reply_port: int) -> None:
    assert claimed_reply_port(address, args) == reply_port


def test_a_port_is_never_taken_for_the_length_of_a_list() -> None:
    call = read_call("/sidestick/jobs", [1, 9001])
    assert (call.values["limit"], call.reply_port) == (50, 9001)


junk = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.just("{}"))


@given(st.sampled_from(sorted(REQUESTS)), st.lists(junk, max_size=6))
def test_any_arguments_make_a_call_or_a_listed_refusal(address: str, args: list[object]) -> None:
    try:
        call = read_call(address, args)
    except CallError as error:
        assert error.code in WIRE_CODES
    else:
        names = {argument.name for argument in call.request.arguments}
        assert set(call.values) == names - {"id", "reply_port"}


@pytest.mark.parametrize(("args", "identity"), [([], ""), ([1.5], ""), ([True], ""), ([7, 8], 7), (["a"], "a")])
def test_a_wrong_call_is_answered_to_the_id_that_it_claims(args: list[object], identity: object) -> None:
    assert claimed_id(args) == identity


def test_arguments_go_out_in_the_order_of_the_table() -> None:
    assert reply("/sidestick/ack", job="j1", id=7) == Message("/sidestick/ack", (7, "j1"))


def test_optional_arguments_are_left_out_from_the_end_only() -> None:
    assert reply("/sidestick/done", id=7, job="j1").args == (7, "j1")
    with pytest.raises(TypeError, match="id job revision"):
        reply("/sidestick/done", id=7, midi="/a.mid")


def test_a_required_argument_cannot_be_forgotten() -> None:
    with pytest.raises(TypeError, match="/sidestick/ack takes id job"):
        reply("/sidestick/ack", id=7)
