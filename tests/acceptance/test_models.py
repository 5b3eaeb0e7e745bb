"""`sidestick models`: what is there, what is not, and what is not what it says."""

import json

import pytest

from daemon.backends.catalogue import published_checkpoints


@pytest.fixture
def swapped(home):
    """A file that carries the name of htdemucs and nothing of it."""
    member = published_checkpoints()["htdemucs"].members[0]
    file = home.folder / "models" / "htdemucs" / member.sources[0].file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"something else")
    return file


def test_all_models_are_listed_with_their_licence(home):
    lines = home.sidestick("models", "list").stdout.partition("\n\n")[0].splitlines()
    assert {line.split()[0] for line in lines} == set(published_checkpoints())
    assert all("not fetched" in line and ("MIT" in line or "no licence" in line) for line in lines)


def test_the_list_says_what_each_would_cost_and_which_is_recommended(home):
    found = home.sidestick("models", "list").stdout
    [line] = [line for line in found.splitlines() if "recommended" in line]
    assert line.split()[0] == "htdemucs" and "84 MB" in line and "1.3 GB" in line and "minute" in line
    assert str(home.folder / "models") in found and "folders.models" in found


def test_the_list_for_programs_is_json(home):
    rows = json.loads(home.sidestick("models", "list", "--json").stdout)
    assert {row["name"] for row in rows} == set(published_checkpoints())
    assert {row["state"] for row in rows} == {"not fetched"}


def test_weights_that_are_not_here_have_no_path_but_a_remedy(home):
    result = home.sidestick("models", "path", "htdemucs")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "sidestick models fetch htdemucs" in result.stderr


@pytest.mark.parametrize("command", ["path", "fetch"])
def test_an_unknown_name_is_a_wrong_call(home, command):
    result = home.sidestick("models", command, "htdemux")
    assert result.exit_code == 2
    assert "'htdemux'" in result.stderr and "htdemucs" in result.stderr


def test_offline_nothing_is_fetched_and_that_is_said(home):
    result = home.sidestick("models", "fetch", "htdemucs")
    assert result.exit_code == 1
    assert "offline" in result.stderr


def test_a_swapped_file_is_not_called_here(home, swapped):
    result = home.sidestick("models", "list")
    assert "htdemucs       unusable" in result.stdout
    assert f"{swapped} is damaged or was swapped" in result.stdout


def test_a_missing_checkpoint_of_ones_own_does_not_hide_the_others(home):
    result = home.sidestick("models", "list", models='{"mine": "/nowhere/mine.th"}')
    assert result.exit_code == 0
    assert "mine           unusable" in result.stdout and "mdx_extra" in result.stdout
