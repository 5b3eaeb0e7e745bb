"""What was done by mistake comes back, and the bin says what it takes."""

from pathlib import Path

import pytest

from tests import synth
from tests.web.server import BEAT, wait_for
from tests.web.test_page import relabelled


@pytest.mark.parametrize(
    "place", ["#speed", "#undo", "#grid-settings select >> nth=0", "#beat input", "#job-list .open"]
)
def test_ctrl_z_takes_back_wherever_the_focus_is(visit, server, job, place):
    page = visit(job)
    relabelled(page, 0, "clap")
    page.focus(place)
    page.keyboard.press("Control+z")
    wait_for(lambda: server.notes(job)["revision"] == 0)


def test_ctrl_z_takes_back_what_is_being_typed_in_a_field(visit, server, job):
    page = visit(job)
    relabelled(page, 0, "clap")
    before = page.input_value("#beat input")
    page.focus("#beat input")
    page.keyboard.press("End")
    page.keyboard.type("7")
    page.keyboard.press("Control+z")
    assert page.input_value("#beat input") == before and server.notes(job)["revision"] == 1


def test_the_bin_asks_and_says_which_files_stay(visit, server, job):
    page = visit(job)
    row = page.locator(f"#job-list [data-key='{job}']")
    row.hover()
    row.locator(".remove").click()
    page.wait_for_selector("#forget[open]")
    told = page.inner_text("#forget-text")
    assert "files stay where they are" in told and ".drums.mid" in told and page.locator("#forget-files").count() == 0
    page.keyboard.press("Enter")
    assert server.ask("GET", f"api/jobs/{job}")["id"] == job
    row.locator(".remove").click()
    page.click("#forget button[value=forget]")
    page.wait_for_selector("#empty")
    assert row.count() == 0 and told.count("\n") > 2


def test_the_bin_deletes_an_upload_and_what_was_made_of_it(visit, server, tmp_path):
    page = visit()
    page.set_input_files("#file-input", synth.write(tmp_path / "sent.wav", synth.play(BEAT, 4.0)))
    page.wait_for_selector("#editor:not([hidden])")
    (song,) = [job for job in server.ask("GET", "api/jobs")["jobs"] if job["name"] == "sent.wav"]
    wait_for(lambda: server.ask("GET", f"api/jobs/{song['id']}")["state"] == "done")
    page.hover(f"#job-list [data-key='{song['id']}']")
    page.click(f"#job-list [data-key='{song['id']}'] .remove")
    page.check("#forget-files")
    page.click("#forget button[value=forget]")
    page.wait_for_selector("#empty")
    assert not Path(song["path"]).parent.exists()
