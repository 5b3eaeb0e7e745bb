import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.errors import Rejected
from daemon.pipeline.options import Options
from daemon.pipeline.records import Drum, Hit
from daemon.score.changes import from_flags, read
from daemon.score.corrections import CorrectedScore, apply_corrections, correct, threshold_at
from daemon.score.history import History
from daemon.score.hit_editor import HitEditor
from tests.songs import detected_song

SONG = detected_song()
ORIGINAL = apply_corrections(SONG, History(), Options())

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "clusters": st.dictionaries(st.integers(0, 2), st.sampled_from(["snare", "ride", "clap"]), min_size=1),
        "hits": st.dictionaries(st.integers(0, 10), st.sampled_from(["kick", "open_hihat"]), min_size=1),
        "delete_hits": st.lists(st.integers(0, 10), min_size=1),
        "move": st.dictionaries(st.integers(0, 10), st.floats(0, 10), min_size=1),
        "sensitivity": st.dictionaries(st.sampled_from(["kick", "snare"]), st.floats(0, 1), min_size=1),
        "add": st.lists(st.fixed_dictionaries({"onset": st.floats(0, 10), "label": st.just("china")}), min_size=1),
    },
).filter(bool)


def after(*changes: dict[str, object]) -> CorrectedScore:
    history = History()
    for change in changes:
        history = correct(change, SONG, history, Options())
    return apply_corrections(SONG, history, Options())


def labels(edited: CorrectedScore) -> dict[int, str]:
    return {hit.id: hit.label for hit in edited.hits}


def refusal(change: object) -> Rejected:
    with pytest.raises(Rejected) as caught:
        correct(change, SONG, History(), Options())  # type: ignore[arg-type]
    return caught.value


def test_without_corrections_the_hits_at_the_threshold_are_there_and_the_candidates_are_not():
    assert [hit.id for hit in ORIGINAL.hits] == list(range(9))
    assert ORIGINAL.clusters == SONG.clusters


def test_relabelling_a_cluster_relabels_its_hits_and_the_drum_they_belong_to():
    edited = after({"clusters": {"1": "ride"}})
    assert {hit.id for hit in edited.hits if hit.label == "ride" and hit.drum is Drum.CYMBALS} == {1, 4, 7}


def test_a_relabelled_cluster_keeps_its_id_and_count_and_is_certain():
    cluster = after({"clusters": {"1": "ride"}}).clusters[1]
    assert (cluster.id, cluster.count, cluster.label, cluster.confidence) == (1, 3, "ride", 1.0)


def test_a_single_hit_wins_over_its_cluster_in_the_same_correction():
    edited = after({"hits": {"4": "rimshot"}, "clusters": {"1": "ride"}})
    assert labels(edited)[4] == "rimshot"


def test_a_nickname_of_a_drum_is_understood():
    assert labels(after({"hits": {"2": "open hat"}}))[2] == "open_hihat"


def test_a_range_relabels_only_the_drum_it_names_and_not_its_end():
    edited = after({"ranges": [{"from": 0.5, "to": 2.0, "drum": "snare", "label": "clap"}]})
    assert [number for number, label in labels(edited).items() if label == "clap"] == [1]


def test_a_range_without_a_drum_takes_every_hit():
    assert set(labels(after({"ranges": [{"from": 0, "to": 10, "label": "kick"}]})).values()) == {"kick"}


def test_deleting_takes_hits_clusters_and_ranges_away():
    edited = after({"delete_hits": [0], "delete_clusters": [1], "delete_ranges": [{"from": 4, "to": 5}]})
    assert [hit.id for hit in edited.hits] == [2, 3, 5, 6]


def test_a_cluster_without_hits_is_no_longer_listed():
    assert [cluster.id for cluster in after({"delete_clusters": [1]}).clusters] == [0, 2]


def test_a_cluster_whose_typical_hit_is_deleted_names_another_one():
    assert after({"delete_hits": [1]}).clusters[1].typical in {4, 7}


