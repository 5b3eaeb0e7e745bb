"""Hydrogen drum kits: an XML list of instruments, each with samples layered by velocity."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import soundfile

from daemon.training.kits import Audio, mono, write_voice
from daemon.training.voices import Voice

NAMES = (
    (r"clap|cowbell|conga|agogo|tambourine|shaker|clave|(?<!bass )drum [12]", Voice.OTHER),
    (r"stick|rim click|\bclick", Voice.STICK),
    (r"roll|zap|fx|whistle|sample:|free|\bfx", None),
    (r"kick|bass ?drum", Voice.KICK),
    (r"snare", Voice.SNARE),
    (r"\btom.*(hi|1)|(hi|high) tom|drum hi", Voice.TOM1),
    (r"\btom.*(mid|2)|middle tom", Voice.TOM2),
    (r"floor", Voice.TOM4),
    (r"\btom", Voice.TOM3),
    (r"(hat|hh).*(ped|pd)|(ped|pd).*(hat|hh)", Voice.PEDAL),
    (r"(hat|hh).*(op|semi|ohh)|(op).*(hat|hh)|ohh", Voice.OPEN),
    (r"hat|hh", Voice.CLOSED),
    (r"ride.*(bell|cup)|^bell$", Voice.BELL),
    (r"ride", Voice.RIDE),
    (r"crash|china|splash|cymbal", Voice.CRASH),
)


def voice_named(name: str) -> Voice | None:
    """The first rule that fits, the maker's remarks in brackets apart; None for rolls, effects and loop cuts."""
    plain = re.sub(r"\(.*?\)", "", name.lower())
    for pattern, voice in NAMES:
        if re.search(pattern, plain):
            return voice
    return None


def layer_files(instrument: ElementTree.Element) -> list[str]:
    """File names from the softest layer to the loudest; old kits have one file and no layer."""
    layers = sorted(instrument.iter("layer"), key=lambda layer: float(layer.findtext("max") or 1))
    names = [layer.findtext("filename") for layer in layers] or [instrument.findtext("filename")]
    return [name for name in names if name]


def instruments(folder: Path) -> Iterator[tuple[Voice, list[Path]]]:
    text = (folder / "drumkit.xml").read_text(encoding="utf-8", errors="replace")
    root = ElementTree.fromstring(re.sub(r'\sxmlns="[^"]+"', "", text))
    for instrument in root.iter("instrument"):
        voice = voice_named(instrument.findtext("name") or "")
        if voice is not None:
            yield voice, [folder / name for name in layer_files(instrument)]


def load(path: Path) -> Audio:
    audio, rate = soundfile.read(path, dtype="float32")
    return mono(audio, rate)


def convert(folder: Path, target: Path) -> int:
    """One kit; instruments of the same voice are merged, their layers kept in order."""
    voices: dict[Voice, list[tuple[float, Path]]] = {}
    for voice, files in instruments(folder):
        ranked = [(rank / len(files), file) for rank, file in enumerate(files) if file.exists()]
        voices.setdefault(voice, []).extend(ranked)
    kit = target / re.sub(r"\W+", "_", folder.name)
    return sum(write_voice(kit, voice, [load(path) for _, path in sorted(ranked)]) for voice, ranked in voices.items())
