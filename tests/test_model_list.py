"""What is told of a network before anything is fetched."""

from daemon.backends.checkpoints import Checkpoints
from daemon.jobs.timings import TimedStep, Timings
from daemon.model_list import SONG_SECONDS, list_models, missing_separator, model_info
from daemon.pipeline.options import Options


def timings_in(folder, **rates):
    found = Timings(folder / "timings.json")
    for model, rate in rates.items():
        found.record(TimedStep("separate", model), SONG_SECONDS, rate * SONG_SECONDS)
    return found


def test_every_published_network_has_licence_memory_and_time(tmp_path):
    found = list_models(Checkpoints(tmp_path), timings_in(tmp_path))
    assert all(each.licence and each.memory_gb and each.minutes for each in found)
    assert [each.name for each in found if each.recommended] == ["htdemucs"]


def test_minutes_are_those_of_this_machine_once_it_has_run_the_network(tmp_path):
    found = model_info(Checkpoints(tmp_path), timings_in(tmp_path, htdemucs=0.5), "htdemucs")
    assert found.minutes == 1.5


def test_a_network_that_never_ran_here_is_guessed_by_its_weight_beside_htdemucs(tmp_path):
    found = model_info(Checkpoints(tmp_path), timings_in(tmp_path, auto=0.25), "htdemucs_ft")
    assert found.minutes == 3.0


def test_what_a_song_would_fetch_is_known_before(tmp_path):
    weights, timings = Checkpoints(tmp_path), timings_in(tmp_path)
    found = missing_separator(Options(), weights, timings)
    assert found.name == "htdemucs" and "84 MB to fetch, 1.3 GB of memory" in found.facts


def test_nothing_is_fetched_for_a_stem_or_offline_or_without_a_network(tmp_path):
    timings, weights = timings_in(tmp_path), Checkpoints(tmp_path)
    assert missing_separator(Options(input="drums"), weights, timings) is None
    assert missing_separator(Options(separator="embedded"), weights, timings) is None
    assert missing_separator(Options(), Checkpoints(tmp_path, offline=True), timings) is None


def test_a_checkpoint_of_ones_own_has_no_guess(tmp_path):
    found = model_info(Checkpoints(tmp_path, custom={"mine": tmp_path / "mine.th"}), timings_in(tmp_path), "mine")
    assert (found.state, found.minutes) == ("unusable", None)
