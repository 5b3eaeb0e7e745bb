"""Writes index.xml, the list that ReaPack reads, from the header of stemd/stemd.lua.

python make_index.py URL TIME, where URL is the folder that these files are published in and TIME is the time of the
release, like 2026-01-31T12:00:00Z. It must be run again for each release.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as Xml

HERE = Path(__file__).parent
CATEGORY = "stemd"
PACKAGE = HERE / CATEGORY / "stemd.lua"


@dataclass(frozen=True, slots=True)
class Provided:
    """One file of the package. `sections` are the action lists that it stands in, none for the shared code."""

    file: str
    sections: str


def header(text: str) -> dict[str, str]:
    """The tags of a package's header; lines that are indented belong to the tag above them."""
    tags: dict[str, str] = {}
    name = ""
    for line in re.findall(r"^--(.*)$", text, re.MULTILINE):
        tag = re.match(r" @(\w+) ?(.*)", line)
        name, value = (tag[1], tag[2]) if tag else (name, line.strip())
        tags[name] = f"{tags[name]}\n{value}".strip() if name in tags else value
    return tags


def provided(tags: dict[str, str], folder: Path) -> Iterator[Provided]:
    """Every file of the package, patterns opened."""
    for line in tags["provides"].splitlines():
        options, pattern = re.fullmatch(r"\[(.+?)\] (.+)", line).groups()  # type: ignore[union-attr]
        sections = "" if options == "nomain" else options.removeprefix("main").removeprefix("=").replace(",", " ")
        for path in sorted(folder.glob(pattern)):
            main = "" if options == "nomain" else sections or "main"
            yield Provided(path.relative_to(folder).as_posix(), main)


def index(base: str, time: str) -> str:
    """The text of index.xml."""
    tags = header(PACKAGE.read_text(encoding="utf-8"))
    root = Xml.Element("index", version="1", name="stemd")
    category = Xml.SubElement(root, "category", name=CATEGORY)
    package = Xml.SubElement(category, "reapack", name=PACKAGE.name, type="script", desc=tags["description"])
    version = Xml.SubElement(package, "version", name=tags["version"], author=tags["author"], time=time)
    Xml.SubElement(version, "changelog").text = tags["changelog"]
    for entry in provided(tags, PACKAGE.parent):
        main = {"main": entry.sections} if entry.sections else {}
        source = Xml.SubElement(version, "source", main, file=entry.file)
        source.text = f"{base.rstrip('/')}/{CATEGORY}/{quote(entry.file)}"
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def main(base: str, time: str) -> None:
    (HERE / "index.xml").write_text(index(base, time), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
