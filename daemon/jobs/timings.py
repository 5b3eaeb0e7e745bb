"""How long a stage takes here: learned from this machine's earlier runs, corrected by the run that is going on."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import DiskFailed
from daemon.events import Download
from daemon.files import write_atomically
from daemon.jobs.worker import TaskProgress
from daemon.pipeline.stages import FETCH, stage_of

TIMINGS_FILE = "timings.json"  # in the state folder

_NEWEST = 0.3  # weight of the newest run in the running average
_TELLING = 60.0  # seconds of audio; of less, what a first run costs whatever its length (imports) hides the pace
_PLAUSIBLE = (1e-6, 1e4)
_UNKNOWN_SPEED = 0.04  # seconds of work for a second of audio, of a step that is no stage: the draft as a whole


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A stage as it will be run: its name, the model and the device."""

    stage: str
    model: str = ""
    device: str = "cpu"


class Timings:
    """Seconds of work per second of audio for each step, kept in a small file. A damaged file is begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, step: TimedStep, duration: float, seconds: float) -> None:
        """`step` took `seconds` for `duration` seconds of audio. A disk that refuses is no reason to fail."""
        self.record_all({step: seconds}, duration)

    def record_all(self, seconds: Mapping[TimedStep, float], duration: float) -> None:
        """The same for the steps of one song, written once."""
        taken = {step: spent / duration if duration > 0 else 0.0 for step, spent in seconds.items()}
        plausible = {step: rate for step, rate in taken.items() if _PLAUSIBLE[0] <= rate <= _PLAUSIBLE[1]}
        if not plausible:
            return
        rates = self._rates()
        for step, rate in plausible.items():
            known = _name(step) in rates
            before = _rate(rates, step)
            rates[_name(step)] = before + (_NEWEST if known else 1.0) * min(1.0, duration / _TELLING) * (rate - before)
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(rates, indent=1, sort_keys=True).encode(), durable=False)
        except (DiskFailed, OSError):
            return

    def estimate(self, steps: Sequence[TimedStep], duration: float) -> float:
        """Seconds that all `steps` together will take."""
        return sum(self.estimate_steps(steps, duration))

    def estimate_steps(self, steps: Sequence[TimedStep], duration: float) -> tuple[float, ...]:
        """Seconds for each step: as learned, else as the same stage took with any model, else a guess."""
        rates = self._rates()
        return tuple(_rate(rates, step) * max(duration, 0.0) for step in steps)

    def learned_rate(self, step: TimedStep) -> float | None:
        """Seconds of work for a second of audio, if this very step was run here."""
        return self._rates().get(_name(step))

    def _rates(self) -> dict[str, float]:
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        rates = found.items() if isinstance(found, dict) else ()
        return {name: float(rate) for name, rate in rates if _is_plausible(rate)}


class ProgressEstimator:
    """Turns the progress of one stage after the other into that of the job.

    The fraction never falls. Each stage weighs what it is expected to take. The further a stage is, the more its own
    pace counts, and the less the learned one. `clock` gives seconds.
    """

    def __init__(
        self, steps: Sequence[TimedStep], expected: Sequence[float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stages = [step.stage for step in steps]
        self._expected = [max(seconds, 1e-3) for seconds in expected]
        self._clock = clock
        self._at = -1
        self._began = clock()
        self._shown = 0.0
        self._download_began: float | None = None

    def update(self, stage: str, fraction: float) -> TaskProgress:
        """`stage` is done to `fraction`, all stages before it are done. A stage that was not planned moves nothing."""
        fraction = min(1.0, max(0.0, fraction))
        if stage not in self._stages:
            return TaskProgress(stage, self._shown, self._remaining_seconds(0.0))
        self._enter(self._stages.index(stage))
        done = sum(self._expected[: self._at]) + fraction * self._expected[self._at]
        self._shown = max(self._shown, min(1.0, done / sum(self._expected)))
        return TaskProgress(stage, self._shown, self._remaining_seconds(fraction))

    def update_download(self, download: Download) -> TaskProgress:
        """Weights are fetched before the stages that need them. How long that takes only its own pace can tell."""
        if self._download_began is None:
            self._download_began = self._clock()
        later = sum(self._expected[self._at + 1 :])
        left = self._download_left(download, self._clock() - self._download_began)
        return TaskProgress(FETCH, self._shown, -1.0 if left is None else left + later, download)

    @staticmethod
    def _download_left(download: Download, elapsed: float) -> float | None:
        if not (download.done and download.total and elapsed > 0):
            return None
        return elapsed / download.done * (download.total - download.done)

    def _enter(self, index: int) -> None:
        if index != self._at:
            self._at = index
            self._began = self._clock()

    def _remaining_seconds(self, fraction: float) -> float:
        """The rest of this stage at the blended pace, and all of the later ones as learned."""
        later = sum(self._expected[self._at + 1 :])
        if self._at < 0:
            return later
        learned = self._expected[self._at]
        observed = (self._clock() - self._began) / fraction if fraction > 0 else learned
        return later + (1 - fraction) * ((1 - fraction) * learned + fraction * observed)


def _name(step: TimedStep) -> str:
    return f"{step.stage} {step.model} {step.device}"


def _rate(rates: dict[str, float], step: TimedStep) -> float:
    if _name(step) in rates:
        return rates[_name(step)]
    alike = [rate for name, rate in rates.items() if name.startswith(f"{step.stage} ")]
    if alike:
        return sum(alike) / len(alike)
    stage = stage_of(step.stage)
    return stage.usual_speed if stage else _UNKNOWN_SPEED


def _is_plausible(rate: object) -> bool:
    return isinstance(rate, int | float) and _PLAUSIBLE[0] <= rate <= _PLAUSIBLE[1]
