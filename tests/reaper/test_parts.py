"""Every part, and stems, against a real `sidestick run`; the embedded separator keeps it quick."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import mido
import numpy as np
import pytest

from tests import synth
from tests.reaper.conftest import BEAT, Daemon
from tests.reaper.fake import Json, Reaper, audio_item, notes, reopen_tracks
from tests.reaper.test_notes import messages

SECONDS = 6.0
BASS = ((0.5, 41.2), (1.5, 49.0), (2.5, 55.0), (3.5, 41.2))  # second, Hz
PITCHES = [28, 31, 33, 28]


@pytest.fixture
def mix(tmp_path: Path) -> Path:
    return synth.write(
        tmp_path / "Söng.wav", 0.5 * synth.sustained_line(BASS, SECONDS) + 0.5 * synth.play(BEAT, SECONDS)
    )


def project(path: Path, *more: Json) -> list[Json]:
    item = audio_item(path, SECONDS, values={"D_POSITION": 2.0}, strings={"GUID": "{SONG}"})
    return [{"name": "Song", "items": [item, *more]}, {"name": "Below", "items": []}]


def names(outcome: Json) -> list[str]:
    return [track["name"] for track in outcome["tracks"]]


def of_file(path: Path) -> list[tuple[float, ...]]:
    """Pitch, velocity, channel, first and last second of every note of a .mid, read by mido."""
    second, found, sounding = 0.0, [], {}
    for message in mido.MidiFile(path):
        second += message.time
        if message.type == "note_on":
            sounding[message.channel, message.note] = message.velocity, second
        elif message.type == "note_off":
            velocity, first = sounding[message.channel, message.note]
            found.append((message.note, velocity, message.channel, first, second))
    return found


def bends_of_file(path: Path) -> list[tuple[float, ...]]:
    second, found = 0.0, []
    for message in mido.MidiFile(path):
        second += message.time
        if message.type == "pitchwheel":
            found.append((*message.bytes(), second))
    return found


def test_a_part_that_is_not_there_makes_no_empty_item(reaper: Reaper, tmp_path: Path) -> None:
    drums = synth.write(tmp_path / "Song.wav", 0.5 * synth.play(BEAT, SECONDS))
    outcome = reaper.run("Everything to MIDI", project(drums), cycles=6000)
    assert "Song Drums" in names(outcome) and "Song Vocals" not in names(outcome)
    assert all(item["notes"] for track in outcome["tracks"][1:] for item in track["items"])
    assert outcome["boxes"] == []
    alone = reaper.run("Vocals to MIDI", project(drums), cycles=6000)
    assert alone["boxes"] == ["Song: sidestick heard no vocals in it."]
    assert names(alone) == ["Song", "Below"]


@pytest.mark.parametrize(("part", "octaves"), [("bass", 0), ("vocals", 2)])
def test_a_stem_becomes_its_notes(reaper: Reaper, tmp_path: Path, part: str, octaves: int) -> None:
    stem = synth.write(tmp_path / f"my {part}.wav", synth.sustained_line(BASS, SECONDS, octaves=octaves))
    outcome = reaper.run(f"{part.title()} to MIDI", project(stem))
    assert outcome["boxes"] == []
    assert names(outcome) == ["Song", f"Song {part.title()}", "Below"]
    found = notes(outcome)
    assert [note["pitch"] for note in found] == [pitch + 12 * octaves for pitch in PITCHES]
    assert [note["time"] for note in found] == pytest.approx([2 + second for second, _ in BASS], abs=0.06)


def test_everything_is_a_track_for_each_part_in_order(reaper: Reaper, mix: Path) -> None:
    outcome = reaper.run("Everything to MIDI", project(mix), cycles=6000)
    parts = [name.removeprefix("Song ").lower() for name in names(outcome)[1:-1]]
    assert parts == [part for part in ("drums", "bass", "vocals", "other") if part in parts] != []
    assert "drums" in parts and "bass" in parts
    for number, part in enumerate(parts, 1):
        path = mix.with_suffix(f".{part}.mid")
        expected = sorted(note for note in of_file(path) if note[3] < SECONDS)
        placed = [
            (note["pitch"], note["velocity"], note["channel"], note["time"] - 2.0, note["stop"] - 2.0)
            for note in notes(outcome, number)
        ]
        assert list(chain(*sorted(placed))) == pytest.approx(list(chain(*expected)), abs=0.001)
        bends = [(*data, tick / 1920) for tick, data in messages(outcome["tracks"][number]["items"][0]["events"])]
        placed_bends = [bend for bend in bends if bend[0] >> 4 == 0xE]
        assert list(chain(*placed_bends)) == pytest.approx(list(chain(*bends_of_file(path))), abs=0.001)


GLIDE = 0.5 * (1 - np.cos(2 * np.pi * 5 * np.arange(0, 3.0, 1 / 44100)))  # a vibrato of 5 Hz


def test_the_bends_of_a_part_are_those_of_its_file(daemon: Daemon, tmp_path: Path) -> None:
    """Everything that REAPER inserts comes from the reply; the .mid is what it is held against."""
    reaper = Reaper("lua5.4", tmp_path, daemon.state)
    phase = 2 * np.pi * np.cumsum(220 * 2 ** (GLIDE / 12)) / 44100
    voice = sum(0.2 / k * np.sin(k * phase) for k in range(1, 6))
    path = synth.write(tmp_path / "my vocals.wav", np.tile(np.pad(voice, 22050), (2, 1)))
    outcome = reaper.run("Vocals to MIDI", project(path))
    wanted = bends_of_file(path.with_suffix(".vocals.mid"))
    assert outcome["boxes"] == [] and len(wanted) > 4
    found = messages(outcome["tracks"][1]["items"][0]["events"])
    bends = [(*data, tick / 1920) for tick, data in found if data[0] >> 4 == 0xE]
    assert list(chain(*bends)) == pytest.approx(list(chain(*wanted)), abs=0.001)


def test_the_draft_of_a_full_mix_comes_first_and_the_final_is_one_step(reaper: Reaper, mix: Path) -> None:
    outcome = reaper.run("Everything to MIDI", project(mix), cycles=6000)
    assert outcome["undone"] == ["sidestick: everything to MIDI (draft)", "sidestick: everything to MIDI"]
    assert all(len(track["items"]) <= 1 for track in outcome["tracks"])


def test_bass_after_drums_is_one_job_and_the_drums_can_still_be_reviewed(reaper: Reaper, mix: Path) -> None:
    first = reaper.run("Drums to MIDI", project(mix), cycles=6000)
    second = reaper.run("Bass to MIDI", reopen_tracks(first, 0), cycles=6000)
    assert names(second) == ["Song", "Song Drums", "Song Bass", "Below"]
    jobs = {track["items"][0]["take_strings"]["P_EXT:sidestick_job"] for track in second["tracks"][1:3]}
    assert len(jobs) == 1
    after = [{"undone": 1, "later": 10, "quit": True}]
    relabelled = reaper.run(
        "Review and relabel", reopen_tracks(second, 1), cycles=200, input=[{"frame": 25, "key": ord("w")}], events=after
    )
    assert 56 in {note["pitch"] for note in notes(relabelled)}
    assert notes(relabelled, 2) == notes(second, 2)


def test_stems_play_below_their_muted_source(reaper: Reaper, mix: Path) -> None:
    outcome = reaper.run("Separate into stems", project(mix), cycles=6000)
    assert outcome["boxes"] == []
    assert names(outcome) == ["Song", "Söng stems", "Drums", "Bass", "Vocals", "Other", "Below"]
    assert [track["values"].get("I_FOLDERDEPTH", 0) for track in outcome["tracks"]] == [0, 1, 0, 0, 0, -1, 0]
    assert outcome["tracks"][0]["items"][0]["values"]["B_MUTE"] == 1
    for track in outcome["tracks"][2:6]:
        item = track["items"][0]
        assert item["values"]["D_POSITION"] == 2.0 and Path(item["file"]).stat().st_size > 100_000
        assert track["values"]["I_CUSTOMCOLOR"] & 0x1000000
    assert outcome["undone"] == ["sidestick: separate into stems"]


def test_the_source_is_not_muted_if_the_settings_say_so(reaper: Reaper, mix: Path) -> None:
    ext = {"sidestick/mute_source": "no"}
    outcome = reaper.run("Separate into stems", project(mix), cycles=6000, ext=ext)
    assert "B_MUTE" not in outcome["tracks"][0]["items"][0]["values"]


def test_several_items_at_once_share_a_track(reaper: Reaper, mix: Path) -> None:
    later = audio_item(mix, SECONDS, values={"D_POSITION": 12.0}, strings={"GUID": "{AGAIN}"})
    outcome = reaper.run("Drums to MIDI", project(mix, later), cycles=6000)
    assert names(outcome) == ["Song", "Song Drums", "Below"]
    first, second = sorted((notes(outcome, 1, item) for item in (0, 1)), key=lambda item: item[0]["time"])
    assert [note["time"] + 10 for note in first] == pytest.approx([note["time"] for note in second])


def test_the_rows_of_another_drum_map_have_its_names(reaper: Reaper, mix: Path) -> None:
    ext = {"sidestick/drum_map": "superior_drummer_3"}
    outcome = reaper.run("Drums to MIDI", project(mix), cycles=6000, ext=ext)
    rows = outcome["tracks"][1]["rows"]
    heard = {str(note["pitch"]) for note in notes(outcome)}
    assert heard == rows.keys() and "Kick" in rows.values()


def test_a_job_that_fails_is_told_in_the_daemons_words(reaper: Reaper, tmp_path: Path) -> None:
    silent = synth.write(tmp_path / "nothing.wav", synth.silence(SECONDS))
    outcome = reaper.run("Drums to MIDI", project(silent))
    assert len(outcome["boxes"]) == 1 and "silent" in outcome["boxes"][0] and "nothing" in outcome["boxes"][0]
    assert (outcome["undone"], outcome["tracks"][0]["items"][0]["strings"]["P_EXT:sidestick_asked"]) == ([], "")


def test_a_video_is_heard_and_one_without_sound_is_refused(reaper: Reaper, tmp_path: Path) -> None:
    film = synth.write_video(tmp_path / "drum film.mp4", seconds=SECONDS, samples=synth.play(BEAT, SECONDS))
    outcome = reaper.run("Drums to MIDI", [{"items": [audio_item(film, SECONDS, source={"type": "VIDEO"})]}])
    assert outcome["boxes"] == [] and 36 in {note["pitch"] for note in notes(outcome)}
    mute = synth.write_video(tmp_path / "mute.mp4", seconds=SECONDS)
    outcome = reaper.run("Drums to MIDI", [{"items": [audio_item(mute, SECONDS, source={"type": "VIDEO"})]}])
    assert len(outcome["boxes"]) == 1 and "no audio track" in outcome["boxes"][0]


@pytest.mark.slow
def test_a_sidestick_that_is_killed_and_started_again_goes_on(tmp_path: Path) -> None:
    own = Daemon(tmp_path / "own")
    own.start()
    song = synth.write(
        tmp_path / "Song.wav", np.tile(0.5 * synth.sustained_line(BASS, SECONDS) + 0.5 * synth.play(BEAT, SECONDS), 3)
    )
    reaper = Reaper("lua5.4", tmp_path, own.state)
    tracks = [{"items": [audio_item(song, 3 * SECONDS)]}]
    with ThreadPoolExecutor() as threads:
        later = threads.submit(reaper.run, "Drums to MIDI", tracks, cycles=6000)
        while not song.with_suffix(".drums.mid").exists() and not later.done():
            time.sleep(0.02)
        own.kill()
        own.start()
        outcome = later.result()
    own.stop()
    assert (outcome["boxes"], outcome["undone"][-1]) == ([], "sidestick: drums to MIDI")
    assert [len(track["items"]) for track in outcome["tracks"]] == [1, 1]
