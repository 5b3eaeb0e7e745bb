"""Songs whose sections are known: drums, notes and chords of intro, verse, chorus, bridge as a transcriber hears them.

Somebody plays a little off; 5 % of what is played is missed and 5 % more is heard.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bridge.timebase import Seconds
from daemon.pipeline.pitched.harmony import Chord
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import BeatGrid, Hit, Part
from tests.grooves import EVERY, METERS
from tests.songs_with_beats import Player, Section, play_song

FORMS = (
    "intro verse chorus verse chorus bridge chorus",
    "intro verse chorus verse chorus chorus outro",
    "verse chorus verse chorus bridge chorus",
    "intro verse verse chorus verse chorus bridge verse chorus",
    "verse bridge verse chorus",
    "intro verse pre chorus verse pre chorus bridge chorus outro",
    "verse chorus bridge verse chorus",
)
LENGTHS = {"intro": (4, 8), "verse": (8, 16, 16, 24), "chorus": (8, 8, 12, 16), "bridge": (4, 8, 12), "pre": (4, 8),
           "outro": (4, 8)}  # fmt: skip
PROGRESSIONS = ("C G Am F", "Am F C G", "C F G F", "Am G F G", "Dm G C C", "F G Em Am", "C Am Dm G", "Am Am Dm E")
ROOTS = {"C": 0, "Dm": 2, "E": 4, "Em": 4, "F": 5, "G": 7, "Am": 9}
PLAYED = Player(jitter=0.008, missed=0.05, added=0.05)
MISSED, ADDED = 0.05, 0.05


@dataclass(frozen=True, slots=True)
class SectionSong:
    """`bounds` are the bars at which another section begins, the first at 0; `kinds` names the sections."""

    name: str
    grid: BeatGrid
    duration: Seconds
    hits: tuple[Hit, ...]
    notes: Mapping[Part, tuple[PartNote, ...]] = field(default_factory=dict)
    chords: tuple[Chord, ...] = ()
    bounds: tuple[int, ...] = (0,)
    kinds: tuple[str, ...] = ("song",)
    bars: int = 0


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of section is played; no groove is none of the drums. `loud` scales their velocities."""

    groove: str
    progression: str
    parts: tuple[Part, ...]
    loud: float = 1.0


def four_four(grooves: Mapping[str, str]) -> list[str]:
    """Those with a kick, a snare and a hi-hat in 4/4."""
    full = (name for name, text in grooves.items() if METERS.get(name, (4, 4)) == (4, 4))
    return [name for name in full if len(rows := EVERY[name].split(";")) >= 3 and all(row.strip() for row in rows[:3])]


def songs_with_form(grooves: Sequence[str], count: int, seed: int) -> Iterator[SectionSong]:
    """Every third is a drum stem alone."""
    for number in range(count):
        draw = np.random.default_rng(seed + number)
        form = FORMS[number % len(FORMS)].split()
        lengths = {kind: int(draw.choice(LENGTHS[kind])) for kind in dict.fromkeys(form)}
        styles = _styles(form, grooves, number % 3 == 0, draw)
        yield _play(f"{number}", [(kind, lengths[kind], styles[kind]) for kind in form], draw, number % 3 > 0)


def songs_without_form(grooves: Sequence[str], count: int, seed: int) -> Iterator[SectionSong]:
    """Which never change."""
    for number in range(count):
        draw = np.random.default_rng(seed + number)
        styles = _styles(["verse"], grooves, number % 3 == 0, draw)
        yield _play(f"same {number}", [("verse", int(draw.integers(16, 90)), styles["verse"])], draw, number % 3 > 0)


def _styles(form: Sequence[str], grooves: Sequence[str], alone: bool, draw: np.random.Generator) -> dict[str, Style]:
    """Each kind has another groove, another cymbal, other chords or other instruments, mostly several of them."""
    names = [str(name) for name in draw.permutation(list(grooves))]
    chords = [str(row) for row in draw.permutation(list(PROGRESSIONS))]
    band = (Part.BASS, Part.PIANO) if draw.random() < 0.5 else (Part.BASS, Part.GUITAR)
    sung = (*band, Part.VOCALS)
    verse = Style(names[0], chords[0], sung)
    new = bool(draw.random() < 0.6)
    chorus = Style(names[1] if new else on_ride(names[0]), chords[1 if draw.random() < 0.75 else 0], sung, 1.1)
    bare = Style("" if draw.random() < 0.4 else names[2], chords[2], band[: 1 + int(draw.random() < 0.5)], 0.85)
    some = Style(hats_only(names[0]) if draw.random() < 0.6 else names[3], chords[0], band, 0.9)
    pre = Style(names[4], chords[3 if draw.random() < 0.7 else 0], sung)
    styles = {"verse": verse, "chorus": chorus, "bridge": bare, "intro": some, "outro": some, "pre": pre}
    if alone:
        styles["bridge"] = replace(bare, groove=names[2])
    if "outro" in form and "intro" in form:
        styles["outro"] = replace(styles["intro"], groove=hats_only(names[1]), progression=chords[4])
    return styles


