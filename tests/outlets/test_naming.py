import os
import unicodedata
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from daemon.errors import CacheFailed, Rejected
from daemon.outlets.manifest import Manifest
from daemon.outlets.naming import (
    MANIFEST,
    Plan,
    backing_kind,
    lock_folder,
    midi_kind,
    plan,
    plot_kind,
    replan,
    stem_kind,
)
from tests.songs import manifest

DRUMS = midi_kind("drums")
STEM = stem_kind("drums", "wav")


def wrote(found: Plan, source: str = "Song.wav", content: bytes = b"ours") -> Manifest:
    """What a run does after planning: write every output, then the manifest."""
    for path in found.paths.values():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    written = manifest(source, found.folder).model_copy(update={"outputs": found.list_outputs({})})
    written.save(found.manifest)
    return written


def names(found: Plan, folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in (found.manifest, *found.paths.values())]


def test_outputs_lie_beside_the_source_under_its_name(tmp_path):
    kinds = [DRUMS, midi_kind(), STEM, backing_kind("flac"), plot_kind("svg")]
    found = plan(tmp_path / "Song.wav", None, kinds)
    assert names(found, tmp_path) == [
        "Song.sidestick.json", "Song.drums.mid", "Song.mid", "Song.stems/drums.wav", "Song.backing.flac",
        "Song.sidestick.svg",
    ]  # fmt: skip
    assert found.remarks == ()


def test_the_output_folder_is_made(tmp_path):
    found = plan(tmp_path / "Song.wav", tmp_path / "new" / "out", [DRUMS])
    assert found.paths[DRUMS] == tmp_path / "new" / "out" / "Song.drums.mid"
    assert found.paths[DRUMS].parent.is_dir()


def test_our_own_outputs_are_replaced(tmp_path):
    first = plan(tmp_path / "Song.wav", None, [DRUMS, STEM])
    written = wrote(first)
    again = plan(tmp_path / "Song.wav", None, [DRUMS, STEM])
    assert (again.paths, again.previous, again.remarks) == (first.paths, written, ())


def test_a_file_that_is_not_ours_is_never_overwritten(tmp_path):
    (tmp_path / "Song.drums.mid").write_bytes(b"by hand")
    found = plan(tmp_path / "Song.wav", None, [DRUMS])
    assert found.paths[DRUMS].name == "Song.drums-2.mid"
    assert found.remarks == ("Song.drums.mid is not from this transcription, so the new one is Song.drums-2.mid.",)


def test_an_output_that_was_edited_since_is_kept(tmp_path):
    wrote(plan(tmp_path / "Song.wav", None, [DRUMS]))
    (tmp_path / "Song.drums.mid").write_bytes(b"fixed in the DAW")
    found = plan(tmp_path / "Song.wav", None, [DRUMS])
    assert found.paths[DRUMS].name == "Song.drums-2.mid"
    assert "was changed since" in found.remarks[0]


def test_the_second_name_is_used_again_and_again(tmp_path):
    (tmp_path / "Song.drums.mid").write_bytes(b"by hand")
    for _ in range(3):
        found = plan(tmp_path / "Song.wav", None, [DRUMS])
        wrote(found)
    assert sorted(path.name for path in tmp_path.glob("*.mid")) == ["Song.drums-2.mid", "Song.drums.mid"]


def test_outputs_of_an_earlier_run_that_were_not_asked_for_now_stay_ours(tmp_path):
    wrote(plan(tmp_path / "Song.wav", None, [DRUMS, midi_kind()]))
    wrote(plan(tmp_path / "Song.wav", None, [DRUMS]))
    assert plan(tmp_path / "Song.wav", None, [midi_kind()]).paths[midi_kind()].name == "Song.mid"


def test_two_songs_of_one_name_do_not_fight(tmp_path):
    wrote(plan(tmp_path / "Song.wav", None, [DRUMS]))
    other = plan(tmp_path / "Song.mp3", None, [DRUMS])
    wrote(other, "Song.mp3")
    assert names(other, tmp_path) == ["Song-2.sidestick.json", "Song.drums-2.mid"]
    assert names(plan(tmp_path / "Song.wav", None, [DRUMS]), tmp_path) == ["Song.sidestick.json", "Song.drums.mid"]
    assert names(plan(tmp_path / "Song.mp3", None, [DRUMS]), tmp_path) == names(other, tmp_path)


def test_songs_of_one_name_from_two_folders_do_not_fight_in_the_output_folder(tmp_path):
    wrote(plan(tmp_path / "a" / "Song.wav", tmp_path, [DRUMS]))
    other = plan(tmp_path / "b" / "Song.wav", tmp_path, [DRUMS])
    assert names(other, tmp_path) == ["Song-2.sidestick.json", "Song.drums-2.mid"]


def test_a_manifest_that_was_edited_by_hand_is_kept(tmp_path):
    path = plan(tmp_path / "Song.wav", None, []).manifest
    wrote(plan(tmp_path / "Song.wav", None, []))
    path.write_bytes(path.read_bytes().replace(b'"kick","kick"', b'"kick","clap"', 1))
    found = plan(tmp_path / "Song.wav", None, [])
    assert (found.manifest.name, found.previous) == ("Song-2.sidestick.json", None)
    assert "by hand" in found.remarks[0]


