"""A time keeper's half-heard strokes are hits where their neighbours say so."""

from daemon.pipeline.drums.candidates import THRESHOLD
from daemon.pipeline.drums.even_strokes import restore_even_strokes
from daemon.pipeline.records import Candidate, Drum


def strokes(strengths, period=0.25, drum=Drum.HIHAT):
    return [Candidate(i * period, drum, "closed_hihat", s, s, 0.5) for i, s in enumerate(strengths)]


def sure(found):
    return [i for i, c in enumerate(found) if c.strength >= THRESHOLD]


def test_a_hat_that_a_backbeat_half_hides_is_a_hit():
    assert sure(restore_even_strokes(strokes([0.9] * 6 + [0.4] + [0.9] * 6))) == list(range(13))


def test_what_is_hardly_heard_at_all_stays_a_candidate():
    assert 6 not in sure(restore_even_strokes(strokes([0.9] * 6 + [0.2] + [0.9] * 6)))


def test_a_stroke_beside_the_pattern_stays_a_candidate():
    found = strokes([0.9] * 12)
    found.insert(6, Candidate(1.37, Drum.HIHAT, "closed_hihat", 0.45, 0.4, 0.5))
    assert 6 not in sure(restore_even_strokes(found))


def test_a_few_strokes_show_no_pattern():
    assert sure(restore_even_strokes(strokes([0.9, 0.4, 0.9]))) == [0, 2]


def test_kicks_have_no_time_to_keep():
    assert 6 not in sure(restore_even_strokes(strokes([0.9] * 6 + [0.4] + [0.9] * 6, drum=Drum.KICK)))
