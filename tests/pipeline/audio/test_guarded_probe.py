"""Whatever a file does to a decoder, the daemon gets an answer in time and goes on."""

import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest

from daemon.errors import Rejected
from daemon.pipeline.audio.guarded_probe import SECONDS, GuardedProbe, helper_command
from daemon.pipeline.audio.probe import Limits, probe
from tests import synth
from tests.pipeline.audio.media import encode, marks

LIMITS = Limits()
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def guarded() -> Iterator[GuardedProbe]:
    found = GuardedProbe()
    yield found
    found.close()


def scripted(code: str) -> list[str]:
    """The command of a helper that does as it is told."""
    return [sys.executable, "-c", f"import sys, os, time\nprint('ready', flush=True)\nfor line in sys.stdin:\n  {code}"]


def refusal(guarded: GuardedProbe, path: Path) -> Rejected:
    with pytest.raises(Rejected) as caught:
        guarded(path, LIMITS)
    return caught.value


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3", ".m4a", ".webm"])
def test_it_tells_what_the_probe_tells(guarded: GuardedProbe, tmp_path: Path, suffix: str) -> None:
    path = synth.write(tmp_path / f"Größe \N{SNOWMAN}{suffix}", synth.clicks([0.2], 1.0, rate=48000), rate=48000)
    assert guarded(path, LIMITS) == probe(path, LIMITS)


