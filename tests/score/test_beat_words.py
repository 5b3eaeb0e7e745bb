from dataclasses import replace
from typing import Any

import pytest

from daemon.errors import Rejected
from daemon.pipeline.beats.meter import quarters_per_beat
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.score.beat_words import resolve_beat_words
from daemon.score.given_tempo import grid_from_settings

GRID = BeatGrid(
    beats=tuple(0.5 * n for n in range(16)), downbeats=(0, 4, 8, 12), bpm=120.0, numerator=4, denominator=4,
    constant=True, confidence=1.0,
)  # fmt: skip


def resolved(settings: dict[str, Any], now: BeatGrid = GRID, **options: Any) -> dict[str, Any]:
    found = resolve_beat_words({"settings": settings}, lambda: (now, Options.read(options)))
    assert isinstance(found, dict)
    return found["settings"]


@pytest.mark.parametrize(
    ("word", "bpm"), [("half", 60), ("double", 240), ("two_thirds", 80), ("two-thirds", 80), ("three_halves", 180)]
)
def test_a_word_for_a_tempo_means_that_part_of_the_bpm_that_holds(word, bpm):
    assert resolved({"bpm": word}) == {"bpm": bpm}


def test_a_bpm_in_figures_stays_what_it_was():
    assert resolved({"bpm": "93.517"}) == {"bpm": "93.517"}


def test_a_meter_stays_what_it_was():
    assert resolved({"meter": "7/8"}) == {"meter": "7/8"}


@pytest.mark.parametrize("settings", [{"bpm": "quick"}])
def test_what_is_no_tempo_and_no_meter_is_refused(settings):
    with pytest.raises(Rejected, match="does not work"):
        resolved(settings)


def test_half_of_no_beat_is_refused():
    with pytest.raises(Rejected, match="no beat"):
        resolved({"bpm": "half"}, replace(GRID, beats=(), downbeats=(), confidence=0.0))


def test_where_the_beat_was_tapped_a_first_bar_is_laid_on_the_tapped_beats():
    told = resolved({"downbeat": 1.0}, beats=list(GRID.beats))
    assert told["beats"] == list(GRID.beats) and told["downbeats"] == [2, 6, 10, 14]


def test_where_the_beat_was_tapped_a_bar_that_cannot_be_is_refused():
    with pytest.raises(Rejected, match="downbeat: 'soon'"):
        resolved({"downbeat": "soon"}, beats=list(GRID.beats))


@pytest.mark.parametrize("meter", ["2/2", "4/4", "3/4", "7/8", "6/8", "12/8", "4/2"])
def test_no_meter_over_tapped_beats_changes_the_tempo(meter):
    """Nor does a second one, or a new first bar: the quarters are as long as before, but for the dotted ones of 6/8."""
    numerator, denominator = map(int, meter.split("/"))
    now, options = GRID, {"beats": list(GRID.beats)}
    for settings in ({"meter": meter}, {"downbeat": 1.0}, {"meter": meter}):
        options = resolved(settings, now, **options)
        now = grid_from_settings(Options.read(options), 8.0)
        assert (now.numerator, now.denominator) == (numerator, denominator)
        assert (now.meters[0].numerator, now.meters[0].denominator) == (numerator, denominator)
        quarter = (now.beats[1] - now.beats[0]) / quarters_per_beat(now)
        assert quarter == pytest.approx(0.5 / (1.5 if meter in ("6/8", "12/8") else 1))
        bar = now.beats[now.downbeats[1]] - now.beats[now.downbeats[0]]
        assert bar == pytest.approx(4 * numerator / denominator * quarter)


def test_what_names_no_beat_goes_through_untouched():
    given = {"settings": {"note_ms": 60}}
    assert resolve_beat_words(given, lambda: pytest.fail("the beat is not needed")) is given
