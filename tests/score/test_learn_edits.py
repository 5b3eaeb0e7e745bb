"""What was done to the notes in a DAW is found, whatever the DAW does to their times."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drum_map import built_in_map
from bridge.notes import ClipNote
from bridge.timebase import Seconds, TempoMap, Ticks
from daemon.errors import Rejected
from daemon.score.learn_edits import EditedNote, WrittenHit, find_edits, place_notes

KICK, SNARE, HAT, CLAP, COWBELL = 36, 38, 42, 39, 56
GM = built_in_map("gm").label_of
STEP = 0.2
WRITTEN = [WrittenHit(i, STEP * i, (KICK, HAT, SNARE, HAT)[i % 4], 60 + i % 60) for i in range(64)]
SAME = [EditedNote(hit.time, hit.pitch, hit.velocity) for hit in WRITTEN]
TEMPO = TempoMap.of([(Ticks(0), 500_000), (Ticks(960 * 8), 461_538)])


def edit(change):
    notes = list(SAME)
    change(notes)
    return find_edits(WRITTEN, notes, GM)


def replaced(number, **values):
    def change(notes):
        notes[number] = notes[number]._replace(**values)

    return edit(change)


def test_untouched_notes_are_no_correction():
    assert find_edits(WRITTEN, SAME, GM).changes == {}


def test_another_pitch_is_another_label():
    found = replaced(6, pitch=CLAP)
    assert found.changes == {"hits": {6: "clap"}}
    assert found.summary == "1 relabelled"


def test_a_deleted_note_is_a_deleted_hit():
    assert edit(lambda notes: notes.pop(8)).changes == {"delete_hits": [8]}


def test_a_moved_note_moves_its_hit():
    assert replaced(4, time=0.85).changes == {"move": {4: 0.85}}


def test_a_note_that_is_moved_far_away_is_a_new_one():
    found = replaced(4, time=7.3)
    assert found.changes["delete_hits"] == [4]
    assert found.changes["add"] == [{"onset": 7.3, "label": "kick", "velocity": 64}]


def test_another_velocity_is_kept_per_hit():
    assert replaced(5, velocity=12).changes == {"velocities": {5: 12}}


def test_an_added_note_is_a_new_hit():
    found = edit(lambda notes: notes.append(EditedNote(3.3, COWBELL, 99)))
    assert found.changes == {"add": [{"onset": 3.3, "label": "cowbell", "velocity": 99}]}


def test_a_note_on_the_pitch_of_no_drum_is_left_out_and_counted():
    found = edit(lambda notes: notes.append(EditedNote(3.3, 120, 99)))
    assert (found.changes, found.unknown) == ({}, 1)
    assert "1 on no drum's note and left out" in found.summary


def test_of_two_drums_at_once_the_untouched_one_stays():
    written = [WrittenHit(0, 1.0, KICK, 90), WrittenHit(1, 1.0, HAT, 80)]
    notes = [EditedNote(1.0, SNARE, 90), EditedNote(1.0, HAT, 80)]
    assert find_edits(written, notes, GM).changes == {"hits": {0: "snare"}}


@given(st.integers(0, 10_000))
def test_random_edits_are_found_again(seed):
    random_source = random.Random(seed)
    chosen = random_source.sample(range(len(WRITTEN)), 12)
    notes = dict(enumerate(SAME))
    for number in chosen[:4]:
        notes[number] = notes[number]._replace(pitch=CLAP)
    for number in chosen[4:8]:
        del notes[number]
    for number in chosen[8:]:
        notes[number] = notes[number]._replace(velocity=1)
    found = find_edits(WRITTEN, list(notes.values()), GM)
    assert set(found.changes["hits"]) == set(chosen[:4])
    assert found.changes["delete_hits"] == sorted(chosen[4:8])
    assert set(found.changes["velocities"]) == set(chosen[8:])


def clip_notes(times, pitches):
    return [ClipNote(pitch, Seconds(time), Seconds(0.05), 90) for time, pitch in zip(times, pitches, strict=True)]


def placed_times(notes, own):
    return [note.time for note in place_notes(WRITTEN, TEMPO, notes, own)]


PITCHES = [hit.pitch for hit in WRITTEN]
TIMES = [hit.time for hit in WRITTEN]


def test_a_daw_that_keeps_the_seconds_is_understood():
    assert placed_times(clip_notes(TIMES, PITCHES), TEMPO) == pytest.approx(TIMES)


@pytest.mark.parametrize("bpm", [61.0, 120.0, 174.5])
def test_a_daw_that_keeps_the_beats_at_its_own_tempo_is_understood(bpm):
    own = TempoMap.constant(bpm)
    notes = clip_notes([own.seconds(TEMPO.beats(Seconds(time))) for time in TIMES], PITCHES)
    assert placed_times(notes, own) == pytest.approx(TIMES, abs=1e-5)


def test_a_file_that_starts_at_another_place_of_the_time_line_is_understood():
    assert placed_times(clip_notes([time + 8.0 for time in TIMES], PITCHES), TEMPO) == pytest.approx(TIMES)


def test_beats_of_another_tempo_from_another_bar_are_understood():
    own = TempoMap.constant(97.0)
    notes = clip_notes([own.seconds(TEMPO.beats(Seconds(time)) + 16) for time in TIMES], PITCHES)
    assert placed_times(notes, own) == pytest.approx(TIMES, abs=1e-4)


def test_the_file_of_another_song_is_refused():
    source = random.Random(1)
    notes = clip_notes(sorted(source.uniform(0, 100) for _ in WRITTEN), PITCHES)
    with pytest.raises(Rejected) as caught:
        place_notes(WRITTEN, TEMPO, notes, TEMPO)
    assert caught.value.code == "not_this_song"
