import os
import plistlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.commands import service as command
from daemon.errors import Rejected
from daemon.service import Launchd, Systemd, TaskScheduler, ToolResult, run_tool, service
from daemon.service_files import LABEL, ServiceProgram, launch_agent, scheduled_task, systemd_unit

AWKWARD = "/Users/Jörg & Söhne/50 % \"off\" 'here' $HOME \\ <x>"
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30)


def program(*words: str, **environment: str) -> ServiceProgram:
    return ServiceProgram(
        words or ("/usr/bin/env", "true"), Path("/home/jo"), Path("/home/jo/service.err"), environment
    )


class Tool:
    """Stands for launchctl, systemctl or schtasks: notes what it is asked, refuses what a test says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses: set[str] = set()

    def __call__(self, words: Sequence[str]) -> ToolResult:
        self.asked.append(" ".join(words))
        refused = any(word in self.refuses for word in words)
        return ToolResult(not refused, "Access is denied." if refused else "state = running")


@pytest.fixture
def tool() -> Tool:
    return Tool()


@pytest.fixture
def at_home(tmp_path: Path) -> ServiceProgram:
    return ServiceProgram(
        ("/some where/python", "-m", "daemon.cli", "run"), tmp_path, tmp_path / "state" / "service.err"
    )


@given(st.lists(TEXT, min_size=1), TEXT)
def test_a_launch_agent_keeps_every_word(words: list[str], value: str) -> None:
    found = plistlib.loads(launch_agent(program(*words, SIDESTICK_X=value)))
    assert found["ProgramArguments"] == words
    assert found["EnvironmentVariables"] == {"SIDESTICK_X": value}


def test_a_launch_agent_starts_at_log_on_and_after_a_crash() -> None:
    found = plistlib.loads(launch_agent(program()))
    assert (found["Label"], found["RunAtLoad"], found["KeepAlive"]) == (LABEL, True, {"SuccessfulExit": False})
    assert found["ProcessType"] == "Interactive"


def verify_unit(unit: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What systemd itself says of a unit."""
    file = folder / "sidestick.service"
    file.write_text(unit, "utf-8")
    words = ["systemd-analyze", "--user", "--man=no", "verify", str(file)]
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    return subprocess.run(words, capture_output=True, text=True, env=environ, check=False)


@pytest.mark.parametrize("word", ["run", AWKWARD, "%h", "${HOME}", "a;b", "ü", "-", "", "\\"])
def test_systemd_accepts_the_unit(tmp_path: Path, word: str) -> None:
    found = verify_unit(systemd_unit(program("/usr/bin/env", word, SIDESTICK_X=word)), tmp_path)
    assert (found.returncode, found.stderr) == (0, "")


def test_systemd_would_notice_a_program_that_is_not_there(tmp_path: Path) -> None:
    assert verify_unit(systemd_unit(program("/nowhere/a b/python")), tmp_path).returncode != 0


def setting(unit: str, name: str) -> str:
    [line] = [line for line in unit.splitlines() if line.startswith(f"{name}=")]
    return line.removeprefix(f"{name}=")


@pytest.mark.parametrize(
    ("word", "written"),
    [("a b", '"a b"'), ("50%", '"50%%"'), ("$X", '"$$X"'), ('"', '"\\""'), ("\\", '"\\\\"'), ("ü&'", '"ü&\'"')],
)
def test_a_unit_quotes_arguments(word: str, written: str) -> None:
    assert setting(systemd_unit(program("/bin/x", word)), "ExecStart") == f'"/bin/x" {written}'


def test_a_dollar_in_the_path_of_the_program_survives() -> None:
    assert setting(systemd_unit(program("/a$b/x")), "ExecStart") == '/usr/bin/env "/a$$b/x"'


