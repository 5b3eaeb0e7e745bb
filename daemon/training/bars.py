"""What drummers play where in a bar, from the Groove MIDI Dataset to bars.npz.

    python -m daemon.training.bars --grooves DIR

Bars of 4/4 are a mixture of Poisson processes, fitted by expectation and maximization to one mean bar of every groove.
Grooves in 3/4 and 6/8 are few: 3/4 adds every 4/4 pattern without its third or its fourth beat. Every meter has the
beats of the textbook too.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.timebase import Seconds
from daemon.pipeline.beats.bar_patterns import KINDS, PLACES, UNNAMED, Strokes, explained, fold
from daemon.pipeline.records import Drum, Hit
from daemon.training.grooves import HELD_OUT_SESSION, read_groove
from daemon.training.voices import Strike, Voice
from daemon.weights import BARS

PATTERNS = 12
RARE = 0.02  # the share of songs in 3/4, and in 6/8
TAUGHT = 0.2  # the share of songs in 4/4 that keep to the textbook
SHORTEST = 8  # bars of a groove
ROUNDS = 60
_TEMPER = 8.0  # bars of a groove that count, because they repeat
_SHRINK = 4.0  # grooves' worth of the mean bar in every pattern
_LEAK = 0.1  # of a stroke to the places beside its own
_STEADY = 0.2  # least share of the strokes that the file's tempo explains; others were played beside it
_HEARD, _GHOSTS_HEARD, _GHOST = 0.93, 0.46, 25  # parts of the strokes; ghosts are softer than this velocity
Floats = NDArray[np.float64]

_TEXTBOOK = {
    "4-4": (
        "x.|..|x.|..; ..|x.|..|x.; xx|xx|xx|xx",  # eighths
        "x.|..|xo|..; ..|x.|..|x.; x.|x.|x.|x.",  # quarters
        "x...|....|x.o.|....; ....|x...|....|x...; xxxx|xxxx|xxxx|xxxx",  # sixteenths
        "x..|..o|x..|..o; ...|x..|...|x..; x.x|x.x|x.x|x.x",  # shuffle
        "x..|..o|x..|..o; ...|x..|...|x..; xxx|xxx|xxx|xxx",  # slow blues
        "x..o|....|....|..o.; ....|....|x...|....; x.x.|x.x.|x.x.|x.x.",  # half time
        "x.|x.|x.|x.; ..|x.|..|x.; .x|.x|.x|.x",  # four on the floor
        "x.|x.|x.|x.; .x|.x|.x|.x; xx|xx|xx|xx",  # polka, punk
        "..|..|x.|..; ..|..|x.|..; xx|xx|xx|xx",  # one drop
        "...|...|...|...; ...|o..|...|o..; x..|x.x|x..|x.x",  # swing
        "o.|o.|o.|o.; ..|o.|..|o.; o.|o.|o.|o.",  # a count
    ),
    "3-4": (
        "x.|..|..; ..|x.|x.; xx|xx|xx",
        "x.|..|..; ..|x.|x.; x.|x.|x.",
        "x.|..|..; ..|..|x.; xx|xx|xx",
        "x.|..|..; ..|x.|..; xx|xx|xx",
        "x..|...|...; ...|o..|o..; x..|x.x|x.x",
    ),
    "6-8": (
        "x..|...; ...|x..; xxx|xxx",
        "x.o|..o; ...|x..; xxx|xxx",
        "x..|.o.; ...|x..; x.x|x.x",
    ),
}  # fmt: skip

_LABELS = {
    Voice.KICK: (Drum.KICK, "kick"), Voice.SNARE: (Drum.SNARE, "snare"), Voice.STICK: (Drum.SNARE, "side_stick"),
    Voice.CLOSED: (Drum.HIHAT, "closed_hihat"), Voice.PEDAL: (Drum.HIHAT, "pedal_hihat"),
    Voice.OPEN: (Drum.HIHAT, "open_hihat"), Voice.CRASH: (Drum.CYMBALS, "crash"),
    Voice.RIDE: (Drum.CYMBALS, "ride"), Voice.BELL: (Drum.CYMBALS, "ride_bell"),
}  # fmt: skip


def bars(folder: Path, meter: str) -> list[Floats]:
    """The mean bar (KINDS, places) of every steady groove in `meter`, such as 4-4."""
    with (folder / "index.tsv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if _usable(row, meter)]
    return [bar for row in rows if (bar := _bar(folder / row["path"], float(row["file_bpm"]), meter)) is not None]


def _usable(row: dict[str, str], meter: str) -> bool:
    return row["time_signature"] == meter and row["kind"] == "beat" and row["session"] != HELD_OUT_SESSION


def _bar(path: Path, bpm: float, meter: str) -> Floats | None:
    beats, beat = (2, 90 / bpm) if meter == "6-8" else (int(meter[0]), 60 / bpm)
    groove = read_groove(path, bpm)
    times = np.arange(0, groove.duration + beat, beat)
    strokes = _heard(list(_hits(groove.strikes)))
    if len(times) < SHORTEST * beats or max(explained(strokes, times, 4), explained(strokes, times, 3)) < _STEADY:
        return None
    return fold(strokes, times, beats).histogram * beats / (len(times) - 1)


def _heard(hits: Sequence[Hit]) -> Strokes:
    """As a transcriber hears them: most strokes, and half of the ghost notes."""
    strokes = Strokes.of(hits)
    ghosts = np.array([hit.velocity < _GHOST for hit in sorted(hits, key=lambda hit: hit.onset)])
    return replace(strokes, weights=strokes.weights * np.where(ghosts, _GHOSTS_HEARD, _HEARD))


def _hits(strikes: Sequence[Strike]) -> Iterator[Hit]:
    for i, strike in enumerate(strikes):
        drum, label = _LABELS.get(strike.voice, (Drum.TOMS, "mid_tom"))
        yield Hit(i, Seconds(strike.time), drum, label, -12.0, max(1, round(strike.velocity)), 1.0, 1.0, 0)


def mixture(mean_bars: Sequence[Floats], count: int = PATTERNS, seed: int = 0) -> tuple[Floats, Floats]:
    """(rates, shares) of `count` patterns that together make these bars likely."""
    every = np.array(mean_bars)
    member = np.eye(count)[_nearest(np.sqrt(every).reshape(len(every), -1), count, np.random.default_rng(seed))]
    for _ in range(ROUNDS):
        size = member.sum(axis=0)
        total = np.einsum("sk,scb->kcb", member, every) + _SHRINK * every.mean(axis=0)
        rates = _leaked(total / (size + _SHRINK)[:, None, None])
        shares = (size + 0.5) / (size + 0.5).sum()
        fit = np.einsum("scb,kcb->sk", every, np.log(rates + 1e-3)) - rates.sum(axis=(1, 2))
        score = _TEMPER * fit + np.log(shares)
        member = np.exp(score - score.max(axis=1, keepdims=True))
        member /= member.sum(axis=1, keepdims=True)
    return rates, shares


def _nearest(points: Floats, count: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """To which of `count` spread-out points each is nearest (k-means++)."""
    chosen = [points[draw.integers(len(points))]]
    while True:
        distance = np.array([((points - one) ** 2).sum(axis=1) for one in chosen])
        if len(chosen) == count:
            return np.asarray(distance.argmin(axis=0))
        nearest = distance.min(axis=0)
        chosen.append(points[draw.choice(len(points), p=nearest / nearest.sum())])


def _leaked(rates: Floats) -> Floats:
    return (1 - 2 * _LEAK) * rates + _LEAK * (np.roll(rates, 1, axis=-1) + np.roll(rates, -1, axis=-1))


def waltzes(common: Floats) -> Floats:
    """Patterns of 3/4: those of 4/4 without their fourth or their third beat."""
    beats = common.reshape(*common.shape[:2], 4, PLACES)
    kept = [np.delete(beats, gone, axis=2) for gone in (3, 2)]
    return np.concatenate(kept).reshape(-1, KINDS, 3 * PLACES)


def textbook(meter: str) -> Floats:
    """(patterns, KINDS, places): the beats that every drummer learns first, from lines like `kick; snare; hat`."""
    return _leaked(np.array([_drawn(line) for line in _TEXTBOOK[meter]]))


def _drawn(line: str) -> Floats:
    """Each drum's places in a bar: x a stroke, o one in two, . none, evenly spread over the bar; | divides beats."""
    drums = [part.replace("|", "").replace(" ", "") for part in line.split(";")]
    beats = line.split(";")[0].count("|") + 1
    bar = np.zeros((KINDS, beats * PLACES))
    for kind, places in enumerate(drums):
        step = beats * PLACES // len(places)
        bar[kind, ::step] = [{"x": 0.9, "o": 0.45, ".": 0.0}[sign] for sign in places]
    return bar


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grooves", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=BARS)
    asked = parser.parse_args()
    write(asked.out, *(bars(asked.grooves, meter) for meter in ("4-4", "3-4", "6-8")))


