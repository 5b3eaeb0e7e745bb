"""`sidestick config`: every setting, and where it comes from."""

import json

from bridge.drum_map import map_names


def test_every_setting_is_shown_with_its_origin(home):
    (home.folder / "config").mkdir()
    (home.folder / "config" / "config.toml").write_text("[limits]\nmax_minutes = 5\n")
    shown = json.loads(home.sidestick("config", "--json").stdout)
    assert shown["limits.max_minutes"] == {"value": 5.0, "origin": str(home.folder / "config" / "config.toml")}
    assert shown["offline"] == {"value": True, "origin": "SIDESTICK_OFFLINE"}
    assert shown["options.grid.step"]["origin"] == "default"


def test_the_file_that_is_read_is_named(home):
    assert f"{home.folder / 'config' / 'config.toml'} (not there yet)" in home.sidestick("config").stdout


def test_the_drum_maps_of_ones_own_are_listed_too(home):
    names = home.sidestick("config", "--drum-maps", drum_maps='{"pads": {"kick": 36}}').stdout.split()
    assert names == [*map_names(), "pads"]


def test_an_unknown_setting_comes_with_its_neighbour(home):
    result = home.sidestick("config", daemon__osc_prt="9000")
    assert result.exit_code == 2
    assert "Did you mean osc_port?" in result.stderr


def test_the_schema_of_a_manifest_is_printed(home):
    schema = json.loads(home.sidestick("config", "--manifest-schema").stdout)
    assert {"hits", "notes", "grid", "options", "history"} <= set(schema["properties"])
