"""Where the networks run, and how much they take at a time."""

from dataclasses import dataclass, replace
from enum import StrEnum

from daemon.errors import StageFailed

GIGABYTE = 1 << 30
LEAST = 2 * GIGABYTE
AMPLE = 7 * GIGABYTE


class Kind(StrEnum):
    """The names are the ones that torch gives its devices."""

    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


@dataclass(frozen=True, slots=True)
class Device:
    """`short` halves the memory of a network by working on shorter segments. `remark` is for the user."""

    kind: Kind = Kind.CPU
    short: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Hardware:
    """What this machine has. `cuda_free` is free GPU memory in bytes, None without CUDA."""

    cuda_free: int | None = None
    mps: bool = False


def look() -> Hardware:
    """Ask torch what is there."""
    import torch

    free = int(torch.cuda.mem_get_info()[0]) if torch.cuda.is_available() else None
    return Hardware(free, bool(torch.backends.mps.is_available()))


def choose(asked: str = "auto", hardware: Hardware | None = None) -> Device:
    """The device for `asked` (auto, cuda, mps or cpu). StageFailed if it is not there."""
    if asked == Kind.CPU:
        return Device()
    found = look() if hardware is None else hardware
    if asked == Kind.CUDA or (asked == "auto" and found.cuda_free is not None):
        return _cuda(found.cuda_free)
    if asked == Kind.MPS and not found.mps:
        raise StageFailed("device", "This machine has no Metal GPU (mps). Use --device cpu or auto.")
    if asked not in ("auto", Kind.MPS):
        raise StageFailed("device", f"The device {asked!r} is unknown. Use auto, cuda, mps or cpu.")
    return Device(Kind.MPS) if found.mps else Device()


def step_down(device: Device, why: str = "ran out of memory") -> Device | None:
    """What to try after `device` failed for want of memory: short segments, then the CPU, then nothing."""
    if device.kind is Kind.CPU:
        return None
    if not device.short:
        return replace(device, short=True, remark=f"The GPU {why}; the song was taken in shorter segments.")
    return Device(remark=f"The GPU {why}; the CPU did the work.")


def _cuda(free: int | None) -> Device:
    if free is None:
        raise StageFailed("device", "No CUDA GPU can be used here. Use --device cpu or auto.")
    if free < LEAST:
        return Device(remark=f"Only {free / GIGABYTE:.1f} GB of GPU memory is free; the CPU did the work.")
    return Device(Kind.CUDA, short=free < AMPLE)
