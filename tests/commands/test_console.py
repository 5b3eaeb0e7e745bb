"""What is printed is what was written."""

from io import StringIO
from statistics import fmean

import pytest

from bridge.midi.file_reader import read
from daemon.commands.console import PlainConsole
from daemon.outlets.delivery import DeliverySettings, correct, deliver
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
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
