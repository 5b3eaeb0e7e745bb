"""The device in a fake Live set against a real `sidestick run`: OSC as Max packs it, real jobs, notes in the clip."""

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mido
import numpy as np
import pytest

from bridge.drum_labels import SOUNDS
from tests.max_for_live.warp_markers import random_markers
from tests.wire.daemon_process import DaemonProcess

SECONDS = 4.0
PLAIN = {"markers": [{"second": 0, "beat": 0}, {"second": 0.5, "beat": 1}], "end_marker": 80, "loop_end": 80}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[DaemonProcess]:
    opened = DaemonProcess(tmp_path_factory.mktemp("home"), options__separator="embedded").start()
    yield opened
    opened.kill()


def session(run_node, home: DaemonProcess, song: Path, **clip: object) -> dict:
    done = run_node("run_clip.js", str(home.osc_port), str(song), json.dumps(clip))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def read_notes(song: Path) -> list[tuple[float, int]]:
    """Seconds and pitches of the .mid beside the song, read by mido."""
    second, found = 0.0, []
    for message in mido.MidiFile(song.with_suffix(".drums.mid")):
        second += message.time
        if message.type == "note_on" and message.velocity:
            found.append((second, message.note))
    return found


def seconds_of(notes: list[dict], markers: list[dict], start: float) -> list[tuple[float, int]]:
    beats, seconds = ([marker[key] for marker in markers] for key in ("beat", "second"))
    return [(float(np.interp(note["start_time"] + start, beats, seconds)), note["pitch"]) for note in notes]


@pytest.mark.parametrize(("seed", "version", "arranged"), [(1, 12, False), (2, 11, True)])
def test_clip_job_notes_within_a_millisecond_and_corrections(run_node, home, seed, version, arranged):
    song = home.song(f"Song {seed} ü.wav", SECONDS, level=seed)
    markers = random_markers(seed, SECONDS)
    start, end = markers[0]["beat"], markers[-1]["beat"]
    values = {
        "markers": markers, "start_marker": start, "loop_start": start, "end_marker": end, "loop_end": end,
        "start_time": 8.0, "end_time": 8.0 + end - start,
    }  # fmt: skip
    steps = session(run_node, home, song, version=version, arranged=arranged, drumStem=True, values=values)

    heard = sorted(seconds_of(steps["transcribed"], markers, start))
    assert len(heard) >= 16
    assert sorted(seconds_of(steps["undone"], markers, start)) == heard
    cowbell = SOUNDS["cowbell"].pitch
    assert cowbell in {note["pitch"] for note in steps["relabelled"]}
    assert steps["errors"] == []
    final = sorted(seconds_of(steps["learned"], markers, start))
    expected = sorted(read_notes(song))
    assert [pitch for _, pitch in final] == [pitch for _, pitch in expected]
    assert max(abs(a - b) for (a, _), (b, _) in zip(final, expected, strict=True)) < 0.001
    assert sum(pitch == cowbell for _, pitch in final) == 1
    assert "cowbell" in song.with_suffix(".hits.csv").read_text("utf-8")


def test_draft_then_final_of_a_full_mix(run_node, home):
    song = home.song("Mix.wav", 10 * SECONDS, level=9)
    steps = session(run_node, home, song, version=12, arranged=False, drumStem=False, values=PLAIN)
    assert any(text.startswith("Draft: ") for text in steps["status"])
    assert steps["transcribed"]
    assert steps["errors"] == []


def test_two_devices_at_once_hear_each_of_their_own_job(run_node, home):
    songs = [home.song(f"Both {i}.wav", SECONDS + 4 * i, level=20 + i) for i in (0, 1)]
    clip = {"version": 12, "arranged": False, "drumStem": True, "values": PLAIN}
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(lambda song: session(run_node, home, song, **clip), songs))
    for song, steps in zip(songs, both, strict=True):
        assert len(steps["learned"]) == len(read_notes(song))


@pytest.mark.slow
def test_a_daemon_that_is_killed_in_the_middle_is_asked_again(run_node, tmp_path):
    killed = DaemonProcess(tmp_path / "home", options__separator="embedded").start()
    song = killed.song("Long.wav", 30.0)
    clip = {"version": 12, "arranged": False, "drumStem": False, "values": PLAIN}
    with ThreadPoolExecutor() as threads:
        later = threads.submit(session, run_node, killed, song, **clip)
        while not song.with_suffix(".sidestick.json").exists() and not later.done():
            time.sleep(0.01)
        assert not later.done()
        killed.kill()
        killed.start()
        assert later.result()["transcribed"]
    killed.end(signal.SIGTERM)


def test_the_beat_is_corrected_and_the_notes_stay(run_node, home):
    song = home.song("Beat.wav", 3 * SECONDS, level=31)
    done = run_node("run_beat.js", str(home.osc_port), str(song))
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)
    heard, meter = steps["heard"].split(" bpm, ")
    bpm = float(heard)
    assert steps["halved"] == f"{bpm / 2:.7g} bpm, {meter}"
    assert steps["typed"] == f"120 bpm, {meter}"
    assert steps["waltz"] == "120 bpm, 3/4"
    assert steps["undone"] == steps["typed"]
    assert steps["tapped"] == f"240 bpm, {meter}"
    assert steps["errors"] == []
    assert len(steps["last"]) == len(steps["written"]) >= 16
    assert steps["last"] == pytest.approx(steps["written"], abs=0.002)
