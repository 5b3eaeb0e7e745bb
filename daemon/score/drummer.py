"""A drummer for a song without drums: performances of people, chosen so that their kick sits on the bass.

The song is read in phrases of eight bars. One performance plays it from end to end: the one whose kick goes best with
the bass, whose tempo and business are near the song's, and that is swung as the song is. Of its two-bar phrases the one
that suits these two bars is played; the last bar of a phrase is a fill of the same style, and a crash opens the next.
Nothing is drawn at random: the same song gets the same drummers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log2

import numpy as np

from bridge.timebase import Seconds
from daemon.score.bars import Bar, SongBars
from daemon.score.groove_library import (
    PLACES,
    Floats,
    GroovePhrase,
    PlayedStroke,
    fold_rhythm,
    load_phrases,
    triplet_share,
)

PHRASE_BARS = 8
# How much counts what: chosen by hand, so that kick and bass decide among drummers of the song's tempo.
_KICK, _TEMPO, _DENSITY, _SWING = 1.0, 0.6, 0.12, 0.5
_BLUR = 1  # places to either side of a bass note where a kick still sits on it
_QUIET, _LOUD = 0.75, 1.2  # of the median intensity: phrases below are played plainer, those above busier
_PLAINER, _BUSIER = 0.75, 1.25
_USUAL_DENSITY = (2.0, 6.0)  # strokes in a quarter note that songs ask for at least and at most
_PER_NOTE = 1.5  # strokes for a note of the song, beside the least
_SAME_MOMENT = 0.05  # quarters
_CRASH_VELOCITY = 105


@dataclass(frozen=True, slots=True)
class SongNote:
    """A note of any part: seconds, pitch, velocity."""

    time: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class DrummedStroke:
    """`time` in seconds of the song."""

    time: Seconds
    label: str
    velocity: int


class AccompaniedSong:
    """What a drummer hears: notes in bars. `bass` is what the kick goes with: the bass part, else the lowest notes."""

    def __init__(self, notes: Sequence[SongNote], bass: Sequence[SongNote], bars: SongBars, bpm: float) -> None:
        self.bars, self.bpm = bars, bpm
        self._all = [(bars.quarters(note.time), note) for note in notes]
        self._bass = [(bars.quarters(note.time), note) for note in bass or _lowest_notes(notes)]

    @cached_property
    def bar_range(self) -> tuple[Bar, ...]:
        """The bars from the first one with a note, bar 1 at the earliest, to the last."""
        starts = [quarters for quarters, _ in self._all]
        if not starts:
            return ()
        first, last = min(starts), max(starts)
        return tuple(bar for bar in self.bars.bars if bar.number >= 1 and bar.end > first and bar.start <= last)

    @cached_property
    def meter(self) -> tuple[int, int]:
        """That of most bars."""
        meters = [(bar.numerator, bar.denominator) for bar in self.bar_range]
        return max(set(meters), key=meters.count) if meters else (4, 4)

    @property
    def quarters_per_bar(self) -> float:
        return 4 * self.meter[0] / self.meter[1]

    def bass_rhythm(self, bars: Sequence[Bar]) -> Floats:
        return self._rhythm(self._bass, bars)

    def rhythm(self, bars: Sequence[Bar]) -> Floats:
        return self._rhythm(self._all, bars)

    def density(self, bars: Sequence[Bar]) -> float:
        """Moments with a note in each quarter note."""
        moments = {
            (i, round(at / _SAME_MOMENT)) for i, bar in enumerate(bars) for at, _ in self._within(self._all, bar)
        }
        return len(moments) / max(1e-9, sum(bar.quarters for bar in bars))

    def intensity(self, bars: Sequence[Bar]) -> float:
        """Velocities together, for each bar."""
        return sum(note.velocity for bar in bars for _, note in self._within(self._all, bar)) / max(1, len(bars))

    def _rhythm(self, notes: Sequence[tuple[float, SongNote]], bars: Sequence[Bar]) -> Floats:
        inside = [pair for bar in bars for pair in self._within(notes, bar)]
        weights = [note.velocity / 127 for _, note in inside]
        return fold_rhythm([at for at, _ in inside], weights, self.quarters_per_bar)

    def _within(self, notes: Sequence[tuple[float, SongNote]], bar: Bar) -> Iterator[tuple[float, SongNote]]:
        early = 0.5 / PLACES
        for at, note in notes:
            if bar.start - early <= at < bar.end - early:
                yield at - bar.start, note


def _lowest_notes(notes: Sequence[SongNote]) -> list[SongNote]:
    """Of notes that start together the lowest."""
    lowest: dict[int, SongNote] = {}
    for note in notes:
        moment = round(note.time / _SAME_MOMENT)
        if moment not in lowest or note.pitch < lowest[moment].pitch:
            lowest[moment] = note
    return list(lowest.values())


def meters_played() -> set[tuple[int, int]]:
    """The meters that somebody in the library plays."""
    return {phrase.meter for phrase in load_phrases()}


def drum_along(song: AccompaniedSong, choice: int = 0) -> list[DrummedStroke]:
    """The strokes of the best drummer for the song, or of the next ones by `choice`, by time.

    Empty where the song has no notes, or is in a meter that nobody plays.
    """
    grooves = _rank_performances(song)
    if not song.bar_range or not grooves:
        return []
    groove = grooves[choice % len(grooves)]
    phrases = [song.bar_range[i : i + PHRASE_BARS] for i in range(0, len(song.bar_range), PHRASE_BARS)]
    usual = float(np.median([song.intensity(phrase) for phrase in phrases]))
    fills, found = _fills(song, groove), list[DrummedStroke]()
    for number, phrase in enumerate(phrases):
        last = number == len(phrases) - 1
        strokes = list(_play_phrase(song, phrase, groove, usual, () if last else fills))
        found += _open_with_crash(strokes, song, phrase[0]) if number else strokes
    return sorted(found, key=lambda stroke: (stroke.time, stroke.label))


def _rank_performances(song: AccompaniedSong) -> list[list[GroovePhrase]]:
    """The phrases of each performance in the song's meter, the one that suits it best first."""
    found: dict[int, list[GroovePhrase]] = {}
    for phrase in load_phrases():
        if not phrase.is_fill and phrase.meter == song.meter:
            found.setdefault(phrase.performance, []).append(phrase)
    bass, whole = song.bass_rhythm(song.bar_range), song.rhythm(song.bar_range)
    wanted = _wanted_density(song, song.bar_range)

    def suits(phrases: list[GroovePhrase]) -> float:
        return max(_fitness(phrase, bass, whole, song.bpm, wanted) for phrase in phrases)

    return sorted(found.values(), key=suits, reverse=True)


