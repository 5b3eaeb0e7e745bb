"""The key of a song and its chords, beat by beat, from what sounds on the keys of its stems without the drums.

Key: the profiles of J. Albrecht and D. Shanahan ("The Use of Large Corpora to Train a New Type of Key-Finding
Algorithm", Music Perception 31, 2013), correlated as C. Krumhansl and M. Schmuckler did, with every bar counted alike,
and with the chords that are home in each key; a song may change its key where many bars ask for it. Chords: a hidden
path through major, minor and seventh chords and none, where a change costs least on a downbeat. Once the key is known,
chords that belong to it are preferred: a fifth without a third is the key's chord, now and at its next turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bridge.notes import KeySignature, Marker
from bridge.timebase import Seconds
from daemon.pipeline.beats.meter import has_beats, steady
from daemon.pipeline.pitched.polyphonic import LOWEST_KEY, Posteriors
from daemon.pipeline.records import BeatGrid

QUALITIES = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10)}  # semitones above the root
NONE = "N"
_MINOR_CHORD = list(QUALITIES).index("m")
_MAJOR_CHORDS = ((0, ""), (2, "m"), (4, "m"), (5, ""), (7, ""), (7, "7"), (9, "m"))  # steps above the tonic
_MINOR_CHORDS = ((0, "m"), (3, ""), (5, "m"), (7, "m"), (7, ""), (7, "7"), (8, ""), (10, ""))

_MAJOR_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")  # the usual spelling from C on
_MINOR_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_FIFTHS = "Gb Db Ab Eb Bb F C G D A E B F# C# G# D# A#".split()  # noqa: SIM905
_STEPS = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)  # fifths up that each semitone of a scale is spelt by
# Share of each semitone above the tonic in major and minor: Albrecht and Shanahan, 2013.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
# Chosen by hand; measured on songs rendered in all 24 keys (tests/benchmarks/harmony.py).
_BASS_KEYS = 52 - LOWEST_KEY  # below E3 the lowest key that sounds is the root more often than not
_HEARD = 0.15  # posterior below which a key does not sound
_EMPTY = 0.15  # keys that sound at once: below it there is no chord
_CHANGE, _CHANGE_ON_DOWNBEAT = 0.35, 0.15  # of a fit, what a change of chord costs
_SEVENTH = 0.06  # a fourth tone must explain that much more
_BASS = 0.35  # of a fit, what the root in the bass adds
_HOME = 0.06  # of a correlation, what the first and the last chord add to their key
_TONIC, _DIATONIC = 0.25, 0.15  # of a correlation, what the share of the tonic's and of the key's own chords adds
_MODULATION = 3.0  # in bars of correlation 1, what a change of key costs
_BELONGS = 0.05  # of a fit, what a chord of the key is preferred by
_NO_CHORD = 0.6  # what a chord must explain; a triad explains 0.5 of twelve equal tones
_PLAIN_BEAT = 0.5  # seconds, where no beat was found

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Key:
    """`tonic` 0-11 from C. `confidence` 0..1: how far the next best key is behind; 0 where nothing sounds."""

    tonic: int
    minor: bool
    confidence: float

    @property
    def name(self) -> str:
        return f"{self.roots[self.tonic]} {'minor' if self.minor else 'major'}"

    @property
    def full_name(self) -> str:
        """With its Camelot name: A minor (8A)."""
        return f"{self.name} ({self.camelot})"

    @property
    def roots(self) -> tuple[str, ...]:
        """The twelve pitch classes from C, as this key spells them: the third of F# minor is A, its fifth C#."""
        places = [self._fifth + _STEPS[(tone - self.tonic) % 12] for tone in range(12)]
        return tuple(_FIFTHS[place + 12 if place < 0 else place - 12 * (place >= len(_FIFTHS))] for place in places)

    @property
    def camelot(self) -> str:
        """The name on the wheel that DJs mix by: 8B is C major, a fifth up is one more, A is the relative minor."""
        major = self.tonic + 3 * self.minor
        return f"{(major * 7 + 7) % 12 + 1}{'A' if self.minor else 'B'}"

    @property
    def signature(self) -> KeySignature:
        return KeySignature(self._fifth - _FIFTHS.index("A" if self.minor else "C"), self.minor)

    @property
    def _fifth(self) -> int:
        return _FIFTHS.index((_MINOR_TONICS if self.minor else _MAJOR_TONICS)[self.tonic])


@dataclass(frozen=True, slots=True)
class Chord:
    """From `onset` on for `duration` seconds. `name` is C, Cm, C7 ... or N."""

    onset: Seconds
    duration: Seconds
    name: str


@dataclass(frozen=True, slots=True)
class KeyChange:
    """From `onset` on the song is in `key`."""

    onset: Seconds
    key: Key


