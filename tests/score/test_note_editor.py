"""Corrections of pitched parts: the same words, undo and redo as for hits, and never the audio."""

from dataclasses import replace

import pytest

from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.errors import Rejected
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import Part
from daemon.score.corrections import apply_corrections, correct
from daemon.score.history import History
from daemon.score.note_changes import NoteChanges, SplitNote
from daemon.score.note_editor import NoteEditor
from tests.songs import detected_song

LINE = tuple(
    PartNote(i, 40 + i, Seconds(0.5 * i), Seconds(0.4), 100, -12.0, 0.9, strength=0.3 if i == 5 else 0.8)
    for i in range(6)
)
SONG = replace(detected_song(), notes={Part.BASS: LINE, Part.VOCALS: ()})
OPTIONS = Options.read({"parts": ["drums", "bass", "vocals"]})


def apply_changes(*changes, start=None):
    history = start or History()
    for given in changes:
        history = correct(given, SONG, history, OPTIONS)
    return history


def bass(history):
    return apply_corrections(SONG, history, OPTIONS).notes[Part.BASS]


def after(**changes):
    return bass(apply_changes({"notes": {"bass": changes}}))


def pitches(notes):
    return [note.pitch for note in notes]


def test_faint_notes_sound_only_when_asked_for():
    assert pitches(bass(History())) == [40, 41, 42, 43, 44]
    assert pitches(bass(apply_changes({"sensitivity": {"bass": 0.8}}))) == [40, 41, 42, 43, 44, 45]


def test_less_sensitivity_leaves_only_the_sure_notes():
    assert bass(apply_changes({"settings": {"sensitivity": {"bass": 0.1}}})) == ()


def test_notes_go_to_another_octave_or_pitch_or_are_gone():
    assert pitches(after(octave={"1": -1}, pitch={"2": 60}, delete=[3])) == [40, 29, 60, 44]


def test_a_stretch_is_shifted_and_another_one_is_deleted():
    shifted = after(shift=[{"from": 0, "to": 0.6, "semitones": 12}], delete_ranges=[{"from": 1.5, "to": 9}])
    assert pitches(shifted) == [52, 53, 42]


def test_merged_notes_last_from_the_first_to_the_end_of_the_last():
    found = after(merge=[[1, 2]])
    assert [(note.pitch, note.onset, note.duration) for note in found][1] == (41, 0.5, pytest.approx(0.9))
    assert len(found) == 4


def test_a_split_note_is_two_that_last_as_long_together():
    found = after(split=[{"note": 1, "at": 0.6}])
    assert [(note.id, note.pitch, note.onset, note.duration) for note in found[1:3]] == [
        (1, 41, 0.5, pytest.approx(0.1)),
        (6, 41, 0.6, pytest.approx(0.3)),
    ]


def test_a_bend_goes_on_in_the_second_half_of_a_split_note():
    bent = replace(LINE[0], bends=(Bend(Seconds(0.0), 0.0), Bend(Seconds(0.1), 0.5), Bend(Seconds(0.3), 1.0)))
    editor = NoteEditor([bent])
    editor.apply(NoteChanges(split=(SplitNote(id=6, note=0, at=0.2),)))
    assert [[(bend.time, bend.semitones) for bend in note.bends] for note in editor.corrected_notes()] == [
        [(0.0, 0.0), (0.1, 0.5)],
        [(0.2, 0.5), (0.3, 1.0)],
    ]


def test_a_note_is_split_where_it_lasts_by_now():
    moved = apply_changes(
        {"notes": {"bass": {"move": {"0": 2.6}}}}, {"notes": {"bass": {"split": [{"note": 0, "at": 2.7}]}}}
    )
    assert [round(note.onset, 3) for note in bass(moved) if note.pitch == 40] == [2.6, 2.7]


def test_a_note_that_was_deleted_cannot_be_split():
    with pytest.raises(Rejected, match="does not sound any more"):
        apply_changes({"notes": {"bass": {"delete": [1]}}}, {"notes": {"bass": {"split": [{"note": 1, "at": 0.6}]}}})


