"""From candidates and a kit to hits with level, velocity, articulation and cluster."""

import numpy as np
import pytest

from daemon.pipeline.audio.superflux import novelty
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.drums import stem_onsets
from daemon.pipeline.drums.articulation import tom_labels
from daemon.pipeline.drums.candidates import candidates, onsets
from daemon.pipeline.drums.clusters import groups
from daemon.pipeline.drums.hits import draft_hits, measure_hits, weigh_candidates
from daemon.pipeline.drums.velocity import revoice_hits
from daemon.pipeline.options import Classic, VelocityCurve
from daemon.pipeline.records import EMBEDDED_KIT, Audio, Drum, Kit, Weights
from tests import synth
from tests.scripted_transcriber import activations

BEAT = synth.rock_beat(4)
SECONDS = 8.0


def ignore(_):
    pass


def stem(folder, name, samples):
    return Audio(synth.write(folder / f"{name}.wav", samples), samples.shape[1])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hits")
    audio = stem(folder, "in", synth.play(BEAT, SECONDS))
    heard = candidates(activations(BEAT, SECONDS), novelty(audio))
    parts = kit.split(audio, onsets(heard), EMBEDDED_KIT, folder, ignore)
    weighed = weigh_candidates(heard, parts, has_labels=True, clean=True)
    return measure_hits(weighed, parts, VelocityCurve(), has_labels=True, report=ignore)


@pytest.fixture(scope="module")
def true_kit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit")
    alone = {d: [s for s in BEAT if s.drum == d] for d in Drum}
    return Kit({d: stem(folder, d, synth.play(alone[d], SECONDS)) for d in Drum}, Weights("truth"))


def times(found, drum):
    return [hit.onset for hit in found.hits if hit.drum is drum]


def test_all_strokes_are_there_at_their_times(found):
    for drum in (Drum.KICK, Drum.SNARE, Drum.HIHAT):
        assert times(found, drum) == pytest.approx(synth.onsets_of(BEAT, drum), abs=0.006)


def test_the_softer_off_beats_get_lower_velocities(found):
    loud, soft = (
        [h.velocity for h in found.hits if h.drum is Drum.HIHAT and round(h.onset / 0.25) % 2 == odd] for odd in (0, 1)
    )
    assert np.median(loud) > np.median(soft) + 5


def test_ids_count_the_hits_in_order_of_time(found):
    assert [hit.id for hit in found.hits] == list(range(len(found.hits)))
    assert [hit.onset for hit in found.hits] == sorted(hit.onset for hit in found.hits)


def test_every_hit_belongs_to_a_cluster_of_its_drum_and_label(found):
    clusters = {cluster.id: cluster for cluster in found.clusters}
    assert all((clusters[h.cluster].drum, clusters[h.cluster].label) == (h.drum, h.label) for h in found.hits)
    assert sum(cluster.count for cluster in found.clusters) == len(found.hits)


def test_a_cluster_names_a_hit_to_listen_to(found):
    by_id = {hit.id: hit for hit in found.hits}
    assert all(by_id[c.typical].cluster == c.id and by_id[c.typical].onset == c.time for c in found.clusters)


def test_another_curve_changes_only_the_velocities(found):
    again = revoice_hits(found.hits, VelocityCurve(top=127, bottom=127))
    assert {hit.velocity for hit in again} == {127}
    assert [hit.onset for hit in again] == [hit.onset for hit in found.hits]


def test_the_same_curve_changes_nothing(found):
    assert revoice_hits(found.hits, VelocityCurve()) == found.hits


def test_a_draft_has_hits_without_a_kit():
    heard = candidates(activations(BEAT, SECONDS), novelty_of_silence())
    assert len(draft_hits(heard, VelocityCurve()).hits) == len(BEAT)


def novelty_of_silence():
    from daemon.pipeline.audio.superflux import Novelty

    return Novelty(np.zeros(int(SECONDS * 345), np.float32))


def test_superflux_finds_the_strokes_of_true_stems(true_kit):
    heard = onsets(stem_onsets.superflux_candidates(true_kit))
    for drum in (Drum.KICK, Drum.SNARE, Drum.HIHAT):
        assert heard[drum] == pytest.approx(synth.onsets_of(BEAT, drum), abs=0.006)


def test_superflux_finds_nothing_in_empty_stems(true_kit):
    heard = onsets(stem_onsets.superflux_candidates(true_kit))
    assert (heard[Drum.TOMS], heard[Drum.CYMBALS]) == ([], [])


def leaky(folder, kit):
    """The toms ring along with the kick, 26 dB softer."""
    kick = synth.play([s for s in BEAT if s.drum == "kick"], SECONDS)
    return Kit({**kit.drums, Drum.TOMS: stem(folder, "toms", kick * np.float32(0.05))}, kit.model)


def test_what_rings_along_with_a_louder_drum_is_no_hit(tmp_path, true_kit):
    parts = leaky(tmp_path, true_kit)
    weighed = weigh_candidates(stem_onsets.superflux_candidates(parts), parts, has_labels=False, clean=True)
    found = measure_hits(weighed, parts, VelocityCurve(), has_labels=False, report=ignore)
    toms_found = [hit for hit in found.hits if hit.drum is Drum.TOMS]
    assert toms_found
    assert all(hit.strength < found.thresholds[Drum.TOMS] and hit.cluster == -1 for hit in toms_found)


def test_a_soft_stroke_of_its_own_is_kept(tmp_path, true_kit):
    ghosts = synth.play([synth.Stroke(0.35, "snare", -34.0), synth.Stroke(2.0, "snare", -8.0)], SECONDS)
    parts = Kit({**true_kit.drums, Drum.SNARE: stem(tmp_path, "snare", ghosts)}, true_kit.model)
    strokes = [synth.Stroke(0.35, "snare"), synth.Stroke(2.0, "snare")]
    heard = candidates(activations(strokes, SECONDS), novelty_of_silence())
    weighed = weigh_candidates(heard, parts, has_labels=True, clean=True)
    found = measure_hits(weighed, parts, VelocityCurve(), has_labels=True, report=ignore)
    assert [hit.cluster >= 0 for hit in found.hits] == [True, True]


def test_classic_keeps_the_published_minimum_gap(true_kit):
    heard = onsets(stem_onsets.classic_candidates(true_kit, Classic()))
    assert np.diff(heard[Drum.CYMBALS] or [0, 1]).min() >= 0.15
    assert len(heard[Drum.SNARE]) == len(synth.onsets_of(BEAT, "snare"))


def test_toms_are_named_from_high_to_low_by_pitch():
    pitch = np.array([90.0, 160.0, 91.0, 120.0, 161.0], np.float32)
    assert tom_labels(pitch) == ["floor_tom", "high_tom", "floor_tom", "mid_tom", "high_tom"]


@pytest.mark.parametrize(("hertz", "name"), [(85.0, "floor_tom"), (124.0, "mid_tom"), (180.0, "high_tom")])
def test_one_tom_is_named_by_its_pitch(hertz, name):
    assert tom_labels(np.array([hertz, 1.02 * hertz], np.float32)) == [name, name]


def test_toms_a_few_hertz_apart_are_one_and_a_lone_slip_joins_it():
    assert set(tom_labels(np.array([86.0, 88.0, 91.0, 290.0] + [87.0] * 20, np.float32))) == {"floor_tom"}


def test_hits_that_sound_apart_form_groups_of_one_label():
    shapes = np.concatenate([np.full((10, 48), -10.0), np.full((10, 48), -40.0)]).astype(np.float32)
    found = groups(["snare"] * 20, shapes)
    assert sorted(len(group.members) for group in found) == [10, 10]
