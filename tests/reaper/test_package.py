"""What is installed: only functions that REAPER has, headers and an index that ReaPack takes, tidy Lua."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree as Xml

import pytest

from daemon import __version__
from reaper_scripts import make_index
from tests.reaper.fake import HERE, SCRIPTS

LUA = sorted(SCRIPTS.rglob("*.lua"))
ICONS = sorted(SCRIPTS.rglob("icons/*.png"))
ACTIONS = sorted(SCRIPTS.glob("sidestick/sidestick_*.lua"))
GFX = {
    "circle", "dock", "drawstr", "ext_retina", "getchar", "h", "init", "line", "measurestr", "mouse_cap", "mouse_wheel",
    "mouse_x", "mouse_y", "quit", "rect", "set", "setfont", "showmenu", "triangle", "update", "w", "x", "y",
}  # fmt: skip


def words(pattern: str) -> set[str]:
    return {name for path in LUA for name in re.findall(pattern, path.read_text(encoding="utf-8"))}


def test_the_scripts_call_only_what_reaper_has_and_the_list_has_nothing_else() -> None:
    listed = set(re.findall(r"reaper\.(\w+)\(", (HERE / "api.txt").read_text(encoding="utf-8")))
    assert words(r"reaper\.(\w+)") == listed


def test_the_windows_use_only_what_gfx_has() -> None:
    assert words(r"gfx\.(\w+)") <= GFX


def test_every_action_says_what_it_is_and_is_in_the_package() -> None:
    package = make_index.header(make_index.PACKAGE.read_text(encoding="utf-8"))
    listed = make_index.list_files(package, make_index.PACKAGE.parent)
    given = {entry.file for entry in listed if entry.sections}
    assert given == {path.name for path in ACTIONS}
    for path in ACTIONS:
        tags = make_index.header(path.read_text(encoding="utf-8"))
        assert tags["description"].startswith("sidestick: ") and tags["about"] and "noindex" in tags


def test_the_indexer_finds_one_package_and_takes_no_other_file_for_one() -> None:
    """Row "ReaPack": its indexer takes every script without @noindex at its top for a package."""
    for path in set(LUA) - {make_index.PACKAGE}:
        top = re.match(r"(?:--[^\n]*\n)*", path.read_text(encoding="utf-8"))
        assert top and re.search(r"^-- @noindex$", top[0], re.MULTILINE), path
    assert "noindex" not in make_index.header(make_index.PACKAGE.read_text(encoding="utf-8"))


def test_the_index_is_the_one_of_these_files() -> None:
    assert make_index.index(*make_index.read_published()) == make_index.INDEX.read_text(encoding="utf-8")


def test_the_version_is_the_one_of_the_daemon() -> None:
    """ReaPack reads @version from the package's header; the header of the index is made from it."""
    assert make_index.header(make_index.PACKAGE.read_text(encoding="utf-8"))["version"] == __version__


def test_the_index_names_no_address_that_might_be_somebodys() -> None:
    """A name under .invalid belongs to nobody (RFC 2606); the page says how to install without it."""
    base, _ = make_index.read_published()
    assert base == make_index.NOWHERE and (urlparse(base).hostname or "").endswith(".invalid")
    page = (SCRIPTS / "README.md").read_text(encoding="utf-8")
    assert "index.xml" not in page.split("## Install")[1].split("\n## ")[0]


def test_a_release_names_its_own_address() -> None:
    text = make_index.index("https://example.org/files/", "2026-01-31T12:00:00Z")
    assert "https://example.org/files/sidestick/sidestick_Stop.lua" in text and ".invalid" not in text


def test_the_copied_folder_is_complete(tmp_path: Path) -> None:
    """Every module that a script asks for lies in the folder that the install page says to copy."""
    copied = shutil.copytree(SCRIPTS / "sidestick", tmp_path / "sidestick")
    wanted = words(r'require\("([\w]+)"\)')
    assert wanted == {path.stem for path in copied.glob("lib/*.lua")}


def test_the_index_is_what_reapack_reads() -> None:
    root = Xml.parse(SCRIPTS / "index.xml").getroot()
    assert (root.tag, root.attrib["version"]) == ("index", "1")
    (category,) = root.findall("category")
    (package,) = category.findall("reapack")
    assert package.attrib["type"] == "script" and package.attrib["name"].endswith(".lua")
    (version,) = package.findall("version")
    assert re.fullmatch(r"\d+(\.\d+)*\w*", version.attrib["name"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", version.attrib["time"])


def test_every_file_of_the_index_exists_and_every_file_is_in_it() -> None:
    sources = list(Xml.parse(SCRIPTS / "index.xml").getroot().iter("source"))
    files = {source.attrib["file"] for source in sources}
    here = {path.relative_to(SCRIPTS / "sidestick").as_posix() for path in (*LUA, *ICONS)}
    assert files == here - {"sidestick.lua"}
    for source in sources:
        url = urlparse(source.text or "")
        assert url.scheme == "https" and unquote(url.path).endswith(f"/sidestick/{source.attrib['file']}")
        assert set(source.attrib.get("main", "main").split()) <= {"main", "midi_editor"}


def test_the_drums_are_those_of_the_daemon() -> None:
    from bridge.drum_labels import SOUNDS

    text = (SCRIPTS / "sidestick/lib/drums.lua").read_text(encoding="utf-8")
    rows = re.findall(r'label = "(\w+)", pitch = (\d+), family = "(\w+)", key = "(\w)"', text)
    assert {(name, int(pitch), family) for name, pitch, family, _ in rows} == {
        (sound.label, sound.pitch, sound.family) for sound in SOUNDS.values()
    }
    assert len({key for *_, key in rows}) == len(rows)


@pytest.mark.parametrize("lua", ["lua5.3", "lua5.4"])
def test_every_file_is_lua(lua: str) -> None:
    checks = "for _, name in ipairs(arg) do assert(loadfile(name)) end"
    subprocess.run([lua, "-e", f"arg = {{...}} {checks}", "-", *map(str, LUA)], check=True, input=b"")


def test_luacheck_has_nothing_to_say() -> None:
    command = [shutil.which("luacheck") or "luacheck", "--no-color", "-q", "."]
    for folder in (SCRIPTS, HERE):
        done = subprocess.run([*command, "--config", str(SCRIPTS / ".luacheckrc")], cwd=folder, capture_output=True)
        assert done.returncode == 0, done.stdout.decode()


def test_no_file_is_long_and_no_line_either() -> None:
    for path in (*LUA, *HERE.glob("*.lua")):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 350 and max(map(len, lines)) <= 120, path


def test_the_page_names_every_action() -> None:
    page = (SCRIPTS / "README.md").read_text(encoding="utf-8")
    assert not [path for path in ACTIONS if path.stem.removeprefix("sidestick_") not in page]
