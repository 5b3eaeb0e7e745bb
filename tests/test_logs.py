import io
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.timebase import Seconds
from daemon import logs
from daemon.events import Done, Download, Event, Failed, MidiWritten, Progress, Pushed, Queued, Remarked
from daemon.service_files import LABEL

PATH = "/music/Song.wav"


@pytest.fixture
def console() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(tmp_path: Path, console: io.StringIO) -> Iterator[logging.Logger]:
    found = logs.start(tmp_path, "info", console)
    yield found
    logs.stop(found)


@pytest.fixture
def detailed(tmp_path: Path) -> Iterator[logging.Logger]:
    found = logs.start(tmp_path, "debug", None)
    yield found
    logs.stop(found)


def read_lines(folder: Path) -> list[str]:
    return (folder / logs.FILE).read_text("utf-8").splitlines()


def story(logger: logging.Logger, console: io.StringIO, *events: Event) -> list[str]:
    """What the console shows of `events`, without the time of day."""
    journal = logs.JobLogger(logger)
    for event in events:
        journal.log_event(event)
    return [line.split("  ", 1)[1] for line in console.getvalue().splitlines()]


def test_a_line_has_the_time_and_the_words(logger: logging.Logger, tmp_path: Path) -> None:
    logger.info("%s: queued", "Für Elise.wav")
    [line] = read_lines(tmp_path)
    assert line[:2] == "20"
    assert line[19:] == "  Für Elise.wav: queued"


def test_the_console_says_the_same(logger: logging.Logger, console: io.StringIO, tmp_path: Path) -> None:
    logger.info("hello")
    assert console.getvalue().splitlines() == read_lines(tmp_path)


def test_what_went_wrong_stands_out(logger: logging.Logger, console: io.StringIO) -> None:
    logger.warning("Song.wav is silent.")
    assert console.getvalue().endswith("  ! Song.wav is silent.\n")


def test_detail_is_left_out_until_it_is_asked_for(logger: logging.Logger, tmp_path: Path) -> None:
    logger.debug("a detail")
    assert read_lines(tmp_path) == []


def test_detail_names_the_place_and_the_thread(detailed: logging.Logger, tmp_path: Path) -> None:
    detailed.debug("a detail")
    [line] = read_lines(tmp_path)
    assert [part for part in ("DEBUG", "MainThread", "test_logs:", "a detail") if part not in line] == []


def fail(logger: logging.Logger) -> None:
    try:
        raise ValueError("inside")
    except ValueError:
        logger.exception("Song.wav failed.")


def test_an_error_is_one_line(logger: logging.Logger, tmp_path: Path) -> None:
    fail(logger)
    [line] = read_lines(tmp_path)
    assert line.endswith("! Song.wav failed.")


def test_with_detail_an_error_shows_where_it_came_from(detailed: logging.Logger, tmp_path: Path) -> None:
    fail(detailed)
    assert "ValueError: inside" in read_lines(tmp_path)


def test_a_file_name_cannot_forge_a_line(logger: logging.Logger, tmp_path: Path) -> None:
    logger.info("%s: queued", "a\n2026-01-01 00:00:00  all is lost\x1b[2J\u202e")
    assert len(read_lines(tmp_path)) == 1
    assert read_lines(tmp_path)[0].endswith(r"a\n2026-01-01 00:00:00  all is lost\x1b[2J\u202e: queued")


def test_a_name_that_is_not_unicode_can_be_logged(logger: logging.Logger, tmp_path: Path) -> None:
    logger.info("%s: queued", "caf\udce9.wav")
    assert read_lines(tmp_path)[0].endswith(r"caf\udce9.wav: queued")


def test_files_stay_small_and_few(tmp_path: Path) -> None:
    logger = logs.start(tmp_path, "info", None, max_bytes=1000)
    for number in range(200):
        logger.info("line %d of a long day", number)
    logs.stop(logger)
    files = list(tmp_path.iterdir())
    assert len(files) == 5
    assert max(file.stat().st_size for file in files) <= 1000


def test_a_folder_that_cannot_be_written_costs_the_file_only(tmp_path: Path, console: io.StringIO) -> None:
    (tmp_path / "state").write_text("a file")
    logger = logs.start(tmp_path / "state", "info", console)
    logger.info("hello")
    logs.stop(logger)
    first, second = console.getvalue().splitlines()
    assert "sidestick.log cannot be written" in first
    assert second.endswith("  hello")


