"""The first hour of a musician: from an empty home to corrected MIDI, with nothing but the page and the drop folder."""

import re
import shutil
from pathlib import Path

import mido
import pytest

from tests.web.server import WAIT, wait_for
from tests.web.test_note_editing import press
from tests.web.test_page import expect, hits


def jobs(server) -> list[dict]:
    return server.ask("GET", "api/jobs")["jobs"]


def finish(server, name: str) -> str:
    """The id of the job of the file `name` once it is done."""
    return wait_for(
        lambda: next((job["id"] for job in jobs(server) if job["name"] == name and job["state"] == "done"), "")
    )


def revised(server, job: str, number: int) -> None:
    wait_for(lambda: server.notes(job)["revision"] == number)


def set_up(page, drop: Path) -> None:
    page.wait_for_selector("#first-visit")
    page.fill("#first-visit input[type=text]", str(drop))
    page.select_option("#first-visit select", "reaper")
    page.click("text=Set up")
    page.wait_for_selector("#first-visit", state="detached")


def open_song(page, job: str) -> None:
    page.click(f"#job-list [data-key='{job}'] .open")
    page.wait_for_selector("#editor:not([hidden])")


def listen(page) -> None:
    """To the original, then to the MIDI drums in the song, a little slower, and to the end of the count-in."""
    page.click("#play")
    page.wait_for_selector("#play[aria-label=Pause]")
    press(page, "b", "s")
    page.wait_for_function("() => parseFloat(document.querySelector('#position-time').textContent.slice(2)) > 0.5")
    assert page.is_checked("input[name=side][value=both]") and page.input_value("#speed") == "0.9"
    page.click("#play")
    press(page, "b", "d", "Home")


def mend_beat(page, server, job: str) -> None:
    page.click("#beat >> role=button[name='Half the bpm']")
    revised(server, job, 1)
    press(page, "Control+z")
    revised(server, job, 0)


def mend_hits(page, server, job: str) -> None:
    """A stroke gets another name, one is deleted and comes back."""
    before = len(server.labels(job))
    page.focus("#timeline")
    press(page, ".", "3")
    wait_for(lambda: "side_stick" in server.labels(job))
    press(page, "Delete")
    wait_for(lambda: len(server.labels(job)) == before - 1)
    page.click("#undo")
    wait_for(lambda: len(server.labels(job)) == before)


def mend_notes(page, server, job: str) -> list[int]:
    """The first note goes up and gets shorter; its pitches are returned."""
    page.focus("#timeline")
    press(page, "ArrowDown", ".", "Alt+ArrowUp")
    revised(server, job, 1)
    press(page, "Control+ArrowLeft")
    revised(server, job, 2)
    return [row[4] for row in server.notes(job)["parts"]["bass"]["rows"]]


def download(page, folder: Path) -> mido.MidiFile:
    with page.expect_download() as saved:
        page.click("#exports a.main")
    saved.value.save_as(folder / "taken.mid")
    return mido.MidiFile(folder / "taken.mid")


def strokes(file: mido.MidiFile) -> list[int]:
    return [message.note for message in file if message.type == "note_on" and message.velocity]


def take_off(page, job: str, *, files: bool) -> None:
    page.hover(f"#job-list [data-key='{job}']")
    page.click(f"#job-list [data-key='{job}'] .remove")
    page.wait_for_selector("#forget[open]")
    if files:
        page.check("#forget-files")
    page.click("#forget button[value=forget]")
    page.wait_for_selector(f"#job-list [data-key='{job}']", state="detached")


@pytest.mark.slow
def test_the_first_hour_from_an_empty_home(browser, new_server, tmp_path):
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(WAIT)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(new_server.url)
    drop = new_server.home.folder / "music" / "drop"
    set_up(page, drop)

    shutil.copy(new_server.song("by folder"), drop)
    song = finish(new_server, "by folder.wav")
    open_song(page, song)
    listen(page)
    mend_beat(page, new_server, song)
    mend_hits(page, new_server, song)
    taken = strokes(download(page, tmp_path))
    assert len(taken) == hits(page) and 37 in taken
    assert (drop / "by folder.drums.mid").is_file()

    page.click(".upload-options:has(#upload-options) > summary")
    page.select_option("#upload-options label:has-text('The file is') select", "bass")
    page.uncheck("#upload-options input[value=drums]")
    page.check("#upload-options input[value=bass]")
    page.set_input_files("#file-input", new_server.walk_file("by page"))
    bass = finish(new_server, "by page.wav")
    expect(page, "() => document.querySelector('#song-facts').textContent.match(/ notes$/)")
    pitches = mend_notes(page, new_server, bass)
    assert sorted(strokes(download(page, tmp_path))) == sorted(pitches)

    upload = Path(new_server.ask("GET", f"api/jobs/{bass}")["path"])
    take_off(page, bass, files=True)
    take_off(page, song, files=False)
    assert not upload.parent.exists() and (drop / "by folder.wav").is_file()
    assert jobs(new_server) == [] and complaints == []
    assert re.search("Drop a song", page.inner_text("#empty"))
    page.close()
