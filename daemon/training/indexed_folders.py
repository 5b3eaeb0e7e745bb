"""Kits that come with an index of their files: piece, articulation, layer and take of every hit."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from daemon.training.drum_sounds import HALVES, SampledSound
from daemon.training.hydrogen import load_audio
from daemon.training.kits import write_sound

Row = Mapping[str, str]
Rules = Sequence[tuple[str, SampledSound]]

SALAMANDER_HATS: Rules = (
    ("closed", SampledSound.CLOSED),
    ("pedal", SampledSound.PEDAL),
    ("foot_splash", SampledSound.FOOT_SPLASH),
    *((f"open{number}of7", sound) for number, sound in enumerate(HALVES, start=1)),
    ("open", SampledSound.OPEN),
)
SALAMANDER: dict[str, Rules] = {
    "-a": (
        ("kick stroke", SampledSound.KICK),
        ("snare stroke", SampledSound.SNARE),
        ("crash[13] stroke", SampledSound.CRASH),
        ("china1 stroke", SampledSound.CHINA),
        ("ride1 bow", SampledSound.RIDE),
        ("ride1 bell", SampledSound.BELL),
    ),
    "-b": (
        ("kick2 stroke", SampledSound.KICK),
        ("snare2 stroke", SampledSound.SNARE),
        ("crash2 stroke|ride2 crash", SampledSound.CRASH),
        ("china2 stroke", SampledSound.CHINA),
        ("ride2 bow", SampledSound.RIDE),
        ("ride2 bell", SampledSound.BELL),
    ),
}
SALAMANDER_BOTH: Rules = (
    ("snare side_stick", SampledSound.STICK),
    ("high_tom stroke", SampledSound.TOM1),
    ("low_tom stroke", SampledSound.TOM3),
    ("splash stroke", SampledSound.SPLASH),
    ("cowbell stroke|bellchime stroke", SampledSound.OTHER),
    *((f"hihat {name}", sound) for name, sound in SALAMANDER_HATS),
)
OSDK: Rules = (
    ("kick stroke", SampledSound.KICK),
    ("snare stroke", SampledSound.SNARE),
    ("snare rimshot", SampledSound.RIM),
    ("snare side_stick", SampledSound.STICK),
    ("high_tom stroke", SampledSound.TOM1),
    ("mid_tom stroke", SampledSound.TOM2),
    ("low_tom stroke", SampledSound.TOM4),
    ("hihat closed", SampledSound.CLOSED),
    ("hihat pedal", SampledSound.PEDAL),
    ("hihat half_closed", HALVES[1]),
    ("hihat half_open", HALVES[4]),
    ("crash (stroke|edge)", SampledSound.CRASH),
    ("ride bow(_outer)?", SampledSound.RIDE),
    ("ride bell", SampledSound.BELL),
)
MACHINE: Rules = (
    (r".*(clap|clave|cowbell|conga|cabasa|tamb|tamborine|maraca|shaker|click|perc).*|cb|cp|sh|tb", SampledSound.OTHER),
    (r".*(rim|stick).*", SampledSound.STICK),
    (r".*(kick|\bbd).*", SampledSound.KICK),
    (r".*(snare|sn$|\bsd|-sd).*", SampledSound.SNARE),
    (r".*(hi-?tom|^ht$|tom-?(hi|h|hh|high|1|01)\b).*", SampledSound.TOM1),
    (r".*(mid-?tom|^mt$|tom-?(mid|m|2|02)\b).*", SampledSound.TOM2),
    (r".*tom.*|lt", SampledSound.TOM3),
    (r".*((hat|hh|hithat)[-_]?op|open-?hat|hhopen|ohihat|\boh).*", SampledSound.OPEN),
    (r".*(hat|hh|-ch|shorthi).*", SampledSound.CLOSED),
    (r".*ride.*|rd", SampledSound.RIDE),
    (r".*(crash|cymbal).*|cr", SampledSound.CRASH),
)
PREPARED = re.compile(r"prep|tamb|spring|symp")

HELD_OUT_MACHINES = frozenset({"TR-808", "Sequential-Circuits-Drumtraks", "LM-2"})
HELD_OUT_SNARES = re.compile(r"snare_(14d|22|16)_")
HELD_OUT_PERCUSSION = frozenset({"CajonFlamenco", "Maracas", "Darbuka"})


def read_rows(folder: Path) -> list[Row]:
    with (folder / "index.tsv").open(newline="") as table:
        rows: list[Row] = list(csv.DictReader(table, delimiter="\t"))
    return sorted(rows, key=lambda row: (int(row["layer"]), int(row["take"]), row["file"]))


def match_rule(name: str, rules: Rules) -> SampledSound | None:
    return next((sound for pattern, sound in rules if re.fullmatch(pattern, name, re.IGNORECASE)), None)


def write_kit(folder: Path, kit: Path, named: Iterator[tuple[SampledSound | None, Row]]) -> int:
    """Write the hits that have a sound, each sound's from soft to loud; returns their number."""
    files: dict[SampledSound, list[Path]] = {}
    for sound, row in named:
        if sound is not None:
            files.setdefault(sound, []).append(folder / row["file"])
    return sum(write_sound(kit, sound, [load_audio(path) for path in paths]) for sound, paths in files.items())


