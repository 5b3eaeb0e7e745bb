"""What is printed is what was written."""

import json
from io import StringIO
from statistics import fmean

import pytest

from bridge.midi.file_reader import read
from bridge.timebase import Seconds
from daemon.backends.checkpoints import Checkpoints
from daemon.commands.console import JsonConsole, PlainConsole, spell_tempo
from daemon.events import Download
from daemon.jobs.timings import Timings
from daemon.jobs.worker import TaskProgress
from daemon.model_list import model_info
from daemon.outlets.delivery import DeliverySettings, correct, deliver
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from tests import synth
from tests.pipeline.test_chain import build_tools
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(2)
KICK = 36


@pytest.fixture
def song(tmp_path):
    return synth.write(tmp_path / "Song.wav", synth.play(BEAT, 4.0))


def test_printed_velocities_are_those_of_the_midi_after_a_correction_of_them(song, tmp_path):
    settings, options = DeliverySettings(tmp_path / "locks"), Options(input="drums")

    def deliver_song():
        result = transcribe(song, options, build_tools(tmp_path, ScriptedTranscriber(BEAT)), lambda *_: None)
        return result, deliver(result, options, settings)

    _, first = deliver_song()
    correct(first.manifest, {"settings": {"velocity": {"top": 60}}}, settings)
    result, again = deliver_song()
    out = StringIO()
    PlainConsole(out, StringIO()).show_result(song, result, again, 1.0)
    [row] = [line.split() for line in out.getvalue().splitlines() if line.split()[1:2] == ["kick"]]
    written = [note.velocity for note in read(again.midi).tracks[0].notes if note.pitch == KICK]
    assert int(row[3]) == round(fmean(written)) <= 60


class Terminal(StringIO):
    def isatty(self):
        return True


def test_a_download_is_a_bar_with_bytes_on_a_terminal(song):
    screen = Terminal()
    PlainConsole(StringIO(), screen).show_progress(
        song, TaskProgress("fetch", 0.02, 12.0, Download("htdemucs", 42_000_000, 84_000_000))
    )
    assert "Song.wav  [######      ] fetching htdemucs, 42 of 84 MB  0:12 left" in screen.getvalue()


def test_a_time_that_nobody_knows_is_not_told(song):
    screen = Terminal()
    PlainConsole(StringIO(), screen).show_progress(song, TaskProgress("fetch", 0.02, -1, Download("htdemucs", 0, 0)))
    assert "time unknown" in screen.getvalue()


def test_programs_hear_the_bytes_of_a_download(song):
    out = StringIO()
    JsonConsole(out, out).show_progress(song, TaskProgress("fetch", 0.02, -1, Download("htdemucs", 42, 84)))
    assert json.loads(out.getvalue())["download"] == {"name": "htdemucs", "done": 42, "total": 84}


def test_what_is_fetched_is_told_before(tmp_path):
    screen = StringIO()
    found = model_info(Checkpoints(tmp_path), Timings(tmp_path / "timings.json"), "htdemucs")
    PlainConsole(StringIO(), screen).show_fetch(found)
    told = screen.getvalue()
    assert "htdemucs is fetched once: 84 MB to fetch, 1.3 GB of memory" in told and "MIT" in told


@pytest.mark.parametrize(
    ("bpm", "numerator", "denominator", "shown"),
    [
        (120.0, 4, 4, "120 bpm"),
        (119.8, 3, 4, "119.8 bpm"),
        (97.1234, 4, 4, "97.123 bpm"),
        (60.0, 6, 8, "dotted quarter = 60"),
        (71.25, 9, 8, "dotted quarter = 71.25"),
        (60.0, 12, 8, "dotted quarter = 60"),
        (200.0, 7, 8, "200 bpm"),
    ],
)
def test_a_tempo_is_spelt_as_it_is_typed_into_a_daw(bpm, numerator, denominator, shown):
    beats = numerator if denominator == 4 or numerator == 7 else numerator // 3
    times = tuple(Seconds(0.5 * number) for number in range(3 * beats))
    assert spell_tempo(BeatGrid(times, (0, beats, 2 * beats), bpm, numerator, denominator)) == shown
