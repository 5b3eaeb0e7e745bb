"""Demucs over a file of any length: read, separated and handed on in segments, so that memory does not grow."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from daemon.backends import cpu_htdemucs, networks
from daemon.backends.cpu_htdemucs import CpuHTDemucs
from daemon.backends.device import Device, DeviceKind
from daemon.backends.segments import Samples, Segment, join, plan
from daemon.pipeline.audio.mono import LOUDER
from daemon.pipeline.records import Audio
from daemon.pipeline.separation_log import NetworkActivity, SegmentWork

OVERLAP = 0.1
SHORT = {"HTDemucs": 0.5, "HDemucs": 0.25, "Demucs": 0.25}
POLL_SECONDS = 0.2
SHORTEST_FRAMES = 44100  # what is shorter is padded with silence

Report = Callable[[float], None]


class OutOfMemory(RuntimeError):
    """The device has not enough memory for one segment."""


class _PassStopped(RuntimeError):
    """Raised inside a forward pass to end it early."""


class _Place(threading.local):
    """The segment that a thread works on."""

    segment: Segment | None = None


@dataclass(frozen=True, slots=True)
class BagMember:
    """One network of a bag and its weight in each of the stems that are asked for."""

    network: Any
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and deviation of the mono mix, to which Demucs normalises what it hears.

    Of the difference of the channels where that is far louder: a mix that cancels itself has no mono to speak of.
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, mix: Audio) -> "Scale":
        total = squares = difference = 0.0
        for block in mix.blocks():
            mono = block.mean(axis=0, dtype=np.float64)
            total += float(mono.sum())
            squares += float(np.square(mono).sum())
            difference += float(np.square((block[0] - block[-1]) / 2, dtype=np.float64).sum())
        mean = total / mix.frames
        variance = max(0.0, squares - mix.frames * mean * mean) / max(1, mix.frames - 1)
        if difference > LOUDER * squares:
            variance = difference / mix.frames
        return cls(mean, variance**0.5 + 1e-8)


def load_members(
    files: Sequence[Path], mixing: Sequence[Sequence[float]], stems: Sequence[str], *, trusted: bool
) -> list[BagMember]:
    """The networks in `files`. A row of `mixing` names a weight for each source of its network; () means 1 each.

    Raises NetworkError if a file holds none, or none with these stems.
    """
    loaded = []
    for file, row in zip(files, mixing, strict=True):
        network = networks.load(file, trusted=trusted)
        sources = list(network.sources)
        if missing := [stem for stem in stems if stem not in sources]:
            known = ", ".join(sources)
            raise networks.NetworkError(f"{file} has no stem {', '.join(missing)} (it has {known})")
        weights = dict(zip(sources, row or [1.0] * len(sources), strict=True))
        loaded.append(BagMember(network, tuple(weights[stem] for stem in stems)))
    return loaded


class DemucsSeparation:
    """A bag of networks made ready for some stems on one device. Use `run` once."""

    def __init__(
        self, members: Sequence[BagMember], stems: Sequence[str], *, device: Device, segment: float | None = None
    ) -> None:
        self._stems = tuple(stems)
        self._device = device
        self._stop = threading.Event()
        self._ticks = 0
        self._at = _Place()
        self._working: dict[Segment, str] = {}
        self._segments: Sequence[Segment] = ()
        self._finished = 0
        self._members = [each for each in members if any(each.weights)]
        totals = [sum(weights) for weights in zip(*(each.weights for each in self._members), strict=True)]
        self._shares = [[w / total for w, total in zip(each.weights, totals, strict=True)] for each in self._members]
        self._length = min(_segment_frames(each.network, segment, device) for each in self._members)
        self._members = [replace(each, network=self._prepare(each.network)) for each in self._members]
        self._layers = sum(networks.watch(each.network, self._tick) for each in self._members)

    def run(self, mix: Audio, report: Report) -> Generator[Samples]:
        """(stems, channels, frames) blocks that follow each other without gaps.

        What `report` raises ends the work within a layer of the network. Raises OutOfMemory.
        """
        length = self._length if self._has_fixed_length else min(self._length, max(mix.frames, SHORTEST_FRAMES))
        self._segments = segments = plan(mix.frames, length, OVERLAP)
        total = max(1, len(segments) * self._layers)
        yield from join(self._separate_segments(mix, segments, lambda: report(min(1.0, self._ticks / total))))

    def activity(self) -> NetworkActivity:
        """Where the work is now. May be asked from another thread than those that work."""
        working = tuple(
            SegmentWork(segment.start, segment.start + segment.length, layer)
            for segment, layer in sorted(self._working.copy().items(), key=lambda each: each[0].start)
        )
        names = networks.layer_names(self._members[0].network)
        return NetworkActivity(names, working, self._finished, len(self._segments))

    @property
    def _has_fixed_length(self) -> bool:
        return any(getattr(each.network, "use_train_segment", False) for each in self._members)

    def _prepare(self, network: Any) -> Any:
        networks.narrow(network, self._stems)
        if self._device.kind is DeviceKind.CPU and cpu_htdemucs.fits(network):
            fast = self._device.fast and cpu_htdemucs.has_bfloat16()
            return CpuHTDemucs(network, torch.bfloat16 if fast else torch.float32)
        if self._device.short_segments and hasattr(network, "use_train_segment"):
            network.use_train_segment = False
        with _catch_out_of_memory():
            return network.to(self._device.kind.value)

    def _tick(self, layer: str) -> None:
        if self._stop.is_set():
            raise _PassStopped
        self._ticks += 1
        if self._at.segment is not None:
            self._working[self._at.segment] = layer

    def _separate_segments(
        self, mix: Audio, segments: Sequence[Segment], tell: Callable[[], None]
    ) -> Iterator[tuple[Segment, Samples]]:
        """The segments are worked on in threads of their own: this one stays free to report and to be stopped."""
        workers, cores = _plan_threads(self._device)
        work = self._segment_worker(mix, Scale.of(mix))
        running: deque[tuple[Segment, Future[Samples]]] = deque()
        pool = ThreadPoolExecutor(workers, "separate")
        alone = len(segments) - len(segments) % workers
        settings = ExitStack()
        settings.enter_context(_set_up_torch(self._device))
        try:
            for index, segment in enumerate(segments):
                threads = cores // (1 if index >= alone else workers)
                running.append((segment, pool.submit(work, segment, max(1, threads))))
                if len(running) > workers:
                    yield _next_segment(running, tell)
            while running:
                yield _next_segment(running, tell)
        finally:
            self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            settings.close()

    def _segment_worker(self, mix: Audio, scale: Scale) -> Callable[[Segment, int], Samples]:
        def work(segment: Segment, threads: int) -> Samples:
            torch.set_num_threads(threads)
            self._at.segment = segment
            with torch.inference_mode(), _catch_out_of_memory():
                heard = [self._run_network(index, mix, segment, scale) for index in range(len(self._members))]
            self._working.pop(segment, None)
            self._finished += 1
            return np.asarray(sum(heard) * np.float32(scale.deviation) + np.float32(scale.mean))

        return work

    def _run_network(self, index: int, mix: Audio, segment: Segment, scale: Scale) -> Samples:
        """What one network makes of a segment, (stems, channels, length), times its share."""
        network = self._members[index].network
        wanted = network.valid_length(segment.length) if hasattr(network, "valid_length") else segment.length
        before = (wanted - segment.length) // 2
        samples = (_read(mix, segment.start - before, wanted) - np.float32(scale.mean)) / np.float32(scale.deviation)
        out = network(torch.from_numpy(samples)[None].to(self._device.kind.value))[0]
        if len(network.sources) != len(self._stems):
            out = out[[network.sources.index(stem) for stem in self._stems]]
        kept = out[..., before : before + segment.length].float().cpu().numpy()
        return kept * np.asarray(self._shares[index], np.float32)[:, None, None]


def _next_segment(running: deque[tuple[Segment, Future[Samples]]], tell: Callable[[], None]) -> tuple[Segment, Samples]:
    segment, future = running.popleft()
    while not wait([future], timeout=POLL_SECONDS).done:
        tell()
    tell()
    return segment, future.result()


def _plan_threads(device: Device) -> tuple[int, int]:
    """(segments at a time, cores for all of them): two halves of a CPU wait for each other less than one whole.

    For 40 s of song two at a time take 1.3 GB, one .9 GB, as demucs has it 2.0 and 1.3 GB.
    """
    cores = torch.get_num_threads()
    return (2 if device.kind is DeviceKind.CPU and cores > 1 and not device.short_segments else 1, cores)


@contextmanager
def _set_up_torch(device: Device) -> Iterator[None]:
    """How torch computes while a song is separated: as exact as otherwise, and faster."""
    fast_path, precision = torch.backends.mha.get_fastpath_enabled(), torch.get_float32_matmul_precision()
    # The fast path of torch's attention writes out the whole attention matrix and takes 1.1 times as long here.
    torch.backends.mha.set_fastpath_enabled(False)
    if device.kind is DeviceKind.CPU and cpu_htdemucs.multiplies_faster_in_onednn():
        torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        torch.set_float32_matmul_precision(precision)


def _segment_frames(network: Any, asked: float | None, device: Device) -> int:
    """Frames of a segment. A transformer takes no longer ones than those it was trained on."""
    seconds = float(network.segment)
    if asked is not None and (not hasattr(network, "use_train_segment") or asked < seconds):
        seconds = asked
    return int(seconds * (SHORT[type(network).__name__] if device.short_segments else 1) * network.samplerate)


def _read(mix: Audio, start: int, frames: int) -> Samples:
    """(channels, frames) from `start`, which may lie before the file or end after it: there it is silent."""
    first = max(0, start)
    samples = mix.read(first, max(0, start + frames - first))
    before = first - start
    return np.pad(samples, ((0, 0), (before, frames - before - samples.shape[1])))


@contextmanager
def _catch_out_of_memory() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if "out of memory" in str(error) or "can't allocate memory" in str(error):
            raise OutOfMemory(str(error).split("\n")[0]) from error
        raise
