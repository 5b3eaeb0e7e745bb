"""The user's own drum maps as the settings file has them now."""

from daemon.config import load
from daemon.own_drum_maps import OwnDrumMaps


def opened(folder):
    environ = {"SIDESTICK_FOLDERS__CONFIG": str(folder), "SIDESTICK_DRUM_MAPS": '{"pads": {"kick": 35}}'}
    return OwnDrumMaps(load(environ).settings)


def test_a_map_that_is_added_to_the_file_holds_at_once(tmp_path):
    maps = opened(tmp_path)
    assert dict(maps) == {"pads": {"kick": 35}}
    (tmp_path / "config.toml").write_text("[drum_maps.mine]\nBD = 36\n", "utf-8")
    assert maps["mine"] == {"kick": 36} and list(maps) == ["pads", "mine"]


def test_a_map_that_is_written_anew_is_the_new_one(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[drum_maps.mine]\nkick = 36\n", "utf-8")
    maps = opened(tmp_path)
    assert maps["mine"] == {"kick": 36}
    file.write_text("[drum_maps.mine]\nkick = 35\nsnare = 38\n", "utf-8")
    assert maps["mine"] == {"kick": 35, "snare": 38}


def test_a_file_that_is_damaged_changes_nothing(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[drum_maps.mine]\nkick = 36\n", "utf-8")
    maps = opened(tmp_path)
    assert "mine" in maps
    for text in ("[drum_maps.mine\n", "[drum_maps.mine]\ntrumpet = 36\n", "[drum_maps.mine]\nkick = 400\n"):
        file.write_text(text, "utf-8")
        assert maps["mine"] == {"kick": 36}