def test_a_note_that_was_missed_is_added_and_can_be_corrected():
    added = apply_changes({"notes": {"bass": {"add": [{"pitch": 50, "onset": 0.2, "duration": 0.1, "velocity": 77}]}}})
    (note,) = [note for note in bass(added) if note.pitch == 50]
    assert (note.id, note.velocity) == (6, 77)
    again = apply_changes({"notes": {"bass": {"octave": {"6": 1}}}}, start=added)
    assert 62 in pitches(bass(again))


def test_no_id_is_given_out_twice():
    add = {"notes": {"bass": {"add": [{"pitch": 50, "onset": 0.2, "duration": 0.1}]}}}
    split = {"notes": {"bass": {"split": [{"note": 1, "at": 0.6}]}}}
    history = apply_changes(add).undo()
    assert apply_changes(split, add, start=history).added_note_ids() == {"bass": [6, 7, 8]}


def test_a_note_moves_with_its_length_and_velocity():
    found = after(move={"0": 3.0}, length={"0": 0.1}, velocity={"0": 33})
    assert (found[-1].onset, found[-1].duration, found[-1].velocity) == (3.0, 0.1, 33)


def test_a_note_whose_length_was_given_is_marked():
    assert [note.by_hand for note in after(length={"0": 0.1}, move={"1": 0.6})] == [True, False, False, False, False]


def test_undo_brings_everything_back_and_redo_makes_it_again():
    history = apply_changes({"notes": {"bass": {"delete": [0]}}}, {"notes": {"bass": {"pitch": {"1": 70}}}})
    assert pitches(bass(history.undo())) == [41, 42, 43, 44]
    assert bass(history.undo().undo()) == bass(History())
    assert bass(history.undo().redo()) == bass(history)


def test_settings_of_a_part_come_one_after_the_other():
    told = [{"settings": {"notes": {"bass": {"transpose": 12}}}}, {"settings": {"notes": {"bass": {"gap_ms": 20}}}}]
    now = apply_corrections(SONG, apply_changes(*told), OPTIONS).options.part_options(Part.BASS)
    assert (now.transpose, now.gap_ms) == (12, 20)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"notes": {"bass": {"delete": [99]}}}, "unknown_note", "There is no bass note 99; they go from 0 to 5."),
        ({"notes": {"vocals": {"delete": [0]}}}, "unknown_note", "no vocals was heard"),
        ({"notes": {"piano": {"delete": [0]}}}, "unknown_part", "no notes of piano"),
        ({"notes": {"bass": {"pitch": {"0": 128}}}}, "bad_change", "Pitch 128"),
        ({"notes": {"bass": {"octave": {"0": 9}}}}, "bad_change", "9 octaves"),
        ({"notes": {"bass": {"merge": [[1, 1]]}}}, "bad_change", "merged with itself"),
        ({"notes": {"bass": {"split": [{"note": 1, "at": 1.2}]}}}, "bad_change", "lasts from 0.500 to 0.900 s"),
        ({"notes": {"bass": {"split": [{"note": 1, "at": 99}]}}}, "bad_change", "99 s is outside the song"),
        ({"notes": {"bass": {"split": [{"note": 99, "at": 1}]}}}, "unknown_note", "no bass note 99"),
        ({"notes": {"bass": {"move": {"0": 99}}}}, "bad_change", "99 s is outside the song"),
        ({"notes": {"bass": {"delete_ranges": [{"from": 2, "to": 1}]}}}, "bad_change", "is empty"),
        ({"notes": {"bass": {"velocity": {"0": 0}}}}, "bad_change", "Velocity 0"),
        ({"settings": {"notes": {"bass": {"lowest": 50}}}}, "bad_change", "notes.bass.lowest needs the audio again"),
        ({"settings": {"notes": {"bass": {"bends": True}}}}, "bad_change", "notes.bass.bends needs the audio again"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(given, code, words):
    with pytest.raises(Rejected) as refused:
        apply_changes(given)
    assert refused.value.code == code
    assert words in refused.value.reason