def test_an_added_hit_gets_a_new_id_and_its_place_in_time():
    edited = after({"add": [{"onset": 0.25, "label": "splash", "velocity": 33}]})
    new = edited.hits[1]
    assert (new.id, new.onset, new.label, new.drum, new.velocity) == (11, 0.25, "splash", Drum.CYMBALS, 33)


def test_ids_of_undone_additions_are_not_given_out_again():
    change = {"add": [{"onset": 1, "label": "kick"}]}
    history = correct(change, SONG, correct(change, SONG, History(), Options()).undo(), Options())
    assert history.added_hit_ids() == (11, 12)


def test_an_added_hit_can_be_moved_and_relabelled_later():
    edited = after({"add": [{"onset": 1, "label": "kick"}]}, {"move": {"11": 9.5}, "hits": {"11": "cowbell"}})
    assert (edited.hits[-1].id, edited.hits[-1].onset, edited.hits[-1].label) == (11, 9.5, "cowbell")


def test_moving_a_hit_keeps_the_order_of_onsets():
    edited = after({"move": {"0": 2.25}})
    assert [hit.id for hit in edited.hits][:6] == [1, 2, 3, 4, 0, 5]


def test_velocity_is_scaled_for_one_drum_and_stays_a_velocity():
    edited = after({"velocity": [{"drum": "kick", "scale": 2}, {"cluster": 1, "add": -20}, {"scale": 0.5}]})
    assert [hit.velocity for hit in edited.hits[:3]] == [64, 35, 45]


def test_more_sensitivity_lets_candidates_in_and_less_takes_hits_out():
    assert 10 in labels(after({"sensitivity": {"snare": 0.7}}))
    assert len(after({"sensitivity": {"snare": 1.0}}).hits) == 11
    assert Drum.SNARE not in {hit.drum for hit in after({"sensitivity": {"snare": 0.1}}).hits}


def test_half_sensitivity_is_as_heard():
    assert after({"sensitivity": {"snare": 0.5}}).hits == ORIGINAL.hits


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_threshold_falls_as_sensitivity_rises(threshold, low, high):
    low, high = sorted((low, high))
    assert threshold_at(threshold, low) >= threshold_at(threshold, high) - 1e-12
    assert threshold_at(threshold, 0.5) == threshold


def test_settings_change_the_options_and_leave_the_rest_of_them():
    options = after({"settings": {"swing": 0.6, "drum_map": "ableton", "velocity": {"top": 100}}}).options
    assert (options.grid.swing, options.grid.step, options.drum_map) == (0.6, "1/16", "ableton")
    assert (options.velocity.top, options.velocity.bottom) == (100, Options().velocity.bottom)


def test_a_grid_may_be_given_as_its_step():
    assert after({"settings": {"grid": "1/8T"}}).options.grid.step == "1/8T"


def test_a_new_tempo_map_leaves_nothing_of_the_tempo_told_before():
    beats = {"beats": [0.0, 1.0, 2.0], "downbeats": [1], "meter": "3/4"}
    options = after({"settings": beats}, {"settings": {"tempo_map": [[0, 120]]}}).options
    assert (options.beats, options.downbeats, options.meter) == (None, None, None)
    assert options.tempo_map == ((0.0, 120.0, 4, 4),)


def test_a_bpm_takes_the_place_of_beats_and_of_their_downbeats():
    beats = {"beats": [0.0, 1.0, 2.0], "downbeats": [1]}
    options = after({"settings": beats}, {"settings": {"bpm": 120}}).options
    assert (options.bpm, options.beats, options.downbeats) == (120, None, None)


def test_a_downbeat_is_told_without_losing_the_map_it_belongs_to():
    options = after({"settings": {"tempo_map": [[0, 120]]}}, {"settings": {"downbeat": 0.5}}).options
    assert (options.tempo_map, options.downbeat) == (((0.0, 120.0, 4, 4),), 0.5)


