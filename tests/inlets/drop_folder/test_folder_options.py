from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.inlets.drop_folder.folder_options import BadFolderOptions, FolderOptions
from daemon.pipeline.options import Options


@pytest.fixture
def recipes(tmp_path: Path) -> FolderOptions:
    return FolderOptions(tmp_path, Options())


def put(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "sidestick.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def reason(recipes: FolderOptions, folder: Path) -> str:
    with pytest.raises(BadFolderOptions) as refused:
        recipes.values_for(folder)
    return refused.value.reason


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, f"bpm = {'9' * 5000}"])
def test_options_that_would_break_a_reader_of_toml_are_told(recipes: FolderOptions, tmp_path: Path, text: str) -> None:
    (tmp_path / "sidestick.toml").write_text(text)
    assert "One short line for each option" in reason(recipes, tmp_path)


def test_at_the_top_nothing_is_set(recipes: FolderOptions, tmp_path: Path) -> None:
    assert recipes.values_for(tmp_path) == {}


@pytest.mark.parametrize("name", ["drums", "bass", "vocals", "other", "guitar", "piano"])
def test_a_folder_named_like_a_stem_holds_such_stems(recipes: FolderOptions, tmp_path: Path, name: str) -> None:
    assert recipes.values_for(tmp_path / name) == {"input": name}


def test_upper_case_names_a_stem_as_well(recipes: FolderOptions, tmp_path: Path) -> None:
    assert recipes.values_for(tmp_path / "Drums") == {"input": "drums"}


def test_folders_below_a_stem_folder_hold_the_same(recipes: FolderOptions, tmp_path: Path) -> None:
    assert recipes.values_for(tmp_path / "drums" / "Album" / "CD 1") == {"input": "drums"}


def test_the_drop_folder_itself_may_be_called_drums(tmp_path: Path) -> None:
    assert FolderOptions(tmp_path / "drums", Options()).values_for(tmp_path / "drums") == {}


def test_what_a_recipe_sets_holds_for_its_folder(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path, 'stems = "flac"\nbpm = 96')
    assert recipes.values_for(tmp_path) == {"stems": "flac", "bpm": 96}


def test_a_recipe_is_inherited_and_the_nearer_one_wins(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path, 'stems = "flac"\n[grid]\nstep = "1/8"\nstrength = 0.5')
    put(tmp_path / "Album", "[grid]\nstrength = 1.0")
    assert recipes.values_for(tmp_path / "Album") == {"stems": "flac", "grid": {"step": "1/8", "strength": 1.0}}


def test_a_recipe_may_say_otherwise_than_its_folder_is_called(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path / "drums", 'input = "mix"')
    assert recipes.values_for(tmp_path / "drums") == {"input": "mix"}


def test_a_changed_recipe_is_read_again(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path, "bpm = 96")
    recipes.values_for(tmp_path)
    put(tmp_path, "bpm = 120.5")
    assert recipes.values_for(tmp_path) == {"bpm": 120.5}


def test_a_removed_recipe_sets_nothing(recipes: FolderOptions, tmp_path: Path) -> None:
    file = put(tmp_path, "bpm = 96")
    recipes.values_for(tmp_path)
    file.unlink()
    assert recipes.values_for(tmp_path) == {}


def test_editors_that_write_a_mark_at_the_beginning_do_no_harm(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path, "\ufeffbpm = 96\r\n")
    assert recipes.values_for(tmp_path) == {"bpm": 96}


def test_options_are_those_of_the_settings_with_the_recipe_over_them(tmp_path: Path) -> None:
    options = FolderOptions(tmp_path, Options(drum_map="ableton")).options({"grid": {"strength": 0.5}})
    assert (options.drum_map, options.grid.strength, options.grid.step) == ("ableton", 0.5, "1/16")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bpm = 96\nstems = flac\n", ("line 2", "stems = flac", "Write it like this")),
        ("bpm = 96\n\n[grid\n", ("line 3", "[grid")),
        ('stems = "flac', ("line 1", 'stems = "flac')),
        ('# mine\nbpm = "fast"', ("line 2", "bpm: 'fast' does not work; it must be a number.")),
        ("bpm = 96\n[grid]\nstrength = 2.0", ("line 3", "grid.strength: 2 does not work; the most is 1.")),
        ("\ngrid.strength = 2.0", ("line 2", "grid.strength")),
        ("grid = { strength = 2.0 }", ("line 1", "grid.strength")),
        ("\n\ntempo = 96", ("line 3", "no option tempo", "bpm")),
        ('\n[colour]\nred = "1"', ("line 2", "no option colour")),
        (b"bpm = 96 # \xff\n", ("not a text in UTF-8",)),
        ("x=" + "[" * 20000, ("sidestick.toml",)),
    ],
)
def test_a_mistake_is_named_with_its_line(
    recipes: FolderOptions, tmp_path: Path, text: str | bytes, expected: tuple[str, ...]
) -> None:
    file = put(tmp_path, text)
    said = reason(recipes, tmp_path)
    assert [part for part in (str(file), *expected) if part not in said] == []


def test_all_mistakes_are_named_at_once(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path, 'bpm = 1\nstems = "ogg"')
    said = reason(recipes, tmp_path)
    assert "line 1" in said
    assert "line 2" in said


def test_a_mistake_above_holds_up_the_folders_below(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path, "bpm = 1")
    assert "line 1" in reason(recipes, tmp_path / "Album")


def test_a_recipe_is_refused_like_any_other_request(recipes: FolderOptions, tmp_path: Path) -> None:
    put(tmp_path, "bpm = 1")
    with pytest.raises(Rejected, match="bpm"):
        recipes.values_for(tmp_path)
