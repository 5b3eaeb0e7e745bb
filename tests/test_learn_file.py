"""A .mid that a DAW saved beside its song corrects the song, with the news that any correction makes."""

import mido
import pytest

from daemon.events import Done
from daemon.jobs.job import State
from daemon.outlets.delivery import DeliverySettings, correct
from tests.core_setup import CoreSetup
from tests.jobs.sample_jobs import job

SNARE, CLAP = 38, 39


@pytest.fixture
def setup(tmp_path):
    setup = CoreSetup(tmp_path)
    correct(
        setup.core.manifest_path(setup.job),
        {"settings": {"grid": {"quantize": False}}},
        DeliverySettings(tmp_path / "locks"),
    )
    yield setup
    setup.close()


def play_claps(path):
    """Every snare of the file becomes a clap, as an editor would save it."""
    file = mido.MidiFile(path)
    for track in file.tracks:
        track[:] = [
            message.copy(note=CLAP) if message.type in ("note_on", "note_off") and message.note == SNARE else message
            for message in track
        ]
    file.save(path)
    return path


def test_what_was_edited_becomes_a_revision_of_the_job(setup):
    told = setup.core.learn_file(play_claps(setup.folder / "Song.drums.mid"))
    news = [event for event in setup.events if isinstance(event, Done)]
    assert [(event.job, event.revision) for event in news] == [(setup.job, 2)]
    assert "relabelled; revision 2 is Song.drums-2.mid" in told
    assert "clap" in setup.labels()


def test_the_edited_file_is_left_as_it_is(setup):
    edited = play_claps(setup.folder / "Song.drums.mid")
    before = edited.read_bytes()
    setup.core.learn_file(edited)
    assert edited.read_bytes() == before


def test_a_song_whose_job_was_forgotten_learns_too(setup):
    setup.core.delete(setup.job)
    assert "revision 2" in setup.core.learn_file(play_claps(setup.folder / "Song.drums.mid"))


def test_the_edited_draft_of_a_song_that_is_worked_on_is_learned(setup):
    manifest = setup.core.manifest_path(setup.job)
    setup.store.move(setup.store.add(job(str(setup.folder / "Song.wav"))), State.RUNNING, manifest=str(manifest))
    assert "revision 2" in setup.core.learn_file(play_claps(setup.folder / "Song.drums.mid"))
