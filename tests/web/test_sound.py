"""What the page plays is what the MIDI says, when it says it."""

import base64

import numpy as np
import pytest

from tests.web.server import attacks

RATE = 44100
RENDER = """async (job) => {
  const {readNotes} = await import('/static/js/notes.js');
  const {PlayEvents, renderAudio} = await import('/static/js/play_events.js');
  const notes = readNotes(await (await fetch(`/api/jobs/${job}/notes`)).json());
  const sound = (await renderAudio(new PlayEvents(notes), notes.duration)).getChannelData(0);
  const bytes = new Uint8Array(sound.buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""
# Notes in window.attacks when what goes to the loudspeaker gets loud after a tenth of a second of less, by the
# context's clock. It runs in the audio thread: the page's own may be late on a busy machine.
RECORDER = """
registerProcessor('recorder', class extends AudioWorkletProcessor {
  constructor() { super(); this.loud = -1; }
  process([[samples = []]]) {
    samples.forEach((value, i) => {
      if (Math.abs(value) < 0.12) return;
      const at = currentTime + i / sampleRate;
      if (at - this.loud > 0.1) this.port.postMessage(at);
      this.loud = at;
    });
    return true;
  }
});"""
RECORD = """(recorder) => {
  const connect = AudioNode.prototype.connect;
  const module = URL.createObjectURL(new Blob([recorder], {type: 'text/javascript'}));
  window.attacks = [];
  AudioNode.prototype.connect = function (to, ...more) {
    if (to === this.context.destination) this.context.audioWorklet.addModule(module).then(() => {
      const mono = {numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit'};
      const node = new AudioWorkletNode(this.context, 'recorder', mono);
      node.port.onmessage = ({data}) => window.attacks.push(data);
      connect.call(this, node);
    });
    return connect.call(this, to, ...more);
  };
}"""
WATCH = """() => {
  window.positions = [];
  const shown = () => parseFloat(document.querySelector('#position-time').textContent.slice(2));
  setInterval(() => window.positions.push(shown()), 30);
}"""
STEP = 0.25  # seconds from stroke to stroke in the songs of these tests


def render_sound(page, job: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(page.evaluate(RENDER, job)), np.float32)


def recorded(visit, job: str):
    """The page with a recorder in it; the page's own rules would not let one in."""
    page = visit(job, bypass_csp=True)
    page.evaluate(RECORD, RECORDER)
    return page


def phase(page, step: float) -> float:
    """When, within a step, what is played now gets loud: the median of the next strokes."""
    page.evaluate("() => { window.attacks = []; }")
    page.wait_for_function("() => window.attacks.length >= 10")
    turns = np.array(page.evaluate("() => window.attacks")[1:]) / step
    return float(np.median((turns - turns[0] + 0.5) % 1) - 0.5 + turns[0] % 1) * step


def test_every_hit_of_the_midi_sounds_within_10_ms_of_its_time(visit, server, job):
    page = visit(job)
    notes = server.notes(job)["hits"]
    times = sorted({row[notes["columns"].index("time")] for row in notes["rows"]})
    heard = np.array(attacks(render_sound(page, job), RATE, gap=0.03))  # longer than a wave of the kick
    assert len(times) > 20
    loud = [row[notes["columns"].index("time")] for row in notes["rows"] if row[4] in ("kick", "snare")]
    assert max(np.abs(heard - time).min() for time in loud) < 0.001
    assert max(np.abs(np.array(times) - at).min() for at in heard) < 0.010


def test_drums_and_instruments_are_recordings_that_came_with_the_page(visit, job):
    page = visit(job)
    found = page.evaluate("""async () => {
      const {loadSamples} = await import('/static/js/samples.js');
      const {kit, notes} = await loadSamples(new OfflineAudioContext(2, 44100, 44100));
      return [[...kit.keys()], [...notes].map(([part, all]) => [part, all.length])];
    }""")
    assert {"kick", "snare", "open_hihat", "crash", "ride"} <= set(found[0]) and len(found[0]) == 14
    assert dict(found[1]) == {"bass": 4, "guitar": 4, "piano": 5, "vocals": 3, "other": 4}


def test_the_midi_is_silent_where_there_are_no_notes(visit, job):
    assert np.abs(render_sound(visit(job), job)[-RATE // 2 :]).max() < 0.001


@pytest.mark.parametrize("half", [False, True])
def test_original_and_midi_play_in_time_with_each_other(visit, server, half):
    page = recorded(visit, server.drums(f"in time {half}"))
    page.click("#play")
    page.wait_for_selector("#play[aria-label=Pause]")
    if half:
        page.keyboard.press("h")
        page.wait_for_timeout(600)
    step = STEP * 2 if half else STEP
    original = phase(page, step)
    page.keyboard.press("a")
    page.wait_for_timeout(600)
    midi = phase(page, step)
    apart = (original - midi + step / 2) % step - step / 2
    assert abs(apart) < 0.010


def test_a_soloed_stem_is_all_that_sounds(visit, looked_at):
    page = recorded(visit, looked_at)
    page.click("#stems li:has-text('Toms') button.solo")  # nobody plays them in this song
    page.click("#play")
    page.wait_for_selector("#play[aria-label=Pause]")
    page.wait_for_timeout(1200)
    heard = page.evaluate("() => window.attacks.length")
    page.click("#stems li:has-text('Toms') button.solo")
    page.wait_for_function("() => window.attacks.length > 2")
    assert heard == 0


def test_a_loop_starts_again_at_its_start(visit, job):
    page = visit(job)
    page.evaluate("() => document.querySelector('#timeline').focus()")
    for key in ("+", "+", "+", "+", "+", "+", "Home", "l", "Space"):
        page.keyboard.press(key)
    page.evaluate(WATCH)
    page.wait_for_function("() => window.positions.some((at, i) => at < window.positions[i - 1])")
    assert 1.0 < max(page.evaluate("() => window.positions")) < 1.6  # what is seen of 17 s, six times 1.5 closer


def test_space_plays_and_pauses(visit, job):
    page = visit(job)
    page.focus("#timeline")
    page.keyboard.press("Space")
    page.wait_for_selector("#play[aria-label=Pause]")
    page.wait_for_function("() => parseFloat(document.querySelector('#position-time').textContent.slice(2)) > 0.3")
    page.keyboard.press("Space")
    page.wait_for_selector("#play[aria-label=Play]")
