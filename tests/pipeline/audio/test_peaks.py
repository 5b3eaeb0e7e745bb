import numpy as np
import pytest

from daemon.pipeline.audio.peaks import local_maxima, thin_peaks, vertex


def test_of_two_peaks_that_are_too_close_the_stronger_stays():
    frames, strengths = np.array([10, 14, 40]), np.array([0.2, 0.9, 0.3], np.float32)
    assert thin_peaks(frames, strengths, gap=8).tolist() == [14, 40]


def test_a_peak_is_higher_than_all_around_it_and_above_nothing() -> None:
    curve = np.array([0, 0, 3, 1, 2, 0, 0, 0, 0, 5], np.float32)
    assert local_maxima(curve, 5).tolist() == [2, 9]
    assert local_maxima(curve, 3).tolist() == [2, 4, 9]


def test_the_top_of_a_parabola_lies_between_its_points() -> None:
    curve = np.array([1 - (x - 2.3) ** 2 for x in range(5)], np.float32)
    assert 2 + vertex(curve, 2) == pytest.approx(2.3, abs=1e-5)
    assert vertex(curve, 0) == 0.0
