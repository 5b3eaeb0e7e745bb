"""`sidestick setup`: by flags, and by three questions."""

from daemon.commands import setup as command
from daemon.setup import SetupState


def test_flags_set_everything_without_a_question(home):
    drop = home.folder / "Drop"
    result = home.sidestick("setup", "--drop", drop, "--daw", "live")
    assert result.exit_code == 0, result.stderr
    assert drop.is_dir()
    assert "sidestick.amxd" in result.stdout
    assert 'drum_map = "ableton"' in (home.folder / "config" / "config.toml").read_text()


def test_a_second_run_shows_what_is_set(home):
    home.sidestick("setup", "--drop", home.folder / "Drop", "--daw", "reaper")
    result = home.sidestick("setup")
    assert str(home.folder / "Drop") in result.stdout and "REAPER" in result.stdout
    assert "--drop" in result.stdout


def test_an_unknown_daw_is_a_wrong_call(home):
    result = home.sidestick("setup", "--daw", "garage")
    assert result.exit_code == 2
    assert "reaper, live" in result.stderr


def ask_in_turn(*typed):
    answers = iter(typed)
    return lambda question: next(answers)


def test_enter_takes_what_is_offered(tmp_path):
    before = SetupState((tmp_path,), "live", True, tmp_path / "config.toml")
    asked = command.ask_everything(before, ask_in_turn("", "", ""))
    assert (asked.drop, asked.daw, asked.at_log_on) == (tmp_path, "live", True)


def test_a_daw_may_be_told_by_number_and_is_asked_again_if_unknown(tmp_path):
    before = SetupState((), "", False, tmp_path / "config.toml")
    asked = command.ask_everything(before, ask_in_turn("~/Drop", "99", "2", "n"))
    assert (asked.daw, asked.at_log_on) == ("live", False)
    assert asked.drop.is_absolute()
