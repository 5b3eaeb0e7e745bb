"""Where each kit comes from and what its licence allows: `train` material or `validate` only.

Weights are derived from MIT, CC0, CC BY and CC BY-SA sources alone; GPL kits only validate them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from daemon.training import hydrogen, soundfont, synth
from daemon.training import indexed_folders as indexed
from daemon.training import sample_folders as folders

GM_PROGRAMS = (0, 8, 16, 24, 25, 32, 40, 48)


@dataclass(frozen=True, slots=True)
class KitSource:
    """`place` is relative to a root that the user names; `split` is train or validate."""

    place: str
    split: str
    licence: str
    convert: Callable[[Path, Path, Path], int]


def convert_hydrogen(place: Path, target: Path, _scratch: Path) -> int:
    return hydrogen.convert_hydrogen_kit(place, target)


def convert_muldjord(place: Path, target: Path, _scratch: Path) -> int:
    return folders.convert_muldjord(place, target)


def convert_samples(place: Path, target: Path, _scratch: Path) -> int:
    return folders.convert_samples(place, target)


def convert_salamander(place: Path, target: Path, _scratch: Path) -> int:
    return indexed.convert_salamander(place, target)


def convert_osdk(place: Path, target: Path, _scratch: Path) -> int:
    return indexed.convert_osdk(place, target)


def split_converter(convert: Callable[..., int], *, held_out: bool) -> Callable[[Path, Path, Path], int]:
    """Of a collection some kits are for training and some, whole, for validation."""
    return lambda place, target, _scratch: convert(place, target, held_out=held_out)


def preset_converter(*programs: int, channel: int = 9) -> Callable[[Path, Path, Path], int]:
    """Drum programs; a soundfont without a percussion bank is played on an ordinary channel."""

    def convert(place: Path, target: Path, scratch: Path) -> int:
        if not soundfont.has_fluidsynth():
            print(f"skipped: {place.name} needs the program fluidsynth")
            return 0
        return soundfont.convert_soundfont(place, programs, target, scratch, channel=channel)

    return convert


HYDROGEN = "usr/share/hydrogen/data/drumkits"
SOUNDFONTS = "usr/share/sounds/sf2"

SOURCES = (
    KitSource("muldjordkit", "train", "CC BY 4.0", convert_muldjord),
    KitSource("salamander", "train", "CC BY-SA 3.0", convert_salamander),
    KitSource("frankensnare", "train", "CC0", split_converter(indexed.convert_snares, held_out=False)),
    KitSource("drum_machines", "train", "public domain", split_converter(indexed.convert_machines, held_out=False)),
    KitSource("percussion", "train", "CC0", split_converter(indexed.convert_percussion, held_out=False)),
    KitSource("usr/share/sonic-pi/samples", "train", "CC0", convert_samples),
    KitSource(f"{HYDROGEN}/Audiophob", "train", "CC0", convert_hydrogen),
    KitSource(f"{HYDROGEN}/rumpf_kit_z01_h2", "train", "CC BY 3.0", convert_hydrogen),
    KitSource(f"{HYDROGEN}/BJA_Pacific", "train", "CC BY-SA 3.0", convert_hydrogen),
    KitSource(f"{SOUNDFONTS}/Black_Pearl_4_LV2.sf2", "train", "CC BY-SA 3.0", preset_converter(0, channel=0)),
    KitSource(f"{SOUNDFONTS}/Red_Zeppelin_4_LV2.sf2", "train", "CC BY-SA 3.0", preset_converter(0, channel=0)),
    KitSource(f"{SOUNDFONTS}/FluidR3_GM.sf2", "train", "MIT", preset_converter(*GM_PROGRAMS)),
    KitSource(f"{SOUNDFONTS}/MuseScore_General_Full.sf2", "train", "MIT", preset_converter(*GM_PROGRAMS)),
    KitSource("osdk", "validate", "public domain", convert_osdk),
    KitSource("frankensnare", "validate", "CC0", split_converter(indexed.convert_snares, held_out=True)),
    KitSource("drum_machines", "validate", "public domain", split_converter(indexed.convert_machines, held_out=True)),
    KitSource("percussion", "validate", "CC0", split_converter(indexed.convert_percussion, held_out=True)),
    KitSource(f"{HYDROGEN}/Millo_MultiLayered3", "validate", "GPL-2", convert_hydrogen),
    KitSource(f"{HYDROGEN}/Millo-Drums_v.1", "validate", "GPL-2", convert_hydrogen),
    KitSource(f"{HYDROGEN}/ForzeeStereo", "validate", "GPL-2", convert_hydrogen),
    KitSource(f"{HYDROGEN}/ColomboAcousticDrumkit", "validate", "GPL-2", convert_hydrogen),
    KitSource(f"{HYDROGEN}/GMRockKit", "validate", "GPL-2", convert_hydrogen),
    KitSource(f"{HYDROGEN}/TR808EmulationKit", "validate", "GPL-2", convert_hydrogen),
    KitSource(f"{HYDROGEN}/VariBreaks", "validate", "GPL-2", convert_hydrogen),
    KitSource(f"{SOUNDFONTS}/TimGM6mb.sf2", "validate", "GPL-2", preset_converter(0, 8, 16, 24, 32, 40)),
)


def find_under_roots(roots: tuple[Path, ...], place: str) -> Path | None:
    return next((root / place for root in roots if (root / place).exists()), None)


def build_kits(roots: tuple[Path, ...], work: Path, *, synths: int = 12, seed: int = 7) -> None:
    """Convert every source found under the roots; absent ones are named and skipped."""
    for source in SOURCES:
        place = find_under_roots(roots, source.place)
        if place is None:
            print(f"skipped: {source.place} is under none of the roots")
            continue
        shots = source.convert(place, work / "kits" / source.split, work / "scratch")
        print(f"{source.split}: {shots} shots from {source.place} ({source.licence})", flush=True)
    print(f"train: {synth.write_synth_kits(synths, work / 'kits' / 'train', seed)} synthesised shots")


def find_soundfonts(roots: tuple[Path, ...], split: str) -> list[Path]:
    """General MIDI soundfonts that may play the backing of a split."""
    general = ("FluidR3_GM", "MuseScore_General_Full", "TimGM6mb")
    places = [s.place for s in SOURCES if s.split == split and Path(s.place).stem in general]
    return [path for place in places if (path := find_under_roots(roots, place)) is not None]
