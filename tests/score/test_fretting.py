"""A way of the hand along the neck."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.score.fretting import BASS, GUITAR, FretPlace, FrettedNote, choose_tuning, find_frets

STANDARD = GUITAR[0]


def line(*pitches: int, step: float = 0.2) -> list[FrettedNote]:
    return [FrettedNote(pitch, i * step) for i, pitch in enumerate(pitches)]


def chord(*pitches: int) -> list[FrettedNote]:
    return [FrettedNote(pitch, 0.004 * i, 100 - i) for i, pitch in enumerate(pitches)]


def frets(notes: list[FrettedNote]) -> list[tuple[int, int] | None]:
    return [place and (place.string, place.fret) for place in find_frets(notes, STANDARD)]


def test_an_open_e_chord_is_the_one_that_everybody_plays():
    assert frets(chord(40, 47, 52, 56, 59, 64)) == [(6, 0), (5, 2), (4, 2), (3, 1), (2, 0), (1, 0)]


def test_a_barre_chord_is_held_at_its_barre():
    assert frets(chord(43, 50, 55, 59, 62, 67)) == [(6, 3), (5, 5), (4, 5), (3, 4), (2, 3), (1, 3)]


def test_a_scale_stays_in_one_position():
    found = find_frets(line(57, 59, 60, 62, 64, 65, 67, 69, 71, 72), STANDARD)
    pressed = [place.fret for place in found if place and place.fret]
    assert max(pressed) - min(pressed) <= 4


def test_a_high_line_is_played_high_and_comes_back():
    found = find_frets(line(40, 79, 81, 83, step=1.0), STANDARD)
    assert found[0] == FretPlace(6, 0) and all(place and place.fret >= 12 for place in found[1:])


def test_two_notes_at_once_are_never_on_one_string():
    low, high = find_frets(chord(40, 42), STANDARD)
    assert (low, high).count(None) == 1  # both lie on the lowest string only


def test_of_a_chord_that_no_hand_holds_the_softest_notes_are_left_out():
    found = find_frets(chord(40, 45, 50, 55, 59, 64, 66), STANDARD)
    assert found[-1] is None and None not in found[:-1]


@pytest.mark.parametrize(
    ("lowest", "name"), [(40, "standard"), (38, "drop D"), (36, "seven strings"), (20, "seven strings")]
)
def test_the_tuning_reaches_the_lowest_note(lowest: int, name: str):
    assert choose_tuning([lowest, 60], GUITAR).name == name


def test_a_five_string_bass_for_a_low_b():
    assert choose_tuning([23, 40], BASS).name == "five strings"


def test_what_lies_beyond_the_neck_has_no_place():
    assert find_frets(line(30, 60, 100), STANDARD)[0::2] == [None, None]


def test_no_notes_no_places():
    assert find_frets([], STANDARD) == []


NOTES = st.lists(st.tuples(st.integers(36, 90), st.integers(0, 40), st.integers(1, 127)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(NOTES)
def test_every_place_sounds_its_note_and_a_hand_can_hold_it(raw: list[tuple[int, int, int]]):
    notes = [FrettedNote(pitch, 0.05 * at, velocity) for pitch, at, velocity in raw]
    found = find_frets(notes, STANDARD)
    for note, place in zip(notes, found, strict=True):
        assert place is None or STANDARD.strings[6 - place.string] + place.fret == note.pitch
    for time in {note.time for note in notes}:
        held = [place for note, place in zip(notes, found, strict=True) if place and note.time == time]
        assert len({place.string for place in held}) == len(held)
        pressed = [place.fret for place in held if place.fret]
        assert not pressed or max(pressed) - min(pressed) <= 5


def test_quick_notes_do_not_leap_along_the_neck():
    found = find_frets(line(*[64, 67] * 8, step=0.1), STANDARD)
    pressed = [place.fret for place in found if place]
    assert all(abs(a - b) <= 4 for a, b in pairwise(pressed))
