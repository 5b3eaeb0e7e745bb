"""Several separators together: each takes the song apart, and their stems are averaged.

What one network leaves in a stem another one mostly does not, so the mean of good ones leaves less than either. Where
the stems of each add up to the song, so do the means.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree

from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separate import STAGE
from daemon.backends.separators import NamedSeparator, Report, separator
from daemon.errors import Rejected
from daemon.pipeline.audio.wav import WavWriter
from daemon.pipeline.records import Audio, Part, Stems, Weights

_AVERAGING = 0.05  # share of the work that the averaging is
_HEAVIEST = 100.0


@dataclass(frozen=True, slots=True)
class EnsembleMember:
    """A separator by its name, and how much it counts."""

    name: str
    weight: float


def ensemble_members(name: str) -> tuple[EnsembleMember, ...]:
    """What a name such as `htdemucs*2+hdemucs_mmi` puts together. Raises Rejected for a weight that is none."""
    members = [_read_member(part.strip(), name) for part in name.split("+")]
    if len({member.name for member in members}) < len(members):
        raise Rejected("bad_option", f"separator {name!r} names one twice. Give it a weight instead, as htdemucs*2.")
    return tuple(members)


def _read_member(text: str, whole: str) -> EnsembleMember:
    name, star, weight = text.partition("*")
    try:
        value = float(weight) if star else 1.0
    except ValueError:
        value = 0.0
    if not name.strip() or not 0 < value <= _HEAVIEST:
        raise Rejected("bad_option", f"separator {whole!r} must be names with weights above 0, as htdemucs*2+embedded.")
    return EnsembleMember(name.strip(), value)


@dataclass(frozen=True, slots=True)
class EnsembleSeparator:
    """Separators whose weights are here, one after the other; `members` with how much each counts."""

    name: str
    members: tuple[tuple[NamedSeparator, float], ...]
    short_segments: bool = False

    @property
    def weights(self) -> Weights:
        every = [(one.weights, share) for one, share in self.members]
        text = "".join(f"{each.name} {each.sha256} {each.device} {share:g};" for each, share in every)
        return Weights(self.name, hashlib.sha256(text.encode()).hexdigest())

    def parts(self) -> tuple[Part, ...]:
        """What all of them can separate."""
        first, *others = [one.parts() for one, _ in self.members]
        return tuple(part for part in first if all(part in known for known in others))

    def separate(self, mix: Audio, parts: tuple[Part, ...], folder: Path, report: Report) -> Stems:
        """Each in turn, then the mean; the stems of each are removed as soon as that is written."""
        made: list[Stems] = []
        step = (1 - _AVERAGING) / len(self.members)
        for i, (one, _) in enumerate(self.members):
            work = replace(one, short_segments=self.short_segments)
            made.append(work.separate(mix, parts, folder / f"member {i}", _report_within(report, i * step, step)))
        total = sum(share for _, share in self.members)
        shares = [share / total for _, share in self.members]
        averaged = {
            part: _average([each.parts[part] for each in made], shares, folder / f"{part}.wav") for part in parts
        }
        for i in range(len(made)):
            rmtree(folder / f"member {i}", ignore_errors=True)
        report(1.0)
        remarks = tuple(dict.fromkeys(text for each in made for text in each.remarks))
        return Stems(averaged, self.weights, remarks)


def _report_within(report: Report, start: float, width: float) -> Report:
    return lambda fraction: report(start + width * fraction)


def _average(stems: Sequence[Audio], shares: Sequence[float], target: Path) -> Audio:
    target.parent.mkdir(parents=True, exist_ok=True)
    with WavWriter(target, stage=STAGE, gain=stems[0].gain) as writer:
        for blocks in zip(*(stem.blocks() for stem in stems), strict=True):
            mean = shares[0] * blocks[0]
            for share, block in zip(shares[1:], blocks[1:], strict=True):
                mean += share * block
            writer.write(mean)
    return writer.audio


def open_separator(
    name: str, checkpoints: Checkpoints, device: str, report: Report, *, fast: bool = False
) -> NamedSeparator | EnsembleSeparator:
    """The separator or the ensemble of that name, weights fetched if need be. Raises NoWeights, Rejected."""
    if "+" not in name:
        return separator(name, checkpoints, device, report, fast=fast)
    members = ensemble_members(name)
    step = 1 / len(members)
    found = [
        (separator(each.name, checkpoints, device, _report_within(report, i * step, step), fast=fast), each.weight)
        for i, each in enumerate(members)
    ]
    return EnsembleSeparator(name, tuple(found))


def known_parts(name: str, checkpoints: Checkpoints) -> tuple[Part, ...]:
    """What a separator or an ensemble can take out of a song, whether its weights are here or not."""
    members = tuple((NamedSeparator(each.name, checkpoints, "cpu"), each.weight) for each in ensemble_members(name))
    return EnsembleSeparator(name, members).parts()