@dataclass(frozen=True, slots=True)
class Harmony:
    """`key` holds for most of the song. `key_changes` are empty where it holds for all of it."""

    key: Key
    chords: tuple[Chord, ...]
    key_changes: tuple[KeyChange, ...] = ()


def estimate_harmony(stems: Sequence[Posteriors], grid: BeatGrid, duration: Seconds) -> Harmony:
    """Of what was heard in the stems (or in the song without drums). Without beats a chord lasts half seconds."""
    edges, downbeats = _spans(grid, duration)
    tones, deep = _pitch_class_profiles(stems, edges)
    fits, bars = _fits(tones, deep), _bar_numbers(len(edges) - 1, downbeats)
    evidence = _key_evidence(tones + deep, bars, _path(fits, downbeats))
    key, path = _main_key(evidence)
    states = _path(_prefer_key(fits, path[bars]), downbeats)
    chords = tuple(_chords(_names(states, key.roots), edges))
    return Harmony(key, chords, tuple(_key_changes(path, evidence, bars, edges)))


def markers(found: Harmony) -> tuple[Marker, ...]:
    """The key where it begins, with its Camelot name, and every chord where it begins."""
    keys = found.key_changes or (KeyChange(Seconds(0.0), found.key),)
    named = (Marker(each.onset, f"Key: {each.key.full_name}") for each in keys if each.key.confidence > 0)
    return (*named, *(Marker(chord.onset, chord.name) for chord in found.chords if chord.name != NONE))


def _spans(grid: BeatGrid, duration: float) -> tuple[Floats, set[int]]:
    """Edges of the stretches that may hold a chord of their own, and which of them start on a downbeat."""
    if not has_beats(grid):
        return np.append(np.arange(0, duration, _PLAIN_BEAT), duration), set()
    beats = [time for time in steady(grid).beats if 0.02 < time < duration - 0.02]
    skipped = len(grid.beats) - sum(time > 0.02 for time in steady(grid).beats)
    return np.array([0.0, *beats, duration]), {index - skipped + 1 for index in grid.downbeats}


def _pitch_class_profiles(stems: Sequence[Posteriors], edges: Floats) -> tuple[Floats, Floats]:
    """(spans, 12) how long and how surely each pitch class sounds: on all keys, and on the deep ones."""
    tones, deep = np.zeros((len(edges) - 1, 12)), np.zeros((len(edges) - 1, 12))
    for stem in stems:
        frames = np.round(edges * stem.frame_rate).astype(int)
        for row, (start, stop) in enumerate(pairwise(frames.tolist())):
            note = stem.note[start : max(start + 1, stop)].astype(float)
            sounding = np.where(note > _HEARD, note, 0).mean(axis=0) if len(note) else np.zeros(88)
            tones[row] += _sum_by_class(sounding)
            deep[row] += _sum_by_class(np.where(np.arange(88) < _BASS_KEYS, sounding, 0))
    return tones, deep


def _sum_by_class(keys: Floats) -> Floats:
    classes = (np.arange(88) + LOWEST_KEY) % 12
    return np.asarray(np.bincount(classes, weights=keys, minlength=12), float)


def _bar_numbers(spans: int, downbeats: set[int]) -> NDArray[np.int64]:
    """(spans,) which bar each span is in; four spans are a bar where no downbeats are known."""
    if not downbeats:
        return np.arange(spans) // 4
    return np.cumsum([row in downbeats for row in range(spans)])


def _key_evidence(tones: Floats, bars: NDArray[np.int64], states: Sequence[int]) -> Floats:
    """(bars, 24) how well each key, major from C and then minor, explains each bar; 0 where nothing sounds.

    A bar's tones are correlated with the key's profile; its chords count where they are home in the key.
    """
    evidence = np.zeros((int(bars[-1]) + 1, 24))
    profiles = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    home, own = _chords_of_keys()
    for bar in range(len(evidence)):
        rows = np.flatnonzero(bars == bar)
        heard = tones[rows].sum(axis=0)
        if np.ptp(heard) == 0:
            continue
        evidence[bar] = np.corrcoef(np.sqrt(heard), np.sqrt(profiles))[0, 1:]
        struck = [states[int(row)] for row in rows]
        evidence[bar] += (_TONIC * home[:, struck] + _DIATONIC * own[:, struck]).mean(axis=1)
    chords = [state for state in states if state < 12 * len(QUALITIES)]
    for state in (*chords[:1], *chords[-1:]):  # most songs start or end at home
        evidence += _HOME * home[:, state]
    evidence[~evidence.any(axis=1) | ~np.array([tones[bars == bar].any() for bar in range(len(evidence))])] = 0
    return evidence


