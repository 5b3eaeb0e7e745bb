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