def test_sensitivity_among_the_settings_is_the_same_as_beside_them():
    assert after({"settings": {"sensitivity": {"snare": 0.7}}}) == after({"sensitivity": {"snare": 0.7}})


def test_a_new_velocity_curve_revoices_the_heard_hits_before_the_gains():
    def soft(hits: tuple[Hit, ...], curve: object) -> tuple[Hit, ...]:
        from dataclasses import replace

        return tuple(replace(hit, velocity=10) for hit in hits)

    history = correct({"velocity": [{"scale": 2}]}, SONG, History(), Options())
    history = correct({"settings": {"velocity": {"gamma": 2.0}}}, SONG, history, Options())
    assert {hit.velocity for hit in apply_corrections(SONG, history, Options(), soft).hits} == {20}


@given(st.lists(CHANGES, min_size=1, max_size=4), CHANGES)
def test_undo_restores_and_redo_brings_back(earlier, change):
    before = History()
    for one in earlier:
        before = correct(one, SONG, before, Options())
    changed = correct(change, SONG, before, Options())
    assert apply_corrections(SONG, changed.undo(), Options()) == apply_corrections(SONG, before, Options())
    assert changed.undo().redo() == changed


@given(st.lists(st.integers(0, 10), min_size=1))
def test_deleting_twice_is_deleting_once(ids):
    assert after({"delete_hits": ids}, {"delete_hits": ids}).hits == after({"delete_hits": ids}).hits


@given(CHANGES)
def test_hits_come_out_by_onset_with_single_ids_and_legal_velocities(change):
    hits = after(change).hits
    assert [hit.onset for hit in hits] == sorted(hit.onset for hit in hits)
    assert len({hit.id for hit in hits}) == len(hits)
    assert all(1 <= hit.velocity <= 127 for hit in hits)


@given(CHANGES)
def test_changes_survive_json(change):
    found = read(change, SONG)
    plain = found.model_dump(mode="json", exclude={"add"}) | {"add": change.get("add", [])}
    assert read(json.dumps(plain), SONG) == found


def test_a_correction_after_an_undo_takes_the_next_number_and_ends_the_redo():
    first = correct({"clusters": {"1": "ride"}}, SONG, History(), Options())
    second = correct({"clusters": {"1": "clap"}}, SONG, first.undo(), Options())
    assert (second.head, second.undo().head, len(second.revisions)) == (2, 0, 2)
    assert second.undo().redo().head == 2


@given(st.lists(CHANGES, min_size=2, max_size=5), st.data())
def test_what_earlier_corrections_left_gives_what_a_replay_from_the_start_gives(changes, data):
    history = History()
    for change in changes:
        history = correct(change, SONG, history, Options())
        if data.draw(st.booleans()):
            apply_corrections(SONG, history, Options())
    unplayed = History(revisions=history.revisions, head=history.head)
    assert apply_corrections(SONG, history, Options()) == apply_corrections(SONG, unplayed, Options())


def test_one_more_correction_replays_none_of_those_before(monkeypatch):
    history = History()
    for velocity in range(1, 21):
        history = correct({"velocities": {"1": velocity}}, SONG, history, Options())
    apply_corrections(SONG, history, Options())
    applied = []
    apply = HitEditor.apply
    monkeypatch.setattr(HitEditor, "apply", lambda self, each: (applied.append(each), apply(self, each)))
    apply_corrections(SONG, correct({"clusters": {"1": "ride"}}, SONG, history, Options()), Options())
    assert [list(each.clusters) for each in applied] == [[1]]


def test_two_corrections_of_the_same_revision_do_not_see_each_other():
    history = correct({"settings": {"note_ms": 80}}, SONG, History(), Options())
    apply_corrections(
        SONG, correct({"hits": {"1": "china"}, "settings": {"note_ms": 60}}, SONG, history, Options()), Options()
    )
    other = apply_corrections(SONG, correct({"hits": {"2": "china"}}, SONG, history, Options()), Options())
    assert (other.options.note_ms, labels(other)[1], labels(other)[2]) == (80, labels(ORIGINAL)[1], "china")


