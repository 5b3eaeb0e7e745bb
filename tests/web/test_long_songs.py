"""A song of some length is played while it comes, a few seconds of it at a time."""

import itertools

import numpy as np
import pytest

from tests import synth
from tests.web.server import WAIT
from tests.web.test_sound import RECORD, recorded

SECONDS, TONE = 64.0, 12.0
CHUNK = 10 * 44100 * 4  # bytes of a mono sound
EDGE = 441.0125  # Hz: a tone that is steep where one chunk ends and the next begins
PLAYED = "(least) => parseFloat(document.querySelector('#position-time').textContent.slice(2)) >= least"
# The greatest step from one sample to the next, of every block that goes to the loudspeaker.
STEPS = """
registerProcessor('recorder', class extends AudioWorkletProcessor {
  constructor() { super(); this.last = 0; }
  process([[samples = []]]) {
    let most = 0;
    samples.forEach((value) => { most = Math.max(most, Math.abs(value - this.last)); this.last = value; });
    this.port.postMessage(most);
    return true;
  }
});"""
HOUR = """async () => {
  const {StemSound} = await import('/static/js/stem_sound.js');
  const asked = [];
  const fetched = async (start, end) => (asked.push(end - start), {start});
  const sound = new StemSound({frames: 3600 * 44100, rate: 44100}, fetched);
  await sound.load(3000);
  for (let at = 0; at < 3600; at += 60) await sound.load(at);
  const kept = [...Array(360).keys()].filter((index) => sound.chunkAt(index * 10)).length;
  return {longest: Math.max(...asked) / 44100, kept, first: (await sound.load(3000.5)).starts};
}"""


@pytest.fixture(scope="module")
def long_song(server) -> str:
    """A tone, then a beat."""
    tone = synth.tone(EDGE, TONE, level=-9.0)
    beat = synth.play(synth.rock_beat(26), SECONDS - TONE) + synth.noise(SECONDS - TONE, level=-84.0, seed=77)
    sound = np.concatenate([tone, beat], axis=-1)
    return server.transcribe(synth.write(server.home.music / "long.wav", sound), input="drums")


def test_a_long_song_plays_while_the_rest_of_it_is_still_to_come(visit, long_song):
    page, held, asked, asked_first = recorded(visit, long_song), [], [], []

    def hold_the_rest(route):
        first, last = route.request.headers["range"].removeprefix("bytes=").split("-")
        asked.append(int(last) - int(first))
        if len(asked) <= 2:
            route.continue_()
        else:
            held.append(route)

    page.route("**/stems/mix?**", hold_the_rest)
    page.route("**/vendor/*/*.flac", lambda route: asked_first.append(len(asked)))  # never answered
    page.click("#play")
    page.wait_for_function(PLAYED, arg=1.0, timeout=WAIT)
    assert held and max(asked) < 1.2 * 2 * CHUNK
    assert min(asked_first) >= 2  # the instruments neither keep it waiting nor come before it


def play_from(page, second: float) -> None:
    strip = page.locator("#overview").bounding_box()
    page.mouse.click(strip["x"] + second / SECONDS * strip["width"], strip["y"] + 10)
    page.click("#play")


def test_one_chunk_follows_the_other_to_the_sample(visit, long_song):
    page = visit(long_song, bypass_csp=True)
    page.evaluate(RECORD, STEPS)
    play_from(page, 9.0)
    page.wait_for_function(PLAYED, arg=10.6)
    page.click("#play")
    steps = [step for step in page.evaluate("() => window.attacks") if step > 0][50:-50]
    assert len(steps) > 300 and max(steps) < 1.2 * np.median(steps)


@pytest.mark.parametrize("speed", ["1", "0.5"])
def test_strokes_keep_their_time_where_a_chunk_ends(visit, long_song, speed):
    page = recorded(visit, long_song)
    page.select_option("#speed", speed)
    play_from(page, 48.9)
    page.wait_for_function(PLAYED, arg=51.0)
    strokes = page.evaluate("() => window.attacks")
    steps = [(late - early) / (0.25 / float(speed)) for early, late in itertools.pairwise(strokes)]
    assert len(steps) >= 3 and all(abs(step - round(step)) < 0.04 for step in steps)


def test_of_an_hour_two_minutes_at_most_are_kept(visit):
    assert visit().evaluate(HOUR) == {"longest": 11, "kept": 12, "first": 3000}
