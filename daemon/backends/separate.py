"""The song taken apart: which separator does it, with which weights, and what happens when one is missing."""

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import NoMemory, NoWeights, StageFailed
from daemon.pipeline.audio.wav import WavWriter
from daemon.pipeline.records import Audio, Part, Stems, Weights
from daemon.pipeline.separation_log import NetworkActivity, SeparationLog

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daemon.backends.checkpoints import Checkpoints
    from daemon.backends.demucs import DemucsSeparation
    from daemon.backends.device import Device

STAGE = "separate"
EMBEDDED = "embedded"
SIX_STEMS = "htdemucs_6s"
FETCHING = 0.3

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class SeparationTask:
    """What one call of `separate` was asked for."""

    mix: Audio
    parts: tuple[Part, ...]
    folder: Path
    checkpoints: "Checkpoints"
    device: "Device"


def separate(
    audio: Audio,
    parts: Iterable[Part],
    *,
    name: str,
    folder: Path,
    checkpoints: "Checkpoints",
    device: "Device",
    report: Report,
) -> Stems:
    """The `parts` of `audio` as float32 WAV files in `folder`, as long as the song, by the separator `name`.

    `report` gets 0..1 several times a second; what it raises ends the work and leaves
    no file. Raises StageFailed.
    """
    task = SeparationTask(audio, tuple(dict.fromkeys(parts)), folder, checkpoints, device)
    if not task.parts or not audio.frames:
        raise StageFailed(STAGE, "There is nothing to separate: ask for at least one part of a song with sound.")
    if name == EMBEDDED:
        return _separate_embedded(task, report)
    return _separate_demucs(task, name, report)


def _separate_embedded(task: SeparationTask, report: Report) -> Stems:
    from daemon.backends import harmonic

    _refuse_unknown(EMBEDDED, task.parts, harmonic.PARTS)
    with _open_log(task, EMBEDDED) as log:
        report = log.report_with(report, NetworkActivity)
        files = _write(task, harmonic.separate(task.mix, task.parts, report), log)
    return Stems(files, Weights(EMBEDDED))


def _separate_demucs(task: SeparationTask, name: str, report: Report) -> Stems:
    members = _members(task, name)
    report(0.0)
    report = _fetch_weights(task, name, members, report)
    device, remarks = task.device, [task.device.remark] if task.device.remark else []
    files = _attempt(task, name, device, report)
    if files is None:
        device = _lower_device(device)
        remarks.append(device.remark)
        files = _attempt(task, name, device, report)
    if files is None:
        raise NoMemory(STAGE, f"Not enough memory for {name}. Close other programs, or set device to cpu.")
    weights = Weights(name, task.checkpoints.sha256(name, members), device.kind.value)
    return Stems(files, weights, tuple(remarks))


def _members(task: SeparationTask, name: str) -> tuple[str, ...]:
    """Signatures of the networks that have a say in the parts that are asked for."""
    known = task.checkpoints.checkpoint(name)
    if known.stems:
        _refuse_unknown(name, task.parts, known.stems)
    if not known.mixing or not known.stems:
        return tuple(member.signature for member in known.members)
    columns = [known.stems.index(part) for part in task.parts]
    heard = zip(known.members, known.mixing, strict=True)
    return tuple(member.signature for member, row in heard if any(row[column] for column in columns))


def _fetch_weights(task: SeparationTask, name: str, members: tuple[str, ...], report: Report) -> Report:
    """Get the weights if they are missing; returns the report for what is left to do."""
    try:
        task.checkpoints.files(name, members)
    except NoWeights:
        task.checkpoints.fetch(name, lambda fraction: report(FETCHING * fraction), members)
        return lambda fraction: report(FETCHING + (1 - FETCHING) * fraction)
    return report


def _attempt(task: SeparationTask, name: str, device: "Device", report: Report) -> dict[Part, Audio] | None:
    """The stems, or None if the device has too little memory."""
    from daemon.backends.demucs import OutOfMemory

    try:
        separation = _load_separation(task, name, device)
        with _open_log(task, name) as log:
            return _write(task, separation.run(task.mix, log.report_with(report, separation.activity)), log)
    except OutOfMemory:
        return None


def _load_separation(task: SeparationTask, name: str, device: "Device") -> "DemucsSeparation":
    from daemon.backends.demucs import DemucsSeparation, load_members
    from daemon.backends.networks import NetworkError

    known, members = task.checkpoints.checkpoint(name), _members(task, name)
    mixing = known.mixing or ((),) * len(known.members)
    rows = [row for each, row in zip(known.members, mixing, strict=True) if each.signature in members]
    files = task.checkpoints.files(name, members)
    try:
        loaded = load_members(files, rows, task.parts, trusted=task.checkpoints.is_pinned(name))
    except NetworkError as error:
        raise StageFailed(STAGE, f"{error}. Take another separator or another file.") from error
    return DemucsSeparation(loaded, task.parts, device=device, segment=known.segment)


def _lower_device(device: "Device") -> "Device":
    from daemon.backends.device import step_down

    lower = step_down(device)
    if lower is None:
        raise NoMemory(STAGE, "There is not enough memory to separate. Close other programs and try again.")
    return lower


def _open_log(task: SeparationTask, name: str) -> SeparationLog:
    task.folder.mkdir(parents=True, exist_ok=True)
    return SeparationLog(task.folder, name, task.mix, task.parts)


def _write(task: SeparationTask, blocks: "Generator[NDArray[np.float32]]", log: SeparationLog) -> dict[Part, Audio]:
    with closing(blocks), ExitStack() as stack:
        paths = [task.folder / f"{part}.wav" for part in task.parts]
        writers = [stack.enter_context(WavWriter(path, stage=STAGE, gain=task.mix.gain)) for path in paths]
        for block in blocks:
            for writer, stem in zip(writers, block, strict=True):
                writer.write(stem)
            log.add(block)
    return {part: writer.audio for part, writer in zip(task.parts, writers, strict=True)}


def _refuse_unknown(name: str, parts: Iterable[Part], known: Iterable[str]) -> None:
    unknown = [part.value for part in parts if part.value not in set(known)]
    if unknown:
        remedy = f"Use separator={SIX_STEMS}." if set(unknown) <= {"guitar", "piano"} else "Ask for other parts."
        raise StageFailed(STAGE, f"{name} has no {' and no '.join(unknown)} stem. {remedy}")
