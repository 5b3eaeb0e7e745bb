"""What drummers play where in a bar, from the Groove MIDI Dataset to bar_patterns.npz.

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
from daemon.pipeline.beats.bar_patterns import KINDS, PLACES, UNNAMED, Strokes, fold, share_on_beats
from daemon.pipeline.records import Drum, Hit
from daemon.training.drum_sounds import SampledSound, Strike
from daemon.training.grooves import HELD_OUT_SESSION, read_groove
from daemon.weights import BAR_PATTERNS

PATTERNS = 12
RARE_METER_SHARE = 0.02  # the share of songs in 3/4, and in 6/8
TEXTBOOK_SHARE = 0.2  # the share of songs in 4/4 that keep to the textbook
SHORTEST_BARS = 8  # bars of a groove
ROUNDS = 60
_EFFECTIVE_BARS = 8.0  # bars of a groove that count, because they repeat
_PRIOR_WEIGHT = 4.0  # grooves' worth of the mean bar in every pattern
_LEAK = 0.1  # of a stroke to the places beside its own
_LEAST_EXPLAINED = 0.2  # least share of the strokes that the file's tempo explains; others were played beside it
_DETECTED, _GHOST_NOTES_DETECTED, _GHOST_NOTE_VELOCITY = (
    0.93,
    0.46,
    25,
)  # parts of the strokes; ghosts are softer than this velocity
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
    SampledSound.KICK: (Drum.KICK, "kick"), SampledSound.SNARE: (Drum.SNARE, "snare"),
    SampledSound.STICK: (Drum.SNARE, "side_stick"), SampledSound.RIM: (Drum.SNARE, "snare"),
    SampledSound.CLOSED: (Drum.HIHAT, "closed_hihat"), SampledSound.PEDAL: (Drum.HIHAT, "pedal_hihat"),
    SampledSound.OPEN: (Drum.HIHAT, "open_hihat"), SampledSound.CRASH: (Drum.CYMBALS, "crash"),
    SampledSound.RIDE: (Drum.CYMBALS, "ride"), SampledSound.BELL: (Drum.CYMBALS, "ride_bell"),
}  # fmt: skip


def read_mean_bars(folder: Path, meter: str) -> list[Floats]:
    """The mean bar (KINDS, places) of every steady groove in `meter`, such as 4-4."""
    with (folder / "index.tsv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if _is_usable(row, meter)]
    return [
        bar for row in rows if (bar := _read_mean_bar(folder / row["path"], float(row["file_bpm"]), meter)) is not None
    ]


def _is_usable(row: dict[str, str], meter: str) -> bool:
    return row["time_signature"] == meter and row["kind"] == "beat" and row["session"] != HELD_OUT_SESSION


def _read_mean_bar(path: Path, bpm: float, meter: str) -> Floats | None:
    beats, beat = (2, 90 / bpm) if meter == "6-8" else (int(meter[0]), 60 / bpm)
    groove = read_groove(path, bpm)
    times = np.arange(0, groove.duration + beat, beat)
    strokes = _weight_by_detection(list(_hits(groove.strikes)))
    if (
        len(times) < SHORTEST_BARS * beats
        or max(share_on_beats(strokes, times, 4), share_on_beats(strokes, times, 3)) < _LEAST_EXPLAINED
    ):
        return None
    return fold(strokes, times, beats).histogram * beats / (len(times) - 1)


def _weight_by_detection(hits: Sequence[Hit]) -> Strokes:
    """As a transcriber hears them: most strokes, and half of the ghost notes."""
    strokes = Strokes.of(hits)
    ghosts = np.array([hit.velocity < _GHOST_NOTE_VELOCITY for hit in sorted(hits, key=lambda hit: hit.onset)])
    return replace(strokes, weights=strokes.weights * np.where(ghosts, _GHOST_NOTES_DETECTED, _DETECTED))


def _hits(strikes: Sequence[Strike]) -> Iterator[Hit]:
    for i, strike in enumerate(strikes):
        drum, label = _LABELS.get(strike.sound, (Drum.TOMS, "mid_tom"))
        yield Hit(i, Seconds(strike.time), drum, label, -12.0, max(1, round(strike.velocity)), 1.0, 1.0, 0)


def fit_mixture(mean_bars: Sequence[Floats], count: int = PATTERNS, seed: int = 0) -> tuple[Floats, Floats]:
    """(rates, shares) of `count` patterns that together make these bars likely."""
    every = np.array(mean_bars)
    member = np.eye(count)[_nearest_centres(np.sqrt(every).reshape(len(every), -1), count, np.random.default_rng(seed))]
    for _ in range(ROUNDS):
        size = member.sum(axis=0)
        total = np.einsum("sk,scb->kcb", member, every) + _PRIOR_WEIGHT * every.mean(axis=0)
        rates = _leak(total / (size + _PRIOR_WEIGHT)[:, None, None])
        shares = (size + 0.5) / (size + 0.5).sum()
        fit = np.einsum("scb,kcb->sk", every, np.log(rates + 1e-3)) - rates.sum(axis=(1, 2))
        score = _EFFECTIVE_BARS * fit + np.log(shares)
        member = np.exp(score - score.max(axis=1, keepdims=True))
        member /= member.sum(axis=1, keepdims=True)
    return rates, shares


def _nearest_centres(points: Floats, count: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """To which of `count` spread-out points each is nearest (k-means++)."""
    chosen = [points[draw.integers(len(points))]]
    while True:
        distance = np.array([((points - one) ** 2).sum(axis=1) for one in chosen])
        if len(chosen) == count:
            return np.asarray(distance.argmin(axis=0))
        nearest = distance.min(axis=0)
        chosen.append(points[draw.choice(len(points), p=nearest / nearest.sum())])


def _leak(rates: Floats) -> Floats:
    return (1 - 2 * _LEAK) * rates + _LEAK * (np.roll(rates, 1, axis=-1) + np.roll(rates, -1, axis=-1))


def three_four_patterns(common: Floats) -> Floats:
    """Patterns of 3/4: those of 4/4 without their fourth or their third beat."""
    beats = common.reshape(*common.shape[:2], 4, PLACES)
    kept = [np.delete(beats, gone, axis=2) for gone in (3, 2)]
    return np.concatenate(kept).reshape(-1, KINDS, 3 * PLACES)


def textbook_patterns(meter: str) -> Floats:
    """(patterns, KINDS, places): the beats that every drummer learns first, from lines like `kick; snare; hat`."""
    return _leak(np.array([_parse_pattern(line) for line in _TEXTBOOK[meter]]))


def _parse_pattern(line: str) -> Floats:
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
    parser.add_argument("--out", type=Path, default=BAR_PATTERNS)
    options = parser.parse_args()
    write_patterns(options.out, *(read_mean_bars(options.grooves, meter) for meter in ("4-4", "3-4", "6-8")))


def write_patterns(path: Path, four: Sequence[Floats], three: Sequence[Floats], six: Sequence[Floats]) -> None:
    """The file of patterns. 3/4 and 6/8 are as rare as songs in them are."""
    played, shares = fit_mixture(four)
    plain = textbook_patterns("4-4")
    three_four = np.concatenate(
        [textbook_patterns("3-4"), three_four_patterns(played), _leak(np.array(three).reshape(-1, KINDS, 3 * PLACES))]
    )
    six_eight = np.concatenate([textbook_patterns("6-8"), _leak(np.array(six).reshape(-1, KINDS, 2 * PLACES))])
    found = {
        "4-4": (
            np.concatenate([played, plain]),
            np.concatenate([shares * (1 - TEXTBOOK_SHARE), _even_shares(plain, TEXTBOOK_SHARE)]),
        ),
        "3-4": (three_four, _even_shares(three_four, RARE_METER_SHARE)),
        "6-8": (six_eight, _even_shares(six_eight, RARE_METER_SHARE)),
    }
    arrays: dict[str, Any] = {}
    for meter, (rates, share) in found.items():
        arrays[f"rates-{meter}"] = _append_unnamed(rates).astype(np.float16)
        arrays[f"shares-{meter}"] = share.astype(np.float32)
    np.savez_compressed(path, **arrays)


def _even_shares(rates: Floats, share: float) -> Floats:
    return np.full(len(rates), share / len(rates))


def _append_unnamed(rates: Floats) -> Floats:
    """Strokes of no known kind are where any is."""
    every = 1 - np.exp(-rates.sum(axis=1))
    return np.concatenate([rates[:, :UNNAMED], every[:, None]], axis=1)


if __name__ == "__main__":
    main()
