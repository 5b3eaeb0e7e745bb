"""The files around the code: one version, one name, and a workflow that checks what `make check` checks."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from daemon import __version__

ROOT = Path(__file__).parents[1]
WORKFLOW = ROOT / ".github/workflows/check.yml"
OLD_NAME = re.compile(r"(?<!sy)ste" + "md", re.IGNORECASE)
OTHERS = ("daemon/web/vendor/", "tests/")  # libraries and test data have versions of their own
VERSION_HOLDERS = {
    "daemon/__init__.py",
    "CHANGELOG.md",
    "reaper_scripts/sidestick/sidestick.lua",  # tests/reaper/test_package.py holds these two equal
    "reaper_scripts/index.xml",
}


def texts():
    """(path, text) of every text file of the project, those included that are about to be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    assert listed.returncode == 0, listed.stderr
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (data := path.read_bytes())[:8000]:
            yield name, data.decode("utf-8", errors="replace")


def workflow():
    return yaml.safe_load(WORKFLOW.read_text("utf-8"))


def commands(job):
    return [step["run"] for step in workflow()["jobs"][job]["steps"] if "run" in step]


def recipe(target):
    """The commands of a target of the Makefile that run a program of the environment."""
    made = (ROOT / "Makefile").read_text("utf-8").split(f"\n{target}: ")[1].split("\n\n")[0]
    return [call.strip() for call in re.findall(r"^\t@\$\(BIN\)/([^|\n]+)", made, re.MULTILINE)]


def test_the_version_stands_in_one_place_and_where_others_must_read_it():
    pattern = re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.]*\d)")
    holders = {name for name, text in texts() if not name.startswith(OTHERS) and pattern.search(text)}
    assert holders == VERSION_HOLDERS


def test_the_old_name_stands_only_in_the_changelog():
    assert {name for name, text in texts() if OLD_NAME.search(text) or OLD_NAME.search(name)} == {"CHANGELOG.md"}


def test_the_workflow_runs_on_every_system_and_python_with_the_oldest_and_the_newest_dependencies():
    jobs = workflow()["jobs"]
    assert set(jobs) == {"linux", "macos", "windows"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pythons = [line.split(" :: ")[-1] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    for job in jobs.values():
        assert job["strategy"]["matrix"] == {"python": pythons, "resolution": ["highest", "lowest-direct"]}
        assert job["env"]["UV_RESOLUTION"] == "${{ matrix.resolution }}"


def test_the_workflow_calls_make_check():
    assert ".ci/run" in commands("linux")[-1].split()
    assert (ROOT / ".ci/run").read_text("utf-8").rstrip().endswith("\nmake check")
    assert commands("macos")[-1] == "make check"


def test_windows_runs_the_commands_of_make_check():
    assert (ROOT / "Makefile").read_text("utf-8").count("\ncheck: setup lint types test\n") == 1
    wanted = [call for target in ("lint", "types", "test") for call in recipe(target)]
    assert len(wanted) == 7
    assert [call.removeprefix(".venv\\Scripts\\") for call in commands("windows")[-7:]] == wanted


def test_a_commit_is_checked_by_the_ruff_of_make_check():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    assert [hook["args"][0] for hook in hooks] == [call.split()[1] for call in recipe("lint")]
    assert all(".venv/bin/ruff" in hook["entry"] for hook in hooks)
