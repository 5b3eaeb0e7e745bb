from dataclasses import replace

import pytest

from bridge.timebase import Seconds
from daemon.pipeline.options import VelocityCurve
from daemon.pipeline.pitched.part_settings import audible_notes, grade_notes, revoice_notes
from daemon.pipeline.pitched.polyphonic import PartNote

SURE = PartNote(0, 40, Seconds(0.5), Seconds(0.4), 1, -12.0, 0.9)
USUAL = replace(SURE, pitch=43, onset=Seconds(1.0))
FAINT = replace(SURE, pitch=45, onset=Seconds(1.5), confidence=0.5)


def levels(*notes_by_sensitivity):
    found = dict(zip((0.25, 0.5, 0.75), notes_by_sensitivity, strict=True))
    return lambda sensitivity: found[sensitivity]


HEARD = grade_notes(levels([SURE], [SURE, USUAL], [SURE, USUAL, FAINT]), voice=False)


@pytest.mark.parametrize(("sensitivity", "pitches"), [(0.2, [40]), (0.5, [40, 43]), (0.75, [40, 43, 45]), (0, [])])
def test_more_sensitivity_lets_more_notes_sound(sensitivity, pitches):
    assert [note.pitch for note in audible_notes(HEARD, sensitivity)] == pitches


def test_what_sounds_at_the_usual_sensitivity_is_what_was_heard_there():
    other = replace(SURE, duration=Seconds(0.3))
    found = grade_notes(levels([SURE], [other], [SURE]), voice=False)
    assert [note.duration for note in audible_notes(found)] == [0.3]


def test_a_fainter_note_of_a_voice_only_fills_a_gap():
    beside = replace(SURE, pitch=52, onset=Seconds(0.7))
    found = grade_notes(levels([], [SURE], [beside, FAINT]), voice=True)
    assert [note.pitch for note in found] == [40, 45]


def test_a_fainter_note_of_a_chord_may_sound_beside_others():
    beside = replace(SURE, pitch=52)
    assert len(grade_notes(levels([], [SURE], [SURE, beside]), voice=False)) == 2


def test_velocities_follow_the_level_as_on_a_general_midi_instrument():
    loud, soft = revoice_notes([SURE, replace(SURE, level=SURE.level - 18)], VelocityCurve())
    assert loud.velocity == 120 and abs(soft.velocity - 127 * 10 ** (-18 / 40)) <= 6
