"""One song has one key and one row of chords whatever container it lies in."""

import numpy as np
import pytest
import soundfile

from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.harmony import Harmony
from tests import synth
from tests.benchmarks.songs import open_tools
from tests.pipeline.audio.media import encode

BPM, BARS = 120.0, 6
OPTIONS = Options.read({"separator": "embedded", "kit": "embedded", "harmony": True})
CHORDS = ((52, 56, 59), (57, 61, 64), (59, 63, 66), (52, 56, 59), (57, 61, 64), (52, 56, 59))  # E A B E A E


def band() -> synth.Samples:
    """A bar of drums, a bass and three tones for each chord."""
    bar = 240 / BPM
    seconds = BARS * bar
    wave = 0.5 * synth.play(synth.rock_beat(BARS, bpm=BPM), seconds)
    for number, chord in enumerate(CHORDS):
        for pitch in (chord[0] - 12, *chord):
            tone = synth.tone(440 * 2 ** ((pitch - 69) / 12), bar * 0.95, level=-22.0)
            start = round(number * bar * synth.RATE)
            wave[:, start : start + tone.shape[1]] += tone
    return np.asarray(wave, np.float32)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Harmony]:
    """Key and chords of the song as each kind of file."""
    folder, out = tmp_path_factory.mktemp("songs"), {}
    with open_tools(tmp_path_factory.mktemp("weights")) as tools:
        for suffix in ("wav", "mp3", "m4a"):
            song = folder / f"song.{suffix}"
            if suffix == "m4a":
                encode(song, "aac", band())
            else:
                soundfile.write(song, band().T, synth.RATE)
            harmony = transcribe(song, OPTIONS, tools, lambda *_: None).harmony
            assert harmony is not None
            out[suffix] = harmony
    return out


def test_the_key_and_its_camelot_name_are_the_same_in_every_container(found: dict[str, Harmony]) -> None:
    assert {(one.key.name, one.key.camelot) for one in found.values()} == {("E major", "12B")}


def test_the_chords_are_the_same_in_every_container(found: dict[str, Harmony]) -> None:
    assert {tuple(chord.name for chord in one.chords if chord.name != "N") for one in found.values()} == {
        ("E", "A", "B", "E", "A", "E")
    }
