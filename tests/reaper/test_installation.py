"""Install actions and toolbar: what is registered with REAPER, and the files that it reads."""

from pathlib import Path

import pytest
from PIL import Image

from reaper_scripts import make_icons
from tests.reaper.fake import SCRIPTS, Reaper

ACTION = "Install actions and toolbar"
ICONS = sorted((SCRIPTS / "sidestick" / "icons").iterdir())


def test_every_action_is_registered_and_the_editors_in_the_editor_too(alone: Reaper) -> None:
    outcome = alone.run(ACTION)
    main = {Path(entry["path"]).name for entry in outcome["registered"] if entry["section"] == 0}
    editor = [Path(entry["path"]).name for entry in outcome["registered"] if entry["section"] == 32060]
    assert main == {path.name for path in (SCRIPTS / "sidestick").glob("sidestick_*.lua")}
    assert editor == ["sidestick_Relabel selected notes as.lua"]
    assert outcome["undone"] == []


def test_the_toolbar_names_its_actions_by_the_ids_that_reaper_gave_them(alone: Reaper) -> None:
    """Row "new": a toolbar file with three icons."""
    outcome = alone.run(ACTION)
    lines = (alone.home / "MenuSets" / "sidestick.ReaperMenu").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    for number in range(3):
        command, _, name = values[f"item_{number}"].partition(" sidestick: ")
        entry = outcome["registered"][int(command.removeprefix("_RS"), 16) - 50001]
        assert Path(entry["path"]).stem == f"sidestick_{name}"
        icon = alone.home / "Data" / "toolbar_icons" / values[f"icon_{number}"]
        assert icon.read_bytes() == (SCRIPTS / "sidestick" / "icons" / icon.name).read_bytes()
    assert str(alone.home / "MenuSets" / "sidestick.ReaperMenu") in outcome["boxes"][0]


def test_a_folder_that_cannot_be_written_is_told(alone: Reaper) -> None:
    (alone.home / "Data").write_text("no folder")
    assert "could not be written" in alone.run(ACTION)["boxes"][0]


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_an_icon_is_three_states_and_is_drawn_by_its_script(path: Path) -> None:
    image = Image.open(path)
    drawn = make_icons.icon(path.stem.removeprefix("sidestick_"))
    assert image.size == (90, 30) and drawn.size == (90, 30)
    states = [drawn.crop((30 * number, 0, 30 * number + 30, 30)).tobytes() for number in range(3)]
    assert len(set(states)) == 3 and all(any(state) for state in states)
