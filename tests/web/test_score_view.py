"""The score on the page: engraved, beside the playhead, and clicked on."""

import pytest

from tests.web.test_looks import severe
from tests.web.test_page import expect

BARS = "#score-pages g.measure[data-start]"
LIT = "#score-pages .lit[data-onset]"


@pytest.fixture
def open_score(visit, looked_at):
    def opened(**settings):
        page = visit(looked_at, **settings)
        page.keyboard.press("p")
        page.wait_for_selector(BARS)
        return page

    return opened


def test_the_key_p_shows_the_score_and_hides_it(open_score):
    page = open_score()
    assert page.locator(BARS).count() >= 8 and page.get_attribute("#score-toggle", "aria-pressed") == "true"
    page.keyboard.press("p")
    assert page.is_hidden("#score")


def test_a_click_on_a_bar_moves_the_playhead_there_and_lights_it(open_score):
    page = open_score()
    bar = page.locator(BARS).nth(3)
    start = float(bar.get_attribute("data-start"))
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    page.mouse.click(box["x"] + 3, box["y"] + box["height"] - 3)
    expect(page, "(at) => document.querySelector('#position-bar').textContent === at", "Bar 4 · 1")
    assert page.locator(".score-now").bounding_box() == pytest.approx(bar.bounding_box(), abs=1)
    onsets = {float(each) for each in page.locator(LIT).evaluate_all("(all) => all.map((each) => each.dataset.onset)")}
    assert onsets == {start}


def test_the_score_scrolls_with_the_playhead_but_not_away_from_who_reads_elsewhere(open_score):
    page = open_score(viewport={"width": 700, "height": 260})
    page.keyboard.press("End")
    expect(page, "() => document.querySelector('#score-pages').scrollTop > 40")
    page.evaluate("() => document.querySelector('#score-pages').scrollTop = 0")
    page.keyboard.press("Shift+ArrowLeft")
    assert page.evaluate("() => document.querySelector('#score-pages').scrollTop") == 0


def test_a_correction_is_engraved(visit, server, job):
    page = visit(job)
    page.keyboard.press("p")
    page.wait_for_selector(BARS)
    before = page.locator("#score-pages [data-onset]").count()
    page.focus("#timeline")
    page.keyboard.press(".")
    page.keyboard.press("Delete")
    expect(page, "(n) => document.querySelectorAll('#score-pages [data-onset]').length === n", before - 1)


def test_a_song_without_a_beat_says_why_it_has_no_score(visit, looked_at):
    page = visit(looked_at)
    reason = "It has no beat, so it has no bars to write. Tell its tempo, then ask again."
    page.route(
        "**/exports/score_svg", lambda route: route.fulfill(status=409, json={"code": "no_export", "text": reason})
    )
    page.click("#score-toggle")
    expect(page, "(text) => document.querySelector('#score-text').textContent === text", reason)
    assert page.is_hidden("text=Look again")


def test_a_missing_engraver_is_named_and_looked_for_again(visit, looked_at):
    page = visit(looked_at)
    line = "The export score_svg needs verovio. Add it with: pipx inject sidestick verovio"
    refuse = {"status": 409, "json": {"code": "no_package", "text": line}}
    page.route("**/exports/score_svg", lambda route: route.fulfill(**refuse), times=1)
    page.click("#score-toggle")
    expect(page, "(text) => document.querySelector('#score-text').textContent === text", line)
    page.click("text=Look again")
    page.wait_for_selector(BARS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_score_which_has_the_colour_of_the_text(open_score, scheme):
    page = open_score(color_scheme=scheme)
    assert severe(page) == []
    colours = """() => ['body', '#score-pages .definition-scale g.staff path'].map(
      (each) => getComputedStyle(document.querySelector(each))[each === 'body' ? 'color' : 'stroke'])"""
    ours, drawn = page.evaluate(colours)
    assert ours == drawn
