"""A drum map learnt by striking pads, drum by drum."""

from typing import Any

import pytest

from daemon.errors import Rejected
from daemon.outlets.pad_walk import WALK, Pads, PadWalk
from tests.fakes import FakeClock
from tests.outlets.test_midi_port import Computer


def struck(walk: PadWalk, *pitches: int) -> PadWalk:
    for number, pitch in enumerate(pitches):
        walk.strike(pitch, float(number))
    return walk


def test_each_stroke_is_the_note_of_the_drum_that_was_asked_for() -> None:
    walk = struck(PadWalk(), 36, 38)
    assert walk.state.notes == {"kick": 36, "snare": 38} and walk.state.current == "rimshot"


def test_a_pad_that_rings_on_is_one_stroke() -> None:
    walk = PadWalk()
    for at in (0.0, 0.1, 0.2):
        walk.strike(36, at)
    assert walk.state.notes == {"kick": 36} and walk.state.problem == ""


def test_a_pad_that_is_a_drum_already_is_not_taken_for_another() -> None:
    walk = struck(PadWalk(), 36, 36)
    assert walk.state.current == "snare"
    assert walk.state.problem == "Note 36 is the kick already. Strike another pad, or skip this drum."
    walk.strike(38, 9.0)
    assert walk.state.notes["snare"] == 38 and walk.state.problem == ""


def test_a_drum_is_skipped_or_asked_for_again() -> None:
    walk = struck(PadWalk(), 36)
    walk.skip()
    assert walk.state.current == "rimshot"
    walk.step_back()
    walk.step_back()
    assert walk.state.current == "kick" and walk.state.notes == {}


def test_the_end_has_no_drum_to_strike() -> None:
    walk = struck(PadWalk(), *range(30, 30 + len(WALK)))
    walk.strike(99, 99.0)
    walk.skip()
    assert walk.state.current is None and list(walk.state.notes.values()) == list(range(30, 30 + len(WALK)))


class Kit:
    """Pads at a computer with an e-kit."""

    def __init__(self) -> None:
        self.computer = Computer()
        self.computer.plugged_kits = ("TD-17",)
        self.clock = FakeClock()
        self.pads = Pads(self.computer.outlet, self.clock.now)

    def hit(self, pitch: int) -> None:
        before = self.pads.state()
        self.clock.advance(1.0)
        self.computer.kits[0].get(bytes([0x99, pitch, 90]))
        assert self.computer.outs[-1].comes_true(lambda: self.pads.state() != before)


@pytest.fixture
def kit() -> Any:
    opened = Kit()
    yield opened
    opened.pads.end()
    opened.computer.outlet.close()


def test_strokes_come_from_every_input_and_from_the_port_of_the_daw(kit: Kit) -> None:
    assert kit.pads.begin().heard == "Pads are heard from sidestick sync, TD-17."
    kit.hit(36)
    assert kit.pads.state().notes == {"kick": 36}


def test_one_drum_alone_can_be_asked_for(kit: Kit) -> None:
    assert kit.pads.begin(["open hat"]).current == "open_hihat"
    kit.hit(26)
    assert kit.pads.state().current is None
    with pytest.raises(Rejected, match="trumpet"):
        kit.pads.begin(["trumpet"])


def test_a_drum_that_was_just_tried_can_be_struck(kit: Kit) -> None:
    kit.pads.play(36, 100)
    kit.pads.begin()
    kit.hit(36)
    assert kit.pads.state().notes == {"kick": 36}


def test_inputs_are_given_up_at_the_end(kit: Kit) -> None:
    kit.pads.begin()
    kit.pads.end()
    assert kit.computer.kits[0].closed
    with pytest.raises(Rejected, match="No pad is asked for"):
        kit.pads.state()


def test_a_walk_that_nobody_looks_at_ends(kit: Kit) -> None:
    kit.pads.begin()
    kit.clock.advance(59.0)
    assert kit.pads.end_forsaken() and not kit.computer.kits[0].closed
    kit.clock.advance(2.0)
    assert not kit.pads.end_forsaken() and kit.computer.kits[0].closed


def test_without_any_input_it_is_refused_with_a_remedy() -> None:
    computer = Computer(plugged=False)
    with pytest.raises(Rejected, match="Plug the kit in by USB"):
        Pads(computer.outlet).begin()
    computer.outlet.close()
