"""What a separation shows of itself while it works."""

from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest

from daemon.pipeline.records import Audio, Part
from daemon.pipeline.separation_log import ACTIVITY, BANDS, NetworkActivity, SegmentWork, SeparationLog, read_log
from tests import synth

SECONDS = 6.0


@pytest.fixture
def mix(tmp_path: Path) -> Audio:
    tone = synth.tone(440, SECONDS)
    return Audio(synth.write(tmp_path / "mix.wav", tone, subtype="FLOAT"), tone.shape[1], tone.shape[0])


def shades(found: dict) -> np.ndarray:
    """(columns, parts, bands)"""
    return np.frombuffer(b64decode(found["levels"]), np.uint8).reshape(-1, len(found["parts"]), BANDS)


def test_columns_come_with_each_block_and_are_asked_for_from_any_one(tmp_path: Path, mix: Audio) -> None:
    sound = np.stack([mix.read(), np.zeros((mix.channels, mix.frames), np.float32)])
    with SeparationLog(tmp_path, "htdemucs", mix, (Part.DRUMS, Part.BASS)) as log:
        log.add(sound[..., : mix.frames // 3])
        early = read_log(tmp_path, 0)
        log.add(sound[..., mix.frames // 3 :])
        whole, late = read_log(tmp_path, 0), read_log(tmp_path, len(shades(early)))
    assert len(shades(early)) in (39, 40) and len(shades(whole)) == whole["columns"] == 120
    assert np.array_equal(shades(whole)[len(shades(early)) :], shades(late)) and late["first"] == len(shades(early))


def test_a_tone_is_bright_where_it_sounds_and_dark_elsewhere(tmp_path: Path, mix: Audio) -> None:
    with SeparationLog(tmp_path, "htdemucs", mix, (Part.OTHER,)) as log:
        log.add(mix.read()[None])
        [bands] = shades(read_log(tmp_path, 0))[60]
    at = int(BANDS * np.log(440 / 40) / np.log(16000 / 40))
    assert abs(int(bands.argmax()) - at) <= 1 and bands.max() > 240 and bands[-8:].max() < 60


def test_the_layer_that_works_is_shown_and_nothing_stays_behind(tmp_path: Path, mix: Audio) -> None:
    told = []
    with SeparationLog(tmp_path, "htdemucs", mix, (Part.DRUMS,)) as log:
        activity = NetworkActivity(("encoder.0", "decoder.0"), (SegmentWork(0, 343980, "decoder.0"),), 1, 3)
        log.show(activity)
        found = read_log(tmp_path, 0)
        log.report_with(told.append, lambda: activity)(0.5)
    assert found["working"] == [{"start": 0, "end": 343980, "layer": "decoder.0"}] and told == [0.5]
    assert (found["finished"], found["count"]) == (1, 3)
    assert read_log(tmp_path, 0) is None and sorted(p.name for p in tmp_path.iterdir()) == ["mix.wav"]


def test_a_disk_that_refuses_stops_no_separation(tmp_path: Path, mix: Audio) -> None:
    (tmp_path / ACTIVITY).mkdir()
    with SeparationLog(tmp_path / "gone", "htdemucs", mix, (Part.DRUMS,)) as log:
        log.add(mix.read()[None])
    assert read_log(tmp_path, 0) is None
