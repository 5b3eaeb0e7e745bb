"""MIDI ports, whatever carries them: opens the best back end of this computer, or says in a sentence why not.

Every port keeps its own clock, `now()` in seconds, and all its times are on that clock: JACK's frames where
JACK runs, the computer's monotonic clock elsewhere. A back end that can write ahead has a `lead` above zero.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, TypeVar

Result = TypeVar("Result")
Receive = Callable[[bytes, float], None]


class PortLost(OSError):
    """The device behind an open port has gone."""


class Api(StrEnum):
    JACK = "jack"
    ALSA = "alsa"
    COREMIDI = "coremidi"
    WINDOWS = "windows"


class OutPort(Protocol):
    """Where messages leave. Both ways of sending raise PortLost when the device has gone."""

    @property
    def lead(self) -> float:
        """How many seconds ahead of time `schedule` should be called; 0 means at the moment itself."""

    @property
    def label(self) -> str:
        """What a musician looks for in the DAW's list of inputs."""

    def now(self) -> float: ...

    def send(self, message: bytes) -> None:
        """At once, after what is still scheduled."""

    def schedule(self, message: bytes, when: float) -> None:
        """At `when` on this port's clock; calls come in order of time."""

    def drop(self) -> list[bytes]:
        """Takes back what is scheduled and has not left, in order."""

    def alive(self) -> bool:
        """Whether the device is still there. Cheap enough to ask every second."""

    def close(self) -> None:
        """Delivers what was sent, then gives the port up. Calling it again does nothing."""


class InPort(Protocol):
    """Where messages arrive: each is handed to `receive(message, time)` on the port's own thread."""

    @property
    def label(self) -> str: ...

    def now(self) -> float: ...

    def alive(self) -> bool: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class NoPort:
    """There is no port; `reason` says why and what would help."""

    reason: str


class Backend(Protocol):
    """What a back end's module offers. Each call raises OSError, with the reason, where it cannot work."""

    def open_out(self, name: str, api: Api) -> OutPort: ...

    def open_in(self, name: str, api: Api, receive: Receive, beside: OutPort | None) -> InPort: ...

    def destinations(self, api: Api) -> tuple[str, ...]: ...


def open_out(name: str = "sidestick", api: Api | None = None) -> OutPort | NoPort:
    """A port that a DAW can listen to: a virtual one; on Windows a loopback, rather one called `name`."""
    return _try_backends(api, lambda backend, chosen: backend.open_out(name, chosen))


def open_in(
    receive: Receive, name: str = "sidestick sync", api: Api | None = None, beside: OutPort | None = None
) -> InPort | NoPort:
    """A port that a DAW can send clock and notes to. `receive` must return within a few microseconds.

    It lies `beside` another of sidestick's ports where that is cheaper, and is closed before it.
    """
    return _try_backends(api, lambda backend, chosen: backend.open_in(name, chosen, receive, beside))


def open_sources(receive: Receive, own: tuple[str, ...]) -> list[InPort]:
    """Every input that an instrument or another program plays into, but sidestick's `own`; none where there is none."""
    found: list[InPort] = []
    for api in apis():
        try:
            from bridge.midi import rtmidi_port

            found += rtmidi_port.open_sources(api, receive, own)
        except (OSError, ImportError):
            continue
    return found


def list_ports(api: Api | None = None) -> tuple[str, ...] | NoPort:
    """Ports of other programs that sidestick could play into. No client stays behind."""
    return _try_backends(api, lambda backend, chosen: backend.destinations(chosen))


def apis(platform: str = sys.platform, sequencer: Path = Path("/dev/snd/seq")) -> tuple[Api, ...]:
    """Back ends to try on this computer, best first. ALSA is one only where its sequencer exists."""
    if platform == "darwin":
        return (Api.COREMIDI,)
    if platform == "win32":
        return (Api.WINDOWS,)
    return (Api.JACK, Api.ALSA) if sequencer.exists() else (Api.JACK,)


def _try_backends(api: Api | None, use: Callable[[Backend, Api], Result]) -> Result | NoPort:
    reasons: list[str] = []
    for chosen in (api,) if api else apis():
        try:
            return use(_backend(chosen), chosen)
        except (OSError, ImportError) as error:
            reasons.append(str(error).rstrip("."))
    return NoPort(f"There is no MIDI port: {'; '.join(reasons)}. {_remedy(sys.platform)}")


def _backend(api: Api) -> Backend:
    from bridge.midi import rtmidi_port

    if api is not Api.JACK or find_spec("jack") is None:
        return rtmidi_port
    from bridge.midi import jack_port

    return jack_port


def _remedy(platform: str) -> str:
    if platform == "win32":
        return "Switch on a Windows MIDI Services loopback or install loopMIDI; the .mid files work without."
    if platform == "darwin":
        return "Open Audio MIDI Setup once and try again; the .mid files work without."
    return "Start JACK or PipeWire, or load ALSA's sequencer (modprobe snd-seq); the .mid files work without."
