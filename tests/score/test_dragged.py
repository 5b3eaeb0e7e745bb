"""A file dragged into a host that ignores its tempo map, read by mido at one bpm."""

import pytest

from daemon.pipeline.beats.beats import track_beats
from tests.benchmarks.dragged import measure_lateness
from tests.songs_with_beats import Section, play_song


@pytest.mark.parametrize(
    ("groove", "bpm"), [("rock", 133.37), ("shuffle", 97.123), ("waltz", 131.42), ("six eight", 58.4), ("seven", 281.3)]
)
def test_notes_of_a_song_to_a_click_lie_on_its_strokes_to_the_last_bar(groove: str, bpm: float) -> None:
    song = play_song("song", "constant", [Section(groove, int(bpm), bpm)], start=1.23, pickup=1.5)
    found = measure_lateness(song, song.hits, track_beats(song.novelty, song.hits))
    assert found.median < 0.003
    assert found.most < 0.012


def test_notes_of_a_song_that_moves_do_not() -> None:
    """So the test above can fail."""
    song = play_song("song", "player", [Section("rock", 40, 112.0, 124.0)])
    assert not measure_lateness(song, song.hits, track_beats(song.novelty, song.hits)).right
