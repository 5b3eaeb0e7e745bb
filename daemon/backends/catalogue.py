"""The published weights that sidestick knows by name, read from catalogue.toml, which says what each entry means."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("catalogue.toml")
_UNFIT = str.maketrans(":@", "--")  # what a file's name cannot hold everywhere


@dataclass(frozen=True, slots=True)
class WeightsSource:
    """One place that has the file; `size` in bytes where it is known, `name` where the url does not tell it.

    A url that starts with anything but https is for the plug-in of that scheme; its hash is that of what it makes.
    """

    url: str
    sha256: str
    size: int | None = None
    name: str = ""

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0]

    @property
    def file(self) -> str:
        return self.name or self.url.rsplit("/", 1)[-1].translate(_UNFIT)


@dataclass(frozen=True, slots=True)
class Member:
    """One network of a checkpoint. Any one of the sources will do."""

    signature: str
    sources: tuple[WeightsSource, ...]

    @property
    def bytes(self) -> int:
        return next((source.size for source in self.sources if source.size), 0)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published name. `mixing[m][s]` is the weight of member m in stem s; none means that all count alike.

    `segment` (seconds) replaces the length the networks were trained on. `on_request` weights are fetched only
    when the user asks for them by name. `memory_gb` is the peak of a song on a CPU, `cost` the work of all networks
    beside that of htdemucs.
    """

    name: str
    stems: tuple[str, ...]
    members: tuple[Member, ...]
    licence: str = ""
    note: str = ""
    mixing: tuple[tuple[float, ...], ...] = ()
    segment: float | None = None
    on_request: bool = False
    memory_gb: float = 0.0
    cost: float = 1.0

    @property
    def bytes(self) -> int:
        """What is fetched in all: of each network the first size that is known; 0 if none is."""
        return sum(member.bytes for member in self.members)

    @property
    def first_bytes(self) -> int:
        """What is fetched before anything is separated: where each network makes one stem, the one of the drums."""
        return max((member.bytes for member in self.members), default=0) if self.mixing else self.bytes


def published_checkpoints() -> dict[str, Checkpoint]:
    """Everything that can be fetched, by name."""
    table = tomllib.loads(FILE.read_text("utf-8"))
    return {row["name"]: _checkpoint(row, table["licences"]) for row in table["checkpoints"]}


def _checkpoint(row: dict[str, Any], licences: dict[str, str]) -> Checkpoint:
    return Checkpoint(
        name=row["name"],
        stems=tuple(row["stems"]),
        members=tuple(
            Member(each["signature"], tuple(_source(**source) for source in each["sources"])) for each in row["members"]
        ),
        licence=licences[row["licence"]],
        note=row["note"],
        mixing=tuple(map(tuple, row.get("mixing", ()))),
        segment=row.get("segment"),
        on_request=row.get("on_request", False),
        memory_gb=row["memory_gb"],
        cost=row["cost"],
    )


def _source(url: str, sha256: str, size: int | None = None, file: str = "") -> WeightsSource:
    return WeightsSource(url, sha256, size, file)
