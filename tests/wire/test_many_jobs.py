"""One job after the other: nothing grows with their number. The soak of the benchmarks does 500 of them."""

import os
import time

import psutil
import pytest

from tests import synth
from tests.wire.daemon_process import DaemonProcess, events_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows counts handles in another way")
FIRST, ALL = 10, 40
ONCE = 4  # files and threads that open late and once, such as a thread's first look at the list of jobs; a leak has 30
GROWTH = 20e6  # bytes; a job that keeps a copy of its second of sound takes more, the allocator's whims less (12 MB)


def measure_at_rest(process: psutil.Process) -> tuple[int, ...]:
    """The least of each within a second: a file that is read in this very moment is no leak, and a leak stays."""
    until, looks = time.monotonic() + 1.0, [measure(process)]
    while time.monotonic() < until:
        time.sleep(0.05)
        looks.append(measure(process))
    return tuple(map(min, zip(*looks, strict=True)))


def measure(process: psutil.Process) -> tuple[int, int, int, int]:
    """Bytes of the daemon and of its workers, file descriptors and threads of them all."""
    everyone = [process, *process.children(recursive=True)]
    memory = [each.memory_info().rss for each in everyone]
    return (
        memory[0],
        sum(memory[1:]),
        sum(each.num_fds() for each in everyone),
        sum(each.num_threads() for each in everyone),
    )


def test_many_jobs_in_a_row_take_no_more_memory_files_and_threads_than_a_few(tmp_path):
    home = DaemonProcess(tmp_path, daemon__draft="false", options__input="drums").start()
    beat, measured = synth.play(synth.rock_beat(1), 1.0), {}
    with home.client() as client:
        for number in range(1, ALL + 1):
            song = synth.write(home.music / f"{number}.wav", beat * (1 - number / 1000))
            ack = client.ask("/sidestick/process", str(song))
            assert events_until(client, str(ack.args[1]))[-1].address == "/sidestick/done"
            if number in (FIRST, ALL):
                measured[number] = measure_at_rest(psutil.Process(home.process.pid))
    home.end()
    grown = [after - before for before, after in zip(measured[FIRST], measured[ALL], strict=True)]
    assert len(list(home.music.glob("*.drums.mid"))) == ALL
    assert max(grown[2:]) <= ONCE, grown
    assert max(grown[:2]) < GROWTH, grown
