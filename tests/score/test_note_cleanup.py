from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.pipeline.options import Grid, GridStep
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import BeatGrid
from daemon.score.note_changes import NoteChanges, SplitNote
from daemon.score.note_cleanup import BASS, KEYS, CleanUpSettings, clean_up_notes
from daemon.score.note_editor import NoteEditor

STEADY = BeatGrid(tuple(Seconds(0.5 * i) for i in range(17)), tuple(range(0, 17, 4)), 120.0)
FREE = replace(STEADY, beats=(), downbeats=(), confidence=0.0)


def note(onset: float, duration: float = 0.2, pitch: int = 40, **more: object) -> PartNote:
    made = PartNote(0, pitch, Seconds(onset), Seconds(duration), 80, -12.0, 0.9)
    return replace(made, **more)  # type: ignore[arg-type]


def test_notes_go_to_the_lines_of_the_grid() -> None:
    found = clean_up_notes([note(0.52), note(0.985)], STEADY, KEYS)
    assert [n.time for n in found] == pytest.approx([0.5, 1.0])


def test_without_beats_nothing_moves() -> None:
    assert [n.time for n in clean_up_notes([note(0.52)], FREE, KEYS)] == [0.52]


def test_a_note_keeps_its_length_on_the_grid() -> None:
    (found,) = clean_up_notes([note(0.52, 0.31)], STEADY, KEYS)
    assert found.duration == pytest.approx(0.31)


def test_a_voice_never_sounds_twice() -> None:
    first, second = clean_up_notes([note(0.5, 2.0), note(1.0, pitch=43)], STEADY, BASS)
    assert first.time + first.duration == pytest.approx(second.time)


def test_keys_may_overlap() -> None:
    first, _ = clean_up_notes([note(0.5, 2.0), note(1.0, pitch=43)], STEADY, KEYS)
    assert first.duration == pytest.approx(2.0)


def test_a_key_is_released_before_it_is_struck_again() -> None:
    first, second = clean_up_notes([note(0.5, 2.0), note(1.0)], STEADY, replace(KEYS, gap=0.01))
    assert first.time + first.duration == pytest.approx(second.time - 0.01)


def test_a_bass_note_is_held_until_the_next_one_that_follows_soon() -> None:
    first, _ = clean_up_notes([note(0.5, 0.4), note(1.0, pitch=43)], STEADY, BASS)
    assert first.duration == pytest.approx(0.5)


def test_a_length_that_was_given_by_hand_is_kept() -> None:
    first, _ = clean_up_notes([replace(note(0.5, 0.4), by_hand=True), note(1.0, pitch=43)], STEADY, BASS)
    assert first.duration == pytest.approx(0.4)


def test_a_long_pause_stays_a_pause() -> None:
    first, _ = clean_up_notes([note(0.5, 0.4), note(2.0, pitch=43)], STEADY, BASS)
    assert first.duration == pytest.approx(0.4)


def test_two_notes_of_a_voice_on_one_line_become_the_longer_one() -> None:
    (found,) = clean_up_notes([note(0.495, 0.05, 39), note(0.505, 0.4, 40)], STEADY, BASS)
    assert found.pitch == 40


SPLIT = [(1.1058, 1.1392, "1/32"), (0.5491, 0.5822, "1/32"), (0.51, 0.525, "1/16"), (0.5, 0.503, "1/16")]


@pytest.mark.parametrize(("onset", "at", "step"), SPLIT)
@pytest.mark.parametrize("settings", [BASS, KEYS])
def test_both_halves_of_a_split_note_are_written_where_they_would_share_a_step(
    onset: float, at: float, step: GridStep, settings: CleanUpSettings
) -> None:
    editor = NoteEditor([note(onset, 0.3)])
    editor.apply(NoteChanges(split=(SplitNote(id=1, note=0, at=at),)))
    quantized = replace(settings, grid=Grid(step=step, tolerance=0.5))
    first, second = clean_up_notes(editor.corrected_notes(), STEADY, quantized)
    assert (first.id, second.id) == (0, 1)
    assert 0.01 <= first.duration <= second.time - first.time + 1e-9


def test_the_second_half_of_a_split_note_keeps_its_own_time_where_the_first_has_its_step() -> None:
    halves = [note(1.1058, 0.0334, half="first"), note(1.1392, 0.2666, half="second", bends=(Bend(Seconds(1.2), 0.5),))]
    _, second = clean_up_notes(halves, STEADY, replace(BASS, grid=Grid(step="1/32", tolerance=0.5)))
    assert second.time == pytest.approx(1.1392)
    assert [bend.time for bend in second.bends] == pytest.approx([1.2])


def test_a_note_that_was_left_out_beside_a_note_does_not_take_the_place_of_its_first_half() -> None:
    halves = [note(0.5, 0.1, 40, half="first"), note(0.6, 0.4, 40, half="second")]
    found = clean_up_notes([note(0.49, 0.3, 47), *halves], STEADY, BASS)
    assert [n.pitch for n in found] == [40, 40]


def test_a_note_that_follows_the_second_half_at_once_stays() -> None:
    halves = [note(0.5, 0.485, 40, half="first"), note(0.985, 0.02, 40, half="second")]
    found = clean_up_notes([*halves, note(1.0, 0.4, 43)], STEADY, BASS)
    assert [n.pitch for n in found] == [40, 40, 43]


def test_transposition_leaves_out_what_no_key_plays() -> None:
    found = clean_up_notes([note(0.5, pitch=40), note(1.0, pitch=120)], STEADY, replace(KEYS, transpose=12))
    assert [n.pitch for n in found] == [52]


def test_doubtful_notes_can_be_left_out() -> None:
    found = clean_up_notes([note(0.5, confidence=0.3), note(1.0)], STEADY, replace(KEYS, confidence=0.5))
    assert [n.time for n in found] == [1.0]


def test_bends_move_with_their_note() -> None:
    (found,) = clean_up_notes([note(0.52, bends=(Bend(Seconds(0.62), 0.5),))], STEADY, KEYS)
    assert found.bends == (Bend(Seconds(pytest.approx(0.6)), 0.5),)


def test_bends_can_be_left_out() -> None:
    (found,) = clean_up_notes([note(0.5, bends=(Bend(Seconds(0.6), 0.5),))], STEADY, replace(KEYS, bends=False))
    assert found.bends == ()


played = st.lists(st.tuples(st.floats(0, 8), st.floats(0.01, 3), st.integers(30, 50)), max_size=30)


@given(played, st.booleans())
def test_no_key_is_struck_while_it_sounds(notes: list[tuple[float, float, int]], voice: bool) -> None:
    settings = CleanUpSettings(grid=Grid(strength=0.8), monophonic=voice)
    found = clean_up_notes([note(*each) for each in notes], STEADY, settings)
    for pitch in {n.pitch for n in found}:
        same = [n for n in found if voice or n.pitch == pitch]
        assert all(a.time + a.duration <= b.time + 1e-6 for a, b in pairwise(same))
