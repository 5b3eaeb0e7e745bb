"""Corrections of a draft in what the final hears: the same strokes under other numbers, a few ms beside."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import Rejected
from daemon.pipeline.options import Options
from daemon.pipeline.records import Drum, Drums, Hit
from daemon.score.carry_over import carry_over, number_as_draft
from daemon.score.changes import FIRST_DRAFT_ID, Detections, read
from daemon.score.corrections import CorrectedScore, apply_corrections, audible_hits, correct
from daemon.score.history import History
from tests.songs import detected_song

SONG = detected_song()
LATE = 0.008  # seconds that the final hears everything later
OTHER_ID = 100


def renumber(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    return tuple(replace(hit, id=OTHER_ID - hit.id, onset=hit.onset + LATE) for hit in hits)


def final(without: tuple[int, ...] = ()) -> Detections:
    """What the final hears: all strokes of the draft but those, other ids, clusters the other way round."""
    turned = {cluster.id: len(SONG.clusters) - 1 - cluster.id for cluster in SONG.clusters}
    kept = tuple(hit for hit in SONG.hits if hit.id not in without)
    hits = tuple(replace(hit, cluster=turned.get(hit.cluster, -1)) for hit in renumber(kept))
    clusters = tuple(replace(each, id=turned[each.id]) for each in SONG.clusters)
    return replace(SONG, hits=hits, clusters=tuple(sorted(clusters, key=lambda each: each.id)))


def carried(*changes: dict[str, Any], after: Detections | None = None, undone: int = 0) -> CorrectedScore:
    """The final with the corrections that were made on the draft."""
    history, heard = History(), after or final()
    for change in changes:
        history = correct(change, SONG, history, Options())
    moved = carry_over(history, SONG, heard, audible_hits(heard, {}))
    for _ in range(undone):
        moved = moved.undo()
    return apply_corrections(heard, moved, Options())


def sound(score: CorrectedScore) -> set[tuple[float, str, int]]:
    return {(round(hit.onset, 3), hit.label, hit.velocity) for hit in score.hits}


def expected(*changes: dict[str, Any]) -> set[tuple[float, str, int]]:
    """The same on the draft itself, as late as the final is; what was moved or added is where it was put."""
    history = History()
    for change in changes:
        history = correct(change, SONG, history, Options())
    score = apply_corrections(SONG, history, Options())
    heard = {hit.id for hit in SONG.hits}
    put = {number for change in changes for number in change.get("move", {})}
    late = (hit.id in heard and str(hit.id) not in put for hit in score.hits)
    return {
        (round(hit.onset + LATE * is_late, 3), hit.label, hit.velocity)
        for hit, is_late in zip(score.hits, late, strict=True)
    }


CORRECTIONS: list[dict[str, Any]] = [
    {"clusters": {"1": "ride"}},
    {"hits": {"4": "open_hihat"}},
    {"delete_hits": [2, 3]},
    {"delete_clusters": [0]},
    {"move": {"4": 3.3}},
    {"velocities": {"4": 11}},
    {"velocity": [{"cluster": 1, "scale": 0.5}]},
    {"ranges": [{"from": 0, "to": 2.5, "label": "clap"}]},
    {"add": [{"onset": 0.77, "label": "china", "velocity": 77}]},
]


@pytest.mark.parametrize("change", CORRECTIONS, ids=lambda change: next(iter(change)))
def test_a_correction_of_the_draft_holds_for_the_same_strokes_of_the_final(change):
    assert sound(carried(change)) == expected(change)


def test_several_corrections_hold_together_and_undo_goes_back_through_them():
    assert sound(carried(*CORRECTIONS[:3])) == expected(*CORRECTIONS[:3])
    assert sound(carried(*CORRECTIONS[:3], undone=1)) == expected(*CORRECTIONS[:2])
    assert sound(carried(*CORRECTIONS[:3], undone=3)) == expected()


def test_a_hit_that_was_added_is_corrected_under_its_new_number():
    added = {"add": [{"onset": 0.77, "label": "china"}]}
    [new] = read(added, SONG).add
    assert {label for _, label, _ in sound(carried(added, {"hits": {str(new.id): "splash"}}))} >= {"splash"}
    assert sound(carried(added, {"delete_hits": [new.id]})) == expected()


def test_a_hit_that_was_added_and_is_heard_by_the_final_is_there_once():
    missed = SONG.hits[4]
    draft = replace(SONG, hits=tuple(hit for hit in SONG.hits if hit is not missed))
    history = correct({"add": [{"onset": missed.onset, "label": "ride"}]}, draft, History(), Options())
    heard = replace(
        final(),
        hits=tuple(replace(h, drum=Drum.CYMBALS, label="crash") if h.id == OTHER_ID - 4 else h for h in final().hits),
    )
    score = apply_corrections(heard, carry_over(history, draft, heard, audible_hits(heard, {})), Options())
    near = [hit.label for hit in score.hits if abs(hit.onset - missed.onset) < 0.02 and hit.drum is Drum.CYMBALS]
    assert near == ["ride"]


@pytest.mark.parametrize(
    ("change", "place"),
    [({"hits": {"4": "open_hihat"}}, (2.0, "open_hihat", 90)), ({"move": {"4": 3.3}}, (3.3, "snare", 90))],
)
def test_a_stroke_that_was_named_or_moved_and_is_not_heard_any_more_is_added(change, place):
    others = {each for each in expected() if each[0] != 2.0 + LATE}
    assert sound(carried(change, after=final(without=(4,)))) == others | {place}


def test_a_stroke_that_was_deleted_and_is_not_heard_any_more_changes_nothing():
    assert len(carried({"delete_hits": [4]}, after=final(without=(4,))).hits) == len(carried().hits) - 1


def test_settings_and_sensitivity_stay_as_they_were():
    score = carried({"settings": {"bpm": 90, "start": "bars"}, "sensitivity": {"snare": 0.7}})
    assert (score.options.bpm, score.options.start, score.options.sensitivity) == (90, "bars", {"snare": 0.7})


def test_a_branch_that_was_undone_does_not_lend_its_hits_to_another():
    history = correct({"add": [{"onset": 0.77, "label": "china"}]}, SONG, History(), Options()).undo()
    history = correct({"hits": {"4": "open_hihat"}}, SONG, history, Options())
    heard = final(without=(4,))
    score = apply_corrections(heard, carry_over(history, SONG, heard, audible_hits(heard, {})), Options())
    assert [hit.label for hit in score.hits if hit.label in ("china", "open_hihat")] == ["open_hihat"]


@given(st.lists(st.sampled_from(CORRECTIONS[:8]), max_size=6))
def test_whatever_was_corrected_the_final_sounds_like_the_draft(changes):
    assert sound(carried(*changes)) == expected(*changes)


def test_what_is_said_of_the_drafts_hits_after_the_final_is_refused_with_the_reason():
    draft = number_as_draft(Drums(SONG.hits, SONG.clusters, SONG.thresholds))
    assert {hit.id for hit in draft.hits}.isdisjoint(hit.id for hit in SONG.hits)
    assert {hit.cluster for hit in draft.hits} - {-1} == {cluster.id for cluster in draft.clusters}
    for change in ({"hits": {str(FIRST_DRAFT_ID + 4): "kick"}}, {"clusters": {str(FIRST_DRAFT_ID): "kick"}}):
        with pytest.raises(Rejected, match="of the draft; look at the final notes first"):
            read(change, SONG)
