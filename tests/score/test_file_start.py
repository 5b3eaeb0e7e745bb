"""A rendered song in a host that runs at the song's bpm and imports no tempo: mido plays it, its set_tempo left out."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import accumulate

import mido
import pytest

from bridge.drum_map import built_in_map
from bridge.midi.file import to_bytes
from bridge.timebase import Seconds
from daemon.pipeline.options import FileStart, Grid
from daemon.pipeline.records import BeatGrid, Drum, Hit
from daemon.score.clip import clip, drum_track, padding
from daemon.score.quantize import quantize

LENGTH = Seconds(240.0)
NEAR = 0.001  # seconds; a tick at 60 bpm is 1.04 ms, and a note lies within half of one


def even_grid(first: float, bpm: float) -> BeatGrid:
    beats = tuple(Seconds(first + n * 60 / bpm) for n in range(int((LENGTH - first) * bpm / 60)))
    return BeatGrid(beats, tuple(range(0, len(beats), 4)), bpm)


def breathing_grid() -> BeatGrid:
    beats = tuple(map(Seconds, accumulate((0.5 + 0.01 * (n * 7 % 5 - 2) for n in range(400)), initial=0.7)))
    return BeatGrid(beats, tuple(range(0, len(beats), 4)), 120.0, constant=False)


def strokes(grid: BeatGrid) -> list[Hit]:
    """One before the first beat, then a kick or a snare on every eighth, up to 20 ms early or late."""
    eighth = 30 / grid.bpm
    onsets = [
        0.0,
        *(max(0.0, beat + at + 0.001 * (n * 13 % 41 - 20)) for n, beat in enumerate(grid.beats) for at in (0, eighth)),
    ]
    drums = [Drum.KICK, Drum.SNARE]
    return [
        Hit(n, Seconds(onset), drums[n % 2], drums[n % 2].value, -12.0, 100, 1.0, 1.0, 0)
        for n, onset in enumerate(sorted(onsets))
    ]


def written(hits: Sequence[Hit], times: Sequence[Seconds], grid: BeatGrid, start: FileStart) -> bytes:
    return to_bytes(clip("Song", [drum_track(hits, times, built_in_map("gm"))], grid, LENGTH, start))


def heard(data: bytes, bpm: float) -> Iterator[tuple[float, int]]:
    """(second, pitch) of every stroke in a project at `bpm`, whatever the file says of tempo."""
    file, now = mido.MidiFile(file=BytesIO(data)), 0
    for message in mido.merge_tracks(file.tracks):
        now += message.time
        if message.type == "note_on" and message.velocity:
            yield mido.tick2second(now, file.ticks_per_beat, 60e6 / bpm), message.note


def worst(data: bytes, bpm: float, hits: Sequence[Hit], times: Sequence[float]) -> float:
    """Seconds between a stroke in the project and in the audio, at most."""
    pitch = built_in_map("gm").pitch
    expected = sorted((round(time, 9), pitch(hit.label)) for time, hit in zip(times, hits, strict=True))
    played = sorted(heard(data, bpm))
    assert [note for _, note in played] == [note for _, note in expected]
    return max(abs(at - time) for (at, _), (time, _) in zip(played, expected, strict=True))


@pytest.mark.parametrize("settings", [Grid(), Grid(quantize=False)], ids=["quantized", "as played"])
@pytest.mark.parametrize("first", [0.0, 0.04, 0.31, 1.7])
@pytest.mark.parametrize("bpm", [60.0, 93.271, 133.37, 140.0, 187.25])
def test_every_note_lies_within_a_millisecond_of_its_time_in_the_audio(
    bpm: float, first: float, settings: Grid
) -> None:
    grid = even_grid(first, bpm)
    hits = strokes(grid)
    times = quantize(hits, grid, settings).times
    assert worst(written(hits, times, grid, "audio"), bpm, hits, times) < NEAR


@pytest.mark.parametrize("bpm", [93.271, 140.0])
def test_a_file_that_starts_with_a_bar_is_late_by_its_padding_alone(bpm: float) -> None:
    grid = even_grid(0.31, bpm)
    hits = strokes(grid)
    later = [hit.onset + padding(grid, "bars") for hit in hits]
    assert later[0] > 1.0
    assert worst(written(hits, [hit.onset for hit in hits], grid, "bars"), bpm, hits, later) < NEAR


def test_a_file_with_a_map_needs_its_map() -> None:
    grid = breathing_grid()
    hits = strokes(grid)
    times = [hit.onset for hit in hits]
    assert worst(written(hits, times, grid, "audio"), 120.0, hits, times) > 0.1
