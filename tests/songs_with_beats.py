"""Songs whose beats are known: somebody plays a groove in bars, a little off, forgets strokes and adds some.

How grooves are written says tests/grooves.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.pipeline.audio.superflux import HOP, RATE, Novelty
from daemon.pipeline.records import Drum, Hit
from tests.grooves import EVERY, METERS

DRUMS = ((Drum.KICK, "kick"), (Drum.SNARE, "snare"), (Drum.HIHAT, "closed_hihat"))
CLICK = 0.006  # seconds that the rise of one stroke lasts in the onset strength
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Section:
    """`bars` of a groove from `bpm` to `last` (beats a minute). Without drums only the beats go by, `seconds` of rest
    are no music at all, and `breath` is how far the tempo wanders (standard deviation a beat, as a part)."""

    groove: str
    bars: int
    bpm: float
    last: float = 0.0
    drums: bool = True
    breath: float = 0.0
    rest: float = 0.0
    crash: int = 8


@dataclass(frozen=True, slots=True)
class Player:
    """How somebody plays: standard deviation of the time in seconds, shares of strokes forgotten and added."""

    jitter: float = 0.004
    missed: float = 0.04
    added: float = 0.03


@dataclass(frozen=True, slots=True)
class Song:
    """`beats` and `downbeats` in seconds; none where there is no beat. `chords`: when the band changes its chord."""

    name: str
    kind: str
    hits: tuple[Hit, ...]
    seconds: float
    beats: Floats
    downbeats: Floats
    bpm: float
    meters: tuple[tuple[int, int], ...] = ((4, 4),)
    novelty: Novelty = field(default_factory=lambda: Novelty(np.zeros(0, np.float32)))
    chords: str = "bar"


def play_song(
    name: str,
    kind: str,
    sections: Sequence[Section],
    *,
    start: float = 0.4,
    seed: int = 1,
    player: Player = Player(),
    pickup: float = 0.0,
) -> Song:
    """The song of `sections`, its first bar at `start`; `pickup` beats are played before it."""
    draw = np.random.default_rng(seed)
    strokes: list[tuple[float, int, float]] = []
    beats: list[float] = []
    downbeats: list[float] = []
    now = start
    for section in sections:
        rows = _rows(section.groove)
        size = len(rows[0])
        times = _beat_times(section, size, now, draw)
        beats += times[:-1]
        downbeats += times[:-1:size]
        if section.drums:
            strokes += _strokes(section, rows, times, draw)
        now = times[-1] + section.rest
    beat = 60 / sections[0].bpm
    early = [(start - beat * part, 1, 0.9) for part in np.arange(0.5, pickup + 0.1, 0.5)]
    beats = [start - beat * n for n in range(int(pickup), 0, -1)] + beats
    hits = perform([*early, *strokes], now, draw, player)
    meters = tuple(dict.fromkeys(METERS.get(section.groove, (4, 4)) for section in sections))
    song = Song(name, kind, hits, now + 0.8, np.array(beats), np.array(downbeats), sections[0].bpm, meters)
    return replace(song, novelty=onset_strength(hits, song.seconds, seed))


def _rows(groove: str) -> list[list[str]]:
    """Drums by beats, of a name or of what is written; a slash and a number cut it to so many beats."""
    name, _, cut = groove.partition("/")
    rows = [row.strip().split("|") for row in EVERY.get(name, name).split(";")]
    return [row[: int(cut)] if cut else row for row in rows]


def _beat_times(section: Section, size: int, start: float, draw: np.random.Generator) -> list[float]:
    count = section.bars * size
    pace = np.linspace(section.bpm, section.last or section.bpm, count)
    wander = np.cumsum(draw.normal(0, section.breath, count)) if section.breath else np.zeros(count)
    wander -= np.linspace(0, wander[-1], count) if count else 0.0
    return [start, *(start + np.cumsum(60 / pace * np.exp(wander)))]


def _strokes(
    section: Section, rows: list[list[str]], times: Sequence[float], draw: np.random.Generator
) -> Iterator[tuple[float, int, float]]:
    size = len(rows[0])
    for bar in range(section.bars):
        fill = section.crash and bar % section.crash == section.crash - 1 and section.groove not in ("blast",)
        if section.crash and bar % section.crash == 0:
            yield times[bar * size], 3, 0.9
        for beat in range(size):
            here, following = times[bar * size + beat], times[bar * size + beat + 1]
            if fill and beat == size - 1 and size > 2:
                yield from ((here + part * (following - here), 4, 0.8) for part in (0, 0.25, 0.5, 0.75))
                continue
            for kind, row in enumerate(rows):
                for part, sign in enumerate(row[beat] if beat < len(row) else ""):
                    if sign == "x" or (sign == "o" and draw.random() < 0.5):
                        soft = 0.6 if part == 0 else 0.45
                        loud = (0.9, 0.9, soft, 0.8, 0.8, soft)[kind] * (0.7 if sign == "o" else 1.0)
                        yield here + part / len(row[beat]) * (following - here), kind, loud


def perform(
    strokes: Sequence[tuple[float, int, float]], seconds: float, draw: np.random.Generator, player: Player
) -> tuple[Hit, ...]:
    """What is heard of strokes (second, 0-5 for kick, snare, hi-hat, crash, tom, ride, loudness)."""
    kinds = (*DRUMS, (Drum.CYMBALS, "crash"), (Drum.TOMS, "low_tom"), (Drum.CYMBALS, "ride"))
    kept = [stroke for stroke in strokes if draw.random() >= player.missed]
    more = draw.uniform(0.2, max(0.3, seconds - 0.5), int(player.added * len(strokes)))
    kept += [(float(time), int(draw.integers(0, 3)), float(draw.uniform(0.2, 0.6))) for time in more]
    played = sorted((max(0.0, t + draw.normal(0, player.jitter)), kind, loud) for t, kind, loud in kept)
    return tuple(
        Hit(
            id=i,
            onset=Seconds(time),
            drum=kinds[kind][0],
            label=kinds[kind][1],
            level=-12.0,
            velocity=int(np.clip(127 * loud + draw.normal(0, 6), 5, 127)),
            strength=0.8,
            confidence=0.9,
            cluster=kind,
        )
        for i, (time, kind, loud) in enumerate(played)
    )


def onset_strength(hits: Sequence[Hit], seconds: float, seed: int = 1) -> Novelty:
    """An onset strength with a peak for every hit, over a little noise."""
    rate = RATE / HOP
    values = np.abs(np.random.default_rng(seed).normal(0, 0.004, int(seconds * rate) + 1))
    at = np.array([hit.onset for hit in hits]) * rate
    for shift in range(-6, 7):
        frames = np.round(at).astype(int) + shift
        inside = (frames >= 0) & (frames < len(values))
        height = np.array([hit.velocity / 127 for hit in hits])[inside] if len(hits) else np.zeros(0)
        rise = 0.4 * height * np.exp(-0.5 * ((frames[inside] - at[inside]) / (CLICK * rate / 2)) ** 2)
        np.maximum.at(values, frames[inside], rise)
    return Novelty(values.astype(np.float32))


def constant_songs() -> Iterator[Song]:
    """Made to a click."""
    plain = (
        ("rock", 133.37), ("rock", 84.21), ("sixteenths", 97.5), ("quarters", 151.9), ("shuffle", 118.63),
        ("swing", 142.8), ("half time", 70.35), ("half time", 139.77), ("four on the floor", 126.02), ("punk", 182.4),
        ("double kick", 133.0), ("double kick", 178.25), ("double kick", 217.3), ("blast", 191.15), ("blast", 208.6),
        ("waltz", 131.42), ("three", 93.3), ("five", 129.7), ("five, two and three", 104.9), ("two", 108.85),
        ("six eight", 58.4), ("twelve eight", 61.7), ("seven", 281.3), ("seven, two two three", 262.9),
    )  # fmt: skip
    for seed, (groove, bpm) in enumerate(plain):
        size = len(_rows(groove)[0])
        bars = int(150 * bpm / 60 / size)
        yield play_song(f"{groove} {bpm}", "constant", [Section(groove, bars, bpm)], start=0.3 + 0.17 * seed, seed=seed)
    bridge = Section("rock", 40, 127.43, drums=False)
    yield play_song(
        "75 s bridge", "constant", [Section("rock", 30, 127.43), bridge, Section("rock", 20, 127.43)], seed=31
    )
    bars = 100 * 240 / 120.37
    silence = [Section("rock", 40, 120.37, rest=100 * 240 / 120.37), Section("rock", 20, 120.37)]
    yield play_song(f"{bars:.0f} s silence", "silence", silence, seed=32)
    yield play_song("pickup", "constant", [Section("rock", 50, 112.6)], start=2.0, seed=33, pickup=1.5)
    yield play_song("fives of a minute", "constant", [Section("rock", 150, 121.917)], seed=34, player=Player(0.007))
    short = [Section("rock", 16, 112.3), Section("rock/2", 1, 112.3, crash=0), Section("rock", 28, 112.3)]
    yield play_song("one 2/4 bar", "short bars", short, seed=35)
    shorts = [*short, Section("rock/2", 1, 112.3, crash=0), Section("sixteenths", 16, 112.3)]
    yield play_song("two 2/4 bars", "short bars", shorts, seed=36)
    three = [Section("rock", 24, 124.1), Section("rock/3", 1, 124.1, crash=0), Section("rock", 24, 124.1)]
    yield play_song("one 3/4 bar", "short bars", three, seed=37)
    change = [Section("rock", 24, 126.6), Section("waltz", 24, 126.6), Section("rock", 16, 126.6)]
    yield play_song("4/4, 3/4, 4/4", "meter changes", change, seed=38)
    odd = [Section("rock", 24, 118.4), Section("five", 16, 118.4), Section("rock", 16, 118.4)]
    yield play_song("4/4, 5/4, 4/4", "meter changes", odd, seed=39)


def moving_songs() -> Iterator[Song]:
    """Whose tempo changes or breathes."""
    yield play_song("90 then 140", "change", [Section("rock", 20, 90), Section("rock", 30, 140)], seed=51)
    yield play_song("120 then 126.5", "change", [Section("rock", 24, 120), Section("rock", 24, 126.5)], seed=52)
    two = [Section("sixteenths", 24, 96.3, rest=4.37), Section("punk", 50, 171.2)]
    yield play_song("two songs", "change", two, seed=53)
    three = [Section("rock", 24, 140), Section("half time", 12, 70), Section("rock", 24, 140)]
    yield play_song("half time between", "feel", three, seed=54)
    ramp = [Section("rock", 40, 112, 124)]
    yield play_song("faster and faster", "player", ramp, seed=55)
    for seed, (groove, bpm, breath) in enumerate(
        (
            ("rock", 104, 0.004),
            ("sixteenths", 92, 0.003),
            ("shuffle", 121, 0.004),
            ("waltz", 128, 0.004),
            ("rock", 148, 0.006),
        )
    ):
        size = len(_rows(groove)[0])
        name = f"breathing {groove} {bpm}"
        song = [Section(groove, int(110 * bpm / 60 / size), bpm, breath=breath)]
        yield play_song(name, "player", song, seed=60 + seed, player=Player(0.006))
    fast = [Section("rock", 16, 126), Section("rock", 8, 126, 96), Section("rock", 16, 96)]
    yield play_song("slower in the middle", "player", fast, seed=70)


def beatless_sounds() -> Iterator[Song]:
    """Nothing to count."""
    draw = np.random.default_rng(5)
    few = [(0.5, 0, 0.9)]
    speech = np.cumsum(draw.gamma(4.0, 0.06, 250))
    walk = 0.5 + np.cumsum(0.45 * np.exp(draw.normal(0, 0.35, 120)))
    rain = np.sort(draw.uniform(0, 60, 400))
    rolls = np.concatenate([start + np.cumsum(draw.uniform(0.05, 0.11, 12)) for start in (1.0, 4.7, 6.1, 11.4)])
    lists: dict[str, list[tuple[float, int, float]]] = {
        "one kick": few,
        "three strokes": [(0.5, 0, 0.9), (0.9, 1, 0.8), (2.2, 0, 0.9)],
        "five even strokes": [(0.5 + 0.5 * i, i % 2, 0.9) for i in range(5)],
        "speech": [(float(t), int(draw.integers(0, 3)), float(draw.uniform(0.3, 0.9))) for t in speech],
        "free time": [(float(t), int(draw.integers(0, 3)), 0.8) for t in walk],
        "rain": [(float(t), 2, float(draw.uniform(0.2, 0.9))) for t in rain],
        "rolls": [(float(t), 1, 0.7) for t in rolls],
        "silence": [],
        "slow bells": [(float(t), 3, 0.8) for t in np.cumsum(draw.uniform(1.5, 5.0, 24))],
    }
    for seed, (name, strokes) in enumerate(lists.items()):
        end = max((time for time, _, _ in strokes), default=8.0) + 2.0
        hits = perform(strokes, end, np.random.default_rng(seed), Player(0.0, 0.0, 0.0))
        none = np.zeros(0)
        yield Song(name, "no beat", hits, end, none, none, 0.0, (), onset_strength(hits, end, seed))
