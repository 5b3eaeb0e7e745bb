"""Hydrogen drum kits: an XML list of instruments, each with samples layered by velocity."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import soundfile

from daemon.training.drum_sounds import SampledSound
from daemon.training.kits import Audio, mix_to_mono, write_sound

NAME_PATTERNS = (
    (r"clap|cowbell|conga|agogo|tambourine|shaker|clave|(?<!bass )drum [12]", SampledSound.OTHER),
    (r"stick|rim click|\bclick", SampledSound.STICK),
    (r"roll|zap|fx|whistle|sample:|free|\bfx", None),
    (r"kick|bass ?drum", SampledSound.KICK),
    (r"snare", SampledSound.SNARE),
    (r"\btom.*(hi|1)|(hi|high) tom|drum hi", SampledSound.TOM1),
    (r"\btom.*(mid|2)|middle tom", SampledSound.TOM2),
    (r"floor", SampledSound.TOM4),
    (r"\btom", SampledSound.TOM3),
    (r"(hat|hh).*(ped|pd)|(ped|pd).*(hat|hh)", SampledSound.PEDAL),
    (r"(hat|hh).*(op|semi|ohh)|(op).*(hat|hh)|ohh", SampledSound.OPEN),
    (r"hat|hh", SampledSound.CLOSED),
    (r"ride.*(bell|cup)|^bell$", SampledSound.BELL),
    (r"ride", SampledSound.RIDE),
    (r"china", SampledSound.CHINA),
    (r"splash", SampledSound.SPLASH),
    (r"crash|cymbal", SampledSound.CRASH),
)


def match_sound(name: str) -> SampledSound | None:
    """The first rule that fits, the maker's remarks in brackets apart; None for rolls, effects and loop cuts."""
    plain = re.sub(r"\(.*?\)", "", name.lower())
    for pattern, sound in NAME_PATTERNS:
        if re.search(pattern, plain):
            return sound
    return None


def layer_files(instrument: ElementTree.Element) -> list[str]:
    """File names from the softest layer to the loudest; old kits have one file and no layer."""
    layers = sorted(instrument.iter("layer"), key=lambda layer: float(layer.findtext("max") or 1))
    names = [layer.findtext("filename") for layer in layers] or [instrument.findtext("filename")]
    return [name for name in names if name]


def instruments(folder: Path) -> Iterator[tuple[SampledSound, list[Path]]]:
    text = (folder / "drumkit.xml").read_text(encoding="utf-8", errors="replace")
    root = ElementTree.fromstring(re.sub(r'\sxmlns="[^"]+"', "", text))
    for instrument in root.iter("instrument"):
        sound = match_sound(instrument.findtext("name") or "")
        if sound is not None:
            yield sound, [folder / name for name in layer_files(instrument)]


def load_audio(path: Path) -> Audio:
    audio, rate = soundfile.read(path, dtype="float32")
    return mix_to_mono(audio, rate)


def convert_hydrogen_kit(folder: Path, target: Path) -> int:
    """One kit; instruments of the same voice are merged, their layers kept in order."""
    sounds: dict[SampledSound, list[tuple[float, Path]]] = {}
    for sound, files in instruments(folder):
        ranked = [(rank / len(files), file) for rank, file in enumerate(files) if file.exists()]
        sounds.setdefault(sound, []).extend(ranked)
    kit = target / re.sub(r"\W+", "_", folder.name)
    return sum(
        write_sound(kit, sound, [load_audio(path) for _, path in sorted(ranked)]) for sound, ranked in sounds.items()
    )
