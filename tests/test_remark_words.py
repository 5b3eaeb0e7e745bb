"""Remarks that name an option say it to each asker in words that the asker has: flags, buttons, menus."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from daemon.commands.remedies import spell_flags
from daemon.remarks import TEXTS, remark

ROOT = Path(__file__).resolve().parents[1]
OPTION = re.compile(r"\b[a-z_]+=\S")
WAYS = ("half", "double", "in two thirds", "in three halves", "in four thirds", "in three quarters")
SENTENCES = (
    remark("no_beat"),
    *(remark("other_bpm", bpm="119.8754", other="59.9377", way=way) for way in WAYS),
    remark("bars_unsure", meter="3/4", second="1.250"),
    remark("bars_unsure", 1, meter="3/4", other="6/8"),
)


def run(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60).stdout.splitlines()


def spell_in_page() -> list[str]:
    module = (ROOT / "daemon/web/js/remark_words.js").as_uri()
    script = (
        f"import {{ spellRemark }} from '{module}'; process.argv.slice(1).forEach((t) => console.log(spellRemark(t)))"
    )
    return run("node", "--input-type=module", "-e", script, *SENTENCES)


def spell_in_live() -> list[str]:
    source = (ROOT / "max_for_live/code/remarks.js").read_text("utf-8")
    return run(
        "node", "-e", f"{source}; process.argv.slice(1).forEach((t) => console.log(Remarks.spell(t)))", *SENTENCES
    )


def spell_in_reaper() -> list[str]:
    lua = next(found for name in ("lua5.4", "lua5.3") if (found := shutil.which(name)))
    module = ROOT / "reaper_scripts/sidestick/lib/remarks.lua"
    script = f"local r = dofile([[{module}]]) for i = 1, #arg do print(r.spell(arg[i])) end"
    listed = "{" + ",".join(f"[[{text}]]" for text in SENTENCES) + "}"
    return run(lua, "-e", f"arg = {listed} {script}")


def spell_on_command_line() -> list[str]:
    return [spell_flags(text) for text in SENTENCES]


CLIENTS = (spell_in_page, spell_in_live, spell_in_reaper, spell_on_command_line)


def test_these_are_all_remarks_that_name_an_option():
    named = {code for code, texts in TEXTS.items() if any(OPTION.search(text) for text in texts)}
    assert named == {"no_beat", "other_bpm", "bars_unsure"}
    assert all(OPTION.search(text) for text in SENTENCES)


@pytest.mark.parametrize("spell", CLIENTS)
def test_no_client_is_told_to_write_an_option(spell):
    told = spell()
    assert len(told) == len(SENTENCES)
    assert not [text for text in told if OPTION.search(text)]
    assert all("59.9377" in text for text in told[1:-2])
    assert "1.250" in told[-2] and "6/8" in told[-1]


@pytest.mark.parametrize(
    ("spell", "half", "others"),
    [
        (spell_in_page, "the button ½", "typed above the notes"),
        (spell_in_live, "the button 1/2", "typed under Bpm"),
        (spell_in_reaper, "Correct the beat, Half the bpm", "Correct the beat, Bpm ..."),
        (spell_on_command_line, "--bpm 59.9377", "--bpm 59.9377"),
    ],
)
def test_the_close_second_is_named_with_what_takes_it(spell, half, others):
    told = spell()
    assert half in told[1] and all(others in text for text in told[5:7])


def test_a_remark_that_names_no_option_stays_as_it_is():
    assert spell_flags(remark("tempo_map")) == remark("tempo_map")
