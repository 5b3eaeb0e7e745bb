"""What the benchmarks stand on: tables, matching, memory of a process, songs of a known length."""

import sys
from dataclasses import replace

import pytest
import soundfile

from bridge.timebase import Seconds
from daemon.pipeline.pitched.harmony import Key
from daemon.pipeline.records import BeatGrid
from tests import synth
from tests.benchmarks import accuracy, excerpts, harmony, memory, notes, relabel, songs, start_up
from tests.benchmarks.tables import Setting, Table, replace_tables

SPEED = Table("speed", ("what", "seconds"), (("kit", "1.50"),), "On two cores.")


def test_a_table_is_markdown_with_its_note_under_it():
    assert SPEED.markdown() == "| what | seconds |\n| --- | --- |\n| kit | 1.50 |\n\nOn two cores."


def test_a_table_without_rows_is_its_note():
    assert Table("accuracy", (), (), "Not measured.").markdown() == "Not measured."


def test_a_table_goes_between_its_marks_and_nowhere_else():
    text = "a\n<!-- bench:speed -->\nold\n<!-- /bench -->\nb\n<!-- bench:kit -->\nkept\n<!-- /bench -->\n"
    filled = replace_tables(text, [SPEED])
    assert filled == text.replace("old", SPEED.markdown())
    assert replace_tables(filled, [SPEED]) == filled


def test_without_recordings_the_accuracy_says_what_is_missing(tmp_path):
    (only,) = accuracy.tables(Setting(tmp_path))
    assert "--eval" in only.markdown()
    assert "MDB Drums" in only.markdown()


def test_a_folder_without_a_scorer_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"no score\.py"):
        accuracy.scorer(tmp_path)


def test_strokes_at_one_moment_are_one_onset():
    assert accuracy.merge_times([0.0, 0.01, 0.03, 0.04, 0.5]) == [0.0, 0.04, 0.5]


def test_an_onset_answers_for_one_stroke_only():
    assert accuracy.match_times([1.0, 1.02], [1.01], 0.05) in ([(0, 0)], [(1, 0)])


def test_beats_are_counted_from_the_downbeat():
    grid = BeatGrid(tuple(map(Seconds, (0.0, 0.5, 1.0))), (1,), 120.0, numerator=3)
    assert accuracy.format_beats(grid) == "0.000000\t3\n0.500000\t1\n1.000000\t2\n"


def test_the_memory_of_children_counts():
    hold = "import subprocess, sys, time; x = b'x' * (100 << 20); {}"
    child = f"subprocess.run([sys.executable, '-c', {hold.format('time.sleep(0.5)')!r}])"
    alone = memory.peak_bytes([sys.executable, "-c", hold.format("time.sleep(0.5)")], {})
    both = memory.peak_bytes([sys.executable, "-c", hold.format(child)], {})
    assert alone > 100 << 20
    assert both > alone + (90 << 20)


def test_a_command_that_fails_is_not_measured():
    with pytest.raises(SystemExit, match="ended with 3"):
        memory.peak_bytes([sys.executable, "-c", "raise SystemExit(3)"], {})


def test_a_correction_is_measured_until_both_files_are_there():
    assert len(relabel.corrections(hits=20, runs=2)) == 2


def test_a_loop_fills_the_minutes_that_are_asked_for(tmp_path):
    path = songs.loop_to_file(tmp_path / "song.wav", synth.noise(0.7), 0.05)
    assert soundfile.info(path).frames == 3 * synth.RATE


def test_the_performance_is_as_long_as_its_bars_and_does_not_clip():
    played = songs.performance()
    assert played.shape == (2, round(songs.LOOP_SECONDS * synth.RATE))
    assert 0.1 < abs(played).max() <= 1.0


def test_two_parts_of_a_mix_are_of_one_piece():
    piano, bass = excerpts.shared("piano", 3)
    assert piano.chords == bass.chords
    assert (piano.part, bass.part) == ("piano", "bass")


def test_the_same_notes_score_one_and_late_ones_next_to_none():
    truth = excerpts.shared("piano", 3)[0].notes
    assert notes.note_f(truth, truth) == 1
    assert notes.note_f(truth, [replace(note, onset=note.onset + 0.06) for note in truth]) < 0.1
    assert notes.note_f(truth, []) == 0


@pytest.mark.parametrize(
    ("found", "score"), [((9, True), 1), ((4, True), 0.5), ((0, False), 0.3), ((9, False), 0.2), ((1, True), 0)]
)
def test_a_key_is_weighed_by_how_near_it_is(found, score):
    assert harmony.key_score(Key(9, True, 1.0), Key(*found, 1.0)) == score


def test_a_look_through_the_cache_is_timed_twice_and_drops_nothing(tmp_path):
    assert len(start_up.trims(tmp_path, 7)) == 2
    assert len(list(tmp_path.glob("stage*/*"))) == 7
