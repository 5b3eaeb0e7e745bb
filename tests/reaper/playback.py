"""How REAPER plays a file, worked out forward: from project time to the file. The scripts go the other way."""

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.reaper.fake import Json, audio_item

PPQ = 960


@dataclass(frozen=True)
class TakePlayback:
    """How a take plays its file. `markers` are (take time, second of the section, slope)."""

    position: float
    length: float
    rate: float
    start: float
    shift: float
    markers: list[tuple[float, float, float]] = field(default_factory=list)

    def second(self, time: float) -> float:
        """The second of the file that is heard at this project time."""
        at = (time - self.position) * self.rate
        if not self.markers:
            return self.shift + self.start + at
        for (left, a, slope), (right, b, _) in pairwise(self.markers):
            if left <= at < right:
                part = (at - left) / (right - left)
                return self.shift + a + (b - a) * part * (1 - slope + slope * part)
        edge = self.markers[0] if at < self.markers[0][0] else self.markers[-1]
        return self.shift + edge[1] + at - edge[0]


@st.composite
def marker_lists(draw: st.DrawFn) -> list[tuple[float, float, float]]:
    steps = draw(st.lists(st.tuples(st.floats(0.2, 3), st.floats(0.4, 2.2), st.floats(-0.6, 0.6)), max_size=5))
    at, source, markers = draw(st.floats(0, 1)), draw(st.floats(0, 2)), []
    for length, speed, slope in steps:
        markers.append((at, source, slope))
        at, source = at + length, source + length * speed
    return markers if len(markers) > 1 else []


plays = st.builds(
    TakePlayback,
    position=st.floats(0, 300),
    length=st.floats(0.5, 20),
    rate=st.floats(0.25, 4),
    start=st.floats(0, 5),
    shift=st.sampled_from([0.0, 0.0, 1.25]),
    markers=marker_lists(),
)


@st.composite
def tempo_maps(draw: st.DrawFn) -> list[Json]:
    time, markers = 0.0, []
    for gap, bpm, linear in draw(st.lists(st.tuples(st.floats(1, 90), st.floats(45, 240), st.booleans()), min_size=1)):
        markers.append({"time": time, "bpm": bpm, "linear": linear, "numerator": 4, "denominator": 4})
        time += gap
    return markers


def quarters(markers: list[Json], time: float) -> float:
    """Quarter notes from the start of the project to `time`: the tempo, summed up."""
    total = 0.0
    for here, after in pairwise([*markers, None]):
        stop = time if after is None else min(time, after["time"])
        if stop <= here["time"]:
            break
        span = stop - here["time"]
        ramp = (after["bpm"] - here["bpm"]) / (after["time"] - here["time"]) if here["linear"] and after else 0.0
        total += span * (here["bpm"] + ramp * span / 2) / 60
    return total


def tick_time(markers: list[Json], position: float, tick: int) -> float:
    """The project time of a tick of an item at `position`."""
    wanted = quarters(markers, position) + tick / PPQ
    low, high = position, position + 100.0
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if quarters(markers, middle) < wanted else (low, middle)
    return (low + high) / 2


def item_of(play: TakePlayback) -> Json:
    parent = {"path": __file__, "length": 400.0}
    section: dict[str, Any] = {"section": play.shift, "parent": parent} if play.shift else {}
    return audio_item(
        Path(__file__),
        400.0,
        values={"D_POSITION": play.position, "D_LENGTH": play.length},
        take={"D_PLAYRATE": play.rate, "D_STARTOFFS": play.start},
        source=section,
        markers=play.markers,
    )
