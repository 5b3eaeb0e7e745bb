"""One song is counted alike whatever container it lies in and whatever took its drums out of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.pipeline.chain import draft, transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.pipeline.tools import Tools
from tests import synth
from tests.benchmarks.songs import open_tools
from tests.pipeline.audio.media import encode

BPM, SECONDS = 118.4, 26.0
OPTIONS = Options.read({"separator": "embedded", "kit": "embedded"})


def band() -> synth.Samples:
    drums = synth.play(synth.rock_beat(12, bpm=BPM, start=0.5), SECONDS)
    return 0.5 * drums + sum(synth.tone(hertz, SECONDS, level=-24.0) for hertz in (55.0, 220.0, 330.0))


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    with open_tools(tmp_path_factory.mktemp("weights")) as found:
        yield found


@pytest.fixture(scope="module")
def plain(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> BeatGrid:
    song = synth.write(tmp_path_factory.mktemp("song") / "song.wav", band())
    return transcribe(song, OPTIONS, tools, lambda *_: None).grid


def alike(one: BeatGrid, other: BeatGrid) -> bool:
    """The same bpm, meter and bars, and every beat within 3 ms."""
    if (one.bpm, one.numerator, len(one.beats)) != (other.bpm, other.numerator, len(other.beats)):
        return False
    return one.downbeats == other.downbeats and bool(np.allclose(one.beats, other.beats, atol=0.003))


@pytest.mark.parametrize("suffix", ["wav", "ogg", "mp3", "m4a"])
def test_a_song_is_counted_alike_in_every_container(tools: Tools, tmp_path: Path, plain: BeatGrid, suffix: str) -> None:
    song = tmp_path / f"song.{suffix}"
    if suffix == "m4a":
        encode(song, "aac", band())
    else:
        soundfile.write(song, band().T, synth.RATE)
    grid = transcribe(song, OPTIONS, tools, lambda *_: None).grid
    assert grid.bpm == pytest.approx(BPM)
    assert alike(grid, plain)


def test_a_song_is_counted_alike_with_and_without_a_separator(tools: Tools, tmp_path: Path, plain: BeatGrid) -> None:
    song = synth.write(tmp_path / "song.wav", band())
    assert alike(draft(song, OPTIONS, tools, lambda *_: None).grid, plain)
