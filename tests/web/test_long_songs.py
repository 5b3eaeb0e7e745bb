"""A song of some length sounds before all of it has come."""

import itertools

import pytest

from tests import synth
from tests.web.server import WAIT
from tests.web.test_sound import recorded

SECONDS = 64.0
PLAYED = "(least) => parseFloat(document.querySelector('#position-time').textContent.slice(2)) >= least"


@pytest.fixture(scope="module")
def long_song(server) -> str:
    sound = synth.play(synth.rock_beat(32), SECONDS) + synth.noise(SECONDS, level=-84.0, seed=77)
    return server.transcribe(synth.write(server.home.music / "long.wav", sound), input="drums")


def test_a_long_song_plays_while_the_rest_of_it_is_still_to_come(visit, long_song):
    page, held = recorded(visit, long_song), []
    asked = []

    def hold_the_rest(route):
        asked.append(route.request.headers.get("range", ""))
        if len(asked) <= 2:
            route.continue_()
        else:
            held.append(route)

    page.route("**/stems/mix?**", hold_the_rest)
    page.click("#play")
    page.wait_for_function(PLAYED, arg=1.0, timeout=WAIT)
    assert len(held) == 1 and all(each.startswith("bytes=") for each in asked)
    page.wait_for_function("() => window.attacks.length >= 3")


def test_the_whole_takes_over_from_the_part_and_nothing_is_lost(visit, long_song):
    page = recorded(visit, long_song)
    page.click("#play")
    page.wait_for_function("() => window.attacks.length >= 3")
    strip = page.locator("#overview").bounding_box()
    page.mouse.click(strip["x"] + 0.8 * strip["width"], strip["y"] + 10)
    page.evaluate("() => { window.attacks = []; }")
    page.wait_for_function("() => window.attacks.length >= 8")
    strokes = page.evaluate("() => window.attacks")
    steps = [(late - early) / 0.25 for early, late in itertools.pairwise(strokes)]
    assert all(abs(step - round(step)) < 0.04 for step in steps)
