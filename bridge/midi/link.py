"""Ableton Link as a transport: tempo, phase and start from whoever plays along on the local network.

Link knows no song position. A run begins where the session's transport was started, which counts as beat 0.
"""

from typing import Any

from bridge.midi.transport import Moment

QUANTUM = 4.0  # beats in a bar, as Live has it


class LinkTransport:
    """Follows a Link session with start/stop sync. `close` leaves the session."""

    musical = True

    def __init__(self, session: Any) -> None:
        self._session = session
        session.startStopSyncEnabled = True
        session.enabled = True

    def at(self, now: float) -> Moment | None:  # noqa: ARG002
        """Where the session is at this instant; Link's own clock says when that is."""
        state = self._session.captureAppSessionState()
        if not state.isPlaying():
            return None
        started = state.timeForIsPlaying()
        beat = state.beatAtTime(self._session.clock().micros(), QUANTUM) - state.beatAtTime(started, QUANTUM)
        return Moment(beat, state.tempo() / 60, run=started)

    def close(self) -> None:
        self._session.enabled = False


def open_link() -> LinkTransport | None:
    """A session with whoever is there, or None where LinkPython-extern is not installed."""
    try:
        import link
    except ImportError:
        return None
    return LinkTransport(link.Link(120.0))
