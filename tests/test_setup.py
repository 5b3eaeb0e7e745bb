"""The three answers of the first set-up, and the settings file that keeps its comments."""

import tomllib
from pathlib import Path

import pytest

from daemon.config import load
from daemon.errors import ConfigError, Rejected
from daemon.setup import DAWS, SetupAnswers, apply_answers, daw_of, state_of

WRITTEN = """# mine
device = "cpu"  # the fan is loud

[options.grid]
step = "1/8"  # straight

[[daemon.drop]]
path = "/srv/Drop"  # the old one
poll = true
"""


class ServiceFile:
    """A service that is a file, as each of the real ones is."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "service"

    def install(self) -> None:
        self.file.write_text("")

    def uninstall(self) -> None:
        self.file.unlink()

    def status(self) -> str:
        return ""


class NoServiceFile(ServiceFile):
    def install(self) -> None:
        raise Rejected("no_session", "There is no session.")


class Home:
    def __init__(self, folder: Path) -> None:
        self.environ = {"SIDESTICK_FOLDERS__CONFIG": str(folder / "config")}
        self.file = folder / "config" / "config.toml"
        self.service: ServiceFile = ServiceFile(folder)

    def write(self, text: str) -> None:
        self.file.parent.mkdir()
        self.file.write_text(text, "utf-8")

    def answer(self, **answers):
        return apply_answers(SetupAnswers(**answers), load(self.environ), self.service, self.environ)

    @property
    def state(self):
        return state_of(load(self.environ), self.service)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_nothing_is_set_at_first(home):
    assert home.state.is_new
    assert not home.state.at_log_on


def test_the_drop_folder_is_made_and_watched(home, tmp_path):
    found = home.answer(drop=tmp_path / "Music" / "Drop")
    assert (tmp_path / "Music" / "Drop").is_dir()
    assert [each.path for each in found.settings.daemon.drop] == [tmp_path / "Music" / "Drop"]
    assert not home.state.is_new


def test_a_daw_brings_its_drum_map(home):
    found = home.answer(daw="Ableton Live")
    assert (found.settings.daw, found.settings.options.drum_map) == ("live", "ableton")


def test_comments_and_everything_else_stay(home, tmp_path):
    home.write(WRITTEN)
    found = home.answer(drop=tmp_path / "Drop", daw="reaper")
    text = home.file.read_text("utf-8")
    assert all(line in text for line in WRITTEN.splitlines())
    drops = [(str(each.path), each.poll) for each in found.settings.daemon.drop]
    assert drops == [("/srv/Drop", True), (str(tmp_path / "Drop"), False)]
    assert tomllib.loads(text)["daw"] == "reaper"


def test_a_list_of_drop_folders_on_one_line_gets_one_more(home, tmp_path):
    home.write('[daemon]\ndrop = [{ path = "/srv/Drop" }]\n')
    found = home.answer(drop=tmp_path / "Drop")
    assert [str(each.path) for each in found.settings.daemon.drop] == ["/srv/Drop", str(tmp_path / "Drop")]


def test_the_same_answers_again_change_nothing(home, tmp_path):
    home.answer(drop=tmp_path / "Drop", daw="logic")
    before = home.file.read_text("utf-8")
    home.answer(drop=tmp_path / "Drop", daw="logic")
    assert home.file.read_text("utf-8") == before


def test_the_start_at_log_on_is_set_up_and_taken_away(home):
    home.answer(at_log_on=True)
    assert home.state.at_log_on
    home.answer(at_log_on=False)
    assert not home.state.at_log_on


def test_a_service_that_cannot_be_set_up_leaves_the_other_answers(home, tmp_path):
    home.service = NoServiceFile(tmp_path)
    with pytest.raises(Rejected, match="no session"):
        home.answer(daw="cubase", at_log_on=True)
    assert home.state.daw == "cubase"


def test_an_unknown_daw_is_refused_with_those_that_are_known(home):
    with pytest.raises(Rejected, match="reaper, live"):
        home.answer(daw="garage")
    assert not home.file.exists()


def test_a_relative_drop_folder_is_refused(home):
    with pytest.raises(Rejected, match="absolute"):
        home.answer(drop=Path("Drop"))


def test_a_file_that_is_no_toml_is_left_alone(home):
    home.write("[daemon\n")
    with pytest.raises(ConfigError):
        home.answer(daw="live")
    assert home.file.read_text("utf-8") == "[daemon\n"


@pytest.mark.parametrize("daw", DAWS, ids=lambda daw: daw.name)
def test_every_daw_is_found_by_name_and_by_title(daw):
    assert daw_of(daw.name) is daw_of(daw.title.upper()) is daw
