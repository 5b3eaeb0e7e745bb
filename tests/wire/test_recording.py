"""A DAW that knows nothing of sidestick: Ardour, without its window, asks for a push by OSC and records it."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bridge.notes import Clip, ClipNote, Track
from bridge.timebase import Seconds
from daemon.inlets.osc import OscInlet
from daemon.outlets.midi_port import MidiOutlet, PortSettings, PushOptions
from tests.fake_core import JOB, FakeCore, FakeDaemon
from tests.fakes import clip_with
from tests.wire.jack_server import Server

SCRIPT = Path(__file__).with_name("ardour.lua")
# While Ardour opens a session, two of its threads may ask JACK at once. What JACK reads is then garbled, and it
# hangs up on Ardour: about one start in five ends so, after two seconds.
RETRIES_FOR = 40.0
PATIENCE = 15.0
RECORDED = "2.5"  # seconds: longer than the clip
TICKS, BEATS_PER_SECOND = 1920, 2.0

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(sys.platform != "linux", reason="JACK's dummy server is tested on Linux"),
]


def clip() -> Clip:
    """Sixteen notes at uneven distances, each with a pitch and a velocity of its own."""
    onsets = [0.1 * n + 0.0137 * (n % 3) for n in range(16)]
    notes = (ClipNote(36 + n, Seconds(onset), Seconds(0.05), 7 + 8 * n) for n, onset in enumerate(onsets))
    return clip_with(Track("Drums", 9, tuple(notes)), length=1.7)


class PlayingCore(FakeCore):
    """Hands the clip to the real outlet when it is asked for a push."""

    def __init__(self, outlet: MidiOutlet) -> None:
        super().__init__()
        self._outlet = outlet

    def push(self, job: str, options: dict[str, Any]) -> int:
        self._outlet.push(clip(), PushOptions.read(options), job)
        return super().push(job, options)


class Note(NamedTuple):
    pitch: int
    velocity: int
    seconds: float

    @classmethod
    def read(cls, line: str) -> "Note":
        _, pitch, velocity, time = line.split()
        beat, tick = map(int, time.split(":"))
        return cls(int(pitch), int(velocity), (beat + tick / TICKS) / BEATS_PER_SECOND)


@dataclass
class Take:
    """What Ardour recorded, and what it asked of sidestick meanwhile."""

    notes: list[Note]
    asked: list[tuple[str, dict[str, Any]]]


class ArdourCrashedError(Exception):
    """Ardour came to no end; its last words."""


def recorded(folder: Path, osc_port: int) -> list[Note]:
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(folder))
    command = ["ardour7-lua", str(SCRIPT), str(folder / "session"), str(osc_port), RECORDED]
    pipe, joined = subprocess.PIPE, subprocess.STDOUT
    try:
        done = subprocess.run(command, env=os.environ | homes, stdout=pipe, stderr=joined, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise ArdourCrashedError(f"no end after {PATIENCE:.0f} seconds") from None
    lines = done.stdout.splitlines()
    if "end of take" not in lines:
        raise ArdourCrashedError(f"exit status {done.returncode}: {' / '.join(lines[-5:])}")
    return [Note.read(line) for line in lines if line.startswith("note")]


def attempt(folder: Path) -> Take:
    """Everything anew: a JACK server, the port, the OSC server and Ardour."""
    with ExitStack() as running:
        server = Server(os.environ["JACK_DEFAULT_SERVER"])
        running.callback(server.stop)
        outlet = running.enter_context(closing(MidiOutlet(PortSettings(), lambda _: None)))
        outlet.open()
        core = PlayingCore(outlet)
        osc = OscInlet(FakeDaemon(core=core).dispatcher, osc_port=0)
        osc.start()
        running.callback(osc.stop)
        return Take(recorded(folder, osc.osc_port), core.asked)


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """The first of a few attempts in which Ardour comes to its end, whatever it recorded."""
    falls: list[str] = []
    end = time.monotonic() + RETRIES_FOR
    while time.monotonic() < end:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JACK_DEFAULT_SERVER", f"sidestick-ardour-{os.getpid()}-{len(falls)}")
            try:
                return attempt(tmp_path_factory.mktemp("ardour"))
            except ArdourCrashedError as fall:
                falls.append(str(fall))
    pytest.fail(f"Ardour fell over, attempts: {len(falls)}.\n" + "\n".join(dict.fromkeys(falls)))


def test_ardour_records_every_note_of_the_push_as_loud_as_it_is(take: Take) -> None:
    sent = [(note.pitch, note.velocity) for note in clip().tracks[0].notes]
    assert [(note.pitch, note.velocity) for note in take.notes] == sent


def test_the_recorded_notes_lie_as_far_apart_as_those_of_the_clip(take: Take) -> None:
    onsets = [note.onset for note in clip().tracks[0].notes]
    distances = [note.seconds - take.notes[0].seconds for note in take.notes]
    assert distances == pytest.approx(onsets, abs=0.0005)


def test_what_ardour_sends_by_osc_gets_through(take: Take) -> None:
    relabel, push = take.asked
    assert relabel == ("relabel", {"job": JOB, "changes_json": {"clusters": {"0": "snare"}}})
    assert push == ("push", {"job": JOB, "options_json": {"when": "now"}})
