"""The README says what the code does."""

import re
from pathlib import Path

from typer.main import get_command

from bridge.drum_map import map_names
from bridge.osc import addresses
from daemon.cli import app

README = Path(__file__).parents[1] / "README.md"


def test_the_osc_section_is_the_contract_in_code():
    text = README.read_text(encoding="utf-8")
    assert addresses.markdown().strip() in text, "run: python -m tests.test_readme"


def test_every_long_option_in_the_readme_exists():
    options = get_command(app).commands["transcribe"].params
    known = {name.lstrip("-") for option in options for name in (*option.opts, *option.secondary_opts)}
    table = README.read_text(encoding="utf-8").split("| option | what it does |")[1].split("\n\n")[0]
    assert set(re.findall(r"`--([a-z-]+)", table)) <= known


def test_the_drum_map_of_the_example_exists():
    named = re.findall(r"--drum-map (\w+) ", README.read_text(encoding="utf-8"))
    assert named
    assert set(named) <= set(map_names())


def write() -> None:
    """Put the contract's tables between their marks."""
    text = README.read_text(encoding="utf-8")
    parts = re.split(r"(?<=<!-- osc -->\n).*?(?=<!-- /osc -->)", text, flags=re.S)
    README.write_text(f"\n{addresses.markdown().strip()}\n\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    write()
