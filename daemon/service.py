"""sidestick from log-on to log-off, by the means of each system: launchd, systemd --user, or the Task Scheduler.

Seen working: the unit passes `systemd-analyze --user verify`. Written against the documentation, and still to be
tried on a real machine, in this order on each:

    macOS     install in a folder with a space and an umlaut; `launchctl print gui/UID/local.sidestick` says running;
              log off and on; kill -9 (back after 5 s); uninstall (gone from `launchctl list`); install again
    Linux     install in a running user session; log off and on; kill -9; uninstall; install again
    Windows   install without administrator's rights; a user name with a space; log off and on; no console window;
              a path with % in it (Task Scheduler expands %NAME% and knows no escape); uninstall while running
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from daemon.errors import Rejected
from daemon.files import describe_os_error, write_atomically
from daemon.service_files import LABEL, TASK, UNIT, ServiceProgram, launch_agent, scheduled_task, systemd_unit

_NO_BUS = ("Failed to connect to bus", "Failed to connect to user scope bus", "XDG_RUNTIME_DIR")
"""What systemctl --user says where the session has no manager: after su or sudo, in a container, over a bare ssh."""

_POLL_SECONDS, _MAX_POLLS = 0.5, 50  # seconds between two looks whether a service has ended, and how many looks


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool of the system said, and whether it did what it was asked."""

    ok: bool
    text: str


ToolRunner = Callable[[Sequence[str]], ToolResult]


def run_tool(command: Sequence[str]) -> ToolResult:
    """Runs a tool to its end. Raises Rejected if there is none of that name."""
    try:
        found = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        reason = f"There is no {command[0]} here. Start sidestick in the way your system starts programs at log-on."
        raise Rejected("no_service", reason) from None
    return ToolResult(found.returncode == 0, (found.stdout + found.stderr).strip())


class Service(Protocol):
    """Each raises Rejected with what the system's tool said when that failed."""

    @property
    def file(self) -> Path: ...
    def install(self) -> None:
        """Start sidestick now and at every log-on; an older installation is replaced."""

    def uninstall(self) -> None:
        """Stop it and take it away. Nothing happens if it is not installed."""

    def status(self) -> str:
        """What the system knows about it."""


@dataclass(frozen=True, slots=True)
class Launchd:
    """A LaunchAgent of this user."""

    program: ServiceProgram
    run: ToolRunner
    user_id: int
    pause: Callable[[float], object] = time.sleep

    @property
    def file(self) -> Path:
        return self.program.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    @property
    def _domain(self) -> str:
        return f"gui/{self.user_id}"

    def install(self) -> None:
        _make_folder(self.program.errors.parent)
        _write(self.file, launch_agent(self.program))
        self._boot_out()
        _require_success(self.run(["launchctl", "enable", f"{self._domain}/{LABEL}"]))
        _require_success(self.run(["launchctl", "bootstrap", self._domain, str(self.file)]))

    def uninstall(self) -> None:
        self._boot_out()
        _remove(self.file)

    def status(self) -> str:
        return self._query().text

    def _query(self) -> ToolResult:
        return self.run(["launchctl", "print", f"{self._domain}/{LABEL}"])

    def _boot_out(self) -> None:
        """Until it has ended, which launchd does not wait for, the same label cannot be started again."""
        self.run(["launchctl", "bootout", f"{self._domain}/{LABEL}"])
        for _ in range(_MAX_POLLS):
            if not self._query().ok:
                return
            self.pause(_POLL_SECONDS)


_NO_SESSION = (
    "This session cannot reach your services, as after su or sudo, or in a container. Log in as yourself, at the "
    "desktop or by ssh, and try again. Where nobody logs in, run `sudo loginctl enable-linger $USER` once and "
    "`export XDG_RUNTIME_DIR=/run/user/$(id -u)` before it. Without services, let whatever starts your session start "
    "`sidestick run`."
)


@dataclass(frozen=True, slots=True)
class Systemd:
    """A unit of this user's systemd. `config` is ~/.config or what stands for it."""

    program: ServiceProgram
    run: ToolRunner
    config: Path

    @property
    def file(self) -> Path:
        return self.config / "systemd" / "user" / UNIT

    def install(self) -> None:
        _write(self.file, systemd_unit(self.program).encode())
        for words in (["daemon-reload"], ["enable", UNIT], ["restart", UNIT]):
            answer = self._run_systemctl(*words)
            if not answer.ok and any(sign in answer.text for sign in _NO_BUS):
                _remove(self.file)
                raise Rejected("no_session", _NO_SESSION)
            _require_success(answer)

    def uninstall(self) -> None:
        self._run_systemctl("disable", "--now", UNIT)
        _remove(self.file)
        self._run_systemctl("daemon-reload")

    def status(self) -> str:
        return self._run_systemctl("status", "--no-pager", "--lines=0", UNIT).text

    def _run_systemctl(self, *words: str) -> ToolResult:
        return self.run(["systemctl", "--user", *words])


@dataclass(frozen=True, slots=True)
class TaskScheduler:
    """A task at the log-on of `user` (DOMAIN\\name). `folder` keeps its definition, which says what was installed."""

    program: ServiceProgram
    run: ToolRunner
    user: str
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "service.xml"

    def install(self) -> None:
        _write(self.file, scheduled_task(self.program, self.user))
        self.run(["schtasks", "/End", "/TN", TASK])
        _require_success(self.run(["schtasks", "/Create", "/TN", TASK, "/XML", str(self.file), "/F"]))
        _require_success(self.run(["schtasks", "/Run", "/TN", TASK]))

    def uninstall(self) -> None:
        self.run(["schtasks", "/End", "/TN", TASK])
        self.run(["schtasks", "/Delete", "/TN", TASK, "/F"])
        _remove(self.file)

    def status(self) -> str:
        return self.run(["schtasks", "/Query", "/TN", TASK, "/V", "/FO", "LIST"]).text


def service(platform: str, state: Path, environ: Mapping[str, str], run: ToolRunner = run_tool) -> Service:
    """The service of this user on `platform`, as in sys.platform. `state` is sidestick's state folder."""
    program = _program(platform, state, environ)
    if platform == "darwin":
        return Launchd(program, run, os.getuid() if hasattr(os, "getuid") else 0)
    if platform == "win32":
        user = "\\".join(filter(None, (environ.get("USERDOMAIN"), environ.get("USERNAME"))))
        return TaskScheduler(program, run, user, state)
    config = environ.get("XDG_CONFIG_HOME") or str(program.home / ".config")
    return Systemd(program, run, Path(config))


def _program(platform: str, state: Path, environ: Mapping[str, str]) -> ServiceProgram:
    """This very installation; -P keeps Python from importing what lies in the folder it is started in.

    The SIDESTICK_* variables go with it, where there is a place for them: a shell's settings are not there at log-on.
    """
    python = Path(sys.executable)
    windowless = python.with_name("pythonw.exe")
    if platform == "win32" and windowless.exists():
        python = windowless
    settings = {name: value for name, value in environ.items() if name.startswith("SIDESTICK_")}
    return ServiceProgram((str(python), "-P", "-m", "daemon", "run"), Path.home(), state / "service.err", settings)


def _write(file: Path, data: bytes) -> None:
    _make_folder(file.parent)
    write_atomically(file, data)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Rejected("no_service", f"{folder} cannot be made: {describe_os_error(error)}.") from None


def _remove(file: Path) -> None:
    with suppress(FileNotFoundError):
        file.unlink()


def _require_success(answer: ToolResult) -> None:
    if not answer.ok:
        raise Rejected("no_service", f"The service could not be set up: {answer.text or 'no reason was given.'}")
