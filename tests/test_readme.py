"""The README and the pages in docs/ say what the code does, and everything that they point to is there."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from bridge.drum_map import map_names, markdown
from bridge.osc import addresses
from daemon import codes
from daemon.cli import app
from daemon.outlets.exports.table import EXPORTS
from daemon.score import change_tables

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
REFERENCE = ROOT / "docs/reference.md"
DEVELOPING = ROOT / "docs/developing.md"
MAPS = ROOT / "docs/drum-maps.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
FOLDERS = ("daemon/", "bridge/", "tests/", "docs/", "examples/", "reaper_scripts/", "max_for_live/", ".github/", ".ci/")


def read(page):
    return page.read_text(encoding="utf-8")


def anchors(page):
    """The places of a page that a link may name, as GitHub makes them of its headings."""
    titles = re.findall(r"^#+ (.+)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


def exists(name):
    """Whether a file or folder that a page names is there; `{a,b}` and `*` are taken apart as a shell does."""
    choice = re.search(r"\{([^{}]*)\}", name)
    if choice:
        return all(exists(name.replace(choice[0], one, 1)) for one in choice[1].split(","))
    return any(ROOT.glob(name.rstrip("/")))


def test_the_osc_section_is_the_contract_in_code():
    assert addresses.markdown().strip() in read(REFERENCE), "run: python -m tests.test_readme"


def test_the_list_of_codes_is_the_one_in_code():
    assert codes.markdown() in read(REFERENCE), "run: python -m tests.test_readme"


def test_the_words_of_a_correction_are_those_in_code():
    assert change_tables.markdown() in read(REFERENCE), "run: python -m tests.test_readme"


def test_the_tables_of_drum_maps_are_the_maps():
    assert markdown() in read(MAPS), "run: python -m tests.test_readme"


def test_every_export_is_in_its_table():
    table = read(REFERENCE).split("| name | file | what it is |")[1].split("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(EXPORTS)


def test_every_long_option_in_the_reference_exists():
    options = get_command(app).commands["transcribe"].params
    known = {name.lstrip("-") for option in options for name in (*option.opts, *option.secondary_opts)}
    table = read(REFERENCE).split("| option | what it does |")[1].split("\n\n")[0]
    assert set(re.findall(r"`--([a-z-]+)", table)) <= known


@pytest.mark.parametrize("page", [README, REFERENCE], ids=lambda page: page.name)
def test_the_drum_map_of_the_example_exists(page):
    named = re.findall(r"--drum-map (\w+) ", read(page))
    assert named
    assert set(named) <= set(map_names())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        if not link.startswith("http"):
            name, _, place = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            assert target.exists(), f"{page.name} links to {name}, which is not there"
            assert not place or place in anchors(target), f"{page.name} links to {link}, which has no such heading"


def test_every_file_that_the_developers_page_names_is_there():
    named = {name for name in re.findall(r"`([^`\s]+)`", read(DEVELOPING)) if name.startswith(FOLDERS)}
    assert len(named) > 60
    assert {name for name in named if not exists(name)} == set()


def write() -> None:
    """Put the generated tables between their marks."""
    tables = (
        ("osc", addresses.markdown(), REFERENCE),
        ("codes", codes.markdown(), REFERENCE),
        ("corrections", change_tables.markdown(), REFERENCE),
        ("maps", markdown(), MAPS),
    )
    for mark, table, page in tables:
        parts = re.split(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- /{mark} -->)", read(page), flags=re.S)
        page.write_text(f"\n{table.strip()}\n\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    write()
