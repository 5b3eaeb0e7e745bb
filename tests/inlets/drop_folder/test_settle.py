import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.errors import Rejected
from daemon.files import FileStamp
from daemon.inlets.drop_folder.settle import PATIENCE, PendingFiles, SettledFile, key_of, stamp_of
from tests.fakes import FakeClock

QUIET = 2.0
SONG = Path("/drop/Song.wav")


class Copy:
    """A file that grows as told, and whose header opens or not."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stamps: dict[Path, FileStamp | None] = {SONG: FileStamp(10, 1)}
        self.broken = self.upsetting = False
        self.settling = PendingFiles(QUIET, self._open, lambda path: self.stamps.get(path))

    def _open(self, path: Path) -> None:
        if self.upsetting:
            raise ZeroDivisionError
        if self.broken:
            raise Rejected("damaged", f"{path.name} is damaged.")

    def mark(self, path: Path = SONG) -> None:
        self.settling.mark(path, self.clock.now())

    def after(self, seconds: float) -> list[SettledFile]:
        self.clock.advance(seconds)
        return list(self.settling.step(self.clock.now()))


@pytest.fixture
def copy() -> Copy:
    return Copy()


def test_a_file_is_ready_once_it_was_quiet_long_enough(copy: Copy) -> None:
    copy.mark()
    assert copy.after(1.9) == []
    assert copy.after(0.1) == [SettledFile(SONG, FileStamp(10, 1))]


def test_it_is_ready_once_and_not_again(copy: Copy) -> None:
    copy.mark()
    assert len(copy.after(QUIET)) == 1
    assert copy.after(QUIET) == []


def test_more_news_about_a_quiet_file_do_not_delay_it(copy: Copy) -> None:
    copy.mark()
    copy.after(1.0)
    copy.mark()
    assert copy.after(1.0) == [SettledFile(SONG, FileStamp(10, 1))]


def test_growing_begins_the_rest_anew(copy: Copy) -> None:
    copy.mark()
    copy.after(1.5)
    copy.stamps[SONG] = FileStamp(20, 1)
    assert copy.after(0.5) == []
    assert copy.after(1.9) == []
    assert copy.after(0.1) == [SettledFile(SONG, FileStamp(20, 1))]


def test_a_new_time_with_the_same_size_counts_as_a_change(copy: Copy) -> None:
    copy.mark()
    copy.stamps[SONG] = FileStamp(10, 2)
    assert copy.after(QUIET) == []
    assert copy.after(QUIET) == [SettledFile(SONG, FileStamp(10, 2))]


def test_a_header_that_does_not_open_yet_is_waited_for(copy: Copy) -> None:
    copy.broken = True
    copy.mark()
    assert copy.after(QUIET) == []
    copy.broken = False
    assert copy.after(0.1) == [SettledFile(SONG, FileStamp(10, 1))]


def test_patience_with_a_broken_header_has_an_end(copy: Copy) -> None:
    copy.broken = True
    copy.mark()
    assert copy.after(PATIENCE * QUIET - 0.1) == []
    [settled] = copy.after(0.1)
    assert settled.objection is not None
    assert settled.objection.code == "damaged"


def test_a_file_that_vanishes_meanwhile_is_forgotten(copy: Copy) -> None:
    copy.mark()
    copy.stamps[SONG] = None
    assert copy.after(QUIET) == []
    assert len(copy.settling) == 0


def test_a_file_that_upsets_its_reader_does_not_hold_up_the_others(
    copy: Copy, guard_log: Callable[[], list[str]]
) -> None:
    copy.mark()
    copy.mark(Path("/drop/Gone.wav"))
    copy.upsetting = True
    assert copy.after(QUIET) == []
    assert [line.partition(":")[0] for line in guard_log()] == ["/drop/Song.wav"]
    assert len(copy.settling) == 0


def test_files_come_in_the_order_of_their_arrival(copy: Copy) -> None:
    others = [Path(f"/drop/{name}.wav") for name in "zab"]
    for path in others:
        copy.stamps[path] = FileStamp(1, 1)
        copy.mark(path)
    assert [settled.path for settled in copy.after(QUIET)] == others


def test_two_spellings_of_one_name_are_one_file_opened_by_the_first(copy: Copy) -> None:
    apart = Path(unicodedata.normalize("NFD", "/drop/Für Elise.wav"))
    composed = Path(unicodedata.normalize("NFC", str(apart)))
    copy.stamps[apart] = copy.stamps[composed] = FileStamp(1, 1)
    copy.mark(apart)
    copy.mark(composed)
    assert [settled.path for settled in copy.after(QUIET)] == [apart]


def test_two_files_whose_names_only_look_the_same_are_two(tmp_path: Path) -> None:
    names = [tmp_path / unicodedata.normalize(form, "é.wav") for form in ("NFC", "NFD")]
    for path in names:
        path.write_bytes(path.name.encode())
    assert len({key_of(path) for path in names}) == len(set(tmp_path.iterdir()))


def test_folders_and_missing_files_have_no_stamp(tmp_path: Path) -> None:
    assert stamp_of(tmp_path) is None
    assert stamp_of(tmp_path / "gone.wav") is None


def test_a_name_that_no_system_allows_has_no_stamp() -> None:
    assert stamp_of(Path("a\0b")) is None
