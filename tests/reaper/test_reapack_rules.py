"""The rules of the real reapack-index, stated here again as its sources have them: its gem is not at hand.

reapack-index: scanner.rb (tags and what they may hold), provides.rb (a line of @provides); metaheader: how a header is
read. A file is a package unless it says @noindex; what a package provides is matched against all files beside it.
"""

import re
from fnmatch import fnmatchcase
from xml.etree import ElementTree as Xml

import pytest

from reaper_scripts.make_index import PACKAGE
from tests.reaper.fake import SCRIPTS

FILES = {path.relative_to(SCRIPTS / "sidestick").as_posix() for path in (SCRIPTS / "sidestick").rglob("*.*")}
TAG = re.compile(r"(?P<prefix>.*?)(?:@(?P<at>\w+)|(?P<key>\w[\w\s]*?)\s*:)(?:\s+(?P<value>.+))?")
KNOWN = {
    "description", "author", "version", "changelog", "provides", "about", "noindex", "metapackage", "link",
    "screenshot", "donation",
}  # fmt: skip
OPTIONS = re.compile(r"(no)?main(=(main|midi_editor|midi_inlineeditor|midi_eventlisteditor|mediaexplorer)(,\w+)*)?")


def read_header(text: str) -> dict[str, str]:
    """Tags up to the first empty line. A value goes on where the prefix of its tag is followed by an indent."""
    tags: dict[str, str] = {}
    key = prefix = ""
    for line in text.splitlines():
        if not line.strip():
            break
        rest = line.removeprefix(prefix)
        if key and (line.rstrip() == prefix.rstrip() or (line.startswith(prefix) and rest[:1].isspace())):
            tags[key] = f"{tags[key]}\n{rest.strip()}".strip()
            continue
        key = ""
        if found := TAG.fullmatch(line.rstrip()):
            prefix, key = found["prefix"], (found["at"] or found["key"]).lower()
            tags[key] = found["value"] or ""
    return tags


def check_header(tags: dict[str, str]) -> list[str]:
    """What the indexer refuses, and with --strict a tag that it does not know."""
    wrong = [f"unknown tag {name}" for name in tags if name not in KNOWN]
    wrong += [f"{name} must be one line" for name in ("version", "author") if "\n" in tags.get(name, "")]
    wrong += [f"{name} has no value" for name in ("author", "changelog", "provides") if tags.get(name) == ""]
    wrong += [f"{name} cannot have a value" for name in ("noindex", "metapackage") if tags.get(name)]
    if not re.match(r"\d", tags.get("version", "")):
        wrong.append("version must begin with a digit")
    return wrong


def provided_files(provides: str) -> list[str]:
    """Every file that a line of @provides names. Raises for an option or a file that is not there."""
    found = []
    for line in provides.splitlines():
        parts = re.fullmatch(r"(?:\[\s*(.+?)\s*\])?\s*(.+?)(?:\s+((?:file|https?)://.+))?", line.strip())
        assert parts is not None and parts[3] is None
        for option in (parts[1] or "").lower().split():
            assert OPTIONS.fullmatch(option), f"unknown option {option}"
        depth = parts[2].count("/")  # a * matches no folder
        files = [name for name in sorted(FILES) if fnmatchcase(name, parts[2]) and name.count("/") == depth]
        assert files, f"file not found {parts[2]}"
        found += files
    return found


PACKAGE_TAGS = read_header(PACKAGE.read_text("utf-8"))


def test_the_package_is_taken() -> None:
    assert check_header(PACKAGE_TAGS) == []
    assert PACKAGE_TAGS["description"] and PACKAGE_TAGS["about"] and PACKAGE_TAGS["changelog"]


def test_every_other_script_is_no_package() -> None:
    for name in FILES - {PACKAGE.name}:
        if name.endswith(".lua"):
            assert read_header((PACKAGE.parent / name).read_text("utf-8")).get("noindex") == "", name


def test_what_is_provided_is_there_once_and_is_what_the_index_lists() -> None:
    files = provided_files(PACKAGE_TAGS["provides"])
    assert len(files) == len(set(files))
    sources = Xml.parse(SCRIPTS / "index.xml").getroot().iter("source")
    assert [source.attrib["file"] for source in sources] == files


WRONG = [
    ("-- @version beta", "version must begin with a digit"),
    ("-- @version 1\n--   2", "version must be one line"),
    ("-- @version 1\n-- @changelog", "changelog has no value"),
    ("-- @version 1\n-- @noindex yes", "noindex cannot have a value"),
    ("-- @version 1\n-- @licence MIT", "unknown tag licence"),
]


@pytest.mark.parametrize(("text", "refusal"), WRONG)
def test_the_rules_can_fail(text: str, refusal: str) -> None:
    assert check_header(read_header(text)) == [refusal]


@pytest.mark.parametrize("line", ["[mian] sidestick_Stop.lua", "[main] sidestick_Gone.lua", "*.txt"])
def test_a_line_that_provides_nothing_is_refused(line: str) -> None:
    with pytest.raises(AssertionError, match=r"unknown option|file not found"):
        provided_files(line)


def test_a_star_matches_no_folder() -> None:
    assert all("/" not in name for name in provided_files("*.lua"))
