import numpy as np
import pytest

from bridge.notes import KeySignature, Marker
from bridge.timebase import Seconds
from daemon.pipeline.pitched.harmony import Harmony, Key, estimate_harmony, markers
from daemon.pipeline.pitched.polyphonic import HOP, LOWEST_KEY, RATE, Posteriors
from daemon.pipeline.records import BeatGrid

FREE = BeatGrid((), (), 0.0, confidence=0.0)
LONG = BeatGrid(tuple(Seconds(0.5 * i) for i in range(257)), tuple(range(0, 257, 4)), 120.0)
STEADY = BeatGrid(tuple(Seconds(0.5 * i) for i in range(33)), tuple(range(0, 33, 4)), 120.0)
MAJORS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINORS = ("A", "Bb", "B", "C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#")
CADENCE = ((48, 52, 55), (53, 57, 60), (43, 47, 50, 53), (48, 52, 55))
MINOR_CADENCE = ((45, 48, 52), (50, 53, 57), (40, 44, 47, 50), (45, 48, 52))


def make_posteriors(chords: tuple[tuple[int, ...], ...], up: int = 0, each: float = 2.0) -> Posteriors:
    frames = round(len(chords) * each * RATE / HOP)
    note = np.zeros((frames, 88), np.float16)
    for start, stop, pitches in zip(*_edges(frames, len(chords)), chords, strict=True):
        note[start:stop, [pitch + up - LOWEST_KEY for pitch in pitches]] = 0.8
    return Posteriors(note, np.zeros_like(note), np.zeros((frames, 264), np.float16))


def _edges(frames: int, count: int) -> tuple[list[int], list[int]]:
    edges = np.linspace(0, frames, count + 1).astype(int).tolist()
    return edges[:-1], edges[1:]


def find_harmony(chords: tuple[tuple[int, ...], ...], up: int = 0, grid: BeatGrid = STEADY) -> Harmony:
    return estimate_harmony([make_posteriors(chords, up)], grid, Seconds(2.0 * len(chords)))


@pytest.mark.parametrize(("up", "tonic"), list(enumerate(MAJORS)))
def test_a_major_cadence_has_its_key(up: int, tonic: str) -> None:
    assert find_harmony(CADENCE, up).key.name == f"{tonic} major"


@pytest.mark.parametrize(("up", "tonic"), list(enumerate(MINORS)))
def test_a_minor_cadence_has_its_key(up: int, tonic: str) -> None:
    assert find_harmony(MINOR_CADENCE, up).key.name == f"{tonic} minor"


@pytest.mark.parametrize(
    ("tonic", "minor", "names"),
    [
        (0, False, "C Db D Eb E F F# G Ab A Bb B"),
        (6, True, "C C# D D# E F F# G G# A A# B"),
        (3, False, "C Db D Eb E F Gb G Ab A Bb B"),
        (4, False, "C C# D D# E F F# G G# A A# B"),
    ],
)
def test_chords_are_spelt_as_their_key_is(tonic: int, minor: bool, names: str) -> None:
    assert Key(tonic, minor, 1.0).roots == tuple(names.split())


@pytest.mark.parametrize(
    ("tonic", "minor", "sharps"),
    [(0, False, 0), (9, True, 0), (6, True, 3), (8, True, 5), (3, True, -6), (1, False, -5), (6, False, 6)],
)
def test_a_key_has_its_signature(tonic: int, minor: bool, sharps: int) -> None:
    assert Key(tonic, minor, 1.0).signature == KeySignature(sharps, minor)


def test_chords_change_with_the_bar() -> None:
    chords = find_harmony(CADENCE).chords
    assert [chord.name for chord in chords] == ["C", "F", "G7", "C"]
    assert [chord.onset for chord in chords] == pytest.approx([0, 2, 4, 6])


def test_minor_chords_are_told_from_major_ones() -> None:
    assert [chord.name for chord in find_harmony(MINOR_CADENCE).chords] == ["Am", "Dm", "E7", "Am"]


def test_the_bass_may_lie_in_a_stem_of_its_own() -> None:
    stems = [make_posteriors(((36,),)), make_posteriors(((64, 67),))]
    assert [chord.name for chord in estimate_harmony(stems, STEADY, Seconds(2.0)).chords] == ["C"]


def test_without_beats_there_are_chords_all_the_same() -> None:
    assert [chord.name for chord in find_harmony(CADENCE, grid=FREE).chords] == ["C", "F", "G7", "C"]


def test_silence_has_neither_key_nor_chord() -> None:
    silent = find_harmony(((), ()))
    assert silent.key.confidence == 0
    assert [chord.name for chord in silent.chords] == ["N"]
    assert markers(silent) == ()


def test_all_twelve_tones_at_once_are_no_chord() -> None:
    assert {chord.name for chord in find_harmony((tuple(range(60, 72)),)).chords} == {"N"}


def test_chords_fill_the_song() -> None:
    chords = find_harmony(CADENCE).chords
    assert sum(chord.duration for chord in chords) == pytest.approx(8.0)


def test_key_and_chords_become_markers() -> None:
    assert markers(find_harmony(CADENCE))[:2] == (Marker(Seconds(0.0), "Key: C major (8B)"), Marker(Seconds(0.0), "C"))


@pytest.mark.parametrize(
    ("tonic", "minor", "name"),
    [(0, False, "8B"), (9, True, "8A"), (7, False, "9B"), (5, False, "7B"), (6, True, "11A"), (11, False, "1B")],
)
def test_a_key_has_its_place_on_the_camelot_wheel(tonic: int, minor: bool, name: str) -> None:
    assert Key(tonic, minor, 1.0).camelot == name


def test_a_fifth_without_a_third_is_the_chord_of_the_key() -> None:
    fifths = ((45, 48, 52), (45, 52), (50, 53, 57), (45, 52), (43, 50), (40, 44, 47, 50), (45, 52), (45, 48, 52))
    names = [chord.name for chord in find_harmony(fifths).chords]
    assert names == ["Am", "Dm", "Am", "G", "E7", "Am"]


def test_a_song_that_changes_its_key_tells_both() -> None:
    moved = tuple(tuple(pitch + 6 for pitch in chord) for chord in CADENCE)
    found = find_harmony(CADENCE * 4 + moved * 4, grid=LONG)
    assert [(round(change.onset), change.key.name) for change in found.key_changes] == [
        (0, "C major"), (32, "F# major"),
    ]  # fmt: skip
    assert [marker.text for marker in markers(found) if marker.text.startswith("Key")] == [
        "Key: C major (8B)", "Key: F# major (2B)",
    ]  # fmt: skip


def test_a_song_of_one_key_has_no_changes() -> None:
    assert find_harmony(CADENCE * 4, grid=LONG).key_changes == ()


def test_a_confidence_is_at_most_one() -> None:
    assert 0 < find_harmony(CADENCE * 8, grid=LONG).key.confidence <= 1