def test_there_is_nothing_to_undo_or_redo_in_the_beginning():
    for step in (History().undo, History().redo):
        with pytest.raises(Rejected, match="There is nothing to"):
            step()


def test_the_flags_of_the_command_line_are_the_same_words():
    flags = from_flags(clusters=["2=open hat"], hits=["1=clap"], delete_hits=[4])
    same = {"clusters": {2: "open_hihat"}, "hits": {1: "clap"}, "delete_hits": [4]}
    assert labels(after(flags)) == labels(after(same))


@pytest.mark.parametrize("text", ["snare", "2=", "=snare"])
def test_a_flag_without_number_or_label_is_refused(text):
    with pytest.raises(Rejected, match="like 2=snare"):
        from_flags(clusters=[text])


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"clusters": {"7": "snare"}}, "unknown_cluster", "from 0 to 2"),
        ({"delete_clusters": [3]}, "unknown_cluster", "no cluster 3"),
        ({"velocity": [{"cluster": 9, "scale": 2}]}, "unknown_cluster", "no cluster 9"),
        ({"hits": {"99": "snare"}}, "unknown_hit", "from 0 to 10"),
        ({"delete_hits": [11]}, "unknown_hit", "no hit 11"),
        ({"move": {"-1": 2}}, "unknown_hit", "no hit -1"),
        ({"hits": {"1": "snar"}}, "unknown_label", "snare"),
        ({"ranges": [{"from": 0, "to": 1, "drum": "bagpipe", "label": "kick"}]}, "unknown_label", "bagpipe"),
        ({"ranges": [{"from": 2, "to": 1, "label": "kick"}]}, "bad_change", "is empty"),
        ({"hit": {"1": "snare"}}, "bad_change", "did you mean 'hits'"),
        ({"hits": {"one": "snare"}}, "bad_change", "hits.one"),
        ({"move": {"1": 10.5}}, "bad_change", "outside the song"),
        ({"move": {"1": float("nan")}}, "bad_change", "move.1"),
        ({"add": [{"onset": 1, "label": "kick", "velocity": 128}]}, "bad_change", "add.0.velocity"),
        ({"sensitivity": {"snare": 1.1}}, "bad_change", "0 to 1"),
        ({"sensitivity": {"snar": 0.5}}, "bad_change", "use kick, snare"),
        ({"settings": {"separator": "mdx"}}, "bad_change", "needs the audio"),
        ({"settings": {"swimg": 0.6}}, "bad_change", "swing"),
        ({"settings": {"swing": 0.9}}, "bad_option", "0.75"),
        ({"settings": {"grid": 5}}, "bad_option", "grid"),
        ({}, "bad_change", "nothing to change"),
        ([], "bad_change", "JSON object"),
        ("{", "bad_change", "not JSON"),
        ("[" * 100000, "bad_change", "not JSON"),
    ],
)
def test_a_wrong_change_is_refused_with_what_would_be_right(change, code, words):
    error = refusal(change)
    assert error.code == code
    assert words in error.reason


def test_a_bpm_needs_no_audio_and_takes_the_place_of_a_tempo_map_told_before():
    options = after({"settings": {"tempo_map": [[0, 60]]}}, {"settings": {"bpm": 120}}).options
    assert (options.bpm, options.tempo_map) == (120.0, None)


def test_a_tempo_map_takes_the_place_of_a_bpm_told_before():
    options = after({"settings": {"bpm": 120}}, {"settings": {"tempo_map": [[0, 60]]}}).options
    assert (options.bpm, options.tempo_map) == (None, ((0.0, 60.0, 4, 4),))


def test_where_files_start_is_told_without_the_audio():
    assert after({"settings": {"start": "bars"}}).options.start == "bars"
