"""Exports of a correction: its answer does not wait, they follow, and what fails is told."""

from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.outlets.delivery import DeliverySettings, correct
from daemon.outlets.exports import table
from daemon.outlets.exports_later import ExportMaker, ExportRenewer, renew_exports
from daemon.outlets.manifest import Manifest
from daemon.pipeline.options import Options
from tests import songs

RELABEL = {"clusters": {"1": "clap"}}


@pytest.fixture
def manifest(tmp_path) -> Path:
    found = songs.manifest().model_copy(update={"options": Options(input="drums", export=("csv", "rekordbox"))})
    path = tmp_path / "Song.sidestick.json"
    found.save(path)
    return path


@pytest.fixture
def maker():
    opened = ExportMaker()
    yield opened
    opened.close()


class InThisProcess:
    """Makes exports as the other process does, with what a test does meanwhile."""

    def __init__(self, meanwhile=lambda: None) -> None:
        self.meanwhile = meanwhile

    def make(self, manifest, names, _drum_maps, folder):
        for name in names:
            (folder / name).write_text(f"{name} of revision {Manifest.load(manifest).history.head}", "utf-8")
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return {}


def corrected(manifest, tmp_path, changes=RELABEL):
    asked = []
    done = correct(manifest, changes, DeliverySettings(tmp_path / "locks", exports_later=asked.append))
    return done, asked


def test_a_correction_writes_its_midi_and_leaves_the_exports_to_others(manifest, tmp_path):
    done, asked = corrected(manifest, tmp_path)
    assert done.midi.is_file() and asked == [manifest]
    assert not (tmp_path / "Song.hits.csv").exists()


def test_the_exports_that_follow_are_those_of_the_correction(manifest, tmp_path, maker):
    corrected(manifest, tmp_path)
    assert renew_exports(manifest, DeliverySettings(tmp_path / "locks"), maker.make) == ()
    assert "clap" in (tmp_path / "Song.hits.csv").read_text("utf-8")
    kinds = {output.path: output.kind for output in Manifest.load(manifest).outputs}
    assert set(kinds) == {"Song.drums.mid", "Song.hits.csv", "Song.rekordbox.xml"}


def test_they_are_made_again_if_the_song_is_corrected_meanwhile(manifest, tmp_path):
    settings = DeliverySettings(tmp_path / "locks")
    again = InThisProcess(lambda: corrected(manifest, tmp_path))
    renew_exports(manifest, settings, again.make)
    assert (tmp_path / "Song.hits.csv").read_text("utf-8") == "csv of revision 1"


def test_a_file_that_somebody_changed_is_kept(manifest, tmp_path):
    settings = DeliverySettings(tmp_path / "locks")
    renew_exports(manifest, settings, InThisProcess().make)
    (tmp_path / "Song.hits.csv").write_text("mine", "utf-8")
    corrected(manifest, tmp_path)
    (remark,) = renew_exports(manifest, settings, InThisProcess().make)
    assert "Song.hits-2.csv" in remark and (tmp_path / "Song.hits.csv").read_text("utf-8") == "mine"


def test_an_export_that_breaks_is_told_and_the_rest_is_written(manifest, tmp_path, monkeypatch):
    broken = table.Export("csv", "hits.csv", "", "text/csv", lambda _: 1 / 0)
    monkeypatch.setitem(table.EXPORTS, "csv", broken)
    done = correct(manifest, RELABEL, DeliverySettings(tmp_path / "locks"))
    assert "The csv file could not be made (ZeroDivisionError: division by zero); all the rest was." in done.remarks
    assert done.midi.is_file() and (tmp_path / "Song.rekordbox.xml").is_file()
    assert not (tmp_path / "Song.hits.csv").exists()


def test_a_process_that_ends_is_told(manifest, tmp_path, maker):
    maker.close()
    remarks = renew_exports(manifest, DeliverySettings(tmp_path / "locks"), maker.make)
    assert remarks == (
        "The csv file could not be made (sidestick stops); all the rest was.",
        "The rekordbox file could not be made (sidestick stops); all the rest was.",
    )


class Renewals:
    """What a renewer renewed and told."""

    def __init__(self, folder: Path) -> None:
        self.renewed: list[Path] = []
        self.told: list[tuple[Path, tuple[str, ...]]] = []
        self.meanwhile = lambda: None
        self.folder = folder

    def renewer(self) -> ExportRenewer:
        return ExportRenewer(self.folder / "due", self.renew, lambda path, remarks: self.told.append((path, remarks)))

    def renew(self, path: Path) -> tuple[str, ...]:
        self.renewed.append(path)
        self.meanwhile()
        return (f"{path.name} is renewed.",)


def test_a_song_that_was_corrected_often_is_renewed_once(tmp_path):
    found = Renewals(tmp_path)
    renewer = found.renewer()
    for name in ("a", "b", "a", "a"):
        renewer.ask(tmp_path / name)
    while renewer.step():
        pass
    assert sorted(found.renewed) == [tmp_path / "a", tmp_path / "b"]
    assert (tmp_path / "a", ("a is renewed.",)) in found.told


def test_what_was_due_when_the_daemon_ended_is_made_by_the_next(tmp_path):
    found = Renewals(tmp_path)
    found.renewer().ask(tmp_path / "a")
    assert found.renewer().step() and found.renewed == [tmp_path / "a"]


def test_a_song_that_is_corrected_while_it_is_renewed_is_due_again(tmp_path):
    found = Renewals(tmp_path)
    renewer = found.renewer()
    found.meanwhile = lambda: renewer.ask(tmp_path / "a") if len(found.renewed) == 1 else None
    renewer.ask(tmp_path / "a")
    assert renewer.step() and renewer.step() and not renewer.step()


def test_who_waits_for_an_export_has_it_made_at_once(tmp_path):
    found = Renewals(tmp_path)
    renewer = found.renewer()
    renewer.ask(tmp_path / "a")
    renewer.ask(tmp_path / "b")
    renewer.finish(tmp_path / "b")
    renewer.finish(tmp_path / "b")
    assert found.renewed == [tmp_path / "b"]


def test_a_song_that_is_gone_keeps_nobody_waiting(tmp_path):
    def refuse(_):
        raise Rejected("no_manifest", "It is gone.")

    renewer = ExportRenewer(tmp_path / "due", refuse, lambda *_: None)
    renewer.ask(tmp_path / "a")
    assert renewer.step() and not renewer.step()
