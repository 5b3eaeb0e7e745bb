from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from itertools import accumulate

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drum_map import built_in_map
from bridge.midi.file import to_bytes
from bridge.notes import ClipNote, Track
from bridge.timebase import PPQ, Meter, Seconds, TempoMap, Ticks
from daemon.pipeline.options import Grid
from daemon.pipeline.records import BeatGrid, Drum, Hit
from daemon.score.clip import clip, drum_track, padding, tempo_map
from daemon.score.quantize import quantize

DURATION = Seconds(240.0)


def _grid(beats: Sequence[float], first_downbeat: int = 0, bar: int = 4, **changes: object) -> BeatGrid:
    times = tuple(map(Seconds, beats))
    downbeats = tuple(range(first_downbeat, len(times), bar))
    return replace(BeatGrid(times, downbeats, 120.0, bar), **changes)  # type: ignore[arg-type]


def _even(first: float, bpm: float = 120.0, count: int = 400, **changes: object) -> BeatGrid:
    downbeat, bar = changes.pop("first_downbeat", 0), changes.pop("bar", 4)
    beats = [first + i * 60 / bpm for i in range(count)]
    return _grid(beats, downbeat, bar, **changes)  # type: ignore[arg-type]


def _uneven_grid(first: float = 0.7, count: int = 200) -> BeatGrid:
    lengths = [0.5 + 0.03 * ((i * 7) % 5 - 2) / 2 for i in range(count)]
    return _grid(list(accumulate(lengths, initial=first)), constant=False)


def _bar_lines(tempo: TempoMap, until: int) -> list[int]:
    """Bar starts in ticks, counted as a DAW counts them."""
    lines, tick = [], 0
    while tick < until:
        lines.append(tick)
        meter = [m for m in tempo.meters if m.tick <= tick][-1]
        tick += meter.numerator * PPQ * 4 // meter.denominator
    return lines


def _bpms(tempo: TempoMap) -> list[float]:
    return [round(point.bpm, 2) for point in tempo.points]


def _meters(grid: BeatGrid) -> list[tuple[int, int, int]]:
    return [(m.tick, m.numerator, m.denominator) for m in tempo_map(grid, DURATION, "map").meters]


# --- the lead-in


def test_a_song_that_starts_on_the_beat_has_one_tempo() -> None:
    tempo = tempo_map(_even(0.0), DURATION, "map")
    assert (_bpms(tempo), tempo.meters) == ([120.0], (Meter(0, 4, 4),))  # type: ignore[arg-type]


def test_a_lead_in_ends_exactly_at_the_first_downbeat() -> None:
    tempo = tempo_map(_even(1.1), DURATION, "map")
    assert _bpms(tempo) == [pytest.approx(60 / 0.55, abs=0.01), 120.0]
    assert tempo.beats(Seconds(1.1)) == pytest.approx(2.0, abs=1e-3)


def test_a_lead_in_is_a_pickup_bar_of_its_own() -> None:
    assert _meters(_even(1.1)) == [(0, 2, 4), (2 * PPQ, 4, 4)]


def test_a_lead_in_of_whole_bars_needs_no_meter_of_its_own() -> None:
    assert _meters(_even(2.0)) == [(0, 4, 4)]


def test_a_long_lead_in_is_a_short_bar_and_whole_bars() -> None:
    assert _meters(_even(3.0)) == [(0, 2, 4), (2 * PPQ, 4, 4)]


def test_beats_before_the_first_downbeat_belong_to_the_pickup() -> None:
    assert _meters(_even(0.5, first_downbeat=2)) == [(0, 3, 4), (3 * PPQ, 4, 4)]


