"""The same strokes, however loud, on whatever offset and in whatever phase: the real transcriber and kit splitter."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import Hit, Part
from daemon.pipeline.tools import Tools
from tests import synth
from tests.benchmarks.songs import open_tools

SECONDS = 6.0
BEAT = synth.play([synth.Stroke(s.onset + 0.5, s.drum, s.level - 4) for s in synth.rock_beat(2)], SECONDS)


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    with open_tools(tmp_path_factory.mktemp("weights")) as found:
        yield found


def hits(tools: Tools, folder: Path, samples: synth.Samples, recipe: str = "transcriber") -> list[Hit]:
    options = Options.read(
        {"input": "drums", "kit": "embedded", **({} if recipe == "transcriber" else {"onsets": recipe})}
    )
    song = synth.write(folder / "a.wav", samples.astype(np.float32))
    found = transcribe(song, options, tools, lambda *_: None).drums
    return [hit for hit in found.hits if hit.strength >= found.thresholds[hit.drum]]


def strokes(found: list[Hit]) -> Counter[str]:
    return Counter(hit.label for hit in found)


@pytest.mark.parametrize("recipe", ["transcriber", "superflux", "classic"])
@pytest.mark.parametrize("decibels", [-60, -20, 20])
def test_the_level_changes_neither_hits_nor_velocities(
    tools: Tools, tmp_path: Path, recipe: str, decibels: float
) -> None:
    plain = hits(tools, tmp_path, BEAT, recipe)
    other = hits(tools, tmp_path, 10 ** (decibels / 20) * BEAT, recipe)
    assert plain and strokes(other) == strokes(plain)
    assert max(abs(a.velocity - b.velocity) for a, b in zip(plain, other, strict=True)) <= 1
    assert [b.level - a.level for a, b in zip(plain, other, strict=True)] == pytest.approx(
        [decibels] * len(plain), abs=0.1
    )


@pytest.mark.parametrize("turned", [-1.0, -0.8])
def test_a_channel_turned_over_has_the_hits_of_the_other(tools: Tools, tmp_path: Path, turned: float) -> None:
    plain = hits(tools, tmp_path, BEAT)
    other = hits(tools, tmp_path, np.stack([BEAT[0], turned * BEAT[0]]))
    assert strokes(other) == strokes(plain)


@pytest.mark.parametrize(("turned", "later"), [(-1, 22), (1, 22), (-1, 220)])
def test_a_channel_that_comes_a_little_later_costs_no_hit(
    tools: Tools, tmp_path: Path, turned: int, later: int
) -> None:
    plain = strokes(hits(tools, tmp_path, BEAT))
    other = strokes(hits(tools, tmp_path, np.stack([BEAT[0], turned * np.roll(BEAT[0], later)])))
    assert other.keys() == plain.keys()
    assert all(abs(other[label] - plain[label]) <= 1 for label in plain)


def test_an_offset_adds_no_hit(tools: Tools, tmp_path: Path) -> None:
    plain = hits(tools, tmp_path, BEAT)
    other = hits(tools, tmp_path, BEAT + 0.3)
    assert strokes(other) == strokes(plain) and min(hit.onset for hit in other) > 0.4


@pytest.mark.parametrize("change", ["gain", "phase"])
def test_a_bass_line_is_the_same_at_any_level_and_in_any_phase(tools: Tools, tmp_path: Path, change: str) -> None:
    line = synth.sustained_line([(0.2, 55.0), (1.0, 73.42), (1.8, 82.41), (2.6, 55.0)], 4.0)
    other = 10 ** (-50 / 20) * line if change == "gain" else line * np.array([[1.0], [-1.0]], np.float32)
    found = []
    for samples in (line, other):
        song = synth.write(tmp_path / "a.wav", samples.astype(np.float32))
        result = transcribe(song, Options.read({"input": "bass", "parts": ["bass"]}), tools, lambda *_: None)
        found.append(
            [(note.pitch, round(note.onset, 2)) for note in result.notes[Part.BASS].notes if note.strength >= 0.5]
        )
    assert len(found[0]) == 4 and found[0] == found[1]