def write(path: Path, four: Sequence[Floats], three: Sequence[Floats], six: Sequence[Floats]) -> None:
    """The file of patterns. 3/4 and 6/8 are as rare as songs in them are."""
    played, shares = mixture(four)
    plain = textbook("4-4")
    waltz = np.concatenate([textbook("3-4"), waltzes(played), _leaked(np.array(three).reshape(-1, KINDS, 3 * PLACES))])
    jig = np.concatenate([textbook("6-8"), _leaked(np.array(six).reshape(-1, KINDS, 2 * PLACES))])
    found = {
        "4-4": (np.concatenate([played, plain]), np.concatenate([shares * (1 - TAUGHT), _even(plain, TAUGHT)])),
        "3-4": (waltz, _even(waltz, RARE)),
        "6-8": (jig, _even(jig, RARE)),
    }
    arrays: dict[str, Any] = {}
    for meter, (rates, share) in found.items():
        arrays[f"rates-{meter}"] = _with_unnamed(rates).astype(np.float16)
        arrays[f"shares-{meter}"] = share.astype(np.float32)
    np.savez_compressed(path, **arrays)


def _even(rates: Floats, share: float) -> Floats:
    return np.full(len(rates), share / len(rates))


def _with_unnamed(rates: Floats) -> Floats:
    """Strokes of no known kind are where any is."""
    every = 1 - np.exp(-rates.sum(axis=1))
    return np.concatenate([rates[:, :UNNAMED], every[:, None]], axis=1)


if __name__ == "__main__":
    main()