def _chords_of_keys() -> tuple[Floats, Floats]:
    """(24, 37) whether a chord is the key's tonic, and whether it is one of its own."""
    home, own = np.zeros((24, 12 * len(QUALITIES) + 1)), np.zeros((24, 12 * len(QUALITIES) + 1))
    for minor, chords in enumerate((_MAJOR_CHORDS, _MINOR_CHORDS)):
        for tonic in range(12):
            row = 12 * minor + tonic
            home[row, 12 * (_MINOR_CHORD if minor else 0) + tonic] = 1
            for step, quality in chords:
                own[row, 12 * list(QUALITIES).index(quality) + (tonic + step) % 12] = 1
    return home, own


def _main_key(evidence: Floats) -> tuple[Key, NDArray[np.int64]]:
    """The key of most bars, and the key of every bar."""
    path = _key_path(evidence)
    best = int(np.bincount(path, minlength=24).argmax())
    return _key(best, evidence[path == best]), path


def _key(best: int, evidence: Floats) -> Key:
    """`confidence` is how far the next best key is behind in these bars."""
    fits = evidence.mean(axis=0)
    if not fits.any():
        return Key(0, False, 0.0)
    second = np.delete(fits, best).max()
    confidence = float(np.clip((fits[best] - second) / 0.2, 0.01, 1) * np.clip(fits[best], 0, 1))
    return Key(best % 12, best >= 12, confidence)


def _key_path(evidence: Floats) -> NDArray[np.int64]:
    """(bars,) the key of each bar, all changes paid for."""
    total, back = evidence[0].copy(), np.zeros(evidence.shape, np.int64)
    for bar in range(1, len(evidence)):
        best = int(total.argmax())
        moved = total[best] - _MODULATION
        back[bar] = np.where(moved > total, best, np.arange(24))
        total = np.maximum(total, moved) + evidence[bar]
    path = [int(total.argmax())]
    for bar in range(len(evidence) - 1, 0, -1):
        path.append(int(back[bar, path[-1]]))
    return np.array(path[::-1])


def _key_changes(
    path: NDArray[np.int64], evidence: Floats, bars: NDArray[np.int64], edges: Floats
) -> Iterator[KeyChange]:
    """Every key where it begins, if there is more than one."""
    starts = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]
    if len(starts) == 1:
        return
    for start, stop in pairwise([*starts, len(path)]):
        onset = float(edges[int(np.flatnonzero(bars == start)[0])]) if start else 0.0
        yield KeyChange(Seconds(onset), _key(int(path[start]), evidence[start:stop]))


def _prefer_key(fits: Floats, keys: NDArray[np.int64]) -> Floats:
    """The fits of all chords, those of each span's key raised a little."""
    _, own = _chords_of_keys()
    return fits + _BELONGS * own[keys]


def _fits(tones: Floats, deep: Floats) -> Floats:
    """(spans, 37) how well every chord explains every span, about -1..1; the last one is none."""
    loud = np.linalg.norm(tones, axis=1, keepdims=True)
    shape = tones / np.maximum(loud, 1e-9)
    root = deep / np.maximum(deep.max(axis=1, keepdims=True), 1e-9)
    out = np.empty((len(tones), 12 * len(QUALITIES) + 1))
    for q, intervals in enumerate(QUALITIES.values()):
        for tonic in range(12):
            inside = [(tonic + interval) % 12 for interval in intervals]
            fit = shape[:, inside].sum(axis=1) / np.sqrt(len(inside))
            out[:, 12 * q + tonic] = fit + _BASS * root[:, tonic] - _SEVENTH * (len(inside) > 3)
    out[:, -1] = np.where(loud[:, 0] < _EMPTY, 2.0, _NO_CHORD)
    return out


def _path(fits: Floats, downbeats: set[int]) -> list[int]:
    """The best chord of every span, all changes paid for."""
    total, back = fits[0].copy(), np.zeros(fits.shape, np.int64)
    for row in range(1, len(fits)):
        best = int(total.argmax())
        moved = total[best] - (_CHANGE_ON_DOWNBEAT if row in downbeats else _CHANGE)
        back[row] = np.where(moved > total, best, np.arange(len(total)))
        total = np.maximum(total, moved) + fits[row]
    states = [int(total.argmax())]
    for row in range(len(fits) - 1, 0, -1):
        states.append(int(back[row, states[-1]]))
    return states[::-1]


def _names(states: Sequence[int], roots: Sequence[str]) -> list[str]:
    every = [root + quality for quality in QUALITIES for root in roots] + [NONE]
    return [every[state] for state in states]


def _chords(names: Sequence[str], edges: Floats) -> Iterator[Chord]:
    """Neighbours of one name are one chord."""
    starts = [i for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
    for start, stop in pairwise([*starts, len(names)]):
        onset = float(edges[start])
        yield Chord(Seconds(onset), Seconds(float(edges[stop]) - onset), names[start])
