"""`sidestick doctor`: what works on this machine, each finding a line with a remedy where there is one."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from daemon import __version__, app
from daemon.config import Settings, load
from daemon.errors import NoWeights, StageFailed

State = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    topic: str
    state: State
    text: str


def run(as_json: bool) -> int:
    """Print all findings; status 1 if something needed is broken."""
    findings = list(examine(load().settings))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        for finding in findings:
            print(
                f"{ {'ok': ' ok ', 'note': 'note', 'bad': ' !! '}[finding.state] }  {finding.topic:<10} {finding.text}"
            )
    return int(any(finding.state == "bad" for finding in findings))


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything that a transcription needs, in the order in which it needs it."""
    yield Finding("sidestick", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield from (_folder(name, path) for name, path in settings.folders.model_dump().items())
    for topic, look in _LOOKS.items():
        yield _looked(topic, look, settings)


def _looked(topic: str, look: Callable[[Settings], tuple[State, str]], settings: Settings) -> Finding:
    try:
        state, text = look(settings)
    except (ImportError, OSError, StageFailed, RuntimeError) as error:
        return Finding(topic, "bad", f"{error or type(error).__name__}. Install sidestick again if this stays.")
    return Finding(topic, state, text)


def _folder(name: str, path: Path) -> Finding:
    place = next(p for p in (path, *path.parents) if p.exists())
    if place.is_dir() and os.access(place, os.W_OK):
        return Finding(name, "ok", str(path))
    return Finding(name, "bad", f"{place} cannot be written to; set folders.{name} to another place.")


def _decoder(_: Settings) -> tuple[State, str]:
    import av
    import soundfile

    return "ok", f"libsndfile {soundfile.__libsndfile_version__} and FFmpeg by PyAV {av.__version__}"


def _device(settings: Settings) -> tuple[State, str]:
    from daemon.backends.device import choose

    found = choose(settings.device)
    return "ok", f"{found.kind} with torch {version('torch')}, {os.cpu_count()} cores. {found.remark}".rstrip()


def _weights(settings: Settings) -> tuple[State, str]:
    checkpoints = app.checkpoints(settings)
    here, problems = [], []
    for name in checkpoints.names():
        try:
            checkpoints.path(name)
        except NoWeights as error:
            problems += [error.reason] if name in settings.models or checkpoints.started(name) else []
            continue
        here.append(name)
    if problems:
        return "bad", " ".join(problems)
    if here:
        return "ok", ", ".join(here)
    return "note", "None fetched yet; the first song fetches htdemucs, or run `sidestick models fetch htdemucs`."


def _ear(_: Settings) -> tuple[State, str]:
    listener = app.listener()
    return "ok", f"{listener.weights.sha256[:8]} hears {', '.join(listener.classes)}"


def _midi(_: Settings) -> tuple[State, str]:
    from bridge.midi.port import NoPort, apis, list_ports

    found = list_ports()
    if isinstance(found, NoPort):
        return "note", found.reason
    return "ok", f"{', '.join(apis())}; other programs offer {len(found)} ports, `sidestick ports` lists them"


def _daemon(_: Settings) -> tuple[State, str]:
    from bridge.discovery import alive, published, state_folder

    running = published(state_folder())
    if running is None or not alive(running):
        return "note", "does not run; `sidestick run` starts it, `sidestick service install` at every log-on."
    return "ok", f"runs (process {running.pid}, OSC port {running.osc_port})"


_LOOKS: dict[str, Callable[[Settings], tuple[State, str]]] = {
    "decoder": _decoder,
    "device": _device,
    "weights": _weights,
    "ear": _ear,
    "midi": _midi,
    "daemon": _daemon,
}
