"""A file that its user saves in the very moment of a delivery is kept, whichever it is and at whichever step."""

import os
import shutil
from contextlib import nullcontext

import pytest
from filelock import FileLock

from daemon.errors import DiskFailed, Rejected
from daemon.files import TEMPORARY
from daemon.outlets import delivery, naming
from daemon.outlets.delivery import DeliverySettings, correct, deliver
from daemon.outlets.manifest import Manifest
from daemon.outlets.staging import is_staging, staging_folder
from daemon.pipeline.chain import transcribe
from daemon.pipeline.options import Options
from tests import synth
from tests.pipeline.test_chain import build_tools
from tests.scripted_transcriber import ScriptedTranscriber

BEAT = synth.rock_beat(2)
EDITED = b"what the user saved"
STEPS = range(8)  # a delivery of MIDI, two stems and the manifest looks at each of its four files twice


@pytest.fixture
def settings(tmp_path):
    return DeliverySettings(tmp_path / "locks")


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """What was heard in one song, whose file lies in a folder `music`."""
    home = tmp_path_factory.mktemp("heard")
    (home / "music").mkdir()
    song = synth.write(home / "music" / "Song.wav", synth.play(BEAT, 4.0))
    options = Options(stems="wav")
    tools = build_tools(home, ScriptedTranscriber(BEAT))
    return transcribe(song, options, tools, lambda *_: None), options


@pytest.fixture(autouse=True)
def music(heard):
    """The folder of the song, in which nothing else lies."""
    folder = heard[0].source.path.parent
    for left in folder.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != "Song.wav":
            left.unlink()
    return folder


@pytest.fixture
def results(heard, music):
    return heard


def edit_at(monkeypatch, step, *paths):
    """Have the user save `paths` right before the look number `step` at what lies there."""
    looks, look = [], naming.Plan.require_unchanged

    def wait_and_look(plan, path):
        looks.append(path)
        if len(looks) == step + 1:
            for each in paths:
                each.write_bytes(EDITED)
        look(plan, path)

    monkeypatch.setattr(naming.Plan, "require_unchanged", wait_and_look)
    return looks


@pytest.mark.parametrize("name", ["Song.drums.mid", "Song.stems/drums.wav", "Song.sidestick.json"])
@pytest.mark.parametrize("step", STEPS)
def test_what_is_edited_before_its_turn_is_kept_at_every_step(results, settings, music, monkeypatch, name, step):
    deliver(*results, settings)
    looks = edit_at(monkeypatch, step, music / name)
    done = deliver(*results, settings)
    passed = set(looks[len(STEPS) // 2 : step])
    if music / name not in passed:  # else it was ours to replace, and the edit came after that
        assert (music / name).read_bytes() == EDITED
        assert music / name not in {*done.written.values(), done.manifest}
    assert Manifest.load(done.manifest).outputs == done.content.outputs
    assert all(naming.digest_of(music / output.path) == output.sha256 for output in done.content.outputs[:3]) or (
        music / name in passed
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_file_that_appears_under_a_free_name_is_kept_at_every_step(results, settings, music, monkeypatch, step):
    looks = edit_at(monkeypatch, step, music / "Song.drums.mid")
    deliver(*results, settings)
    if music / "Song.drums.mid" not in looks[len(STEPS) // 2 : step]:
        assert (music / "Song.drums.mid").read_bytes() == EDITED
        assert (music / "Song.drums-2.mid").read_bytes()[:4] == b"MThd"


@pytest.mark.parametrize("name", ["Song.drums.mid", "Song.sidestick.json"])
@pytest.mark.parametrize("step", range(4))
def test_what_is_edited_during_a_correction_is_kept(results, settings, music, monkeypatch, name, step):
    done = deliver(*results, settings)
    looks = edit_at(monkeypatch, step, music / name)
    refusal = pytest.raises(Rejected) if name.endswith(".json") else nullcontext()
    with refusal:  # a manifest cannot go elsewhere
        correct(done.manifest, {"clusters": {"0": "cowbell"}}, settings)
    if music / name not in looks[2:step]:
        assert (music / name).read_bytes() == EDITED


def test_what_is_saved_again_and_again_ends_in_a_sentence(results, settings, music, monkeypatch):
    deliver(*results, settings)

    def save(plan, path):
        raise naming.ChangedMeanwhile(f"{path} was changed in this very moment. Try again.")

    monkeypatch.setattr(naming.Plan, "require_unchanged", save)
    with pytest.raises(DiskFailed, match="Try again"):
        deliver(*results, settings)
    assert not list(music.rglob(f"{TEMPORARY}*"))


def test_nobody_waits_while_stems_are_encoded(results, settings, music, monkeypatch):
    done = deliver(*results, settings)
    encode, corrected = delivery.Media.encode, []

    def correct_meanwhile(media, folder):
        corrected.append(correct(done.manifest, {"clusters": {"0": "cowbell"}}, settings))
        return encode(media, folder)

    monkeypatch.setattr(delivery.Media, "encode", correct_meanwhile)
    again = deliver(*results, settings)
    assert corrected and again.content.history.head == corrected[0].content.history.head


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("step", range(4, 8))
def test_a_death_between_two_renames_leaves_no_second_name(results, settings, music, monkeypatch, step):
    deliver(*results, settings)
    result, options = results
    options = replace_grid(options)
    child = os.fork()
    if not child:
        looks = []
        monkeypatch.setattr(
            naming.Plan, "require_unchanged", lambda *_: looks.append(1) or len(looks) <= step or os._exit(0)
        )
        deliver(result, options, settings)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    done = deliver(result, options, settings)
    assert done.midi.name == "Song.drums.mid" and done.manifest.name == "Song.sidestick.json"
    assert not list(music.glob("Song*-2*")) and not list((music / "Song.stems").glob("*-2*"))


def replace_grid(options):
    """Options that give another .mid."""
    return options.model_copy(update={"drum_map": "ableton", "bpm": 60.0})


def test_a_folder_in_which_somebody_encodes_is_no_leftover(settings, music):
    with staging_folder(music, settings.locks) as staging:
        assert is_staging(staging, settings.locks)
    assert not staging.exists() and not is_staging(staging, settings.locks)


def test_what_killed_runs_left_beside_the_song_is_removed_by_the_next(results, settings, music):
    old, new = music / f"{TEMPORARY}aaaa.mid", music / f"{TEMPORARY}bbbb.mid"
    for path in (old, new):
        path.touch()
    os.utime(old, (1e9, 1e9))
    deliver(*results, settings)
    assert not old.exists() and new.exists()


def test_a_folder_of_somebody_who_died_is_a_leftover(settings, music):
    dead = music / f"{TEMPORARY}0123456789ab"
    dead.mkdir()
    settings.locks.mkdir()
    FileLock(settings.locks / dead.name).acquire(timeout=0).lock.release()
    assert not is_staging(dead, settings.locks)
