"""What the page plays is what the MIDI says, when it says it."""

import base64

import numpy as np
import pytest

from tests.web.site import attacks

RATE = 44100
RENDER = """async (job) => {
  const {read} = await import('/static/js/notes.js');
  const {Score, rendered} = await import('/static/js/score.js');
  const notes = read(await (await fetch(`/api/jobs/${job}/notes`)).json());
  const sound = (await rendered(new Score(notes), notes.duration)).getChannelData(0);
  const bytes = new Uint8Array(sound.buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""
# Whatever goes to the loudspeaker is also recorded, with the context's time of every block.
RECORD = """() => {
  const connect = AudioNode.prototype.connect;
  window.heard = [];
  AudioNode.prototype.connect = function (to, ...more) {
    if (to === this.context.destination && !(this instanceof ScriptProcessorNode)) {
      const recorder = this.context.createScriptProcessor(4096, 1, 1);
      recorder.onaudioprocess = (event) => {
        const {sampleRate} = event.inputBuffer;
        event.inputBuffer.getChannelData(0).forEach((value, i) => {
          if (Math.abs(value) > 0.12) window.heard.push(event.playbackTime + i / sampleRate);
        });
      };
      connect.call(this, recorder);
      connect.call(recorder, to);
    }
    return connect.call(this, to, ...more);
  };
}"""
WATCH = """() => {
  window.seen = [];
  setInterval(() => window.seen.push(parseFloat(document.querySelector('#where-time').textContent.slice(2))), 30);
}"""
STEP = 0.25  # seconds from stroke to stroke in the songs of these tests


def rendering(page, job: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(page.evaluate(RENDER, job)), np.float32)


def phase(page, seconds: float, step: float) -> float:
    """When, within a step, what is played now gets loud: the mean over `seconds`."""
    page.evaluate("() => { window.heard = []; }")
    page.wait_for_timeout(seconds * 1000)
    times = np.array(page.evaluate("() => window.heard"))
    starts = times[1:][np.diff(times) > 0.1]
    assert len(starts) >= 3
    turns = np.exp(2j * np.pi * starts / step)
    return float(np.angle(np.mean(turns)) / (2 * np.pi) * step)


def test_every_hit_of_the_midi_sounds_within_10_ms_of_its_time(visit, site, job):
    page = visit(job)
    notes = site.notes(job)["hits"]
    times = sorted({row[notes["columns"].index("time")] for row in notes["rows"]})
    heard = np.array(attacks(rendering(page, job), RATE, gap=0.02))
    assert len(times) > 20
    loud = [row[notes["columns"].index("time")] for row in notes["rows"] if row[4] in ("kick", "snare")]
    assert max(np.abs(heard - time).min() for time in loud) < 0.001
    assert max(np.abs(np.array(times) - at).min() for at in heard) < 0.010


def test_the_midi_is_silent_where_there_are_no_notes(visit, job):
    assert np.abs(rendering(visit(job), job)[-RATE // 2 :]).max() < 0.001


@pytest.mark.parametrize("half", [False, True])
def test_original_and_midi_play_in_time_with_each_other(visit, site, half):
    page = visit(site.drums(f"in time {half}"))
    page.evaluate(RECORD)
    page.click("#play")
    page.wait_for_selector("#play[aria-label=Pause]")
    if half:
        page.keyboard.press("h")
        page.wait_for_timeout(300)
    step = STEP * 2 if half else STEP
    original = phase(page, 16 * step, step)
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    midi = phase(page, 16 * step, step)
    apart = (original - midi + step / 2) % step - step / 2
    assert abs(apart) < 0.010


def test_a_soloed_stem_is_all_that_sounds(visit, looked_at):
    page = visit(looked_at)
    page.evaluate(RECORD)
    page.click("#stems li:has-text('Toms') button.solo")  # nobody plays them in this song
    page.click("#play")
    page.wait_for_selector("#play[aria-label=Pause]")
    page.wait_for_timeout(1200)
    heard = page.evaluate("() => window.heard.length")
    page.click("#stems li:has-text('Toms') button.solo")
    page.wait_for_function("() => window.heard.length > 20")
    assert heard == 0


def test_a_loop_starts_again_at_its_start(visit, job):
    page = visit(job)
    page.evaluate("() => document.querySelector('#sheet').focus()")
    for key in ("+", "+", "+", "+", "+", "+", "Home", "l", "Space"):
        page.keyboard.press(key)
    page.evaluate(WATCH)
    page.wait_for_function("() => window.seen.some((at, i) => at < window.seen[i - 1])")
    assert 1.0 < max(page.evaluate("() => window.seen")) < 1.6  # what is seen of 17 s, six times 1.5 closer


def test_space_plays_and_pauses(visit, job):
    page = visit(job)
    page.focus("#sheet")
    page.keyboard.press("Space")
    page.wait_for_selector("#play[aria-label=Pause]")
    page.wait_for_function("() => parseFloat(document.querySelector('#where-time').textContent.slice(2)) > 0.3")
    page.keyboard.press("Space")
    page.wait_for_selector("#play[aria-label=Play]")
