"""Songs whose notation is known: a row of bars for each drum, played exactly as written."""

from collections.abc import Mapping
from pathlib import Path

from bridge.drum_map import built_in_map
from bridge.timebase import Seconds
from daemon.outlets.arrange import Arrangement
from daemon.outlets.exports.song import ExportSong
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Drum, Hit, Part

FLAM = 0.025  # seconds that the grace note comes early
VELOCITIES = {"x": 90, "X": 122, "o": 34, "f": 90}
_DRUMS = {"kick": Drum.KICK, "snare": Drum.SNARE, "side_stick": Drum.SNARE, "rimshot": Drum.SNARE}
ROCK = {
    "closed_hihat": "xxxxxxxx|xxxxxxx.|",
    "open_hihat": "........|.......x|",
    "snare": "..X...X.|..X...X.|",
    "kick": "x...x...|x...xx..|",
    "crash": "x.......|........|",
}


def drum_of(label: str) -> Drum:
    if "hihat" in label:
        return Drum.HIHAT
    return _DRUMS.get(label, Drum.TOMS if "tom" in label else Drum.CYMBALS)


def written_hits(rows: Mapping[str, str], bar: float, first: float = 0.0) -> list[Hit]:
    """Hits of rows like `x.x.|X.o.|`: each bar in equal parts, `bar` seconds long.

    x is a stroke, X an accent, o a ghost note, f a flam.
    """
    found: list[tuple[float, str, int]] = []
    for label, row in rows.items():
        for number, cells in enumerate(row.strip("|").split("|")):
            for place, cell in enumerate(cells):
                if cell == ".":
                    continue
                time = first + bar * (number + place / len(cells))
                found.append((time, label, VELOCITIES[cell]))
                if cell == "f":
                    found.append((time - FLAM, label, 60))
    return [
        Hit(number, Seconds(time), drum_of(label), label, -12.0, velocity, 0.9, 0.9, 0)
        for number, (time, label, velocity) in enumerate(sorted(found))
    ]


def written_song(
    rows: Mapping[str, str],
    *,
    bpm: float = 120.0,
    numerator: int = 4,
    denominator: int = 4,
    first: float = 0.0,
    pickup: int = 0,
    source: Path | None = None,
    options: Options | None = None,
) -> ExportSong:
    """The song; `bpm` counts quarters. Bar 1 starts at second `first`, after `pickup` beats."""
    beat = 60 / bpm * 4 / denominator
    bars = max(len(row.strip("|").split("|")) for row in rows.values())
    beats = tuple(Seconds(first + beat * n) for n in range(-pickup, bars * numerator + 1))
    downbeats = tuple(pickup + numerator * n for n in range(bars + 1))
    grid = BeatGrid(beats, downbeats, bpm * denominator / 4, numerator, denominator, quarters=4 / denominator)
    hits = tuple(written_hits(rows, beat * numerator, first))
    arrangement = Arrangement(
        name="Song",
        hits=hits,
        times=tuple(hit.onset for hit in hits),
        grid=grid,
        options=options or Options(parts=(Part.DRUMS,)),
        duration=Seconds(first + beat * numerator * bars),
    )
    return ExportSong(arrangement, built_in_map("gm"), source)
