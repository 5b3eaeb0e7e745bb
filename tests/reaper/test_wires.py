"""How requests leave REAPER and how texts are written: quoting, JSON, MIDI files, the place of daemon.json."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reaper.fake import LUAS, Reaper

WORDS = [
    "plain", "two words", 'a "quote"', "it's", "Söng", "鼓の音.wav", "🥁", "%PATH%", "$HOME", "a\\", "\\\\", "",
    "&|<>^",
]  # fmt: skip


def run_lines(reaper: Reaper, lines: str, **scene: Any) -> Any:
    """What a few lines of Lua put into `result`."""
    head = 'local given = require("json").decode(io.open(arg[1], "rb"):read("a")).given\nlocal result\n'
    return reaper.lines(f'{head}{lines}\nrequire("fake_reaper").result = result', **scene).get("result")


@pytest.mark.parametrize("word", WORDS)
def test_a_word_comes_out_of_a_command_line_as_it_went_in(alone: Reaper, word: str) -> None:
    lines = """local split, quoting = require("fake_reaper").split_command_line, require("quoting")
    result = split(quoting.command_line({ "x", given, "y" }))"""
    assert run_lines(alone, lines, given=word) == ["x", word, "y"]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_windows_comes_out_as_its_rule_says(alone: Reaper, word: str) -> None:
    lines = 'result = require("quoting").command_line({ "x", given, "y" })'
    assert windows_words(run_lines(alone, lines, given=word, system="Win64")) == ["x", word, "y"]


HARD = st.lists(st.text(st.sampled_from("a '\"\\%$&^`ü鼓🥁"), max_size=8), min_size=1, max_size=60)
EACH = """
local quote, words = require("quoting").command_line, require("fake_reaper").split_command_line
result = require("json").list()
for index, word in ipairs(given) do
  local line = quote({ "x", word, "y" })
  result[index] = line and (reaper.GetOS() == "Win64" and line or words(line)) or false
end
"""


@pytest.mark.parametrize("lua", LUAS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=HARD)
def test_any_word_is_quoted_rightly_or_not_at_all(lua: str, tmp_path: Path, words: list[str]) -> None:
    reaper = Reaper(lua, tmp_path, tmp_path)
    for word, line in zip(words, run_lines(reaper, EACH, given=words, system="Win64"), strict=True):
        assert windows_words(line) == ["x", word, "y"]
    for word, found in zip(words, run_lines(reaper, EACH, given=words), strict=True):
        assert found == ["x", word, "y"] or (found is False and "'" in word)


def windows_words(line: str) -> list[str]:
    """CommandLineToArgvW as Microsoft describes it: 2n backslashes and a quote are n and a mark, 2n+1 a literal one."""
    words, word, slashes, quoted = [], "", 0, False
    for letter in line:
        if letter == "\\":
            slashes += 1
            continue
        if letter == '"':
            word += "\\" * (slashes // 2)
            quoted, word = (quoted, word + '"') if slashes % 2 else (not quoted, word)
        else:
            word += "\\" * slashes
            words, word = (words, word + letter) if quoted or letter != " " else ([*words, word], "")
        slashes = 0
    return [*words, word + "\\" * slashes]


def test_what_cannot_be_quoted_is_no_command_line(alone: Reaper) -> None:
    lines = (
        'local q = require("quoting").command_line\nresult = { q({ "both \' and \\"" }) == nil, q({ "a\\nb" }) == nil }'
    )
    assert run_lines(alone, lines) == [True, True]


VALUES = [
    {"a": [1, -2.5, 1e-7, True, False, ""]}, ["ä 鼓 🥁 \" \\ / \n \t \x01"], {"n": {"e": {"s": [[[]]]}}}, 12345678901,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_json_comes_back_as_it_was(alone: Reaper, value: object) -> None:
    lines = 'local json = require("json")\nresult = json.encode(json.decode(given))'
    assert json.loads(run_lines(alone, lines, given=json.dumps(value))) == value


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"a" 1}', '"\\ud800"', "nul", "[1] 2", '"a', "01x"])
def test_what_is_not_json_is_told_and_no_accident(alone: Reaper, text: str) -> None:
    lines = 'local value, problem = require("json").decode(given)\nresult = { tostring(value), problem }'
    value, problem = run_lines(alone, lines, given=text)
    assert value == "nil" and problem.startswith("not JSON")


SLICED = """
local time_slicing, now, steps = require("time_slicing"), 0, {}
reaper.time_precise = function() now = now + 0.001 return now end
local function long() for index = 1, 40 do steps[#steps] = index time_slicing.yield() end end
time_slicing.start(long)
while time_slicing.is_busy() do steps[#steps + 1] = 0 time_slicing.step() end
result = steps
"""


def test_long_work_gives_reaper_its_turn_every_few_milliseconds(alone: Reaper) -> None:
    until = [breath for breath in run_lines(alone, SLICED) if breath]
    assert until[-1] == 40 and len(until) > 8
    assert all(after - before <= 5 for before, after in pairwise(until))


PLACES = [("Other", ".local/state/sidestick"), ("macOS-arm64", "Library/Application Support/sidestick")]


@pytest.mark.parametrize(("system", "place"), PLACES)
def test_the_state_folder_is_where_the_daemon_has_it(
    alone: Reaper, monkeypatch: pytest.MonkeyPatch, system: str, place: str
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/anna")
    alone.state = Path()
    lines = (
        'os.getenv = (function(get) return function(n) return n ~= "SIDESTICK_STATE_FOLDER" and get(n) or nil end end)'
    )
    lines += '(os.getenv)\nresult = require("discovery").state_folder()'
    assert run_lines(alone, lines, system=system) == f"/home/anna/{place}"


REPEATED = """
local now, sent, answer = 0, {}, nil
package.loaded.transport_spool = { open = function() return {
  send = function(_, request) sent[#sent + 1] = { request.id, now } return true end,
  poll = function(_, requests, deliver)
    local message = answer
    answer = nil
    if message then deliver(requests[1], message) end
  end,
  forget = function() end,
} end }
local client = require("client").open({}, function() return now end)
local heard = {}
client:request("/sidestick/process", { "/song.wav", "{}" }, function(message)
  heard[#heard + 1] = { message.address, now }
end)
local function pass(seconds)
  for _ = 1, seconds * 20 do
    now = now + 0.05
    client:step()
  end
end
"""


def test_a_request_is_repeated_under_its_id_and_then_given_up(alone: Reaper) -> None:
    found = run_lines(
        alone, f"{REPEATED}\npass(30)\nresult = {{ sent = sent, heard = heard, busy = client:is_busy() }}"
    )
    assert len({name for name, _ in found["sent"]}) == 1
    assert [round(second) for _, second in found["sent"]] == [0, 1, 2, 4, 8]
    assert [[address, round(second)] for address, second in found["heard"]] == [["/sidestick/fail", 16]]
    assert found["busy"] is False


QUIET = """
answer = { address = "/sidestick/ack", args = { "x", "j1" } }
pass(1)
local before = #sent
pass(35)
result = { before = before, sent = sent, heard = heard }
"""


def test_a_job_without_news_is_asked_for_again(alone: Reaper) -> None:
    found = run_lines(alone, f"{REPEATED}{QUIET}")
    assert [address for address, _ in found["heard"]] == ["/sidestick/ack", "/sidestick/fail"]
    assert found["before"] == 1 and [round(second) for _, second in found["sent"]][1:] == [10, 20]
