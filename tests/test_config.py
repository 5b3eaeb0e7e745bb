import json
from pathlib import Path

import pytest

from daemon.config import Config, http_address, load
from daemon.errors import ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def load_config(home: Path, text: str = "", **variables: str) -> Config:
    (home / "config.toml").write_text(text, "utf-8")
    return load({"SIDESTICK_FOLDERS__CONFIG": str(home), **variables})


def problems(home: Path, text: str = "", **variables: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(home, text, **variables)
    return caught.value.problems


def test_everything_has_a_default(home):
    settings = load({"SIDESTICK_FOLDERS__CONFIG": str(home / "none")}).settings
    assert (settings.daemon.osc_port, settings.limits.max_minutes, settings.device) == (9331, 30.0, "auto")


def test_the_file_is_read(home):
    settings = load_config(home, '[options.grid]\nstep = "1/8T"\n[daemon]\nworkers = 2').settings
    assert (settings.options.grid.step, settings.daemon.workers) == ("1/8T", 2)


def test_the_environment_wins_over_the_file(home):
    config = load_config(home, "[limits]\nmax_minutes = 10\nmin_seconds = 1", SIDESTICK_LIMITS__MAX_MINUTES="60")
    assert (config.settings.limits.max_minutes, config.settings.limits.min_seconds) == (60.0, 1.0)


def test_lists_and_tables_in_the_environment_are_json(home):
    folders = json.dumps([{"path": str(home), "poll": True}])
    settings = load_config(home, SIDESTICK_DAEMON__DROP=folders, SIDESTICK_OPTIONS__PARTS='["bass"]').settings
    assert settings.daemon.drop[0].poll
    assert settings.options.parts == ("bass",)


def test_each_value_says_where_it_comes_from(home):
    config = load_config(home, '[options.grid]\nstep = "1/8"', SIDESTICK_DEVICE="cpu")
    origins = {value.name: value.origin for value in config.values()}
    assert origins["options.grid.step"] == str(home / "config.toml")
    assert origins["device"] == "SIDESTICK_DEVICE"
    assert origins["options.grid.strength"] == "default"


def test_every_value_can_be_shown_as_json(home):
    assert json.dumps([value.value for value in load_config(home).values()])


def test_a_tilde_is_the_home_folder(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert load_config(home, '[models]\nmine = "~/mine.th"').settings.models == {"mine": home / "mine.th"}


def test_a_drum_map_may_use_nicknames(home):
    maps = load_config(home, "[drum_maps.pads]\nbd = 35\n'open hat' = 46").settings.drum_maps
    assert maps == {"pads": {"kick": 35, "open_hihat": 46}}


def test_all_mistakes_are_told_at_once(home):
    found = problems(home, "[limits]\nmax_minutes = -3\n[daemon]\nworkers = 0", SIDESTICK_DEVICE="abacus")
    assert len(found) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("devise = 'cpu'", "Did you mean device?"),
        ("[limits]\nmax_minute = 3", "Did you mean max_minutes?"),
        ("[options.grid]\nswimg = 0.6", "Did you mean swing?"),
        ("[[daemon.drop]]\npath = '/x'\npol = true", "Did you mean poll?"),
        ("[limits]\nmax_minutes = -3", "-3 does not work"),
        ("[limits]\nmax_minutes = nan", "finite"),
        ("limits = 3", "limits"),
        ("[options]\nbpm = 1000", "options.bpm"),
        ("[folders]\ncache = 'here'", "must be absolute"),
        ("[folders]\nconfig = '/x'", "SIDESTICK_FOLDERS__CONFIG"),
        ("[folders]\nstate = '/x'", "SIDESTICK_STATE_FOLDER"),
        ("folders = 'x'", "folders"),
        ("[models]\n'../x' = '/x'", "models.../x"),
        ("[drum_maps.pads]\nkazoo = 3", "kazoo"),
        ("[drum_maps.pads]\nkick = 128", "127"),
        ("[drum_maps.pads]", "drum_maps.pads"),
        ("[[", "is not TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_the_file(home, text, words):
    (problem,) = problems(home, text)
    assert words in problem
    assert "config.toml" in problem


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("SIDESTICK_DAEMON__OSC_PRT", "9000", "Did you mean osc_port?"),
        ("SIDESTICK_DAEMON__OSC_PORT", "70000", "65535"),
        ("SIDESTICK_DAEMON__DROP", "[{", "daemon.drop"),
        ("SIDESTICK_LIMITS", "3", "limits"),
        ("SIDESTICK_VOLUME", "11", "There is no setting volume"),
    ],
)
def test_a_mistake_in_the_environment_is_named_with_the_variable(home, variable, value, words):
    (problem,) = problems(home, "", **{variable: value})
    assert words in problem
    assert variable in problem


def test_a_file_in_another_encoding_is_told(home):
    (home / "config.toml").write_bytes("# für\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="is not TOML"):
        load({"SIDESTICK_FOLDERS__CONFIG": str(home)})


def test_a_name_may_hold_a_dot(home):
    assert list(load_config(home, "[models]\n'kit.v2' = '/x'").settings.models) == ["kit.v2"]


def test_an_empty_variable_is_no_variable(home):
    assert load_config(home, SIDESTICK_DEVICE="").settings.device == "auto"


def test_the_state_folder_goes_by_the_name_that_clients_know(home):
    assert load_config(home, SIDESTICK_STATE_FOLDER=str(home / "state")).settings.folders.state == home / "state"


def test_other_variables_are_none_of_our_business(home):
    assert load({"SIDESTICK_FOLDERS__CONFIG": str(home), "PATH": "x", "HOME": "y"}).settings.device == "auto"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:9332"),
        ("localhost", "http://localhost:9332"),
        ("::1", "http://[::1]:9332"),
        ("0.0.0.0", "http://127.0.0.1:9332"),
        ("::", "http://[::1]:9332"),
        ("192.168.1.5", "http://192.168.1.5:9332"),
    ],
)
def test_the_page_is_where_a_browser_of_this_machine_finds_it(host, address):
    assert http_address(host, 9332) == address


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, "x = " + "{a=" * 5_000, "folders = 3", f"x = {'9' * 5000}"])
def test_settings_that_would_break_a_reader_of_toml_are_told_in_a_sentence(tmp_path, text):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError):
        load({"SIDESTICK_FOLDERS__CONFIG": str(tmp_path)})


def test_the_home_of_nobody_known_here_is_no_home(tmp_path):
    (tmp_path / "config.toml").write_text('[folders]\ncache = "~nobody_here/x"')
    with pytest.raises(ConfigError, match="must be absolute"):
        load({"SIDESTICK_FOLDERS__CONFIG": str(tmp_path)})
