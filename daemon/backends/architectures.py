"""The layers of the networks in the package, by their groups, to be drawn; a test counts them in the files."""

from collections.abc import Callable
from dataclasses import dataclass

from daemon.pipeline.options import Options
from daemon.pipeline.pitched.part_settings import NETWORKS, NoteNetwork
from daemon.pipeline.records import PITCHED_PARTS, Part
from daemon.pipeline.stages import DRAFT, KIT, LISTEN
from daemon.pipeline.tools import KitSplitter


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network as it is drawn: its name for people, and so many layers in each group, in the order of a pass."""

    name: str
    groups: tuple[tuple[str, int], ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(f"{group}.{index}" for group, count in self.groups for index in range(count))


DRUM_TRANSCRIBER = Architecture("the drum transcriber", (("encoder", 3), ("time", 7), ("head", 4)))
KIT_NETWORK = Architecture("the kit network", (("encoder", 4), ("time", 7), ("decoder", 3), ("head", 1)))
NOTE_TRANSCRIBER = Architecture("the note transcriber", (("encoder", 2), ("time", 7), ("head", 1)))


def architecture_of(
    step: str, options: Options, kit_splitter: Callable[[str], KitSplitter | None]
) -> Architecture | None:
    """The network that is asked in `step` of a job; None where none is, and for the separators, which tell it."""
    if step in (DRAFT, LISTEN.name) and Part.DRUMS in options.parts:
        return DRUM_TRANSCRIBER
    if step == KIT.name:
        splitter = kit_splitter(options.kit)
        return KIT_NETWORK if splitter is None else Architecture(splitter.weights.name)
    if step not in PITCHED_PARTS or options.note_recipe == "classic":
        return None
    if NETWORKS[Part(step)] is NoteNetwork.BASIC_PITCH:
        return Architecture("Basic Pitch")
    both = NETWORKS[Part(step)] is NoteNetwork.BOTH
    return Architecture(f"{NOTE_TRANSCRIBER.name}{' and Basic Pitch' if both else ''}", NOTE_TRANSCRIBER.groups)
