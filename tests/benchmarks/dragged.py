"""Where the notes of a .mid sound in a host that ignores its tempo map, beside the audio that starts with it.

The host's tempo is set once, to the first one of the file in the three decimals that hosts have; mido reads the ticks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate

import mido
import numpy as np
from numpy.typing import NDArray

from bridge.drum_map import built_in_map
from bridge.midi.file import to_bytes
from bridge.timebase import Seconds
from daemon.pipeline.records import BeatGrid, Hit
from daemon.score.clip import clip, drum_track
from tests.benchmarks.tables import Table, number
from tests.songs_with_beats import Song

SAME = 0.05  # seconds: a note farther from every true stroke is a false one, which this does not judge
MEDIAN, MOST = 0.003, 0.012  # seconds


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds between the notes and the true strokes: the median, and what 95 % keep."""

    median: float
    most: float

    @property
    def right(self) -> bool:
        return self.median < MEDIAN and self.most < MOST


def measure_lateness(
    song: Song, hits: Sequence[Hit], grid: BeatGrid, rises: Mapping[str, float] | None = None
) -> Lateness:
    """Of the file that is written for these hits and this grid; `rises`: how late the drums of the audio are."""
    track = drum_track(hits, [hit.onset for hit in hits], built_in_map("gm"))
    data = to_bytes(clip("Song", [track], grid, Seconds(song.seconds), "audio"))
    true = np.array([hit.onset + (rises or {}).get(hit.label, 0.0) for hit in song.hits])
    apart = np.abs(seconds_in_host(data)[:, None] - true[None, :]).min(axis=1)
    apart = apart[apart < SAME]
    return Lateness(float(np.median(apart)), float(np.percentile(apart, 95)))


def seconds_in_host(data: bytes) -> NDArray[np.float64]:
    """When the notes of a file sound at its first tempo, from end to end."""
    file = mido.MidiFile(file=BytesIO(data))
    tempi = [message.tempo for track in file.tracks for message in track if message.type == "set_tempo"]
    bpm = round(mido.tempo2bpm(tempi[0]), 3)
    found = []
    for track in file.tracks:
        ticks = accumulate(message.time for message in track)
        found += [
            at for at, message in zip(ticks, track, strict=True) if message.type == "note_on" and message.velocity
        ]
    return np.array(sorted(found)) * 60 / (bpm * file.ticks_per_beat)


def lateness_table(sets: dict[str, list[Lateness]]) -> Table:
    """A row for every set of songs."""
    rows = []
    for name, found in sets.items():
        middle, most = (1000 * max(values) for values in zip(*((one.median, one.most) for one in found), strict=True))
        right = f"{sum(one.right for one in found)} of {len(found)}"
        rows.append((name, str(len(found)), number(middle, 1), number(most, 1), right))
    head = ("constant songs", "songs", "worst median ms", "worst 95 % ms", "right")
    note = (
        "In a host that ignores tempo maps, beside the strokes of the audio; right: 3 ms at the median, 12 ms for 95 %."
    )
    return Table("dragged", head, tuple(rows), note)
