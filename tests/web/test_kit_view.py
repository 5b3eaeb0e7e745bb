"""The drum map as a kit: what a click plays and shows, and pads that are struck."""

import pytest

from tests.web.test_looks import SIZES, severe
from tests.web.test_page import expect

WALK = {"current": "kick", "notes": {}, "problem": "", "heard": "Pads are heard from TD-17 (ALSA)."}


@pytest.fixture
def open_kit(visit, looked_at):
    def opened(**settings):
        page = visit(looked_at, **settings)
        page.keyboard.press("e")
        page.wait_for_selector(".kit-piece[aria-label='Snare: note 38, D2']")
        return page

    return opened


def read(page) -> str:
    return page.inner_text(".kit-text")


def test_a_click_on_a_drum_shows_and_plays_its_note(open_kit):
    page = open_kit()
    with page.expect_request("**/api/pads/play") as asked:
        page.click(".kit-piece[aria-label^='Crash:']")
    assert asked.value.post_data_json == {"pitch": 49, "velocity": 100}
    assert read(page) == "Crash: note 49, C♯3"


def test_another_map_has_its_own_notes_and_says_what_it_lacks(open_kit, server, looked_at):
    page = open_kit()
    page.select_option("#kit-map", "ableton")
    page.wait_for_selector(".kit-piece.lacking")
    page.locator(".kit-piece.lacking").first.press("Enter")
    assert "not in this map" in read(page)
    assert server.notes(looked_at)["options"]["drum_map"] == "gm"


def test_the_map_that_is_seen_is_used_for_the_song(visit, server, job):
    page = visit(job)
    page.click("#kit-toggle")
    page.wait_for_selector("#kit-map option[value=ableton]", state="attached")
    page.select_option("#kit-map", "ableton")
    page.click("text=Use it for this song")
    expect(page, "() => !document.querySelector('#undo').disabled")
    assert server.notes(job)["options"]["drum_map"] == "ableton"


def test_pads_are_struck_drum_by_drum_and_make_a_map(open_kit, server):
    page = open_kit()
    states = iter([WALK, {**WALK, "current": "snare", "notes": {"kick": 35}}])
    last = {**WALK, "current": None, "notes": {"kick": 35, "snare": 40}}
    page.route("**/api/pads/walk", lambda route: route.fulfill(json=next(states, last)))
    page.click("text=Strike all pads")
    page.wait_for_selector(".notice:has-text('my_kit')")
    assert page.input_value("#kit-map") == "my_kit" and page.is_hidden(".walk")
    found = {each["name"]: each for each in server.ask("GET", "api/drum-maps")["drum_maps"]}
    assert found["my_kit"]["notes"] == {"kick": 35, "snare": 40} and found["my_kit"]["own"]


def test_the_drum_to_strike_is_shown_and_a_pad_without_a_port_is_told(open_kit):
    page = open_kit()
    page.route("**/api/pads/walk", lambda route: route.fulfill(json=WALK), times=1)
    page.click(".kit-piece[aria-label^='Kick:']")
    page.route("**/api/pads/walk", lambda route: route.fulfill(json=WALK))
    page.click("text=Strike this pad")
    page.wait_for_selector(".kit-piece.asked[aria-label^='Kick:']")
    assert page.inner_text(".walk-asked") == "Strike the kick." and page.is_hidden("text=Skip it")
    refusal = {"status": 409, "json": {"code": "no_walk", "text": "No pad is asked for."}}
    page.route("**/api/pads/walk", lambda route: route.fulfill(**refusal))
    page.wait_for_selector(".notice.error:has-text('No pad is asked for.')")
    assert page.is_hidden(".walk") and page.locator(".kit-piece.asked").count() == 0


@pytest.mark.parametrize(("scheme", "size"), [("light", "desktop"), ("dark", "phone")])
def test_axe_finds_nothing_serious_in_the_kit(open_kit, scheme, size):
    width, height = SIZES[size]
    page = open_kit(viewport={"width": width, "height": height}, color_scheme=scheme)
    assert severe(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
