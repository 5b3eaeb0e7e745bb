import numpy as np
import pytest

from daemon.pipeline.pitched.false_notes import drop_false_notes, key_levels
from daemon.pipeline.pitched.polyphonic import RATE, NoteEvent, NoteSettings, Posteriors, bend_curve, note_events

C4 = 39


def make_posteriors(*sounding: tuple[int, int, int, float], struck: bool = True, frames: int = 200) -> Posteriors:
    """(key, start, stop, posterior)."""
    note, onset = np.zeros((frames, 88), np.float16), np.zeros((frames, 88), np.float16)
    for key, start, stop, posterior in sounding:
        note[start:stop, key] = posterior
        if struck:
            onset[start, key] = 0.9
    return Posteriors(note, onset, np.zeros((frames, 264), np.float16))


def spans(found: list[NoteEvent]) -> list[tuple[int, int, int]]:
    return [(event.key, event.start, event.stop) for event in found]


def test_a_note_lasts_as_long_as_its_key_sounds() -> None:
    assert spans(note_events(make_posteriors((C4, 20, 60, 0.8)), NoteSettings())) == [(C4, 20, 60)]


def test_a_short_hole_does_not_end_a_note() -> None:
    found = make_posteriors((C4, 20, 90, 0.35))
    found.note[60:66, C4] = 0.25
    assert spans(note_events(found, NoteSettings()))[0] == (C4, 20, 90)


def test_a_key_struck_again_is_two_notes() -> None:
    found = make_posteriors((C4, 20, 60, 0.8), (C4, 60, 100, 0.8))
    assert spans(note_events(found, NoteSettings())) == [(C4, 20, 60), (C4, 60, 100)]


def test_the_melodia_trick_finds_notes_without_an_attack() -> None:
    note = np.zeros((200, 88), np.float16)
    note[20:80, C4] = np.interp(np.arange(60), [0, 30, 59], [0.31, 0.8, 0.31])
    found = Posteriors(note, np.zeros_like(note), np.zeros((200, 264), np.float16))
    assert spans(note_events(found, NoteSettings(melodia=True))) == [(C4, 20, 80)]
    assert note_events(found, NoteSettings(melodia=False)) == []


def test_short_notes_are_a_matter_of_the_settings() -> None:
    short = make_posteriors((C4, 20, 28, 0.8))
    assert note_events(short, NoteSettings()) == []
    assert spans(note_events(short, NoteSettings(shortest=0.058))) == [(C4, 20, 28)]


def test_keys_out_of_range_are_not_heard() -> None:
    assert note_events(make_posteriors((C4, 20, 60, 0.8)), NoteSettings(highest=200)) == []


def test_more_sensitive_ears_hear_softer_notes() -> None:
    soft = make_posteriors((C4, 20, 60, 0.2))
    assert note_events(soft, NoteSettings()) == []
    assert spans(note_events(soft, NoteSettings(sensitivity=0.8))) == [(C4, 20, 60)]


def test_nothing_sounds_in_nothing() -> None:
    assert note_events(make_posteriors(), NoteSettings()) == []
    assert note_events(make_posteriors(frames=0), NoteSettings()) == []


def test_the_published_thresholds_are_the_default() -> None:
    assert (NoteSettings().onset_threshold, NoteSettings().frame_threshold) == (0.5, pytest.approx(0.3))


def test_bends_are_told_where_the_pitch_moves() -> None:
    found = make_posteriors((C4, 20, 60, 0.8))
    found.contour[20:40, 3 * C4] = found.contour[40:60, 3 * C4 + 2] = 0.9
    (bend,) = bend_curve(found, NoteEvent(C4, 20, 60, 0.8))
    assert bend.semitones == pytest.approx(2 / 3)
    assert bend.time == pytest.approx(40 / found.frame_rate)


def levels(*steps: tuple[int, int, float]) -> "np.ndarray[tuple[int, int], np.dtype[np.float16]]":
    """(key, frame from which on, dB)."""
    out = np.full((200, 88), -80, np.float16)
    for key, start, decibels in steps:
        out[start:, key] = decibels
    return out


def test_a_held_note_is_not_struck_anew() -> None:
    both = [NoteEvent(C4, 20, 60, 0.8), NoteEvent(C4, 60, 90, 0.8)]
    found = drop_false_notes(both, make_posteriors(), levels((C4, 20, -20)), 0.5)
    assert spans(found) == [(C4, 20, 90)]


def test_a_rise_at_its_own_pitch_proves_a_second_stroke() -> None:
    both = [NoteEvent(C4, 20, 60, 0.8), NoteEvent(C4, 60, 90, 0.8)]
    assert drop_false_notes(both, make_posteriors(), levels((C4, 20, -30), (C4, 60, -20)), 0.5) == both


SURE = NoteEvent(C4 + 12, 20, 60, 0.8)


def test_a_doubtful_note_without_a_fundamental_is_a_ghost() -> None:
    both = [NoteEvent(C4, 20, 60, 0.5), SURE]
    assert drop_false_notes(both, make_posteriors(), levels((C4 + 12, 20, -20), (C4, 20, -60)), 0.5) == [SURE]
    assert drop_false_notes(both, make_posteriors(), levels((C4 + 12, 20, -20), (C4, 20, -20)), 0.5) == both


def test_a_sure_attack_makes_up_for_a_doubtful_tone() -> None:
    both = [NoteEvent(C4, 20, 60, 0.4), SURE]
    sounding = levels((C4, 20, -20), (C4 + 12, 20, -20))
    assert drop_false_notes(both, make_posteriors((C4, 20, 60, 0.4)), sounding, 0.5) == both
    assert drop_false_notes(both, make_posteriors(), sounding, 0.5) == [SURE]


def test_where_all_notes_are_doubtful_more_of_them_hold() -> None:
    doubtful, sounding = NoteEvent(C4, 20, 60, 0.41), levels((C4, 20, -20), (C4 + 12, 20, -20))
    assert drop_false_notes([doubtful, SURE], make_posteriors(), sounding, 0.5) == [SURE]
    assert drop_false_notes([doubtful], make_posteriors(), sounding, 0.5) == [doubtful]


def test_levels_are_those_of_the_fundamentals() -> None:
    time = np.arange(RATE) / RATE
    found = key_levels([(0.1 * np.sin(2 * np.pi * 261.63 * time)).astype(np.float32)])
    assert found[40].argmax() == C4
    assert found[40, C4] == pytest.approx(-20, abs=1)
