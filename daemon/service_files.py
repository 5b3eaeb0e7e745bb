"""What the three systems want to read about a program that runs from log-on: texts only, nothing is touched here.

Sources: launchd.plist(5); systemd.service(5), systemd.unit(5), systemd.exec(5); the Task Scheduler schema 1.2.
"""

import plistlib
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from daemon.errors import Rejected

LABEL = "local.sidestick"
UNIT = "sidestick.service"
TASK = "sidestick"

_SECONDS_TO_STOP = 20
_SECONDS_TO_RESTART = 5
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class ServiceProgram:
    """What is run: an absolute path with arguments, and what must stand in its environment.

    `home` is the folder it starts in, `errors` the file for what it says before its log is open.
    """

    command: tuple[str, ...]
    home: Path
    errors: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for text in (*self.command, *self.environment.values(), str(self.home), str(self.errors)):
            if _CONTROL.search(text) or not _is_unicode(text):
                raise Rejected("bad_path", f"{text!a} cannot stand in a service file. Use a plain name for it.")


def launch_agent(program: ServiceProgram) -> bytes:
    """A property list for ~/Library/LaunchAgents.

    Interactive, because launchd slows other agents down, and MIDI must be in time.
    """
    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(program.command),
            "EnvironmentVariables": dict(program.environment),
            "WorkingDirectory": str(program.home),
            "StandardErrorPath": str(program.errors),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": _SECONDS_TO_RESTART,
            "ExitTimeOut": _SECONDS_TO_STOP,
            "ProcessType": "Interactive",
        }
    )


def systemd_unit(program: ServiceProgram) -> str:
    """A unit for ~/.config/systemd/user.

    The death of one worker for want of memory must not take the daemon with it, hence OOMPolicy.
    """
    variables = [f"Environment={_quote(f'{name}={value}')}" for name, value in sorted(program.environment.items())]
    return "\n".join(
        [
            "[Unit]",
            "Description=sidestick: songs in, stems and MIDI out",
            "StartLimitIntervalSec=300",
            "StartLimitBurst=5",
            "",
            "[Service]",
            "Type=exec",
            f"ExecStart={_systemd_command(program.command)}",
            f"WorkingDirectory={str(program.home).replace('%', '%%')}",
            *variables,
            "Restart=on-failure",
            f"RestartSec={_SECONDS_TO_RESTART}",
            f"TimeoutStopSec={_SECONDS_TO_STOP}",
            "KillMode=mixed",
            "OOMPolicy=continue",
            "NoNewPrivileges=yes",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        ]
    )


def scheduled_task(program: ServiceProgram, user: str) -> bytes:
    """A task definition for `schtasks /Create /XML`. It has no place for an environment.

    `user` is DOMAIN\\name. The priority is that of ordinary programs; the default is below it.
    """
    command, *arguments = program.command
    return _TASK.format(
        user=escape(user),
        command=escape(command),
        arguments=escape(subprocess.list2cmdline(arguments)),
        folder=escape(str(program.home)),
    ).encode("utf-16")


def _systemd_command(command: Sequence[str]) -> str:
    """systemd expands $ in arguments but not in the program's own path; env makes an argument of that."""
    program, *arguments = command
    words = [_quote(argument.replace("$", "$$")) for argument in arguments]
    if "$" in program:
        return " ".join(["/usr/bin/env", _quote(program.replace("$", "$$")), *words])
    return " ".join([_quote(program), *words])


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>sidestick: songs in, stems and MIDI out</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>5</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
      <WorkingDirectory>{folder}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
