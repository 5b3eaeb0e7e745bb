"""A DAW's clock, as clean and as rough as it comes."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.midi.clock import ClockFollower

TICK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"


def song_position(sixteenths: int) -> bytes:
    return bytes((0xF2, sixteenths & 0x7F, sixteenths >> 7))


class Daw:
    """Sends clock to a follower: ticks, up to `late` seconds after their time."""

    def __init__(self, bpm: float = 120.0) -> None:
        self.follower = ClockFollower()
        self.time = 10.0
        self.bpm = bpm

    def say(self, message: bytes) -> bool:
        return self.follower.feed(message, self.time)

    def ticks(self, count: int, late: float = 0.0) -> None:
        for _ in range(count):
            self.follower.feed(TICK, self.time + random.uniform(0, late))
            self.time += 60 / (self.bpm * 24)

    def lose(self, count: int) -> None:
        self.time += count * 60 / (self.bpm * 24)

    def error(self, beats: float) -> float:
        """How far off, in milliseconds, the follower is when the DAW is at `beats`."""
        position = self.follower.position(self.time)
        assert position is not None
        return (position - beats) * 60e3 / self.bpm


def start_daw(bpm: float = 120.0) -> Daw:
    daw = Daw(bpm)
    daw.ticks(24)
    daw.say(START)
    return daw


def test_a_daw_that_has_not_started_stands_still() -> None:
    daw = Daw()
    daw.ticks(48)
    assert daw.follower.position(daw.time) is None


def test_the_first_tick_after_start_is_beat_zero() -> None:
    daw = start_daw()
    assert daw.follower.position(daw.time) is None
    assert daw.say(TICK)
    assert daw.follower.position(daw.time) == 0


@pytest.mark.parametrize("bpm", [40.0, 93.7, 120.0, 240.0])
def test_a_steady_clock_is_followed_exactly(bpm: float) -> None:
    daw = start_daw(bpm)
    daw.ticks(96)
    assert daw.error(4.0) == pytest.approx(0, abs=0.01)


def test_a_start_without_ticks_before_it_finds_the_tempo_by_itself() -> None:
    daw = Daw(90.0)
    daw.say(START)
    daw.ticks(24)
    assert daw.error(1.0) == pytest.approx(0, abs=0.01)


def test_a_clock_that_jitters_by_two_milliseconds_is_followed_within_two() -> None:
    random.seed(1)
    daw = start_daw()
    errors = []
    for beat in range(1, 33):
        daw.ticks(24, late=0.002)
        errors.append(daw.error(beat))
    assert max(map(abs, errors)) < 2.0


def test_a_tick_that_comes_ten_milliseconds_late_moves_nothing() -> None:
    daw = start_daw()
    daw.ticks(48)
    daw.follower.feed(TICK, daw.time + 0.010)
    daw.lose(1)
    daw.ticks(1)
    assert daw.error(50 / 24) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_lost_ticks_are_counted(lost: int) -> None:
    daw = start_daw()
    daw.ticks(48)
    daw.lose(lost)
    daw.ticks(24)
    assert daw.error((72 + lost) / 24) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("bpm", [60.0, 100.0, 130.0, 240.0])
def test_a_sudden_tempo_is_found_within_a_beat_and_loses_no_beats(bpm: float) -> None:
    daw = start_daw()
    daw.ticks(48)
    daw.bpm = bpm
    daw.ticks(24)
    assert daw.error(3.0) == pytest.approx(0, abs=1.0)


def test_a_ramp_of_ten_bpm_a_second_is_followed_within_three_milliseconds() -> None:
    daw = start_daw()
    for _ in range(192):
        daw.ticks(1)
        daw.bpm += 10 * 60 / (daw.bpm * 24)
    assert abs(daw.error(8.0)) < 3


def test_stop_stands_still_and_continue_goes_on() -> None:
    daw = start_daw()
    daw.ticks(36)
    assert daw.say(STOP)
    assert daw.follower.position(daw.time) is None
    daw.ticks(10)
    daw.say(CONTINUE)
    daw.ticks(12)
    assert daw.error(2.0) == pytest.approx(0, abs=0.01)


def test_continue_begins_at_the_song_position() -> None:
    daw = start_daw()
    daw.say(STOP)
    daw.say(song_position(64))
    daw.say(CONTINUE)
    assert daw.say(TICK)
    moment = daw.follower.at(daw.time)
    assert moment is not None and moment.origin == moment.position == 16.0


def test_a_song_position_while_playing_jumps_with_the_next_tick() -> None:
    daw = start_daw()
    daw.ticks(30)
    before = daw.follower.at(daw.time)
    daw.say(song_position(4))
    daw.ticks(7)
    after = daw.follower.at(daw.time)
    assert before is not None and after is not None
    assert (after.run, after.origin) == (before.run + 1, 1.0)
    assert daw.error(1 + 7 / 24) == pytest.approx(0, abs=0.01)


def test_a_clock_that_falls_silent_counts_as_stopped() -> None:
    daw = start_daw()
    daw.ticks(24)
    assert daw.follower.position(daw.time + 0.4) is not None
    assert daw.follower.position(daw.time + 0.6) is None


def test_a_clock_that_comes_back_goes_on_where_it_was() -> None:
    daw = start_daw()
    daw.ticks(24)
    daw.time += 3
    daw.ticks(24)
    assert daw.error(2.0) == pytest.approx(0, abs=0.01)


def test_positions_of_one_run_hardly_ever_step_back() -> None:
    random.seed(2)
    daw = start_daw()
    positions = []
    for _ in range(500):
        daw.ticks(1, late=0.001)
        positions.append(daw.follower.position(daw.time) or 0.0)
    assert all(b - a > 0 for a, b in pairwise(positions))


MESSAGES = st.one_of(
    st.sampled_from([TICK, START, CONTINUE, STOP, b"", b"\xf2", b"\xf2\xff\xff", b"\xfe", b"\x99\x24\x64"]),
    st.integers(0, 16383).map(song_position),
    st.binary(max_size=4),
)


@given(st.lists(st.tuples(MESSAGES, st.floats(-1, 3)), max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_stream_leaves_a_sane_position_or_none(stream: list[tuple[bytes, float]]) -> None:
    follower, time = ClockFollower(), 0.0
    for message, passed in stream:
        time += passed
        follower.feed(message, time)
        moment = follower.at(time)
        assert moment is None or math.isfinite(moment.position)
        assert moment is None or 20 / 60 <= moment.rate * (1 + 1e-9) <= 500 / 60 * (1 + 1e-8)


def block_errors(
    bpm: float, block: float, *, seconds: float = 12.0, lost: range = range(0), jitter: float = 0.0
) -> list[float]:
    """How far off, in seconds, the position is after each tick from the 48th on; the host sends when a block starts."""
    follower, errors, late = ClockFollower(), [], random.Random(3)
    follower.feed(START, 0.0)
    period, arrived = 60 / bpm / 24, 0.0
    for tick in range(int(seconds / period)):
        if tick in lost:
            continue
        due = 0.013 + tick * period
        arrived = max(arrived, (math.ceil(due / block) * block if block else due) + late.uniform(0, jitter))
        follower.feed(TICK, arrived)
        position = follower.position(arrived + 0.001)
        assert position is not None
        errors.append(position * 60 / bpm - (arrived + 0.001 - 0.013))
    return errors[48:]


@pytest.mark.parametrize("frames", [32, 64, 128, 256, 512, 1024, 2048])
@pytest.mark.parametrize("rate", [44100, 48000, 88200, 96000])
def test_a_host_that_sends_at_block_starts_is_followed_within_a_block(rate: int, frames: int) -> None:
    block = frames / rate
    just_longer_and_shorter = [60 / 24 / block / ratio for ratio in (0.98, 1.003, 1.02)]
    for bpm in (40.0, 55.0, 100.0, 120.0, 145.0, 174.0, 235.0, 250.0, *just_longer_and_shorter):
        if 40 <= bpm <= 250:
            assert max(map(abs, block_errors(bpm, block))) < 1.05 * block + 0.002, bpm


@pytest.mark.parametrize("count", [2, 3, 6])
@pytest.mark.parametrize(
    ("bpm", "block"), [(100, 1024 / 44100), (120, 512 / 48000), (140, 256 / 48000), (174, 512 / 44100)]
)
def test_ticks_lost_by_a_host_that_sends_at_block_starts_are_counted(bpm: float, block: float, count: int) -> None:
    errors = block_errors(bpm, block, lost=range(200, 200 + count))
    assert max(map(abs, errors[-40:])) < block


@pytest.mark.parametrize("count", [1, 2, 6])
@pytest.mark.parametrize("bpm", [60, 120, 240])
def test_ticks_lost_by_a_clock_that_jitters_by_six_milliseconds_are_counted(bpm: float, count: int) -> None:
    errors = block_errors(bpm, 0.0, lost=range(200, 200 + count), jitter=0.006)
    assert max(map(abs, errors[-40:])) < 0.006


@pytest.mark.parametrize("bpm", [20, 30, 47, 120, 300, 500])
def test_a_steady_clock_with_six_milliseconds_of_jitter_is_followed_within_six(bpm: float) -> None:
    assert max(map(abs, block_errors(bpm, 0.0, seconds=25.0, jitter=0.006))) < 0.006


@pytest.mark.parametrize("change", [0.5, 0.9, 1.1, 2.0])
def test_a_host_that_sends_at_block_starts_may_change_its_tempo(change: float) -> None:
    block, follower, due, position = 512 / 44100, ClockFollower(), 0.0, None
    follower.feed(START, 0.0)
    for tick in range(400):
        arrived = math.ceil(due / block) * block
        follower.feed(TICK, arrived)
        position = follower.position(arrived)
        due += 60 / 24 / (120 * (change if tick >= 200 else 1))
    assert position == pytest.approx(399 / 24, abs=1.5 * block * 2 * change)
