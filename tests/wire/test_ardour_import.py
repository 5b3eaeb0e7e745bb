"""A .mid in a DAW that does not import its tempo: Ardour reads the notes into a session at a tempo of its own.

Ardour's importer is a part of its window. Without it, the session is given what the importer leaves behind: the notes
of the file as a source of the session, and a region of that source at the start.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import mido
import pytest

from bridge.drum_map import built_in_map
from bridge.midi.file import to_bytes
from bridge.notes import Clip
from bridge.timebase import Seconds
from daemon.pipeline.options import FileStart
from daemon.pipeline.records import BeatGrid, Drum, Hit
from daemon.score.clip import clip, drum_track, padding

SCRIPT = Path(__file__).with_name("ardour_import.lua")
RATE = 48000
PATIENCE = 60.0
ONSETS = [0.0, 0.004, *(0.313 + 0.2371 * n for n in range(120))]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Ardour's Lua shell is tested on Linux")


def even_grid(first: float, bpm: float) -> BeatGrid:
    beats = tuple(Seconds(first + n * 60 / bpm) for n in range(int(bpm / 2)))
    return BeatGrid(beats, tuple(range(0, len(beats), 4)), bpm)


def song(grid: BeatGrid, start: FileStart) -> Clip:
    hits = [Hit(n, Seconds(onset), Drum.KICK, "kick", -12.0, 1 + n, 1.0, 1.0, 0) for n, onset in enumerate(ONSETS)]
    track = drum_track(hits, [hit.onset for hit in hits], built_in_map("gm"))
    return clip("Song", [track], grid, Seconds(30.0), start)


def run_ardour(folder: Path, *arguments: str) -> list[str]:
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(folder))
    command = ["ardour7-lua", str(SCRIPT), arguments[0], str(folder / "session"), *arguments[1:]]
    done = subprocess.run(command, env=os.environ | homes, capture_output=True, text=True, timeout=PATIENCE)
    lines = done.stdout.splitlines()
    assert f"end of {arguments[0]}" in lines, done.stdout + done.stderr
    return lines


def add_region(session: Path, source: Path, ticks_per_beat: int, ticks: int) -> None:
    """A source for the file, a region of it, and that region at the start of the session's track."""
    tree = ElementTree.parse(session)
    root = tree.getroot()
    first = int(root.get("id-counter", "0"))
    whole = {
        "name": source.stem, "type": "midi", "start": "b0", "length": f"b{ticks * 1920 // ticks_per_beat}@b0",
        "sync-position": "b0", "opaque": "1", "source-0": str(first), "master-source-0": str(first),
        "first-edit": "nothing",
    }  # fmt: skip
    parents = root.find("Sources"), root.find("Regions"), root.find("Playlists/Playlist")
    assert None not in parents
    sources, regions, playlist = parents
    ElementTree.SubElement(sources, "Source", name=source.name, type="midi", flags="CanRename", id=str(first))
    ElementTree.SubElement(regions, "Region", whole | {"id": str(first + 1), "whole-file": "1"})
    ElementTree.SubElement(playlist, "Region", whole | {"id": str(first + 2), "whole-file": "0"})
    root.set("id-counter", str(first + 3))
    tree.write(session)


def seconds_in_ardour(folder: Path, data: bytes, bpm: float) -> list[float]:
    """Where Ardour puts the notes of the file in a session at `bpm`."""
    run_ardour(folder, "make", repr(bpm))
    file = mido.MidiFile(file=BytesIO(data))
    alone = mido.MidiFile(type=0, ticks_per_beat=file.ticks_per_beat)
    alone.tracks.append(mido.merge_tracks(file.tracks))
    source = folder / "session/interchange/session/midifiles/Drums.mid"
    alone.save(source)
    add_region(folder / "session/song.ardour", source, file.ticks_per_beat, sum(m.time for m in alone.tracks[0]))
    notes = [line.split() for line in run_ardour(folder, "read") if line.startswith("note")]
    assert [int(velocity) for _, _, velocity, _ in notes] == [n + 1 for n in range(len(ONSETS))]
    return [int(sample) / RATE for *_, sample in notes]


def distances(heard: Sequence[float], later: float = 0.0) -> list[float]:
    return [abs(at - onset - later) for at, onset in zip(heard, ONSETS, strict=True)]


@pytest.mark.parametrize(("first", "bpm"), [(0.31, 97.123), (1.7, 140.0)])
def test_notes_lie_at_their_seconds_in_a_session_at_the_songs_bpm(tmp_path: Path, first: float, bpm: float) -> None:
    data = to_bytes(song(even_grid(first, bpm), "audio"))
    assert max(distances(seconds_in_ardour(tmp_path, data, bpm))) < 0.001


def test_notes_of_a_file_that_starts_with_a_bar_are_late_by_the_padding_alone(tmp_path: Path) -> None:
    grid = even_grid(0.31, 97.123)
    heard = seconds_in_ardour(tmp_path, to_bytes(song(grid, "bars")), 97.123)
    assert padding(grid, "bars") > 1.0
    assert max(distances(heard, padding(grid, "bars"))) < 0.001


def test_notes_of_a_file_with_a_map_lie_beside_the_audio_unless_the_map_is_imported(tmp_path: Path) -> None:
    data = to_bytes(song(even_grid(0.9, 97.123), "map"))  # a beat and a half become a pickup of one beat
    assert min(distances(seconds_in_ardour(tmp_path, data, 97.123))[2:]) > 0.05
