"""The scripts of the device under Node, in a fake Max and a fake Live."""

import pytest


@pytest.mark.parametrize("suite", ["syntax", "timing", "results", "refusals"])
def test_scripts_do_what_they_should(run_node, suite):
    done = run_node("--test", f"{suite}.test.js")
    assert done.returncode == 0, done.stdout