@pytest.mark.parametrize(
    ("first", "numerator", "denominator"),
    [(0.03, 1, 64), (0.06, 1, 32), (0.125, 1, 16), (0.19, 3, 32), (0.26, 1, 8), (0.37, 3, 16), (0.45, 1, 4)],
)
def test_a_lead_in_shorter_than_a_beat_is_a_short_bar_near_the_tempo_of_the_song(
    first: float, numerator: int, denominator: int
) -> None:
    tempo = tempo_map(_even(first), DURATION, "map")
    assert tempo.meters[0] == Meter(Ticks(0), numerator, denominator)
    assert 100 <= tempo.points[0].bpm <= 140
    assert tempo.beats(Seconds(first)) == pytest.approx(4 * numerator / denominator, abs=1e-3)
    assert tempo.meters[1] == Meter(Ticks(4 * PPQ * numerator // denominator), 4, 4)


def test_a_first_beat_within_15_ms_is_the_start() -> None:
    tempo = tempo_map(_even(0.012), DURATION, "map")
    assert tempo.beats(Seconds(0.512)) == pytest.approx(1.0, abs=1e-3)


@given(st.floats(0, 8), st.floats(40, 300), st.integers(0, 3), st.sampled_from([3, 4, 5]))
def test_every_downbeat_is_on_a_bar_line(first: float, bpm: float, downbeat: int, bar: int) -> None:
    grid = _even(first, bpm, 60, first_downbeat=downbeat, bar=bar)
    tempo = tempo_map(grid, Seconds(40.0), "map")
    ticks = [tempo.ticks(grid.beats[i]) for i in grid.downbeats[1:]]
    assert set(ticks) <= set(_bar_lines(tempo, ticks[-1] + 1))


# --- tempo


@pytest.mark.parametrize("bpm", [20, 61.37, 97.123, 119.998, 173.4, 399.9])
def test_a_steady_song_is_on_the_beat_after_four_minutes(bpm: float) -> None:
    grid = _even(0.5, bpm, int(4 * bpm))
    tempo = tempo_map(grid, DURATION, "map")
    worst = max(abs(tempo.beats(beat) * PPQ - tempo.ticks(beat)) for beat in grid.beats)
    assert tempo.beats(grid.beats[-1]) == pytest.approx(tempo.beats(grid.beats[0]) + len(grid.beats) - 1, abs=5e-4)
    assert worst <= 0.45
    assert len(tempo.points) <= 3 + len(grid.beats) // 150


def test_a_steady_song_with_wavering_beats_gets_one_tempo() -> None:
    wavering = [0.5 * i + 0.004 * (-1) ** i for i in range(1, 200)]
    assert len(tempo_map(_grid(wavering), Seconds(90.0)).points) <= 2


def test_a_breathing_song_has_every_beat_on_its_tick() -> None:
    grid = _uneven_grid()
    tempo = tempo_map(grid, DURATION, "map")
    ticks = [tempo.ticks(beat) for beat in grid.beats]
    assert ticks == [ticks[0] + i * PPQ for i in range(len(ticks))]


def test_a_breathing_song_has_at_most_one_tempo_per_beat() -> None:
    grid = _uneven_grid()
    assert len(tempo_map(grid, Seconds(100.0), "map").points) <= len(grid.beats) + 1


def test_the_song_goes_on_at_its_tempo_after_the_last_beat() -> None:
    assert tempo_map(_even(0.0, count=8), DURATION, "map").beats(Seconds(100.0)) == pytest.approx(200.0, abs=1e-3)


def test_no_beats_are_120_bpm() -> None:
    assert tempo_map(replace(_even(1.0), confidence=0.0), DURATION) == TempoMap.constant(120)


# --- meters


def test_three_four_has_bars_of_three() -> None:
    assert _meters(_even(0.0, bar=3)) == [(0, 3, 4)]


def test_six_eight_counted_in_dotted_quarters_is_six_eight() -> None:
    grid = _even(0.0, 80, bar=2, numerator=6, denominator=8)
    assert _meters(grid) == [(0, 6, 8)]
    assert tempo_map(grid, DURATION, "map").beats(Seconds(0.75)) == pytest.approx(1.5, abs=1e-3)


def test_six_eight_counted_in_eighths_is_six_eight() -> None:
    grid = _even(0.0, 240, bar=6, numerator=6, denominator=8)
    assert _meters(grid) == [(0, 6, 8)]
    assert tempo_map(grid, DURATION, "map").beats(Seconds(0.25)) == pytest.approx(0.5, abs=1e-3)


def test_a_bar_of_two_in_the_song_gets_its_own_meter() -> None:
    grid = replace(_even(0.0, count=24), downbeats=(0, 4, 8, 10, 14, 18, 22))
    assert _meters(grid) == [(0, 4, 4), (8 * PPQ, 2, 4), (10 * PPQ, 4, 4)]


def test_the_first_downbeat_is_marked_when_it_is_not_the_start() -> None:
    marked = clip("Song", [], _even(0.5, first_downbeat=1), DURATION, "map").markers
    assert [(round(m.time, 6), m.text) for m in marked] == [(1.0, "Downbeat")]


def test_a_song_that_starts_with_its_downbeat_has_no_marker() -> None:
    assert clip("Song", [], _even(0.0), DURATION, "map").markers == ()


# --- notes


def _hit(onset: float, label: str = "kick", velocity: int = 100) -> Hit:
    return Hit(0, Seconds(onset), Drum.KICK, label, -12.0, velocity, 1.0, 1.0, 0)


def _track(hits: Sequence[Hit], **settings: float):  # type: ignore[no-untyped-def]
    return drum_track(hits, [hit.onset for hit in hits], built_in_map("gm"), **settings)  # type: ignore[arg-type]


def test_a_hit_becomes_a_note_of_50_ms() -> None:
    note = _track([_hit(1.0, "snare", 77)]).notes[0]
    assert (note.pitch, note.onset, note.duration, note.velocity) == (38, 1.0, 0.05, 77)


def test_a_note_ends_where_the_next_one_of_its_pitch_starts() -> None:
    notes = _track([_hit(1.0), _hit(1.01, "snare"), _hit(1.03)]).notes
    assert [round(note.duration, 6) for note in notes] == [0.03, 0.05, 0.05]


def test_notes_are_in_order_of_time() -> None:
    assert [note.onset for note in _track([_hit(2.0), _hit(1.0)]).notes] == [1.0, 2.0]


def test_the_length_of_a_note_can_be_chosen() -> None:
    assert _track([_hit(1.0)], note_ms=120.0).notes[0].duration == 0.12


def _note_times(data: bytes) -> list[tuple[float, float]]:
    """(second, seconds per tick) of every note-on, worked out from the file alone."""
    file = mido.MidiFile(file=BytesIO(data))
    events, now, tempo, last = [], 0.0, 500_000, 0
    for track in file.tracks:
        events += [(tick, m) for tick, m in zip(accumulate(m.time for m in track), track, strict=True)]
    heard = []
    for tick, message in sorted(events, key=lambda e: (e[0], not e[1].is_meta)):
        now += (tick - last) * tempo / 1e6 / file.ticks_per_beat
        last = tick
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type == "note_on":
            heard.append((now, tempo / 1e6 / file.ticks_per_beat))
    return heard


@pytest.mark.parametrize(
    "grid", [_even(0.0), _even(1.1, 97.123), _even(0.03, 173.4), _uneven_grid(), replace(_even(0.0), confidence=0.0)]
)
def test_a_daw_plays_every_note_where_the_audio_has_it(grid: BeatGrid) -> None:
    onsets = [0.0, 0.0004, *(0.313 + 0.2371 * i for i in range(400))]
    song = clip("Song", [_track([_hit(onset) for onset in onsets])], grid, Seconds(100.0))
    for onset, (second, tick) in zip(onsets, _note_times(to_bytes(song)), strict=True):
        assert abs(second - onset) <= tick / 2 + 1e-9


@pytest.mark.parametrize("grid", [_even(0.4, 97.123), _uneven_grid()])
def test_a_quantized_hit_is_written_on_the_tick_of_its_sixteenth(grid: BeatGrid) -> None:
    hits = [_hit(beat + 0.006) for beat in grid.beats[:150]]
    times = quantize(hits, grid, Grid()).times
    tempo = tempo_map(grid, DURATION, "map")
    assert {tempo.ticks(time) % 240 for time in times} == {0}


# --- where the file starts


@pytest.mark.parametrize("first", [0.0, 0.04, 0.31, 1.7])
@pytest.mark.parametrize("bpm", [93.271, 133.37, 140.0])
def test_a_song_of_one_tempo_starts_with_its_audio(first: float, bpm: float) -> None:
    tempo = tempo_map(_even(first, bpm), DURATION)
    assert _bpms(tempo) == [pytest.approx(bpm, abs=1e-2)]
    assert tempo.meters == (Meter(Ticks(0), 4, 4),)
    assert tempo.beats(Seconds(200.0)) == pytest.approx(200 * bpm / 60, abs=200 * 1e-5)


def test_a_song_that_breathes_starts_with_a_map() -> None:
    grid = _uneven_grid()
    assert tempo_map(grid, DURATION) == tempo_map(grid, DURATION, "map") == tempo_map(grid, DURATION, "audio")


@pytest.mark.parametrize(
    ("first", "downbeat", "bar", "expected"),
    [(0.0, 0, 4, 0.0), (0.012, 0, 4, 0.0), (0.3, 0, 4, 1.7), (0.3, 1, 4, 1.2), (0.3, 2, 3, 0.2), (3.2, 0, 4, 0.8)],
)
def test_what_starts_with_a_bar_is_padded_to_it(first: float, downbeat: int, bar: int, expected: float) -> None:
    grid = _even(first, first_downbeat=downbeat, bar=bar)
    assert padding(grid, "bars") == pytest.approx(expected)
    assert padding(grid, "audio") == padding(grid, "map") == padding(grid, None) == 0.0


@given(st.floats(0, 8), st.floats(40, 300), st.integers(0, 3), st.sampled_from([3, 4, 5]))
def test_padded_downbeats_are_on_bar_lines_at_one_tempo(first: float, bpm: float, downbeat: int, bar: int) -> None:
    grid = _even(first, bpm, 60, first_downbeat=downbeat, bar=bar)
    tempo, before = tempo_map(grid, Seconds(40.0), "bars"), padding(grid, "bars")
    ticks = [tempo.ticks(Seconds(grid.beats[i] + before)) for i in grid.downbeats[1:]]
    assert set(ticks) <= set(_bar_lines(tempo, ticks[-1] + 1))
    assert tempo.meters == (Meter(Ticks(0), bar, 4),)
    assert max(_bpms(tempo)) - min(_bpms(tempo)) <= 0.05 * bpm


def test_padded_notes_and_markers_move_with_the_bar() -> None:
    track = Track("Drums", 9, (ClipNote(36, Seconds(0.5), Seconds(0.1), 100),))
    made = clip("Song", [track], _even(0.5), Seconds(10.0), "bars")
    assert [note.onset for note in made.tracks[0].notes] == [pytest.approx(2.0)]
    assert [marker.time for marker in made.markers] == [pytest.approx(2.0)]
    assert made.duration == pytest.approx(11.5)


def test_no_beat_means_no_padding() -> None:
    assert padding(replace(_even(1.0), confidence=0.0), "bars") == 0.0
