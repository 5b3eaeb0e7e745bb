"""Values that no client should send, in every option of every request that takes JSON, over the OSC contract."""

import json

import pytest

from bridge.osc.addresses import FAIL
from bridge.osc.calls import CallError, read_call, refusal
from bridge.osc.wire import Message
from daemon.outlets.notify import Requester
from daemon.pipeline.options import Options
from tests import synth
from tests.core_setup import CoreSetup

DEEP = 900  # levels that json reads and others may not
VALUES = [
    "NaN", "-Infinity", "1e999", "1e308", "-1", "0", "1" + "0" * 400, "9" * 5000, "0.5", "true", "null", '""',
    json.dumps("x" * 10_000), '"\\ud800"', '"\\u0000"', '"../../etc"', "[]", "{}", "[" * DEEP + "]" * DEEP,
    '{"a":' * DEEP + "1" + "}" * DEEP, "[" * 100_000, '{"a": 1, "a": 2}', "[1e308, -1e308]", '["drums", "drums"]',
]  # fmt: skip
OPTIONS = sorted(Options.model_fields)
CHANGES = ["clusters", "hits", "add", "delete_hits", "velocity", "settings", "notes", "nothing"]
PUSH = ["when", "loop", "channel", "parts"]


@pytest.fixture
def core_setup(tmp_path):
    opened = CoreSetup(tmp_path)
    yield opened
    opened.close()


def answer(core_setup: CoreSetup, address: str, *args: object) -> Message:
    """As the OSC server and the spool answer, whatever it is."""
    try:
        call = read_call(address, args)
    except CallError as error:
        return refusal("1", address, error)
    return core_setup.dispatcher.handle(call, Requester("me", call.id, lambda message: None))[0]


def assert_told_in_a_sentence(found: Message) -> None:
    if found.address == FAIL:
        code, text = map(str, found.args[2:4])
        assert code != "internal", text
        assert "Please report" not in text
        assert text.endswith((".", "?"))
        assert "Traceback" not in text


@pytest.mark.parametrize("name", OPTIONS)
def test_a_hostile_value_of_an_option_is_refused_in_a_sentence_or_harmless(core_setup, tmp_path, name):
    song = synth.write(tmp_path / "New.wav", synth.tone(440.0, 1.0))
    for number, value in enumerate(VALUES):
        for given in (f'{{"{name}": {value}}}', f'{{"{name}": {{"x": {value}}}}}', f'{{"{name}": [{value}]}}'):
            for address, first in (("process", str(song)), ("regenerate", core_setup.job)):
                identity = f"{number} {address} {given[-30:]}"
                assert_told_in_a_sentence(answer(core_setup, f"/sidestick/{address}", identity, first, given))


@pytest.mark.parametrize("name", CHANGES)
def test_a_hostile_change_is_refused_in_a_sentence_or_harmless(core_setup, name):
    for number, value in enumerate(VALUES):
        for given in (f'{{"{name}": {value}}}', f'{{"{name}": {{"0": {value}}}}}', f'{{"{name}": [{value}]}}'):
            found = answer(core_setup, "/sidestick/relabel", f"{number} {given[-40:]}", core_setup.job, given)
            assert_told_in_a_sentence(found)


@pytest.mark.parametrize("name", PUSH)
def test_a_hostile_way_to_play_is_refused_in_a_sentence_or_harmless(core_setup, name):
    for number, value in enumerate(VALUES):
        given = f'{{"{name}": {value}}}'
        assert_told_in_a_sentence(answer(core_setup, "/sidestick/push", number, core_setup.job, given))


@pytest.mark.parametrize("text", ["NaN", "[1]", "7", "true", '"text"', "{", "\ud800", "{'a': 1}"])
def test_what_is_no_object_is_refused(core_setup, text):
    found = answer(core_setup, "/sidestick/process", "1", "/a.wav", text, 0)
    assert found.args[2] in ("bad_json", "bad_argument")
    assert_told_in_a_sentence(found)