def on_ride(groove: str) -> str:
    rows = [row.strip() for row in EVERY[groove].split(";")]
    return "; ".join([rows[0], rows[1], "", "", "", rows[2]])


def hats_only(groove: str) -> str:
    rows = [row.strip() for row in EVERY[groove].split(";")]
    silent = "|".join("." * len(beat) for beat in rows[2].split("|"))
    return "; ".join([silent, silent, rows[2]])


def _play(name: str, plan: list[tuple[str, int, Style]], draw: np.random.Generator, band: bool) -> SectionSong:
    bpm = float(draw.uniform(72, 165))
    every = int(draw.choice((4, 8)))
    parts = [
        Section(style.groove or "x|x|x|x", bars, bpm, drums=bool(style.groove), crash=every if bars % every == 0 else 4)
        for _, bars, style in plan
    ]
    played = play_song(name, "form", parts, seed=int(draw.integers(1 << 30)), player=PLAYED, start=0.6)
    beats = tuple(Seconds(float(beat)) for beat in played.beats)
    starts = [float(time) for time in played.downbeats] + [float(beats[-1] + 60 / bpm)]
    edges = np.cumsum([0] + [bars for _, bars, _ in plan])
    of_bar = [style for _, bars, style in plan for _ in range(bars)]
    hits = tuple(_loudened(hit, of_bar, starts) for hit in played.hits)
    grid = BeatGrid(beats, tuple(range(0, len(beats), 4)), bpm)
    kinds = [kind for kind, _, _ in plan]
    change = [n for n in range(len(kinds)) if n == 0 or kinds[n] != kinds[n - 1]]
    notes = _notes(of_bar, starts, draw) if band else {}
    chords = tuple(_chords(of_bar, starts, draw)) if band else ()
    return SectionSong(name, grid, Seconds(starts[-1] + 2.0), hits, notes, chords,
                       tuple(int(edges[n]) for n in change), tuple(kinds[n] for n in change), len(of_bar))  # fmt: skip


def _loudened(hit: Hit, of_bar: Sequence[Style], starts: Sequence[float]) -> Hit:
    bar = min(len(of_bar) - 1, max(0, int(np.searchsorted(starts, hit.onset + 0.03)) - 1))
    return replace(hit, velocity=int(np.clip(hit.velocity * of_bar[bar].loud, 1, 127)))


def _progression(style: Style, bar: int) -> str:
    return style.progression.split()[bar % 4]


def _chords(of_bar: Sequence[Style], starts: Sequence[float], draw: np.random.Generator) -> Iterator[Chord]:
    for bar, style in enumerate(of_bar):
        name = str(draw.choice(list(ROOTS))) if draw.random() < ADDED else _progression(style, bar)
        yield Chord(Seconds(starts[bar]), Seconds(starts[bar + 1] - starts[bar]), name)


def _notes(
    of_bar: Sequence[Style], starts: Sequence[float], draw: np.random.Generator
) -> dict[Part, tuple[PartNote, ...]]:
    found: dict[Part, list[PartNote]] = {part: [] for style in of_bar for part in style.parts}
    for bar, style in enumerate(of_bar):
        root, beat = ROOTS[_progression(style, bar)], (starts[bar + 1] - starts[bar]) / 4
        third = 3 if _progression(style, bar).endswith("m") else 4
        for part in style.parts:
            for at, pitch, length in _bar_notes(part, root, third, draw):
                if draw.random() >= MISSED:
                    found[part].append(_note(starts[bar] + at * beat, pitch, length * beat, draw))
        for part in found:
            for at in draw.uniform(0, 4, draw.binomial(8, ADDED)):
                found[part].append(_note(starts[bar] + at * beat, int(draw.integers(40, 76)), beat, draw))
    return {part: tuple(sorted(notes, key=lambda note: note.onset)) for part, notes in found.items()}


def _bar_notes(part: Part, root: int, third: int, draw: np.random.Generator) -> Iterator[tuple[float, int, float]]:
    if part is Part.BASS:
        yield from ((eighth / 2, 36 + root, 0.45) for eighth in range(8))
    elif part is Part.VOCALS:
        scale = (0, 2, 4, 5, 7, 9, 11)
        yield from ((eighth / 2, 60 + int(draw.choice(scale)), 0.5) for eighth in range(8) if draw.random() < 0.5)
    else:
        yield from ((beat, 48 + root + tone, 1.8) for beat in (0, 2) for tone in (0, third, 7))


def _note(onset: float, pitch: int, length: float, draw: np.random.Generator) -> PartNote:
    return PartNote(
        id=0, pitch=pitch, onset=Seconds(max(0.0, onset + draw.normal(0, 0.01))), duration=Seconds(length),
        level=-20.0, velocity=int(np.clip(draw.normal(84, 8), 1, 127)), strength=0.8, confidence=0.9,
    )  # fmt: skip