def test_it_refuses_what_the_probe_refuses(guarded: GuardedProbe, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words " * 99)
    assert refusal(guarded, tmp_path / "a.txt").code == "not_audio"
    assert refusal(guarded, tmp_path / "gone.wav").code == "missing"
    assert refusal(guarded, tmp_path / os.fsdecode(b"a\xff.wav")).code == "bad_name"


@pytest.mark.real_time
def test_the_same_helper_answers_again(guarded: GuardedProbe, tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(0.5))
    guarded(path, LIMITS)
    began = time.perf_counter()
    for _ in range(100):
        guarded(path, LIMITS)
    assert time.perf_counter() - began < 10


def test_a_helper_that_does_not_answer_is_replaced(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(0.5))
    commands = iter([scripted("time.sleep(60)"), helper_command()])
    guarded = GuardedProbe(0.3, lambda: next(commands))
    error = refusal(guarded, path)
    assert error.code == "damaged" and "a.wav" in error.reason
    guarded._seconds = 30.0
    assert guarded(path, LIMITS).rate == 44100
    guarded.close()


def test_a_helper_that_crashes_is_replaced(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(0.5))
    commands = iter([scripted("os.abort()"), helper_command()])
    guarded = GuardedProbe(30.0, lambda: next(commands))
    assert refusal(guarded, path).code == "damaged"
    assert guarded(path, LIMITS).rate == 44100
    guarded.close()


def test_a_helper_that_cannot_start_is_told(tmp_path: Path) -> None:
    guarded = GuardedProbe(5.0, lambda: [sys.executable, "-c", "raise SystemExit(1)"])
    assert refusal(guarded, synth.write(tmp_path / "a.wav", synth.noise(0.5))).code == "no_helper"


def test_one_slow_file_holds_up_no_other(tmp_path: Path) -> None:
    path = synth.write(tmp_path / "a.wav", synth.noise(0.5))
    commands = iter([scripted("time.sleep(60)"), helper_command()])
    guarded = GuardedProbe(30.0, lambda: next(commands))
    slow = threading.Thread(target=lambda: refusal(guarded, path))
    slow.start()
    while not guarded._busy:
        slow.join(0.01)
    assert guarded(path, LIMITS).rate == 44100
    guarded.close()
    slow.join()


def test_closing_leaves_no_process(tmp_path: Path) -> None:
    guarded = GuardedProbe()
    guarded(synth.write(tmp_path / "a.wav", synth.noise(0.5)), LIMITS)
    (helper,) = guarded._idle
    guarded.close()
    assert not helper.is_alive()


def test_modules_in_the_current_folder_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("numpy", "zlib", "json", "daemon", "soundfile"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    path = synth.write(tmp_path / "song.wav", synth.noise(0.5))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    guarded = GuardedProbe()
    assert guarded(path, LIMITS).rate == 44100
    guarded.close()
    assert not (tmp_path / "ran").exists()


def crafted_files(folder: Path) -> Iterator[Path]:
    """Headers that ask for much, tables without end, and nothing but the name of a container."""
    path = folder / "a"
    path.write_bytes(b"OggS" * (8 * MEGABYTE))
    yield path
    ogg = synth.write(folder / "a.ogg", synth.noise(1.0)).read_bytes()
    path.write_bytes(ogg * 3000)
    yield path
    wav = bytearray(synth.write(folder / "a.wav", synth.noise(0.5), subtype="PCM_16").read_bytes())
    for place, value in ((4, 0xFFFFFFFF), (16, 0xFFFFFFF0), (24, 0xFFFFFFFF), (22, 0xFFFF), (40, 0x7FFFFFFF)):
        bad = wav.copy()
        struct.pack_into("<H" if place == 22 else "<I", bad, place, value)
        path.write_bytes(bad)
        yield path
    path.write_bytes(wav[:36] + b"junk\0\0\0\0" * 200_000)
    yield path
    flac = bytearray(synth.write(folder / "a.flac", synth.noise(0.5)).read_bytes())
    flac[4:8] = b"\x06\xff\xff\xff"
    path.write_bytes(flac)
    yield path
    mp4 = encode(folder / "a.m4a", "aac", marks(), container="mp4").read_bytes()
    for box in (b"stsz", b"stts", b"stsc", b"stco", b"elst"):
        bad = bytearray(mp4)
        struct.pack_into(">I", bad, bad.index(box) + (12 if box == b"stsz" else 8), 0x0FFFFFFF)
        path.write_bytes(bad)
        yield path
    size = 300 * MEGABYTE
    synchsafe = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    picture = b"APIC" + synchsafe + b"\0\0\0image/png\0\x03\0"
    with path.open("wb") as file:
        file.write(b"ID3\x04\0\0" + synchsafe + picture)
        file.truncate(size + 10)
        file.seek(0, os.SEEK_END)
        file.write(encode(folder / "a.mp3", "libmp3lame", marks()).read_bytes())
    yield path
    with path.open("wb") as file:
        file.write(b"\xff\xfb\x90\x00")
        file.truncate(900 * MEGABYTE)
    yield path
    path.write_bytes(b"\xff" * (16 * MEGABYTE))
    yield path
    path.write_bytes(b"\xff\xfb\x90\x00" * (2 * MEGABYTE))
    yield path
    path.write_bytes(np.random.default_rng(1).bytes(4 * MEGABYTE))
    yield path


@pytest.mark.real_time
def test_crafted_files_end_in_an_answer(guarded: GuardedProbe, tmp_path: Path) -> None:
    fine = synth.write(tmp_path / "fine.wav", synth.noise(0.5))
    for path in crafted_files(tmp_path):
        began = time.perf_counter()
        try:
            guarded(path, LIMITS)
        except Rejected as error:
            assert path.name in error.reason
        assert time.perf_counter() - began < 15
        assert guarded(fine, LIMITS).rate == 44100


@pytest.mark.real_time
@pytest.mark.parametrize("begins", [b"", b"ID3\x04\0\0\x7f\x7f\x7f\x7f"])
def test_a_file_of_900_megabytes_of_nothing_costs_neither_memory_nor_time(tmp_path: Path, begins: bytes) -> None:
    path = synth.write(tmp_path / "sound.mp3", synth.noise(2.0))
    path.write_bytes(begins + path.read_bytes())
    os.truncate(path, 900 * MEGABYTE)
    guarded, own = GuardedProbe(), psutil.Process()
    before, began = own.memory_info().rss, time.perf_counter()
    with suppress(Rejected):
        guarded(path, LIMITS)
    helper = guarded._idle[0]._process.pid if guarded._idle else 0
    used = psutil.Process(helper).memory_info().rss if helper else 0
    guarded.close()
    assert own.memory_info().rss - before < 50 * MEGABYTE
    assert used < 300 * MEGABYTE and time.perf_counter() - began < SECONDS + 5
