"""What a separation says of itself while it works: how each stem sounds so far, and where its network is.

Two small files in the folder of the result, which go when it is done: who looks at a job reads them.
"""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from daemon.pipeline.records import Audio, Part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ACTIVITY, LEVELS = "activity.json", "levels.bin"
BANDS = 48  # from LOWEST to HIGHEST, equally wide on a scale of octaves
MOST_COLUMNS = 600  # of a song; a column is a twentieth of a second at least

_WINDOW, _WINDOWS = 2048, 3  # frames of a transform, and how many a column is the mean of
_DEPTH = 70.0  # dB below the loudest moment of the mix; fainter is 0
_SAMPLED = 60  # moments of the mix that are looked at for the loudest one
_PERIOD = 0.2  # seconds between two looks at the network


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """The network works on the frames from `start` to `end`, and there in `layer`."""

    start: int
    end: int
    layer: str


@dataclass(frozen=True, slots=True)
class NetworkActivity:
    """The layers of a network in order, where it works now, and how many of `count` segments are `finished`."""

    layers: tuple[str, ...] = ()
    working: tuple[SegmentWork, ...] = ()
    finished: int = 0
    count: int = 0


class SeparationLog:
    """Context manager around the work. A disk that refuses is no reason to fail: there is less to see, then."""

    def __init__(self, folder: Path, network: str, mix: Audio, parts: Sequence[Part]) -> None:
        self._folder = folder
        self._hop = max(mix.rate // 20, -(-mix.frames // MOST_COLUMNS))
        self._about = {
            "network": network,
            "parts": [part.value for part in parts],
            "bands": BANDS,
            "columns": max(1, mix.frames // self._hop),
            "column_seconds": self._hop / mix.rate,
            "frames": mix.frames,
        }
        self._mix = mix
        self._loudest = 0.0
        self._samples: NDArray[np.float32] | None = None
        self._next = 0.0

    def __enter__(self) -> "SeparationLog":
        import numpy as np

        places = np.linspace(0, max(0, self._mix.frames - _WINDOW), _SAMPLED).astype(int)
        self._loudest = max(float(_band_levels(self._mix.read(int(at), _WINDOW)[None]).max()) for at in places)
        with suppress(OSError):
            (self._folder / LEVELS).write_bytes(b"")
        self.show(NetworkActivity())
        return self

    def __exit__(self, *_: object) -> None:
        for name in (ACTIVITY, LEVELS):
            with suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)

    def report_with(
        self, report: Callable[[float], None], activity: Callable[[], NetworkActivity]
    ) -> Callable[[float], None]:
        """`report`, which also shows the network a few times a second."""

        def report_both(fraction: float) -> None:
            if time.monotonic() >= self._next:
                self.show(activity())
            report(fraction)

        return report_both

    def show(self, activity: NetworkActivity) -> None:
        self._next = time.monotonic() + _PERIOD
        fresh = self._folder / f".{ACTIVITY}"
        with suppress(OSError):
            fresh.write_text(json.dumps({**self._about, **asdict(activity)}))
            fresh.replace(self._folder / ACTIVITY)

    def add(self, block: "NDArray[np.float32]") -> None:
        """The next (stems, channels, frames)."""
        import numpy as np

        samples = block if self._samples is None else np.concatenate([self._samples, block], axis=2)
        count = samples.shape[2] // self._hop
        offsets = [round((self._hop - _WINDOW) * place / (_WINDOWS - 1)) for place in range(_WINDOWS)]
        shades = b""
        for column in range(count):
            starts = [column * self._hop + offset for offset in offsets]
            heard = np.mean([_band_levels(samples[:, :, at : at + _WINDOW]) for at in starts], axis=0)
            shades += np.clip(255 * (1 + (heard - self._loudest) / _DEPTH), 0, 255).astype(np.uint8).tobytes()
        self._samples = samples[:, :, count * self._hop :].copy()
        with suppress(OSError), (self._folder / LEVELS).open("ab") as file:
            file.write(shades)


def read_log(folder: Path, first: int) -> dict[str, Any] | None:
    """What a separation has shown so far, its columns from `first` on; None before it begins and once it is done."""
    try:
        about: dict[str, Any] = json.loads((folder / ACTIVITY).read_text())
        with (folder / LEVELS).open("rb") as file:
            size = len(about["parts"]) * about["bands"]
            file.seek(first * size)
            levels = file.read()
    except (OSError, ValueError):
        return None
    return {**about, "first": first, "levels": b64encode(levels[: len(levels) // size * size]).decode()}


def _band_levels(samples: "NDArray[np.float32]") -> "NDArray[np.float64]":
    """(stems, channels, up to _WINDOW frames) to (stems, BANDS), dB."""
    import numpy as np

    from daemon.pipeline.audio.stft import band_levels

    return band_levels(samples.mean(axis=1, dtype=np.float64), _WINDOW, BANDS)
