"""Each target of the device against a real `sidestick run`: tracks and clips as a Live user finds them."""

import json
from collections.abc import Iterator
from pathlib import Path

import mido
import pytest

from tests import synth
from tests.wire.daemon_process import BEAT, DaemonProcess

SECONDS = 6.0
TARGETS = ("drums", "bass", "vocals", "other", "all", "stems")
STEM = {"input": 1}
LINE = ((0.5, 41.2), (1.5, 49.0), (2.5, 55.0), (3.5, 41.2))  # second, Hz
PITCHES = [28, 31, 33, 28]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[DaemonProcess]:
    opened = DaemonProcess(tmp_path_factory.mktemp("home"), options__separator="embedded").start()
    yield opened
    opened.kill()


@pytest.fixture
def mix(home: DaemonProcess, request) -> Path:
    """A song of its own for each test, so that nothing comes from the cache of another."""
    noise = synth.noise(SECONDS, level=-80.0, seed=abs(hash(request.node.name)) % 10**6)
    name = request.node.name.replace("[", " ").replace("]", "")
    return synth.write(
        home.music / f"{name}.wav", 0.5 * synth.sustained_line(LINE, SECONDS) + 0.5 * synth.play(BEAT, SECONDS) + noise
    )


def result(run_node, home: DaemonProcess, song: Path, target: str, **more) -> dict:
    press = {"map": 1, "target": TARGETS.index(target), **more.pop("press", {})}
    done = run_node("run_target.js", str(home.osc_port), str(song), json.dumps({"press": press, **more}))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["errors"] == []
    return found


def names(found: dict) -> list[str]:
    return [track["name"] for track in found["tracks"]]


def in_clip(found: dict, track: int) -> list[tuple[int, float]]:
    """Pitch and second of each note; a beat of the source clip is half a second."""
    notes = found["tracks"][track]["clips"][0]["notes"]
    return sorted((note["pitch"], note["start_time"] / 2) for note in notes)


def in_file(path: Path) -> list[tuple[int, float]]:
    second, found = 0.0, []
    for message in mido.MidiFile(path):
        second += message.time
        if message.type == "note_on" and message.velocity:
            found.append((message.note, second))
    return sorted(found)


@pytest.mark.parametrize(("part", "octaves"), [("bass", 0), ("vocals", 2), ("other", 2)])
def test_a_single_stem_becomes_its_notes(run_node, home, part, octaves):
    stem = synth.write(home.music / f"a {part}.wav", synth.sustained_line(LINE, SECONDS, octaves=octaves))
    found = result(run_node, home, stem, part, press=STEM)
    assert names(found) == ["Song", f"Song {part}"]
    notes = sorted(in_clip(found, 1), key=lambda note: note[1])
    assert [pitch for pitch, _ in notes] == [pitch + 12 * octaves for pitch in PITCHES]
    assert [second for _, second in notes] == pytest.approx([second for second, _ in LINE], abs=0.06)


def test_all_parts_are_clips_beside_each_other(run_node, home, mix):
    found = result(run_node, home, mix, "all")
    parts = [name.removeprefix("Song ") for name in names(found)[1:]]
    assert set(parts) >= {"drums", "bass"}
    for number, part in enumerate(parts, 1):
        expected = in_file(mix.with_suffix(f".{part}.mid"))
        assert [pitch for pitch, _ in in_clip(found, number)] == [pitch for pitch, _ in expected]
        worst = max((abs(a - b) for (_, a), (_, b) in zip(in_clip(found, number), expected, strict=True)), default=0)
        assert worst < 0.001


def test_bass_of_a_mix_brings_no_drums(run_node, home, mix):
    assert names(result(run_node, home, mix, "bass")) == ["Song", "Song bass"]


def test_stems_are_clips_on_audio_tracks(run_node, home, mix):
    found = result(run_node, home, mix, "stems")
    assert sorted(names(found)) == ["Song", "Song bass", "Song drums", "Song other", "Song vocals"]
    for track in found["tracks"][1:]:
        assert Path(track["clips"][0]["file"]).stat().st_size > 100_000


def test_live_11_is_shown_the_folder_of_the_stems(run_node, home, mix):
    found = result(run_node, home, mix, "stems", version=11)
    assert names(found) == ["Song"]
    assert found["browsed"] and found["browsed"][0].endswith(".stems")


def test_a_silent_file_is_refused_in_the_daemons_words(run_node, home):
    silent = synth.write(home.music / "nothing.wav", synth.silence(SECONDS))
    found = result(run_node, home, silent, "drums")
    assert names(found) == ["Song"]
    assert "silent" in found["statuses"][-1]


def test_cancel_ends_the_job(run_node, home, mix):
    found = result(run_node, home, mix, "all", cancel=True)
    assert found["statuses"][-1] == "Cancelled"
    assert names(found) == ["Song"]


def test_live_s_own_beats_put_every_note_on_a_line(run_node, home, mix):
    found = result(run_node, home, mix, "drums", press={"beats": 1, "grid": 2})
    beats = [note["start_time"] for note in found["tracks"][1]["clips"][0]["notes"]]
    assert beats and all(abs(2 * beat - round(2 * beat)) < 1e-6 for beat in beats)