def piece_and_articulation(row: Row) -> str:
    return f"{row['piece']} {row['articulation']}"


def convert_salamander(folder: Path, target: Path) -> int:
    """Two kits: kicks, snares, crashes and rides of their own, the rest shared."""
    rows = read_rows(folder)
    return sum(
        write_kit(
            folder,
            target / f"salamander{side}",
            ((match_rule(piece_and_articulation(row), (*rules, *SALAMANDER_BOTH)), row) for row in rows),
        )
        for side, rules in SALAMANDER.items()
    )


def convert_osdk(folder: Path, target: Path) -> int:
    rows = read_rows(folder)
    return write_kit(folder, target / "osdk", ((match_rule(piece_and_articulation(row), OSDK), row) for row in rows))


def convert_machines(folder: Path, target: Path, *, held_out: bool) -> int:
    """One kit a machine."""
    rows = read_rows(folder)
    machines = sorted({row["piece"] for row in rows if (row["piece"] in HELD_OUT_MACHINES) is held_out})
    return sum(
        write_kit(
            folder,
            target / ("machine-" + re.sub(r"\W+", "_", name)),
            ((match_rule(row["articulation"], MACHINE), row) for row in rows if row["piece"] == name),
        )
        for name in machines
    )


def name_snare(row: Row) -> SampledSound:
    if row["articulation"] == "ss":
        return SampledSound.STICK
    if "brush" in row["piece"]:
        return SampledSound.BRUSH
    rim = row["articulation"] in ("sr", "rs") or "rimshot" in row["piece"]
    return SampledSound.RIM if rim else SampledSound.SNARE


def convert_snares(folder: Path, target: Path, *, held_out: bool) -> int:
    """One kit a set-up and microphone; prepared snares are left out."""
    rows = [
        row
        for row in read_rows(folder)
        if bool(HELD_OUT_SNARES.match(row["piece"])) is held_out and not PREPARED.search(row["piece"])
    ]
    names = sorted({(row["piece"], row["mic"]) for row in rows})
    return sum(
        write_kit(
            folder,
            target / f"frankensnare-{piece}-{mic}",
            ((name_snare(row), row) for row in rows if (row["piece"], row["mic"]) == (piece, mic)),
        )
        for piece, mic in names
    )


def convert_percussion(folder: Path, target: Path, *, held_out: bool) -> int:
    """Everything is what the ear must ignore."""
    rows = (row for row in read_rows(folder) if (row["piece"] in HELD_OUT_PERCUSSION) is held_out)
    return write_kit(folder, target / "percussion", ((SampledSound.OTHER, row) for row in rows))
