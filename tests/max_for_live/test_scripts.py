"""The scripts of the device under Node, in a fake Max and a fake Live."""

import pytest

from tests.max_for_live.conftest import HERE

SUITES = (
    "syntax",
    "timing",
    "tempo_map",
    "midi_clip",
    "notes",
    "corrections",
    "beat",
    "parts",
    "sets",
    "refusals",
    "stems",
    "live_rules",
    "exports",
)


@pytest.mark.parametrize("suite", SUITES)
def test_scripts_do_what_they_should(run_node, suite):
    done = run_node("--test", f"{suite}.test.js")
    assert done.returncode == 0, done.stdout


def test_every_suite_is_run():
    assert {path.name.removesuffix(".test.js") for path in HERE.glob("*.test.js")} == {*SUITES}
