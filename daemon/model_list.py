"""What is known of each network before anything is fetched: size, licence, memory, and how long a song takes here."""

from dataclasses import dataclass

from daemon.backends.catalogue import Checkpoint
from daemon.backends.checkpoints import Checkpoints
from daemon.backends.separators import AUTO, DEFAULT, KIT_NETWORKS
from daemon.errors import NoWeights
from daemon.jobs.timings import TimedStep, Timings
from daemon.pipeline.options import Options
from daemon.pipeline.stages import KIT, SEPARATE

SONG_SECONDS = 180.0  # of the song that minutes are told for


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model. `state` is here, not fetched or unusable; then `problem` says why and what to do,
    and `cause` why, for the middle of a sentence.

    `megabytes` and `memory_gb` 0 are not known. `minutes` is what its stage takes for a song of three minutes on this
    machine: as learned here, else a guess by its weight beside htdemucs; None where nobody can know.
    """

    name: str
    state: str
    here: str | None
    problem: str
    megabytes: int
    licence: str
    note: str
    memory_gb: float = 0.0
    minutes: float | None = None
    recommended: bool = False
    cause: str = ""

    @property
    def facts(self) -> str:
        """Size, memory and time, as far as they are known, for the middle of a sentence."""
        size = f"{self.megabytes} MB to fetch" if self.megabytes else ""
        memory = f"{self.memory_gb:.1f} GB of memory" if self.memory_gb else ""
        time = f"about {describe_minutes(self.minutes)} for a song of 3 minutes here" if self.minutes else ""
        return ", ".join(filter(None, (size, memory, time)))


def list_models(checkpoints: Checkpoints, timings: Timings) -> list[ModelInfo]:
    return [model_info(checkpoints, timings, name) for name in checkpoints.names()]


def model_info(checkpoints: Checkpoints, timings: Timings, name: str) -> ModelInfo:
    try:
        here, problem, cause = str(checkpoints.path(name)), "", ""
    except NoWeights as error:
        here, problem, cause = None, error.reason, error.cause
    try:
        known = checkpoints.checkpoint(name)
    except NoWeights:
        return ModelInfo(name, "unusable", here, problem, 0, "Yours to know.", "")
    missing = here is None and not checkpoints.has_files(name)
    state = "here" if here else "not fetched" if missing else "unusable"
    own = not checkpoints.is_pinned(name)
    return ModelInfo(
        name, state, here, problem, round(known.bytes / 1e6), known.licence, known.note,
        memory_gb=known.memory_gb, minutes=None if own else _minutes(known, timings), recommended=name == DEFAULT,
        cause=cause,
    )  # fmt: skip


def missing_separator(options: Options, checkpoints: Checkpoints, timings: Timings) -> ModelInfo | None:
    """The network that `options` would have fetched first; None if nothing has to come, or nothing may."""
    if options.input != "mix" or checkpoints.offline:
        return None
    name = DEFAULT if options.separator_name == AUTO else options.separator_name
    if name not in checkpoints.names():
        return None
    found = model_info(checkpoints, timings, name)
    return found if found.state == "not fetched" else None


def describe_minutes(minutes: float) -> str:
    if minutes < 1:
        return f"{max(1, round(60 * minutes))} s"
    return f"{minutes:.0f} minute{'' if round(minutes) == 1 else 's'}"


def _minutes(known: Checkpoint, timings: Timings) -> float:
    """Of the stage that the network does, for SONG_SECONDS of sound, as learned here, else in proportion."""
    stage = KIT if known.name in KIT_NETWORKS else SEPARATE
    own = timings.learned_rate(TimedStep(stage.name, known.name)) if stage is SEPARATE else None
    base = timings.learned_rate(TimedStep(SEPARATE.name, DEFAULT)) or timings.learned_rate(
        TimedStep(SEPARATE.name, AUTO)
    )
    return SONG_SECONDS / 60 * (own or known.cost * (base or SEPARATE.usual_speed))
