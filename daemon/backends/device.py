"""Where the networks run, and how much they take at a time."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from daemon.errors import StageFailed
from daemon.remarks import remark

GIGABYTE = 1 << 30
LEAST_CUDA = 2 * GIGABYTE
AMPLE_CUDA = 7 * GIGABYTE


class DeviceKind(StrEnum):
    """The names are the ones that torch gives its devices."""

    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Device:
    """`short_segments` halves the memory of a network by working on shorter segments. `remark` is for the user.

    `fast` lets a CPU that multiplies bfloat16 do so.
    """

    kind: DeviceKind = DeviceKind.CPU
    short_segments: bool = False
    remark: str = ""
    fast: bool = False


@dataclass(frozen=True, slots=True)
class Hardware:
    """What this machine has. `cuda_free` is free GPU memory in bytes, None without CUDA."""

    cuda_free: int | None = None
    mps: bool = False


def find_hardware() -> Hardware:
    """Ask torch what is there."""
    import torch

    free = int(torch.cuda.mem_get_info()[0]) if torch.cuda.is_available() else None
    return Hardware(free, bool(torch.backends.mps.is_available()))


def choose(asked: str = "auto", hardware: Hardware | None = None) -> Device:
    """The device for `asked` (auto, cuda, mps or cpu). StageFailed if it is not there."""
    if asked == DeviceKind.CPU:
        return Device()
    found = find_hardware() if hardware is None else hardware
    if asked == DeviceKind.CUDA or (asked == "auto" and found.cuda_free is not None):
        return _cuda(found.cuda_free)
    if asked == DeviceKind.MPS and not found.mps:
        raise StageFailed(
            "device", "This machine has no Metal GPU (mps). Set device to cpu or auto, or SIDESTICK_DEVICE."
        )
    if asked not in ("auto", DeviceKind.MPS):
        raise StageFailed(
            "device", f"The device {asked!r} is unknown. Set device to auto, cuda, mps or cpu, or SIDESTICK_DEVICE."
        )
    return Device(DeviceKind.MPS) if found.mps else Device()


def step_down(device: Device, why: str = "ran out of memory") -> Device | None:
    """What to try after `device` failed for want of memory: short segments, then the CPU, then nothing."""
    if device.kind is DeviceKind.CPU:
        return None
    if not device.short_segments:
        return replace(device, short_segments=True, remark=remark("less_memory", 1, why=why))
    return Device(remark=remark("cpu_used", why=why), fast=device.fast)


def _cuda(free: int | None) -> Device:
    if free is None:
        raise StageFailed("device", "No CUDA GPU can be used here. Set device to cpu or auto, or SIDESTICK_DEVICE.")
    if free < LEAST_CUDA:
        return Device(remark=remark("cpu_used", 1, free=f"{free / GIGABYTE:.1f}"))
    return Device(DeviceKind.CUDA, short_segments=free < AMPLE_CUDA)


def usable_cores() -> int:
    """Those that this process may run on: in a container fewer than there are."""
    if sys.platform != "darwin" and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_onnx(path: Path, threads: int = 0) -> Any:
    """An onnxruntime session of the network at `path`, on all usable cores or `threads` of them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads or usable_cores()
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def expected_kind() -> str:
    """What `auto` will most likely be, without the seconds and the memory that asking torch takes."""
    if platform.system() == "Darwin":
        return (DeviceKind.MPS if platform.machine() == "arm64" else DeviceKind.CPU).value
    try:
        has_cuda = "+cpu" not in version("torch")
    except PackageNotFoundError:
        return DeviceKind.CPU.value
    found = has_cuda and (Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None)
    return (DeviceKind.CUDA if found else DeviceKind.CPU).value