def test_a_damaged_manifest_is_kept(tmp_path):
    (tmp_path / "Song.sidestick.json").write_text("{")
    assert plan(tmp_path / "Song.wav", None, []).manifest.name == "Song-2.sidestick.json"


def test_a_fresh_plan_replaces_nothing(tmp_path):
    wrote(plan(tmp_path / "Song.wav", None, [DRUMS]))
    found = plan(tmp_path / "Song.wav", None, [DRUMS], fresh=True)
    assert names(found, tmp_path) == ["Song-2.sidestick.json", "Song.drums-2.mid"]


def test_a_relabel_writes_to_the_same_names(tmp_path):
    first = plan(tmp_path / "Song.wav", None, [DRUMS])
    written = wrote(first)
    assert replan(first.manifest, written, [DRUMS]).paths == first.paths


def test_a_relabel_keeps_what_was_edited_in_the_daw(tmp_path):
    first = plan(tmp_path / "Song.wav", None, [DRUMS])
    written = wrote(first)
    first.paths[DRUMS].write_bytes(b"fixed in the DAW")
    assert replan(first.manifest, written, [DRUMS]).paths[DRUMS].name == "Song.drums-2.mid"


def test_a_relabel_finds_the_outputs_after_the_folder_was_moved(tmp_path):
    (tmp_path / "old").mkdir()
    written = wrote(plan(tmp_path / "old" / "Song.wav", None, [DRUMS]))
    moved = (tmp_path / "old").rename(tmp_path / "new")
    assert replan(moved / "Song.sidestick.json", written, [DRUMS]).paths[DRUMS] == moved / "Song.drums.mid"


def test_names_that_differ_in_case_only_are_the_same_name(tmp_path):
    (tmp_path / "SONG.drums.MID").write_bytes(b"by hand")
    assert plan(tmp_path / "Song.wav", None, [DRUMS]).paths[DRUMS].name == "Song.drums-2.mid"


def test_names_that_differ_in_the_spelling_of_accents_only_are_the_same_name(tmp_path):
    composed, apart = (unicodedata.normalize(form, "Café") for form in ("NFC", "NFD"))
    (tmp_path / f"{apart}.drums.mid").write_bytes(b"by hand")
    assert plan(tmp_path / f"{composed}.wav", None, [DRUMS]).paths[DRUMS].name == f"{composed}.drums-2.mid"


def test_our_outputs_are_found_whatever_the_spelling_of_accents(tmp_path):
    composed, apart = (unicodedata.normalize(form, "Café.wav") for form in ("NFC", "NFD"))
    first = plan(tmp_path / composed, None, [DRUMS])
    wrote(first, composed)
    assert plan(tmp_path / apart, None, [DRUMS]).paths == first.paths


@pytest.mark.parametrize("song", ['It\'s "loud" 🥁.wav', "two.dots.wav", "-n.wav", ".hidden.wav", "%s {x}.wav"])
def test_odd_names_work(tmp_path, song):
    wrote(plan(tmp_path / song, None, [DRUMS, STEM]), song)
    found = plan(tmp_path / song, None, [DRUMS, STEM])
    assert found.paths[DRUMS].name == Path(song).stem + ".drums.mid"
    assert found.previous is not None


@pytest.mark.parametrize("letter", ["x", "ü", "🥁"])
def test_very_long_names_are_cut_so_that_every_output_fits(tmp_path, letter):
    song = letter * (251 // len(letter.encode())) + ".wav"
    for _ in range(2):
        found = plan(tmp_path / song, None, [DRUMS, STEM], fresh=True)
        wrote(found, song)
    assert all(len(os.fsencode(path.name)) <= 255 for path in tmp_path.rglob("*"))
    assert len(list(tmp_path.glob("*" + MANIFEST))) == 2


def test_an_output_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(Rejected, match="Move the song") as caught:
        plan(tmp_path / "Song.wav", tmp_path / "out" / "x", [DRUMS])
    assert caught.value.code == "output_folder"


def test_a_read_only_folder_is_refused(tmp_path, monkeypatch):
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(Rejected, match=r"not allowed; change the permissions\. Move the song"):
        plan(tmp_path / "Song.wav", None, [DRUMS])


def test_planning_leaves_nothing_behind(tmp_path):
    plan(tmp_path / "Song.wav", None, [DRUMS])
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_name_files_in_one_folder_at_once(tmp_path):
    locks = tmp_path / "locks"
    with lock_folder(tmp_path / "Song.wav", None, locks):
        (lock,) = locks.iterdir()
        with pytest.raises(Timeout):
            FileLock(lock, timeout=0).acquire()
    with lock_folder(tmp_path / "Song.mp3", tmp_path, locks):
        assert list(locks.iterdir()) == [lock]


def test_locks_that_cannot_be_written_name_the_setting(tmp_path):
    locks = tmp_path / "locks"
    locks.write_bytes(b"")
    with pytest.raises(CacheFailed, match="SIDESTICK_FOLDERS__CACHE"), lock_folder(tmp_path / "x", None, locks):
        pass
