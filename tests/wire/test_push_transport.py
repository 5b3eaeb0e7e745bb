"""A push locked to a DAW's clock against the audio that the DAW starts with it, on a real JACK server."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import accumulate, count, pairwise

import pytest

if sys.platform != "linux":
    pytest.skip("JACK's dummy server is tested on Linux", allow_module_level=True)

import jack

from bridge.drum_map import built_in_map
from bridge.notes import Clip
from bridge.timebase import Beats, Seconds
from daemon.outlets.midi_port import MidiOutlet, PortSettings, PushOptions
from daemon.pipeline.options import FileStart
from daemon.pipeline.records import BeatGrid, Drum, Hit
from daemon.score.clip import clip, drum_track, padding
from tests.wire.jack_server import RATE, Receiver, Server, eventually
from tests.wire.test_jack import server

__all__ = ["server"]
pytestmark = pytest.mark.real_time

FIRST, LENGTH = 0.43, 9.0  # seconds: the first beat of the song, and its end
BPM = {"steady": 119.875, "slow": 71.3, "fast": 187.25}
TOLERANCE = 0.001  # seconds


class HostClock:
    """A DAW: Start, then tick n at `second(n)` of its project; `first` is the frame at which its audio begins."""

    def __init__(self, second: Callable[[int], float]) -> None:
        self.first, self.playing = 0, False
        self._frames: Iterator[int] = (round(RATE * second(n)) for n in count())
        self._next: int | None = None
        self.client = jack.Client("daw", no_start_server=True)
        self.port = self.client.midi_outports.register("clock")
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        self.port.clear_buffer()
        if not self.playing:
            return
        start = self.client.last_frame_time
        if self._next is None:
            self.port.write_midi_event(0, b"\xfa")
            self.first, self._next = start + 10, next(self._frames)
        while self.first + self._next < start + frames:
            self.port.write_midi_event(max(0, self.first + self._next - start), b"\xf8")
            self._next = next(self._frames)

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()


def grid_of(bpm: float, drift: float = 0.0) -> BeatGrid:
    """Beats of one tempo, or of players who are up to `drift` faster and slower in waves of sixteen beats."""
    number = int((LENGTH - FIRST) * bpm / 60)
    steps = (60 / bpm * (1 + drift * math.sin(math.tau * n / 16)) for n in range(number - 1))
    beats = tuple(Seconds(round(beat, 6)) for beat in accumulate(steps, initial=FIRST))
    return BeatGrid(beats, tuple(range(0, number, 4)), bpm, constant=drift == 0)


def song(grid: BeatGrid, start: FileStart) -> Clip:
    """A stroke on each half beat."""
    onsets = sorted((*grid.beats, *((a + b) / 2 for a, b in pairwise(grid.beats))))
    hits = [Hit(n, Seconds(at), Drum.SNARE, "snare", -12.0, 90, 0.9, 0.9, 0) for n, at in enumerate(onsets)]
    track = drum_track(hits, [hit.onset for hit in hits], built_in_map("gm"))
    return clip("Song", [track], grid, Seconds(LENGTH), start)


def errors(played: Clip, second: Callable[[int], float]) -> list[float]:
    """How late each note is, in seconds, against the audio of a host whose ticks are at `second`."""
    with ExitStack() as opened:
        outlet = opened.enter_context(closing(MidiOutlet(PortSettings(), lambda _: None)))
        outlet.open()
        daw = opened.enter_context(closing(HostClock(second)))
        daw.client.connect("daw:clock", "sidestick:sidestick sync")
        receiver = opened.enter_context(closing(Receiver("sidestick:out")))
        onsets = [note.onset for note in played.tracks[0].notes]
        outlet.push(played, PushOptions(when="transport"))
        daw.playing = True
        assert eventually(lambda: len(receiver.strikes()) == len(onsets), LENGTH + 10)
        strikes = [(event.frame - daw.first) / RATE for event in receiver.strikes()]
    return [strike - onset for strike, onset in zip(strikes, onsets, strict=True)]


@pytest.mark.parametrize("start", ["audio", "bars"])
@pytest.mark.parametrize("bpm", BPM.values(), ids=BPM)
def test_at_the_songs_tempo_every_note_is_with_its_place_in_the_audio(
    server: Server, bpm: float, start: FileStart
) -> None:
    played = song(grid_of(bpm), start)
    assert (padding(grid_of(bpm), start) > 0) == (start == "bars")
    assert max(map(abs, errors(played, lambda n: n * 60 / (24 * bpm)))) < TOLERANCE


@pytest.mark.parametrize(("bpm", "drift"), [(119.875, 0.0), (110.0, 0.02)])
def test_in_a_host_with_the_tempo_map_every_note_is_with_its_place_in_the_audio(
    server: Server, bpm: float, drift: float
) -> None:
    played = song(grid_of(bpm, drift), "map")
    assert max(map(abs, errors(played, lambda n: played.tempo_map.seconds(Beats(n / 24))))) < TOLERANCE
