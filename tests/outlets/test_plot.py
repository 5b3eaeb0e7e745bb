from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from bridge.timebase import Seconds
from daemon.errors import DiskFailed
from daemon.outlets.plot import Excerpt, excerpt, picture, waveform_peaks, write_plot
from daemon.pipeline.records import RATE, Audio, BeatGrid, Drum, Hit

GRID = BeatGrid(tuple(Seconds(0.5 * i) for i in range(480)), tuple(range(0, 480, 4)), 120.0)
SHOWN = Excerpt(0.0, 4.0)


def _hit(onset: float, label: str = "kick", velocity: int = 100) -> Hit:
    return Hit(0, Seconds(onset), Drum.KICK, label, -12.0, velocity, 1.0, 1.0, 0)


def _picture(*hits: Hit, title: str = "Song", grid: BeatGrid = GRID) -> ElementTree.Element:
    return ElementTree.fromstring(picture(title, hits, grid, SHOWN, [0.5, 1.0]))


def _words(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter("{http://www.w3.org/2000/svg}text")]


def _dots(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return [c for c in svg.iter("{http://www.w3.org/2000/svg}circle") if "opacity" in c.attrib]


def _audio(folder: Path, seconds: float) -> Audio:
    frames = round(seconds * RATE)
    sound = np.zeros((frames, 2), dtype=np.float32)
    sound[frames // 2] = 0.5
    soundfile.write(folder / "drums.wav", sound, RATE, subtype="FLOAT")
    return Audio(folder / "drums.wav", frames)


def test_every_drum_that_is_heard_has_a_lane() -> None:
    words = _words(_picture(_hit(1.0), _hit(2.0, "open_hihat")))
    assert ("Kick" in words, "Open Hi-Hat" in words, "Crash" in words) == (True, True, False)


def test_a_hit_is_a_dot_at_its_time() -> None:
    early, late = (float(dot.attrib["cx"]) for dot in _dots(_picture(_hit(1.0), _hit(3.0))))
    assert late - early == pytest.approx((1280 - 132 - 24) / 2)


def test_a_louder_hit_is_a_bigger_dot() -> None:
    soft, loud = (float(dot.attrib["r"]) for dot in _dots(_picture(_hit(1.0, velocity=20), _hit(3.0))))
    assert soft < loud


def test_hits_outside_the_excerpt_are_not_drawn() -> None:
    assert len(_dots(_picture(_hit(1.0), _hit(9.0)))) == 1


def test_bars_are_numbered() -> None:
    assert {"1", "2", "3"} <= set(_words(_picture(_hit(1.0))))


def test_a_title_with_signs_of_markup_is_shown_as_it_is() -> None:
    assert "<Rock & Roll>" in _words(_picture(_hit(1.0), title="<Rock & Roll>"))


def test_a_song_without_hits_and_beats_still_gives_a_picture() -> None:
    words = _words(_picture(grid=BeatGrid((), (), 0.0, confidence=0.0)))
    assert any("0 hits · no beat found" in word for word in words)


def test_a_short_song_is_shown_whole() -> None:
    assert excerpt(GRID, Seconds(10.0)) == Excerpt(0.0, 10.0)


def test_of_a_long_song_eight_bars_are_shown() -> None:
    assert excerpt(GRID, Seconds(239.0)) == Excerpt(60.0, 76.0)


def test_a_long_song_without_beats_shows_a_stretch_after_its_first_quarter() -> None:
    assert excerpt(BeatGrid((), (), 0.0, confidence=0.0), Seconds(100.0)) == Excerpt(25.0, 41.0)


def test_the_waveform_is_highest_where_the_sound_is(tmp_path: Path) -> None:
    peaks = waveform_peaks(_audio(tmp_path, 2.0), Excerpt(0.0, 2.0), 101)
    assert (int(peaks.argmax()), float(peaks.max())) == (50, 1.0)


def test_the_picture_is_written_whole(tmp_path: Path) -> None:
    path = write_plot(tmp_path / "song.svg", "Song", [_hit(1.0)], GRID, _audio(tmp_path, 2.0))
    assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiskFailed, match="gone"):
        write_plot(tmp_path / "gone" / "song.svg", "Song", [], GRID, _audio(tmp_path, 2.0))
