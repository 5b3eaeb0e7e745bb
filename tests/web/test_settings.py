"""The settings in the page, the networks, and songs from web addresses."""

import json
import tomllib

from tests.web.server import wait_for


def written(server) -> dict:
    file = server.home.folder / "config" / "config.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}


def opened(visit, **settings):
    page = visit(**settings)
    page.click("#settings-open")
    page.wait_for_selector("#settings-groups .setting")
    page.wait_for_selector("#networks li")
    return page


def test_a_setting_is_written_as_it_is_changed_and_says_what_needs_a_restart(visit, server):
    page = opened(visit)
    page.fill("label:has-text('MIDI port') >> input", "drum room")
    page.keyboard.press("Tab")
    page.wait_for_selector("#settings-restart:has-text('MIDI port')")
    assert written(server)["daemon"]["midi_port"] == "drum room"
    page.select_option("#settings label:has-text('Drum map') >> select", "ableton")
    wait_for(lambda: server.ask("GET", "api/options")["defaults"]["drum_map"] == "ableton")
    assert "Drum map" not in page.inner_text("#settings-restart")
    page.select_option("#settings label:has-text('Drum map') >> select", "gm")


def test_a_wrong_value_is_told_beside_its_field(visit, server):
    page = opened(visit)
    page.fill("label:has-text('Songs at a time') >> input", "99")
    page.keyboard.press("Enter")
    page.wait_for_selector(".setting .problem:visible:has-text('the most is 64')")
    assert "workers" not in written(server).get("daemon", {})


def test_a_folder_more_is_watched_and_one_is_let_go_by_keys_alone(visit, server):
    page, folder = opened(visit), server.home.folder / "music" / "Watched"
    page.focus("input[aria-label='Another folder']")
    page.keyboard.type(str(folder))
    page.keyboard.press("Enter")
    page.wait_for_selector(f".folders li:has-text('{folder.name}')")
    assert folder.is_dir() and written(server)["daemon"]["drop"] == [{"path": str(folder)}]
    page.focus(".folders button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".folders li", state="detached")
    assert "drop" not in written(server)["daemon"]


def test_a_network_that_cannot_be_fetched_says_why(visit):
    page = opened(visit)
    page.wait_for_selector("#networks li:has-text('htdemucs'):has-text('recommended'):has-text('MB')")
    page.click("#networks button[aria-label='Fetch htdemucs']")
    page.wait_for_selector(".notice.error:has-text('may fetch no networks')")


def test_a_web_address_is_fetched_or_refused_in_a_sentence(visit):
    page = visit()
    page.click("#from-web summary")
    page.fill("#from-web input", "http://127.0.0.1/song")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice.error:has-text('127.0.0.1 is not on the open web')")


def test_where_nothing_can_fetch_the_line_that_adds_it_is_shown(visit):
    page = visit()
    line = "uv pip install yt-dlp"

    def answer(route):
        found = route.fetch().json()
        route.fulfill(body=json.dumps({**found, "add_url": line}), content_type="application/json")

    page.route("**/api/options", answer)
    page.reload()
    page.click("#from-web summary")
    assert page.inner_text("#from-web code") == line and page.locator("#from-web input").count() == 0