def _fitness(phrase: GroovePhrase, bass: Floats, whole: Floats, bpm: float, density: float) -> float:
    swung, swing = triplet_share(phrase.rhythm()), triplet_share(whole)
    unlike = abs(swung - swing) if swung is not None and swing is not None else 0.0
    tempo, busy = abs(log2(phrase.bpm / bpm)), abs(phrase.density - density)
    return _KICK * kick_on_bass(phrase.rhythm("kick"), bass) - _TEMPO * tempo - _DENSITY * busy - _SWING * unlike


def kick_on_bass(kick: Floats, bass: Floats) -> float:
    """0..1, how well the kicks of a bar go with its bass notes: of kicks on the bass and of bass with a kick, the F."""
    if not kick.any() or not bass.any():
        return 0.0
    kick, bass = kick / kick.max(), bass / bass.max()
    on_bass, kicked = float(kick @ _widen(bass)) / kick.sum(), float(bass @ _widen(kick)) / bass.sum()
    return float(2 * on_bass * kicked / max(1e-9, on_bass + kicked))


def _widen(rhythm: Floats) -> Floats:
    """Each place as strong as the strongest near it."""
    return np.asarray(np.max([np.roll(rhythm, shift) for shift in range(-_BLUR, _BLUR + 1)], axis=0))


def _wanted_density(song: AccompaniedSong, bars: Sequence[Bar]) -> float:
    least, most = _USUAL_DENSITY
    return min(most, least + _PER_NOTE * song.density(bars))


def _play_phrase(
    song: AccompaniedSong,
    bars: Sequence[Bar],
    groove: Sequence[GroovePhrase],
    usual: float,
    fills: Sequence[GroovePhrase],
) -> Iterator[DrummedStroke]:
    """Two bars at a time; where there are `fills` the last bar is one of them."""
    busy = _wanted_density(song, bars) * _business(song.intensity(bars), usual)
    grooved = bars[:-1] if fills and len(bars) > 1 else bars
    for first in range(0, len(grooved), 2):
        pair = grooved[first : first + 2]
        bass = song.bass_rhythm(pair)
        best = max(
            groove,
            key=lambda phrase: (
                _KICK * kick_on_bass(phrase.rhythm("kick"), bass) - _DENSITY * abs(phrase.density - busy)
            ),
        )
        yield from _place(best.strokes, pair, song.bars)
    if len(grooved) < len(bars):
        best = min(fills, key=lambda each: (abs(each.density - busy), abs(log2(each.bpm / song.bpm))))
        yield from _place(best.strokes, bars[-1:], song.bars)


def _business(intensity: float, usual: float) -> float:
    if intensity < _QUIET * usual:
        return _PLAINER
    return _BUSIER if intensity > _LOUD * usual else 1.0


def _fills(song: AccompaniedSong, groove: Sequence[GroovePhrase]) -> list[GroovePhrase]:
    fills = [phrase for phrase in load_phrases() if phrase.is_fill and phrase.meter == song.meter]
    return [phrase for phrase in fills if phrase.style == groove[0].style] or fills


def _place(strokes: Sequence[PlayedStroke], bars: Sequence[Bar], song: SongBars) -> Iterator[DrummedStroke]:
    """The strokes in these bars; a bar that is shorter than the drummer's is cut."""
    length = sum(bar.quarters for bar in bars)
    for stroke in strokes:
        if stroke.quarters < length - 0.5 / PLACES:
            time = max(0.0, song.seconds(bars[0].start + stroke.quarters))
            yield DrummedStroke(Seconds(time), stroke.label, stroke.velocity)


def _open_with_crash(strokes: Sequence[DrummedStroke], song: AccompaniedSong, bar: Bar) -> list[DrummedStroke]:
    """A crash on the first beat in place of the hi-hat or ride there, as every drummer comes out of a fill."""
    start = song.bars.seconds(bar.start)
    near = 0.25 * (song.bars.seconds(bar.start + 1) - start)
    kept = [s for s in strokes if not (abs(s.time - start) < near and s.label in _KEEPS_TIME)]
    kicks = [s for s in kept if abs(s.time - start) < near and s.label == "kick"]
    time = kicks[0].time if kicks else start
    added = [DrummedStroke(time, "crash", _CRASH_VELOCITY)]
    return [*kept, *added, *([] if kicks else [DrummedStroke(time, "kick", _CRASH_VELOCITY)])]


_KEEPS_TIME = ("closed_hihat", "open_hihat", "pedal_hihat", "ride", "ride_bell", "crash", "crash_2")
