"""MIDI Polyphonic Expression: a channel for each note, so that every note bends by itself.

The lower zone of the MIDI Association's specification (RP-053): channel 1 speaks for all, channels 2 to 16 hold notes.
"""

from collections.abc import Iterable, Iterator, Sequence

MASTER = 0  # counted from 0, as all channels here
MEMBERS = range(1, 16)
BEND_RANGE = 48
"""Semitones, what a member channel has unless told, and what instruments expect."""

_ZONE_PARAMETER = 6  # registered parameter: how many channels the zone has


def setup_messages() -> Iterator[bytes]:
    """The zone, then the bend range of each of its channels: one control change each."""
    yield from set_parameter(MASTER, _ZONE_PARAMETER, len(MEMBERS))
    for channel in MEMBERS:
        yield from set_parameter(channel, 0, BEND_RANGE)


def set_parameter(channel: int, parameter: int, value: int) -> Iterator[bytes]:
    """Select a registered parameter, set it, select none."""
    for control, number in ((101, 0), (100, parameter), (6, value), (38, 0), (101, 127), (100, 127)):
        yield bytes((0xB0 | channel, control, number))


def is_zone(parameter: tuple[int, int]) -> bool:
    """Whether the selected parameter, coarse and fine, is the one that makes a zone."""
    return parameter == (0, _ZONE_PARAMETER)


def member_channels(spans: Sequence[tuple[float, float]]) -> list[int]:
    """A channel for each note (start, end), in order of start: the one that has been silent longest.

    Where more than 15 sound at once, notes share the channel that is the first to be free.
    """
    silent_since = {channel: float("-inf") for channel in MEMBERS}
    found = []
    for start, end in _check_order(spans):
        channel = min(silent_since, key=lambda each: (max(0.0, silent_since[each] - start), silent_since[each]))
        silent_since[channel] = max(end, silent_since[channel])
        found.append(channel)
    return found


def _check_order(spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    last = float("-inf")
    for start, end in spans:
        if start < last:
            raise ValueError("the notes must be in order of their start")
        last = start
        yield start, end
