"""A Link session as a transport."""

from types import SimpleNamespace
from typing import Any

import pytest

from bridge.midi.link import LinkTransport


class FakeSession:
    """A session at 90 bpm, beat 7 at second 0, whose transport was started at second 2; it is second 4 now."""

    enabled = startStopSyncEnabled = False

    def __init__(self, playing: bool) -> None:
        self.playing = playing

    def clock(self) -> Any:
        return SimpleNamespace(micros=lambda: 4_000_000)

    def captureAppSessionState(self) -> Any:
        return SimpleNamespace(
            isPlaying=lambda: self.playing,
            timeForIsPlaying=lambda: 2_000_000,
            beatAtTime=lambda micros, quantum: 7 + micros * 1.5e-6,
            tempo=lambda: 90.0,
        )


def test_a_session_that_nobody_started_stands_still() -> None:
    assert LinkTransport(FakeSession(playing=False)).at(0.0) is None


def test_beats_count_from_the_start_of_the_sessions_transport() -> None:
    moment = LinkTransport(FakeSession(playing=True)).at(0.0)
    assert moment is not None
    assert (moment.position, moment.rate) == (pytest.approx(3.0), 1.5)


def test_the_session_is_joined_with_start_and_stop_and_left_on_close() -> None:
    session = FakeSession(playing=False)
    link = LinkTransport(session)
    assert session.enabled and session.startStopSyncEnabled
    link.close()
    assert not session.enabled
