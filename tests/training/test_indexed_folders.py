"""Kits with an index: what each file is, and which kits stay out of training."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.training import indexed_folders as folders
from daemon.training.drum_sounds import SampledSound
from daemon.training.indexed_folders import MACHINE, OSDK, match_rule, name_snare
from daemon.training.kits import RATE, read_kit

HEAD = "file\tpiece\tarticulation\tlayer\ttake\tmic\tonset_s\tpeak_db\tseconds\n"


def write_index(folder: Path, rows: list[tuple[str, str, int]]) -> None:
    """A folder of (piece, articulation, layer), each a burst of noise."""
    lines = []
    for number, (piece, articulation, layer) in enumerate(rows):
        name = f"{number}.flac"
        noise = np.random.default_rng(number).standard_normal(RATE // 4) * np.exp(-np.arange(RATE // 4) / 2000)
        soundfile.write(folder / name, 0.2 * noise, RATE)
        lines.append(f"{name}\t{piece}\t{articulation}\t{layer}\t1\toh\t0.0\t-3.0\t0.25\n")
    (folder / "index.tsv").write_text(HEAD + "".join(lines))


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("hihat-open", SampledSound.OPEN), ("hhclosed-2", SampledSound.CLOSED), ("univox-oh", SampledSound.OPEN),
        ("ohihat", SampledSound.OPEN), ("chihat", SampledSound.CLOSED), ("tom-low", SampledSound.TOM3),
        ("tom-hh", SampledSound.TOM1), ("mid-tom", SampledSound.TOM2), ("DT_Tom02", SampledSound.TOM2),
        ("cymball", SampledSound.CRASH), ("DT_Rimshot", SampledSound.STICK), ("stick-h", SampledSound.STICK),
        ("bd", SampledSound.KICK), ("univox-sd", SampledSound.SNARE), ("shaker", SampledSound.OTHER),
        ("sh", SampledSound.OTHER), ("DT_Ride", SampledSound.RIDE),
    ],
)  # fmt: skip
def test_sounds_of_machines_are_understood(name: str, sound: SampledSound) -> None:
    assert match_rule(name, MACHINE) is sound


def test_half_open_hats_and_rims_have_sounds_of_their_own() -> None:
    assert match_rule("hihat half_open", OSDK) is SampledSound.HALF5
    assert match_rule("snare rimshot", OSDK) is SampledSound.RIM


def test_a_kit_is_written_from_soft_to_loud(tmp_path: Path) -> None:
    write_index(tmp_path, [("kick", "stroke", 2), ("kick", "stroke", 1), ("hihat", "half_open", 1)])
    assert folders.convert_osdk(tmp_path, tmp_path / "kits") == 3
    kit = read_kit(tmp_path / "kits" / "osdk")
    assert {sound: len(shots) for sound, shots in kit.sounds.items()} == {SampledSound.KICK: 2, SampledSound.HALF5: 1}


def test_a_machine_that_is_held_out_is_in_validation_only(tmp_path: Path) -> None:
    write_index(tmp_path, [("TR-808", "kick", 1), ("LM-1", "kick", 1)])
    folders.convert_machines(tmp_path, tmp_path / "train", held_out=False)
    folders.convert_machines(tmp_path, tmp_path / "validate", held_out=True)
    assert [path.name for path in (tmp_path / "train").iterdir()] == ["machine-LM_1"]
    assert [path.name for path in (tmp_path / "validate").iterdir()] == ["machine-TR_808"]


def test_brushes_rims_and_side_sticks_of_snares_are_told_apart() -> None:
    rows = [("snare_20_brush", "sn"), ("snare_13b_rimshot", "sn"), ("snare_10_basic", "ss"), ("snare_10_basic", "sn")]
    found = [name_snare({"piece": piece, "articulation": articulation}) for piece, articulation in rows]
    assert found == [SampledSound.BRUSH, SampledSound.RIM, SampledSound.STICK, SampledSound.SNARE]
