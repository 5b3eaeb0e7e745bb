"""Unique ids of macOS's virtual ports, with a CoreMIDI that gives every port another id and refuses a taken one."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import rtmidi

from bridge.midi import rtmidi_port
from bridge.midi.core_midi import CoreMidi, fix_unique_id, id_of_name, load_core_midi
from bridge.midi.port import Api

KEY = object()
NOT_UNIQUE, UNKNOWN_PROPERTY = -10843, -10835


class FakeCoreMidi:
    """The functions that are called, on a computer with some ports of other programs."""

    def __init__(self) -> None:
        self.ids: dict[int, int] = {}
        self.sources: list[int] = []
        self.destinations: list[int] = []
        self._references, self._random = count(7), count(-1_000_000)
        self.create(self.sources)
        self.create(self.destinations)

    def create(self, ports: list[int]) -> int:
        reference = next(self._references)
        ports.append(reference)
        self.ids[reference] = next(self._random)
        return reference

    def remove(self, reference: int) -> None:
        del self.ids[reference]
        for ports in (self.sources, self.destinations):
            ports[:] = [each for each in ports if each != reference]

    def MIDIGetNumberOfSources(self) -> int:
        return len(self.sources)

    def MIDIGetSource(self, index: int) -> int:
        return self.sources[index]

    def MIDIGetNumberOfDestinations(self) -> int:
        return len(self.destinations)

    def MIDIGetDestination(self, index: int) -> int:
        return self.destinations[index]

    def MIDIObjectSetIntegerProperty(self, reference: int, key: object, value: int) -> int:
        if key is not KEY:
            return UNKNOWN_PROPERTY
        if value in self.ids.values() or not -(2**31) <= value < 2**31 or value == 0:
            return NOT_UNIQUE
        self.ids[reference] = value
        return 0


@pytest.fixture
def system() -> FakeCoreMidi:
    return FakeCoreMidi()


def open_port(system: FakeCoreMidi, name: str, outgoing: bool = True) -> int:
    with fix_unique_id(CoreMidi(system, KEY), name, outgoing):
        return system.create(system.sources if outgoing else system.destinations)


def test_a_port_has_the_same_id_at_the_next_start(system: FakeCoreMidi) -> None:
    first = open_port(system, "sidestick")
    before = system.ids[first]
    system.remove(first)
    assert system.ids[open_port(system, "sidestick")] == before


def test_output_and_input_have_ids_of_their_own(system: FakeCoreMidi) -> None:
    out, sync = open_port(system, "sidestick"), open_port(system, "sidestick sync", outgoing=False)
    assert {system.ids[out], system.ids[sync]} == {id_of_name("sidestick"), id_of_name("sidestick sync")}


def test_a_second_sidestick_keeps_the_id_that_it_was_given(system: FakeCoreMidi) -> None:
    first, second = open_port(system, "sidestick"), open_port(system, "sidestick")
    assert system.ids[first] != system.ids[second] < 0


def test_where_another_program_opens_a_port_at_that_moment_neither_is_touched(system: FakeCoreMidi) -> None:
    with fix_unique_id(CoreMidi(system, KEY), "sidestick", outgoing=True):
        system.create(system.sources)
        system.create(system.sources)
    assert id_of_name("sidestick") not in system.ids.values()


def test_elsewhere_there_is_no_core_midi_and_nothing_is_done() -> None:
    assert load_core_midi("linux") is None
    with fix_unique_id(None, "sidestick", outgoing=True):
        pass


@pytest.fixture
def mac(system: FakeCoreMidi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """RtMidi on that computer."""

    class Client:
        def __init__(self, *_: object, **__: object) -> None: ...
        def open_virtual_port(self, name: str) -> None:
            self.reference = system.create(system.sources if isinstance(self, Out) else system.destinations)

        def ignore_types(self, **_: bool) -> None: ...
        def set_callback(self, _: object) -> None: ...

    class Out(Client): ...

    class In(Client): ...

    class Known:
        MidiOut, MidiIn, RtMidiError = Out, In, rtmidi.RtMidiError
        get_compiled_api = staticmethod(lambda: [rtmidi.API_MACOSX_CORE])

    monkeypatch.setattr(rtmidi_port, "rtmidi", Known)
    monkeypatch.setattr(rtmidi_port, "load_core_midi", lambda: CoreMidi(system, KEY))
    yield system


def test_the_ports_that_sidestick_opens_have_them(mac: FakeCoreMidi) -> None:
    rtmidi_port.open_out("sidestick", Api.COREMIDI)
    rtmidi_port.open_in("sidestick sync", Api.COREMIDI, lambda *_: None)
    assert {id_of_name("sidestick"), id_of_name("sidestick sync")} <= set(mac.ids.values())
