"""Which port is taken, and what is said when there is none."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rtmidi
from hypothesis import given
from hypothesis import strategies as st

from bridge.midi import port, rtmidi_port
from bridge.midi.jack_port import WRAP, FrameClock
from bridge.midi.port import Api, NoPort, PortLost, apis, open_in, open_out
from bridge.midi.rtmidi_port import LOOPBACKS, RtMidiIn, RtMidiOut, choose_loopback

WINDOWS_PORTS = ["Microsoft GS Wavetable Synth 0", "sidestick sync 1", "sidestick 2", "loopMIDI Port 3"]


class FakeClient:
    """RtMidi's MidiOut or MidiIn on a computer that has these ports."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.sent: list[bytes] = []
        self.opened: Any = None
        self.deleted = False
        self.broken = False

    def get_ports(self) -> list[str]:
        return self.names

    def open_port(self, index: int) -> None:
        self.opened = self.names[index]

    def open_virtual_port(self, name: str) -> None:
        self.opened = name

    def send_message(self, message: bytes) -> None:
        if self.broken:
            raise rtmidi.SystemError("MidiOutWinMM::sendMessage: error sending MIDI message.")
        self.sent.append(message)

    def ignore_types(self, **types: bool) -> None:
        self.ignored = types

    def set_callback(self, callback: Any) -> None:
        self.callback = callback

    def delete(self) -> None:
        self.deleted = True


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the ports on a computer where RtMidi knows Windows and CoreMIDI."""
    names = list(WINDOWS_PORTS)

    class Out(FakeClient):
        def __init__(self, api: int, name: str) -> None:
            super().__init__(names)

    class In(FakeClient):
        def __init__(self, api: int, name: str) -> None:
            super().__init__(names)

    codes = [rtmidi.API_WINDOWS_MM, rtmidi.API_MACOSX_CORE]
    fake = SimpleNamespace(MidiOut=Out, MidiIn=In, RtMidiError=rtmidi.RtMidiError, get_compiled_api=lambda: codes)
    monkeypatch.setattr(rtmidi_port, "rtmidi", fake)
    return names


def test_each_system_has_its_back_ends_in_order(tmp_path: Path) -> None:
    assert apis("darwin") == (Api.COREMIDI,)
    assert apis("win32") == (Api.WINDOWS,)
    assert apis("linux", tmp_path / "seq") == (Api.JACK,)
    (tmp_path / "seq").touch()
    assert apis("linux", tmp_path / "seq") == (Api.JACK, Api.ALSA)


@pytest.mark.parametrize(
    ("names", "wanted", "index"),
    [
        (WINDOWS_PORTS, "sidestick", 2),
        (WINDOWS_PORTS, "sidestick sync", 1),
        (["GS Synth 0", "loopMIDI Port 1"], "sidestick", 1),
        (["loopMIDI Port 0", "Default App Loopback (A) 1"], "sidestick", 1),
        (["Default App Loopback (A) 0", "Default App Loopback (B) 1"], "sidestick", 0),
        (["GS Synth 0"], "sidestick", None),
        ([], "sidestick", None),
    ],
)
def test_windows_takes_the_named_loopback_or_the_first(names: list[str], wanted: str, index: int | None) -> None:
    assert choose_loopback(names, wanted, LOOPBACKS) == index


def test_windows_opens_its_named_ports(windows: list[str]) -> None:
    out, sync = open_out(api=Api.WINDOWS), open_in(print, api=Api.WINDOWS)
    assert isinstance(out, RtMidiOut) and out.label == "sidestick 2 (Windows)"
    assert isinstance(sync, RtMidiIn) and sync.label == "sidestick sync 1 (Windows)"


def test_windows_never_listens_to_a_loopback_of_another_name(windows: list[str]) -> None:
    windows[:] = ["loopMIDI Port 0"]
    missing = open_in(print, api=Api.WINDOWS)
    assert isinstance(missing, NoPort)
    assert "no loopback port sidestick sync (it has loopMIDI Port 0)" in missing.reason


def test_a_loopback_that_is_taken_away_is_noticed(windows: list[str]) -> None:
    out = open_out(api=Api.WINDOWS)
    assert isinstance(out, RtMidiOut) and out.alive()
    windows.clear()
    assert not out.alive()


def test_a_device_that_fails_while_sending_counts_as_lost(windows: list[str]) -> None:
    out = open_out(api=Api.WINDOWS)
    assert isinstance(out, RtMidiOut)
    out._client.broken = True
    with pytest.raises(PortLost, match="sidestick 2"):
        out.send(b"\x90\x24\x64")


def test_closing_deletes_the_client_and_a_later_message_is_refused(windows: list[str]) -> None:
    out = open_out(api=Api.COREMIDI)
    assert isinstance(out, RtMidiOut)
    client = out._client
    out.close()
    out.close()
    assert client.deleted and not out.alive()
    with pytest.raises(PortLost):
        out.send(b"\x90\x24\x64")


def test_an_input_hands_on_clock_and_notes_as_bytes(windows: list[str]) -> None:
    heard: list[bytes] = []
    sync = open_in(lambda message, time: heard.append(message), api=Api.COREMIDI)
    assert isinstance(sync, RtMidiIn)
    assert sync._client.ignored["timing"] is False
    sync._client.callback(([0x90, 36, 100], 0.0), None)
    assert heard == [bytes((0x90, 36, 100))]


def test_a_back_end_that_is_not_built_in_is_never_swapped_for_another() -> None:
    foreign = Api.COREMIDI if sys.platform != "darwin" else Api.WINDOWS
    missing = open_out(api=foreign)
    assert isinstance(missing, NoPort)
    assert f"{foreign} is not part of this RtMidi" in missing.reason


@pytest.mark.parametrize(
    ("platform", "remedy"),
    [
        ("win32", "Switch on a Windows MIDI Services loopback or install loopMIDI"),
        ("darwin", "Audio MIDI"),
        ("linux", "JACK"),
    ],
)
def test_without_a_port_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, platform: str, remedy: str) -> None:
    monkeypatch.setattr(port.sys, "platform", platform)
    foreign = Api.COREMIDI if platform != "darwin" else Api.WINDOWS
    missing = open_out(api=foreign)
    assert isinstance(missing, NoPort) and remedy in missing.reason


@given(st.integers(0, WRAP - 1), st.lists(st.integers(0, WRAP // 4), max_size=20))
def test_seconds_go_on_when_the_frame_counter_starts_again(first: int, steps: list[int]) -> None:
    clock = FrameClock(48000, first, near=0.0)
    begin, passed = clock.seconds(first), 0
    for step in steps:
        passed += step
        clock.start_cycle((first + passed) % WRAP)
        assert clock.seconds((first + passed) % WRAP) == pytest.approx(begin + passed / 48000)


def test_clocks_made_before_and_after_the_wrap_agree() -> None:
    day = WRAP / 48000
    early = FrameClock(48000, WRAP - 48000, near=5000.0)
    early.start_cycle(0)
    late = FrameClock(48000, 48000 * 3600, near=5000.0 + 3601)
    early.start_cycle(48000 * 3600)
    assert day > 3601
    assert late.seconds(48000 * 3600) == early.seconds(48000 * 3600)
