"""`sidestick doctor`: what works on this machine, each finding a line with a remedy where there is one."""

import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from daemon import __version__, extras, factories
from daemon.commands.bundle import FILE, write_bundle
from daemon.config import Settings, load
from daemon.errors import NoWeights, WorkFailed

FindingState = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    topic: str
    state: FindingState
    text: str


def run(as_json: bool, bundle: bool = False, cluster: bool = False) -> int:
    """Print all findings; status 1 if something needed is broken. With `bundle` they go into a ZIP here, too.

    With `cluster` the queue and the store of many machines are tried as well.
    """
    found = load()
    findings = [*examine(found.settings), *(_examine_cluster(found.settings) if cluster else ())]
    lines = "\n".join(map(_line, findings))
    print(json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False) if as_json else lines)
    if bundle:
        target = write_bundle(Path.cwd() / FILE, lines + "\n", found)
        text = f"Wrote {target}: findings, settings, versions and log, without sound, names and your home folder."
        print(text, file=sys.stderr if as_json else sys.stdout)
    return int(any(finding.state == "bad" for finding in findings))


def _line(finding: Finding) -> str:
    return f"{ {'ok': ' ok ', 'note': 'note', 'bad': ' !! '}[finding.state] }  {finding.topic:<10} {finding.text}"


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything that a transcription needs, in the order in which it needs it."""
    yield Finding("sidestick", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield from (_folder(name, path) for name, path in settings.folders.model_dump().items())
    for topic, check in _CHECKS.items():
        yield _run_check(topic, check, settings)


def _examine_cluster(settings: Settings) -> Iterator[Finding]:
    from daemon.distributed.checks import check_all

    broker = settings.distributed.broker
    found = check_all(broker.get_secret_value() if broker else "", settings.distributed.store)
    yield from (Finding(topic, state, text) for topic, state, text in found)


def _run_check(topic: str, check: Callable[[Settings], tuple[FindingState, str]], settings: Settings) -> Finding:
    try:
        state, text = check(settings)
    except (ImportError, OSError, WorkFailed, RuntimeError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        again = "" if isinstance(error, WorkFailed) else " Install sidestick again if this stays."
        return Finding(topic, "bad", f"{reason}.{again}")
    return Finding(topic, state, text)


def _folder(name: str, path: Path) -> Finding:
    place = next(p for p in (path, *path.parents) if p.exists())
    if place.is_dir() and os.access(place, os.W_OK):
        return Finding(name, "ok", str(path))
    return Finding(name, "bad", f"{place} cannot be written to; set folders.{name} to another place.")


def _decoder(_: Settings) -> tuple[FindingState, str]:
    import av
    import soundfile

    return "ok", f"libsndfile {soundfile.__libsndfile_version__} and FFmpeg by PyAV {av.__version__}"


def _device(settings: Settings) -> tuple[FindingState, str]:
    from daemon.backends.device import choose

    found = choose(settings.device)
    return "ok", f"{found.kind} with torch {version('torch')}, {os.cpu_count()} cores. {found.remark}".rstrip()


def _weights(settings: Settings) -> tuple[FindingState, str]:
    checkpoints = factories.checkpoints(settings)
    here, problems = [], []
    for name in checkpoints.names():
        try:
            checkpoints.path(name)
        except NoWeights as error:
            problems += [error.reason] if name in settings.models or checkpoints.has_files(name) else []
            continue
        here.append(name)
    if problems:
        return "bad", " ".join(problems)
    if here:
        return "ok", ", ".join(here)
    return "note", "None fetched yet; the first song fetches htdemucs, or run `sidestick models fetch htdemucs`."


def _transcriber(_: Settings) -> tuple[FindingState, str]:
    transcriber = factories.drum_transcriber()
    return "ok", f"{transcriber.weights.sha256[:8]} hears {', '.join(transcriber.classes)}"


def _midi(_: Settings) -> tuple[FindingState, str]:
    from bridge.midi.port import NoPort, apis, list_ports

    found = list_ports()
    if isinstance(found, NoPort):
        return "note", found.reason
    return "ok", f"{', '.join(apis())}; other programs offer {len(found)} ports, `sidestick ports` lists them"


def _extras(_: Settings) -> tuple[FindingState, str]:
    missing = extras.find_missing()
    if not missing:
        return "ok", ", ".join(extra.name for extra in extras.EXTRAS)
    told = "; ".join(f"{extra.name} is missing ({extra.purpose})" for extra in missing)
    return "note", f"{told}. Add with: {extras.install_command(extra.name for extra in missing)}"


def _daemon(_: Settings) -> tuple[FindingState, str]:
    from bridge.discovery import is_alive, read_running, state_folder

    running = read_running(state_folder())
    if running is None or not is_alive(running):
        return "note", "does not run; `sidestick run` starts it, `sidestick service install` at every log-on."
    return "ok", f"runs (process {running.pid}, OSC port {running.osc_port})"


_CHECKS: dict[str, Callable[[Settings], tuple[FindingState, str]]] = {
    "decoder": _decoder,
    "device": _device,
    "weights": _weights,
    "drum transcriber": _transcriber,
    "midi": _midi,
    "extras": _extras,
    "daemon": _daemon,
}
