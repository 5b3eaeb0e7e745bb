"""Sections of songs whose form is known, played a little off, with misses and false notes."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from bridge.timebase import Seconds
from daemon.outlets.arrange import Arrangement
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.score.sections import SongSection, find_sections
from tests.grooves import FOURTH, SECOND, THIRD
from tests.songs_with_sections import SectionSong, four_four, songs_with_form, songs_without_form

UNHEARD = four_four(SECOND | THIRD | FOURTH)  # the constants were chosen on other grooves
COUNT, NEAR = 30, 1  # songs; bars


def sections_of(song: SectionSong) -> tuple[SongSection, ...]:
    begun = {part: [note.onset for note in notes] for part, notes in song.notes.items()}
    return find_sections(song.grid, song.hits, begun, song.chords)


def bar_of(song: SectionSong, time: float) -> int:
    return int(np.argmin(np.abs(np.array([song.grid.beats[beat] for beat in song.grid.downbeats]) - time)))


def count_matches(wanted: Sequence[int], found: Sequence[int]) -> int:
    """Each bar that was found stands for one bar."""
    left = list(found)
    for bar in wanted:
        near = [each for each in left if abs(each - bar) <= NEAR]
        if near:
            left.remove(min(near, key=lambda each: abs(each - bar)))
    return len(found) - len(left)


def label_at(found: Sequence[SongSection], time: float) -> str:
    return next((each.label for each in found if each.start <= time < each.end), "")


@pytest.fixture(scope="module")
def results() -> list[tuple[SectionSong, tuple[SongSection, ...]]]:
    return [(song, sections_of(song)) for song in songs_with_form(UNHEARD, COUNT, 5000)]


def test_boundaries_of_unheard_songs_are_found_within_a_bar(
    results: list[tuple[SectionSong, tuple[SongSection, ...]]],
) -> None:
    """F .979, precision 1.0 when this was written."""
    wanted = [list(song.bounds[1:]) for song, _ in results]
    found = [[bar_of(song, section.start) for section in sections[1:]] for song, sections in results]
    matches = sum(map(count_matches, wanted, found))
    assert 2 * matches / (sum(map(len, wanted)) + sum(map(len, found))) >= 0.95


def test_sections_of_unheard_songs_are_told_alike_or_unlike(
    results: list[tuple[SectionSong, tuple[SongSection, ...]]],
) -> None:
    """.958 of the pairs when this was written."""
    is_right = []
    for song, sections in results:
        ends = [*song.bounds[1:], song.bars]
        middles = [song.grid.beats[2 * (start + end)] for start, end in zip(song.bounds, ends, strict=True)]
        named = [(kind, label_at(sections, middle)) for kind, middle in zip(song.kinds, middles, strict=True)]
        is_right += [(one[0] == two[0]) == (one[1] == two[1]) for one, two in combinations(named, 2)]
    assert sum(is_right) / len(is_right) >= 0.93


def test_a_song_that_never_changes_has_no_sections() -> None:
    assert [sections_of(song) for song in songs_without_form(UNHEARD, COUNT, 6000)] == [()] * COUNT


def test_sections_follow_each_other_and_their_letters_come_in_turn(
    results: list[tuple[SectionSong, tuple[SongSection, ...]]],
) -> None:
    _, sections = results[1]
    assert [each.end for each in sections[:-1]] == [each.start for each in sections[1:]]
    letters = list(dict.fromkeys(each.label for each in sections))
    assert letters == sorted(letters) and letters[0] == "A"


def test_without_a_beat_or_with_less_than_eight_bars_there_are_none() -> None:
    song = next(iter(songs_with_form(UNHEARD, 1, 5000)))
    no_beat = BeatGrid((), (), 0.0, confidence=0.0)
    assert find_sections(no_beat, song.hits, {}) == ()
    seven = Seconds(song.grid.beats[4 * 7] - 0.1)
    assert find_sections(song.grid, [hit for hit in song.hits if hit.onset < seven], {}) == ()


def test_an_arrangement_tells_the_sections_of_its_own_beat() -> None:
    song = next(iter(songs_with_form(UNHEARD, 1, 5000)))
    slow = BeatGrid(song.grid.beats[::2], tuple(range(0, len(song.grid.beats) // 2, 4)), song.grid.bpm / 2)
    times = tuple(hit.onset for hit in song.hits)
    for grid in (song.grid, slow):
        found = Arrangement("Song", song.hits, times, grid, Options(), song.duration).sections
        lines = {grid.beats[beat] for beat in grid.downbeats}
        assert found and all(min(abs(each.start - line) for line in lines) < 0.02 for each in found)