def test_a_unit_outlives_a_worker_that_ran_out_of_memory() -> None:
    unit = systemd_unit(program(SIDESTICK_X="50 %"))
    assert (setting(unit, "OOMPolicy"), setting(unit, "Restart")) == ("continue", "on-failure")
    assert setting(unit, "Environment") == '"SIDESTICK_X=50 %%"'


def task(words: Sequence[str], user: str = "PC\\jo") -> ET.Element:
    return ET.fromstring(scheduled_task(program(*words), user))


def at(root: ET.Element, path: str) -> str:
    found = root.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    assert found is not None, path
    return found.text or ""


@given(TEXT.filter(lambda text: text.strip() == text), st.lists(TEXT, min_size=1))
def test_a_task_keeps_every_word(user: str, words: list[str]) -> None:
    root = task(["C:\\sidestick\\pythonw.exe", *words], user)
    assert at(root, "Triggers/LogonTrigger/UserId") == at(root, "Principals/Principal/UserId") == user
    assert at(root, "Actions/Exec/Arguments") == subprocess.list2cmdline(words)


def test_a_task_runs_without_limit_at_ordinary_priority() -> None:
    root = task(["x"])
    wanted = {"ExecutionTimeLimit": "PT0S", "Priority": "5", "StopIfGoingOnBatteries": "false"}
    wanted |= {"DisallowStartIfOnBatteries": "false", "MultipleInstancesPolicy": "IgnoreNew"}
    assert {name: at(root, f"Settings/{name}") for name in wanted} == wanted


def test_a_task_has_its_parts_in_the_order_of_the_schema() -> None:
    names = [child.tag.split("}")[1] for child in task(["x"])]
    assert names == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]


def test_a_task_is_written_as_the_scheduler_reads_it() -> None:
    assert scheduled_task(program(), "jo")[:2] in (b"\xff\xfe", b"\xfe\xff")


@pytest.mark.parametrize("path", ["/home/a\nb/python", "/home/a\x00", "/home/caf\udce9"])
def test_a_path_that_no_service_file_can_hold_is_refused(path: str) -> None:
    with pytest.raises(Rejected, match="plain name"):
        program(path)


def test_installing_on_macos_loads_the_agent(tool: Tool, at_home: ServiceProgram) -> None:
    tool.refuses = {"print"}
    agent = Launchd(at_home, tool, 501)
    agent.install()
    assert plistlib.loads(agent.file.read_bytes())["ProgramArguments"][0] == "/some where/python"
    assert tool.asked[-2:] == [f"launchctl enable gui/501/{LABEL}", f"launchctl bootstrap gui/501 {agent.file}"]


def test_installing_again_on_macos_waits_until_the_old_one_has_ended(tool: Tool, at_home: ServiceProgram) -> None:
    paused = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        tool.refuses = {"print"} if len(paused) == 3 else set()

    Launchd(at_home, tool, 501, pause).install()
    assert len(paused) == 3
    assert tool.asked[0] == f"launchctl bootout gui/501/{LABEL}"


def test_installing_on_linux_enables_and_starts_the_unit(tool: Tool, at_home: ServiceProgram, tmp_path: Path) -> None:
    unit = Systemd(at_home, tool, tmp_path / "config")
    unit.install()
    assert unit.file == tmp_path / "config" / "systemd" / "user" / "sidestick.service"
    assert 'ExecStart="/some where/python"' in unit.file.read_text("utf-8")
    assert tool.asked == [
        "systemctl --user daemon-reload",
        "systemctl --user enable sidestick.service",
        "systemctl --user restart sidestick.service",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "Failed to connect to bus: No medium found",
        "Failed to connect to user scope bus via local transport: $DBUS_SESSION_BUS_ADDRESS not defined",
    ],
)
def test_without_a_session_bus_the_remedy_is_said_and_nothing_stays(
    at_home: ServiceProgram, tmp_path: Path, said: str
) -> None:
    unit = Systemd(at_home, lambda words: ToolResult(False, said), tmp_path / "config")
    with pytest.raises(Rejected, match="enable-linger") as refused:
        unit.install()
    assert refused.value.code == "no_session"
    assert not unit.file.exists()


