"""Writes index.xml, the list that ReaPack reads, from the header of sidestick/sidestick.lua.

python make_index.py URL TIME, where URL is the folder that these files are published in and TIME is the time of the
release, like 2026-01-31T12:00:00Z. Without them the address and time of the last index stay. The index that lies here
names an address that exists nowhere (.invalid, RFC 2606): it is for whoever publishes the folder to name a real one.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as Xml

HERE = Path(__file__).parent
CATEGORY = "sidestick"
PACKAGE = HERE / CATEGORY / "sidestick.lua"
INDEX = HERE / "index.xml"
NOWHERE = "https://sidestick.invalid/reaper_scripts"
NOTE = f""" {NOWHERE} is a placeholder; make_index.py writes the address that these files are published at. """


@dataclass(frozen=True, slots=True)
class PackageFile:
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


def list_files(tags: dict[str, str], folder: Path) -> Iterator[PackageFile]:
    """Every file of the package, patterns opened."""
    for line in tags["provides"].splitlines():
        options, pattern = re.fullmatch(r"\[(.+?)\] (.+)", line).groups()  # type: ignore[union-attr]
        sections = "" if options == "nomain" else options.removeprefix("main").removeprefix("=").replace(",", " ")
        for path in sorted(folder.glob(pattern)):
            main = "" if options == "nomain" else sections or "main"
            yield PackageFile(path.relative_to(folder).as_posix(), main)


def index(base: str, time: str) -> str:
    """The text of index.xml."""
    tags = header(PACKAGE.read_text(encoding="utf-8"))
    root = Xml.Element("index", version="1", name="sidestick")
    if base == NOWHERE:
        root.append(Xml.Comment(NOTE))
    category = Xml.SubElement(root, "category", name=CATEGORY)
    package = Xml.SubElement(category, "reapack", name=PACKAGE.name, type="script", desc=tags["description"])
    version = Xml.SubElement(package, "version", name=tags["version"], author=tags["author"], time=time)
    Xml.SubElement(version, "changelog").text = tags["changelog"]
    for entry in list_files(tags, PACKAGE.parent):
        main = {"main": entry.sections} if entry.sections else {}
        source = Xml.SubElement(version, "source", main, file=entry.file)
        source.text = f"{base.rstrip('/')}/{CATEGORY}/{quote(entry.file)}"
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def read_published() -> tuple[str, str]:
    """Address and time of the index that is there."""
    version = Xml.parse(INDEX).getroot().find(".//version")
    source = version.find("source") if version is not None else None
    if version is None or source is None or not source.text:
        raise SystemExit(f"{INDEX} is damaged. Give URL and TIME to write it anew.")
    return source.text.rsplit(f"/{CATEGORY}/", 1)[0], version.attrib["time"]


def main(*given: str) -> None:
    base, time = given or read_published()
    INDEX.write_text(index(base, time), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
