"""Ports through RtMidi: CoreMIDI, ALSA and Windows, and JACK where JACK-Client is not installed.

RtMidi sends at the moment of the call and ignores times, so the player has to wake up for each note. A client
is made once per port and deleted, not left to the garbage collector: a dropped one stays in the DAW's list.
"""

import re
import sys
import time
from collections.abc import Sequence
from typing import Any

import rtmidi

from bridge.midi.core_midi import fix_unique_id, load_core_midi
from bridge.midi.port import Api, OutPort, PortLost, Receive

CODES = {
    Api.JACK: rtmidi.API_UNIX_JACK,
    Api.ALSA: rtmidi.API_LINUX_ALSA,
    Api.COREMIDI: rtmidi.API_MACOSX_CORE,
    Api.WINDOWS: rtmidi.API_WINDOWS_MM,
}
API_NAMES = {Api.JACK: "JACK", Api.ALSA: "ALSA", Api.COREMIDI: "CoreMIDI", Api.WINDOWS: "Windows"}
LOOPBACKS = ("loopback", "loopmidi")  # best first: Windows MIDI Services has its own, loopMIDI must be installed


class RtMidiPort:
    """What an input and an output have in common: a client, its name and its life."""

    def __init__(self, client: Any, name: str, api: Api) -> None:
        self._client = client
        self._name = name
        self._virtual = api is not Api.WINDOWS
        self.label = f"{name} ({API_NAMES[api]})"

    def now(self) -> float:
        return time.perf_counter()

    def alive(self) -> bool:
        """A virtual port lives as long as its client; a loopback port can be taken away."""
        if self._client is None:
            return False
        try:
            return self._virtual or self._name in self._client.get_ports()
        except rtmidi.RtMidiError:
            return False

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.delete()


class RtMidiOut(RtMidiPort):
    lead = 0.0

    def send(self, message: bytes) -> None:
        if self._client is None:
            raise PortLost(f"{self.label} is closed.")
        try:
            self._client.send_message(message)
        except rtmidi.RtMidiError as error:
            raise PortLost(f"{self.label} is gone: {error}") from None

    def schedule(self, message: bytes, when: float) -> None:  # noqa: ARG002
        self.send(message)

    def drop(self) -> list[bytes]:
        return []


class RtMidiIn(RtMidiPort):
    """Nothing to add: messages arrive by the callback that `open_in` sets."""


def open_out(name: str, api: Api) -> RtMidiOut:
    return RtMidiOut(*_open(rtmidi.MidiOut, name, api))


def open_in(name: str, api: Api, receive: Receive, beside: OutPort | None = None) -> RtMidiIn:  # noqa: ARG001
    client, actual, api = _open(rtmidi.MidiIn, name, api)
    client.ignore_types(sysex=True, timing=False, active_sense=True)
    client.set_callback(lambda event, _: receive(bytes(event[0]), time.perf_counter()))
    return RtMidiIn(client, actual, api)


def open_sources(api: Api, receive: Receive, own: Sequence[str]) -> list[RtMidiIn]:
    """Each port that notes can come from; one that another program holds is left out."""
    listed = _client(rtmidi.MidiIn, "sidestick list", api)
    try:
        names = list(listed.get_ports())
    finally:
        listed.delete()
    return [port for name in names if _plays(name, own) and (port := _open_source(api, name, receive))]


def _open_source(api: Api, name: str, receive: Receive) -> RtMidiIn | None:
    client = _client(rtmidi.MidiIn, "sidestick pads", api)
    try:
        client.open_port(client.get_ports().index(name), "pads")
    except (ValueError, rtmidi.RtMidiError):
        client.delete()
        return None
    client.set_callback(lambda event, _: receive(bytes(event[0]), time.perf_counter()))
    return RtMidiIn(client, name, api)


def _plays(name: str, own: Sequence[str]) -> bool:
    """Not what sidestick itself sends, nor ALSA's loop."""
    plain = name.casefold()
    return not any(word.casefold() in plain for word in (*own, "sidestick", "midi through"))


def destinations(api: Api) -> tuple[str, ...]:
    client = _client(rtmidi.MidiOut, "sidestick list", api)
    try:
        return tuple(client.get_ports())
    finally:
        client.delete()


def choose_loopback(names: Sequence[str], wanted: str, others: Sequence[str] = ()) -> int | None:
    """Index of the port called `wanted` (Windows adds a number), else of one with the first word of `others` in it."""
    plain = [re.sub(r" \d+$", "", name).casefold() for name in names]
    if wanted.casefold() in plain:
        return plain.index(wanted.casefold())
    return next((i for word in others for i, name in enumerate(plain) if word in name), None)


def _open(kind: Any, name: str, api: Api) -> tuple[Any, str, Api]:
    client = _client(kind, name, api)
    try:
        return client, _connect(client, name, api), api
    except OSError:
        client.delete()
        raise


def _connect(client: Any, name: str, api: Api) -> str:
    """Opens the client's port; returns what it is called."""
    if api is not Api.WINDOWS:
        midi = load_core_midi() if api is Api.COREMIDI else None
        with fix_unique_id(midi, name, outgoing=isinstance(client, rtmidi.MidiOut)):
            client.open_virtual_port(name)
        return name
    names = client.get_ports()
    index = choose_loopback(names, name, LOOPBACKS if isinstance(client, rtmidi.MidiOut) else ())
    if index is None:
        raise OSError(f"Windows has no loopback port {name} (it has {', '.join(names) or 'no MIDI ports'})")
    client.open_port(index)
    return str(names[index])


def _client(kind: Any, name: str, api: Api) -> Any:
    """A client of exactly this back end: RtMidi would quietly take another one."""
    if CODES[api] not in rtmidi.get_compiled_api():
        raise OSError(f"{api} is not part of this RtMidi on {sys.platform}")
    return kind(CODES[api], name=name)
