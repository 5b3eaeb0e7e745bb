"""The three questions of the first visit, in a real browser before a daemon that nobody has set up."""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.web.server import wait_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(browser, new_server):
    opened = browser.new_page()
    opened.goto(new_server.url)
    yield opened
    opened.close()


@pytest.mark.slow
def test_a_visitor_may_put_the_questions_off(page, new_server):
    page.wait_for_selector("#first-visit")
    page.click("text=Not now")
    page.reload()
    page.wait_for_function("() => document.querySelector('#health').textContent")
    assert page.locator("#first-visit").count() == 0
    assert new_server.ask("GET", "api/setup")["is_new"]


@pytest.mark.slow
def test_the_answers_are_set_and_a_song_in_the_folder_is_taken(page, new_server):
    drop = new_server.home.folder / "music" / "Drop here"
    page.wait_for_selector("#first-visit")
    page.fill("#first-visit input[type=text]", "Drop here")
    page.click("text=Set up")
    page.wait_for_selector("#first-visit .problem >> text=absolute path")
    page.fill("#first-visit input[type=text]", str(drop))
    page.select_option("#first-visit select", "live")
    page.click("text=Set up")
    page.wait_for_selector(".notice >> text=sidestick.amxd")
    found = new_server.ask("GET", "api/setup")
    assert (found["drop"], found["daw"], found["is_new"]) == ([str(drop)], "live", False)
    shutil.copy(new_server.song("first visit"), drop)
    wait_for(lambda: [job for job in new_server.ask("GET", "api/jobs")["jobs"] if job["path"].startswith(str(drop))])
    job = new_server.ask("GET", "api/jobs")["jobs"][0]
    assert job["options"]["drum_map"] == "ableton"


@pytest.mark.slow
def test_the_test_client_sends_a_song_and_saves_its_midi_which_is_corrected_and_deleted(new_server, tmp_path):
    song = new_server.song("client")
    environ = {**os.environ, "SIDESTICK_URL": new_server.url.rstrip("/")}
    words = [sys.executable, ROOT / "examples/client.py", song, "--input", "drums", "--out", tmp_path]
    done = subprocess.run(list(map(str, words)), env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "client.drums.mid").read_bytes().startswith(b"MThd")
    job = new_server.ask("GET", "api/jobs")["jobs"][0]
    home = f"api/jobs/{job['id']}"
    changed = new_server.ask("PUT", f"{home}/clusters", {"revision": 0, "changes": {"delete_hits": [0]}})
    assert new_server.ask("POST", f"{home}/revisions/undo", {"revision": changed["revision"]})["can_redo"]
    assert new_server.ask("GET", f"{home}/result")["midi"].keys() == {"drums", "song"}
    request = urllib.request.Request(f"{new_server.url}{home}?files=true", method="DELETE")
    assert urllib.request.urlopen(request).status == 204
    assert not Path(job["path"]).exists() and song.exists()
