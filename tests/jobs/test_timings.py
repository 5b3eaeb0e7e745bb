from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.events import Download
from daemon.jobs.timings import ProgressEstimator, TimedStep, Timings
from daemon.jobs.worker import TaskProgress

SEPARATE = TimedStep("separate", "htdemucs", "cpu")
HITS = TimedStep("hits")


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timings(tmp_path: Path) -> Timings:
    return Timings(tmp_path / "state" / "timings.json")


def test_the_first_estimate_is_a_guess(timings):
    assert 60 < timings.estimate([SEPARATE, HITS], 180) < 600


def test_what_a_stage_took_is_what_it_will_take(timings):
    timings.record(SEPARATE, 100, 40)
    assert timings.estimate([SEPARATE], 200) == pytest.approx(80)


def test_the_newest_runs_count_most(timings):
    for _ in range(20):
        timings.record(SEPARATE, 100, 40)
    for _ in range(5):
        timings.record(SEPARATE, 100, 80)
    assert 70 < timings.estimate([SEPARATE], 100) < 80


def test_models_and_devices_are_learned_apart(timings):
    timings.record(SEPARATE, 100, 40)
    timings.record(TimedStep("separate", "htdemucs", "cuda"), 100, 2)
    assert timings.estimate_steps([SEPARATE, TimedStep("separate", "htdemucs", "cuda")], 100) == pytest.approx((40, 2))


def test_an_unknown_model_is_expected_to_take_as_long_as_the_others(timings):
    timings.record(SEPARATE, 100, 40)
    assert timings.estimate([TimedStep("separate", "mdx", "cpu")], 100) == pytest.approx(40)


@pytest.mark.parametrize(("duration", "seconds"), [(0, 5), (10, 0), (10, -1), (10, float("nan")), (1, 1e9)])
def test_what_cannot_be_is_not_learned(timings, duration, seconds):
    timings.record(HITS, 100, 3)
    timings.record(HITS, duration, seconds)
    assert timings.estimate([HITS], 100) == pytest.approx(3)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"hits  cpu": "fast"}', '{"hits  cpu": NaN}', '{"hits  cpu": -1}'])
def test_a_damaged_file_is_begun_anew(tmp_path, text):
    path = tmp_path / "timings.json"
    path.write_text(text)
    timings = Timings(path)
    timings.record(HITS, 100, 7)
    assert timings.estimate([HITS], 100) == pytest.approx(7)


def test_a_state_folder_that_cannot_be_written_is_no_failure(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    timings = Timings(tmp_path / "file" / "timings.json")
    timings.record(HITS, 100, 7)
    assert timings.estimate([HITS], 100) > 0


def test_stages_weigh_what_they_take():
    progress = ProgressEstimator([SEPARATE, HITS], [90, 10], Clock())
    assert progress.update("separate", 0.5).fraction == pytest.approx(0.45)
    assert progress.update("hits", 0.5).fraction == pytest.approx(0.95)


def test_the_first_eta_is_the_learned_one():
    assert ProgressEstimator([SEPARATE, HITS], [90, 10], Clock()).update("separate", 0) == TaskProgress(
        "separate", 0.0, 100.0
    )


def test_a_slow_run_moves_the_eta():
    clock = Clock()
    progress = ProgressEstimator([SEPARATE, HITS], [90, 10], clock)
    progress.update("separate", 0)
    clock.now += 144
    assert progress.update("separate", 0.8).eta == pytest.approx(10 + 0.2 * (0.2 * 90 + 0.8 * 180))


def test_a_stage_that_came_from_the_cache_is_done_at_once():
    progress = ProgressEstimator([SEPARATE, HITS], [90, 10], Clock())
    assert progress.update("hits", 0) == TaskProgress("hits", 0.9, 10.0)


def test_a_stage_that_was_not_planned_moves_nothing():
    progress = ProgressEstimator([SEPARATE, HITS], [90, 10], Clock())
    progress.update("hits", 0)
    assert progress.update("surprise", 0.5).fraction == 0.9


@given(st.lists(st.tuples(st.sampled_from(["separate", "hits", "other"]), st.floats(-1, 2), st.floats(0, 100))))
def test_progress_never_falls_and_the_eta_is_never_negative(updates):
    clock = Clock()
    progress = ProgressEstimator([SEPARATE, HITS], [90, 10], clock)
    shown = 0.0
    for stage, fraction, seconds in updates:
        clock.now += seconds
        report = progress.update(stage, fraction)
        assert shown <= report.fraction <= 1
        assert report.eta >= 0
        shown = report.fraction


def test_the_end_is_the_end():
    progress = ProgressEstimator([SEPARATE, HITS], [90, 10], Clock())
    assert progress.update("hits", 1.0) == TaskProgress("hits", 1.0, 0.0)


def test_a_download_is_timed_by_its_own_pace():
    clock = Clock()
    progress = ProgressEstimator([SEPARATE, HITS], [90, 10], clock)
    assert progress.update_download(Download("htdemucs", 0, 84)).eta == -1
    clock.now += 10
    told = progress.update_download(Download("htdemucs", 42, 84))
    assert (told.stage, told.fraction, told.eta) == ("fetch", 0.0, 110.0)
    assert told.download == Download("htdemucs", 42, 84)


def test_a_first_run_over_a_few_seconds_makes_no_song_a_matter_of_half_an_hour(timings):
    decode = TimedStep("decode")
    timings.record(decode, 4.0, 6.8)  # almost all of it imports
    assert timings.estimate([decode], 90) < 15


def test_short_sounds_are_learned_in_the_end(timings):
    for _ in range(300):
        timings.record(SEPARATE, 10, 4)
    assert timings.estimate([SEPARATE], 100) == pytest.approx(40, rel=0.05)