def test_installing_on_windows_creates_and_runs_the_task(tool: Tool, at_home: ServiceProgram, tmp_path: Path) -> None:
    found = TaskScheduler(at_home, tool, "PC\\jo", tmp_path / "state")
    found.install()
    assert tool.asked[1:] == [f"schtasks /Create /TN sidestick /XML {found.file} /F", "schtasks /Run /TN sidestick"]
    assert ET.fromstring(found.file.read_bytes()).tag.endswith("Task")


@pytest.mark.parametrize(("platform", "refused"), [("darwin", "bootstrap"), ("linux", "enable"), ("win32", "/Create")])
def test_what_the_tool_refuses_is_told(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, refused: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    tool.refuses = {refused, "print"}
    with pytest.raises(Rejected, match="Access is denied"):
        service(platform, tmp_path / "state", {"USERNAME": "jo"}, tool).install()


@pytest.mark.parametrize("platform", ["darwin", "linux", "win32"])
def test_uninstalling_leaves_nothing_behind(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    tool.refuses = {"print"}
    found = service(platform, tmp_path / "state", {}, tool)
    found.install()
    found.uninstall()
    found.uninstall()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("platform", ["darwin", "linux", "win32"])
def test_the_status_is_what_the_system_says(tool: Tool, tmp_path: Path, platform: str) -> None:
    assert service(platform, tmp_path, {}, tool).status() == "state = running"


def test_the_settings_of_the_shell_go_with_the_service(tool: Tool, tmp_path: Path) -> None:
    found = service("linux", tmp_path, {"SIDESTICK_STATE_FOLDER": "/data/ü", "HOME": "/home/jo"}, tool)
    assert isinstance(found, Systemd)
    assert found.program.environment == {"SIDESTICK_STATE_FOLDER": "/data/ü"}


def test_the_service_runs_this_very_installation(tool: Tool, tmp_path: Path) -> None:
    found = service("linux", tmp_path, {}, tool)
    assert isinstance(found, Systemd)
    words = [*found.program.command[:-1], "--version"]
    assert words[0] == sys.executable
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.startswith("sidestick ")


def test_a_system_without_the_tool_is_told_apart() -> None:
    with pytest.raises(Rejected, match="There is no no-such-tool here"):
        run_tool(["no-such-tool"])


def test_a_tool_is_heard_whether_it_works_or_not() -> None:
    assert run_tool([sys.executable, "-c", "print('fine')"]) == ToolResult(True, "fine")
    assert run_tool([sys.executable, "-c", "raise SystemExit('not today')"]) == ToolResult(False, "not today")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIDESTICK_STATE_FOLDER", str(tmp_path))
    return tmp_path


def test_the_last_lines_of_the_log_are_shown(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state / "sidestick.log").write_text("one\ntwo\nthree\n")
    assert command.logs(2, follow=False) == 0
    assert capsys.readouterr().out == "two\nthree\n"


def test_without_a_log_the_way_to_one_is_named(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.logs(2, follow=False) == 1
    assert "sidestick run" in capsys.readouterr().err


def test_following_shows_what_comes_through_a_rotation(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = state / "sidestick.log"
    log.write_text("before\n")
    steps = iter([lambda: append(log, "more\n"), lambda: rotate(log, "fresh\n")])

    def wait() -> None:
        step = next(steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    with pytest.raises(KeyboardInterrupt):
        command._follow(log, wait)
    assert capsys.readouterr().out == "more\nfresh\n"


def append(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def rotate(log: Path, text: str) -> None:
    log.rename(log.with_name("sidestick.log.1"))
    log.write_text(text)


def test_the_status_of_no_service_names_the_way_to_one(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(state))
    monkeypatch.setenv("HOME", str(state))
    assert command.status() == 1
    assert "sidestick service install" in capsys.readouterr().out
