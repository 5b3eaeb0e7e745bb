"""The beat is corrected on the page: each way makes a revision, keeps the other corrections, and can be undone."""

import pytest

from tests.web.server import wait_for
from tests.web.test_page import expect, relabelled


def grid(server, job):
    return server.notes(job)["grid"]


def test_a_typed_bpm_holds_and_the_labels_stay(visit, server, job):
    page = visit(job)
    relabelled(page, 0, "clap")
    page.fill("#beat input", "117,25")
    page.keyboard.press("Enter")
    wait_for(lambda: grid(server, job)["bpm"] == 117.25)
    assert "clap" in server.labels(job)
    expect(page, "() => document.querySelector('#song-facts').textContent.includes('117.25 bpm')")


def test_half_the_bpm_comes_by_a_button_and_goes_by_undo(visit, server, job):
    page, before = visit(job), grid(server, job)["bpm"]
    page.click("#beat button[aria-label='Half the bpm']")
    wait_for(lambda: grid(server, job)["bpm"] == pytest.approx(before / 2, abs=0.001))
    page.click("#undo")
    wait_for(lambda: grid(server, job)["bpm"] == before)


def test_bar_one_is_set_where_the_song_stands(visit, server, job):
    page = visit(job)
    page.focus("#timeline")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.click("#bar-one")
    expect(page, "() => !document.querySelector('#undo').disabled")
    found = server.notes(job)
    starts = [found["grid"]["beats"][n] for n in found["grid"]["downbeats"]]
    assert min(abs(found["options"]["downbeat"] - at) for at in starts) < 0.05


def test_the_meter_and_the_start_of_files_are_chosen_from_lists(visit, server, job):
    page, bpm = visit(job), grid(server, job)["bpm"]
    page.select_option("#beat select >> nth=0", "3/4")
    wait_for(lambda: (grid(server, job)["numerator"], grid(server, job)["bpm"]) == (3, bpm))
    page.select_option("#beat select >> nth=1", "bars")
    wait_for(lambda: server.notes(job)["options"]["start"] == "bars")


def test_even_taps_by_the_key_set_the_beat(visit, server, job):
    page, interval = visit(job), 120 / grid(server, job)["bpm"]
    taps = iter(range(4))
    page.route("**/tap", lambda route: route.continue_(post_data=f'{{"seconds": {next(taps) * interval}}}'))
    page.focus("#timeline")
    for number in range(1, 5):
        page.keyboard.press("t")
        expect(page, f"() => document.querySelector('#beat [role=status]').textContent.startsWith('{number} tap')")
    assert grid(server, job)["bpm"] == pytest.approx(60 / interval, rel=0.01)
    expect(page, "() => !document.querySelector('#undo').disabled")


def ruler_place(page, x):
    """A point of the ruler, so many pixels from its left end."""
    box = page.locator("#timeline-canvas").bounding_box()
    return box["x"] + x, box["y"] + 8


def nearest_bar(server, job, at):
    grid = server.notes(job)["grid"]
    return min(abs(at - grid["beats"][n]) for n in grid["downbeats"])


def test_the_ruler_has_a_menu_in_which_a_bar_begins_where_it_was_opened(visit, server, job):
    page = visit(job)
    page.mouse.click(*ruler_place(page, 150), button="right")
    page.click(".ruler-menu button:text-is('Bar 1 is here')")
    expect(page, "() => !document.querySelector('#undo').disabled")
    asked = server.notes(job)["options"]["downbeat"]
    assert asked > 0 and nearest_bar(server, job, asked) < 0.3


def test_the_menu_of_the_ruler_is_worked_by_keys_alone_at_the_playhead(visit, server, job):
    page = visit(job)
    page.focus("#timeline")
    page.keyboard.press("ContextMenu")
    page.wait_for_selector(".ruler-menu:popover-open")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    wait_for(lambda: (grid(server, job)["numerator"], grid(server, job)["denominator"]) == (3, 4))
    expect(page, "() => document.activeElement.id === 'timeline'")
    page.keyboard.press("ContextMenu")
    page.keyboard.press("Escape")
    expect(page, "() => !document.querySelector('.ruler-menu:popover-open')")


def test_the_menu_leads_to_the_field_of_the_bpm(visit, job):
    page = visit(job)
    page.mouse.click(*ruler_place(page, 100), button="right")
    page.click(".ruler-menu button:text-is('Type the bpm')")
    expect(page, "() => document.activeElement.matches('#beat input')")


def test_elsewhere_on_the_timeline_the_browser_keeps_its_menu(visit, job):
    page = visit(job)
    x, y = ruler_place(page, 100)
    page.mouse.click(x, y + 60, button="right")
    assert page.locator(".ruler-menu:popover-open").count() == 0
