import subprocess
import sys

import pytest

from daemon.backends.device import GIGABYTE, Device, DeviceKind, Hardware, choose, step_down
from daemon.errors import StageFailed


@pytest.mark.parametrize(
    ("free", "kind", "short"),
    [
        (1.9, DeviceKind.CPU, False),
        (2.0, DeviceKind.CUDA, True),
        (6.9, DeviceKind.CUDA, True),
        (7.0, DeviceKind.CUDA, False),
    ],
)
def test_the_free_gpu_memory_decides(free: float, kind: DeviceKind, short: bool) -> None:
    device = choose("auto", Hardware(cuda_free=int(free * GIGABYTE)))
    assert (device.kind, device.short_segments) == (kind, short)


def test_too_little_gpu_memory_is_said() -> None:
    assert "Only 1.5 GB of GPU memory is free" in choose("cuda", Hardware(cuda_free=3 * GIGABYTE // 2)).remark


def test_a_mac_uses_metal_and_a_plain_machine_its_cpu() -> None:
    assert choose("auto", Hardware(mps=True)).kind is DeviceKind.MPS
    assert choose("auto", Hardware()) == Device(DeviceKind.CPU)


def test_the_cpu_is_always_there() -> None:
    assert choose("cpu", Hardware(cuda_free=80 * GIGABYTE)) == Device(DeviceKind.CPU)


@pytest.mark.parametrize("asked", ["cuda", "mps", "tpu"])
def test_a_device_that_is_not_there_is_refused_with_the_remedy(asked: str) -> None:
    with pytest.raises(StageFailed, match="cpu"):
        choose(asked, Hardware())


def test_out_of_memory_goes_to_short_segments_then_to_the_cpu_then_nowhere() -> None:
    shorter = step_down(Device(DeviceKind.CUDA))
    assert shorter is not None and shorter.short_segments and "shorter segments" in shorter.remark
    last = step_down(shorter)
    assert last is not None and last.kind is DeviceKind.CPU and "CPU" in last.remark
    assert step_down(last) is None


def test_what_auto_will_be_is_told_without_torch():
    code = "import sys; from daemon.backends.device import expected_kind as kind; print(kind(), 'torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told[0] in ("cpu", "cuda", "mps") and told[1] == "False"
