"""What there is to listen to: MIDI drums in the song, slower, in a loop, counted in."""

import numpy as np
import pytest

from tests.web.test_sound import WATCH, recorded

AUDIBLE = """async (stems) => {
  const {audibleStems, stemsUnderDrums} = await import('/static/js/mixer.js');
  const choice = (muted, solo) => ({muted: new Set(muted), solo: new Set(solo)});
  return [
    [...audibleStems(stems, choice([], []))],
    [...stemsUnderDrums(stems, choice([], []))],
    [...stemsUnderDrums(stems, choice(['vocals'], []))],
    [...stemsUnderDrums(stems, choice(['snare'], []))],
    [...stemsUnderDrums(stems, choice([], ['snare']))],
  ];
}"""
KIT = ["kick", "snare", "toms", "hihat", "cymbals"]
CLICKS = """async ([beats, downbeats, from]) => {
  const {countInBeats} = await import('/static/js/count_in.js');
  return countInBeats({beats, downbeats, numerator: 4}, from);
}"""
COVER = """async ([start, end]) => {
  const {Bars} = await import('/static/js/notes.js');
  const bars = new Bars({beats: [...Array(9).keys()].map((i) => 1 + i / 2), downbeats: [0, 4, 8]}, 6);
  const found = bars.cover({start, end});
  return [found.start, found.end, bars.describeSpan(found)];
}"""


def test_the_midi_drums_stand_in_for_those_of_the_song(visit):
    whole = visit().evaluate(AUDIBLE, ["mix", "drums", *KIT, "bass", "vocals", "other", "backing"])
    assert whole == [["mix"], ["backing"], ["bass", "other"], ["backing"], ["snare"]]


def test_without_a_backing_track_the_other_stems_are_the_song(visit):
    whole = visit().evaluate(AUDIBLE, ["mix", "drums", "bass", "vocals", "other"])
    assert whole[1] == ["bass", "vocals", "other"]


def test_a_song_that_is_only_drums_can_be_heard_with_its_midi(visit, looked_at):
    page = visit(looked_at)
    assert page.inner_text("#side-both-name") == "Both" and page.is_hidden("#mix-hint")


def test_one_key_puts_the_midi_drums_into_the_song_and_takes_them_out(visit, server):
    page = visit(server.mix("in the song"))
    assert page.inner_text("#side-both-name") == "MIDI drums in the song"
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.keyboard.press("b")
    page.click("#play")
    page.wait_for_selector("#play[aria-label=Pause]")
    assert page.is_checked("input[name=side][value=both]")
    assert [url for url in fetched if "/stems/backing" in url] and not [url for url in fetched if "/stems/mix" in url]
    page.keyboard.press("b")
    assert page.is_checked("input[name=side][value=audio]")


def test_the_song_is_slowed_down_in_steps(visit, looked_at):
    page = visit(looked_at)
    page.keyboard.press("s")
    page.keyboard.press("s")
    assert page.input_value("#speed") == "0.8"
    page.keyboard.press("d")
    page.keyboard.press("h")
    assert page.input_value("#speed") == "1"
    page.select_option("#speed", "0.75")
    page.click("#play")
    page.wait_for_function("() => parseFloat(document.querySelector('#position-time').textContent.slice(2)) > 0.3")


def test_the_clicks_before_the_song_are_a_bar_of_its_beats(visit):
    beats, bars = [1 + i * 0.4 for i in range(12)], [0, 3, 6, 9]
    found = visit().evaluate(CLICKS, [beats, bars, 2.2])
    assert found == pytest.approx([1.2, 0.8, 0.4])


def test_the_clicks_keep_the_beat_when_the_song_starts_between_two(visit):
    beats, bars = [1 + i * 0.4 for i in range(12)], [0, 4, 8]
    assert visit().evaluate(CLICKS, [beats, bars, 2.3]) == pytest.approx([1.3, 0.9, 0.5, 0.1])


def test_a_song_that_is_counted_in_starts_a_bar_later(visit, server):
    page = recorded(visit, server.drums("counted in"))
    page.keyboard.press("k")
    page.evaluate(WATCH)
    page.click("#play")
    page.wait_for_function("() => window.positions.at(-1) > 0.4")
    waited = page.evaluate("() => window.positions.filter((at) => at === window.positions[0]).length")
    gaps = np.diff(page.evaluate("() => window.attacks")[:4])
    assert waited * 30 > 1000 and gaps == pytest.approx([0.5] * 3, abs=0.02)


def test_a_loop_that_is_dragged_is_made_of_bars(visit):
    page = visit()
    assert page.evaluate(COVER, [3.2, 3.9]) == [3, 5, "Loop 2"]
    assert page.evaluate(COVER, [1.2, 3.9]) == [1, 5, "Loop 1–2"]
    assert page.evaluate(COVER, [5.4, 5.6])[:2] == [5, 6]


def test_the_bars_of_what_is_selected_are_looped_by_a_key(visit, looked_at):
    page = visit(looked_at)
    page.focus("#timeline")
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "i", "Shift+ArrowRight", "o"):
        page.keyboard.press(key)
    assert page.inner_text("#loop") == "Loop 3–4"
    page.keyboard.press("l")
    page.keyboard.press(".")
    page.keyboard.press("l")
    assert page.inner_text("#loop") == "Loop 4"


def test_the_menu_of_sounds_says_how_each_is_shown(visit, looked_at):
    shown = visit(looked_at).locator("#waveform-select option").all_inner_texts()
    assert shown[0] == "Waveform: Whole song" and len(set(shown)) == len(shown)


def test_files_of_stems_say_what_they_are(visit, looked_at):
    named = visit(looked_at).locator("#exports a").all_inner_texts()
    assert named[0] == "MIDI" and all(name.endswith(("WAV", "ZIP")) for name in named[1:])