def test_a_full_disk_costs_lines_only(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(logger.handlers[1].stream, "write", full)  # type: ignore[attr-defined]
    logger.info("hello")
    assert capsys.readouterr().err == ""


def test_a_launch_agent_has_no_console_because_its_stderr_would_grow_for_ever() -> None:
    assert logs.console({"XPC_SERVICE_NAME": LABEL}) is None
    assert logs.console({"XPC_SERVICE_NAME": "0"}) is sys.stderr


def test_starting_again_does_not_say_everything_twice(tmp_path: Path) -> None:
    logs.start(tmp_path, "info", None)
    logger = logs.start(tmp_path, "info", None)
    logger.info("hello")
    logs.stop(logger)
    assert len(read_lines(tmp_path)) == 1


def test_a_song_is_told_in_a_few_lines(logger: logging.Logger, console: io.StringIO) -> None:
    lines = story(
        logger,
        console,
        Queued("1", PATH),
        Progress("1", "decode", 0.0, None),
        MidiWritten("1", "/music/Song.drums.mid", draft=True),
        *(Progress("1", "separate", 0.1 * step, Seconds(50.0 - step)) for step in range(9)),
        Progress("1", "listen", 0.95, Seconds(2.0)),
        MidiWritten("1", "/music/Song.drums.mid"),
        Done("1", 0, "/music/Song.sidestick.json", "/music/Song.drums.mid"),
    )
    assert lines == [
        "Song.wav: queued",
        "Song.wav: wrote a first draft to Song.drums.mid",
        "Song.wav: separating the stems, about 50 s left",
        "Song.wav: wrote the hits to Song.drums.mid",
        "Song.wav: done",
    ]


def test_a_long_separation_is_told_in_minutes(logger: logging.Logger, console: io.StringIO) -> None:
    [line] = story(logger, console, Progress("1", "separate", 0.0, Seconds(600.0)))
    assert line == "Job 1: separating the stems, about 10 min left"


def test_a_download_is_told_once_with_its_size(logger: logging.Logger, console: io.StringIO) -> None:
    parts = (Progress("1", "fetch", 0.0, None, Download("htdemucs", done, 84_000_000)) for done in (0, 42_000_000))
    assert story(logger, console, *parts) == ["Job 1: fetching the network htdemucs, 84 MB, once"]


def test_a_failure_says_why(logger: logging.Logger, console: io.StringIO) -> None:
    failed = Failed("1", "silent", "Song.wav is silent.")
    assert story(logger, console, Queued("1", PATH), failed)[1] == "! Song.wav is silent."


def test_a_failure_that_does_not_name_the_song_gets_its_name(logger: logging.Logger, console: io.StringIO) -> None:
    failed = Failed("1", "died", "The worker ran out of memory.")
    assert story(logger, console, Queued("1", PATH), failed)[1] == "! Song.wav: The worker ran out of memory."


def test_a_correction_is_told_with_its_number(logger: logging.Logger, console: io.StringIO) -> None:
    assert story(logger, console, Done("7", 3, "/m.json", "/m.mid")) == ["Job 7: corrected, revision 3"]


def test_a_push_is_told_with_its_notes(logger: logging.Logger, console: io.StringIO) -> None:
    assert story(logger, console, Pushed("7", 120)) == ["Job 7: 120 notes go to the MIDI port"]


def test_the_last_lines_reach_back_into_older_files(tmp_path: Path) -> None:
    (tmp_path / "sidestick.log.1").write_text("one\ntwo\n")
    (tmp_path / "sidestick.log").write_text("three\n")
    assert logs.tail(tmp_path, 2) == ["two", "three"]
    assert logs.tail(tmp_path, 9) == ["one", "two", "three"]
    assert logs.tail(tmp_path, 0) == []


def test_what_ends_a_thread_is_logged_with_its_name(logger: logging.Logger, tmp_path: Path) -> None:
    before = threading.excepthook
    with logs.log_thread_errors(logger):
        thread = threading.Thread(target=lambda: 1 / 0, name="drummer")
        thread.start()
        thread.join()
    [line] = read_lines(tmp_path)
    assert "! The thread drummer ended (ZeroDivisionError: division by zero)" in line
    assert threading.excepthook is before


def test_a_remark_is_a_line_of_its_song(tmp_path):
    logger = logs.start(tmp_path, "info", None)
    told = logs.JobLogger(logger)
    told.log_event(Queued("j1", "/songs/Song.wav"))
    told.log_event(Remarked("j1", "no_beat", "No beat was found."))
    logs.stop(logger)
    assert logs.tail(tmp_path, 1)[0].endswith("Song.wav: No beat was found.")
