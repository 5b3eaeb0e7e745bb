"""The three questions of the first visit, in a real browser before a daemon that nobody has set up."""

import shutil

import pytest

from tests.web.server import wait_for


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
