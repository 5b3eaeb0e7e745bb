"""What a visitor of the page does, end to end: the real daemon, a real browser."""

import base64
import json
import re
import shutil
from pathlib import Path

import mido
import numpy as np
import pytest

from tests import synth
from tests.web.server import BEAT, WAIT, wait_for

DEMO = Path(__file__).parents[2] / "examples" / "war-of-freedom.ogg"
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  document.querySelector('#drop-zone').dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true}));
}"""
LANES = ["cymbals", "hihat", "toms", "snare", "kick"]


def hits(page) -> int:
    return int(re.search(r"(\d+) hits?", page.inner_text("#song-facts"))[1])


def expect(page, condition: str, argument=None) -> None:
    """Wait until the page agrees."""
    page.wait_for_function(condition, arg=argument, timeout=WAIT)


def relabelled(page, cluster: int, label: str) -> None:
    page.select_option(f"#clusters select[aria-label='What cluster {cluster} is']", label)
    expect(page, "() => !document.querySelector('#undo').disabled")


def box_of(page, drum: str) -> dict:
    """Where the lane of a drum lies on the screen."""
    place = page.locator(f"#lane-headers [data-key$=' {drum}']").bounding_box()
    return {**page.locator("#timeline").bounding_box(), "y": place["y"], "height": place["height"]}


def drag(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def kicks_chosen(page) -> int:
    """A rectangle over the first seconds of the kick's lane."""
    lane = box_of(page, "kick")
    drag(page, (lane["x"] + 2, lane["y"] + 2), (lane["x"] + 300, lane["y"] + lane["height"] - 2))
    return int(re.match(r"(\d+)", page.inner_text("#selection p"))[1])


WATCH_NETWORKS = """() => {
  window.networksSeen = new Set();
  const look = () => {
    const name = document.querySelector('#network-name')?.textContent.trim();
    if (name) window.networksSeen.add(name);
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""
"""What is drawn for a moment only, noted down as it comes."""


@pytest.mark.slow
def test_a_dropped_song_is_watched_until_its_notes_are_there(visit):
    page = visit()
    page.evaluate(WATCH_NETWORKS)
    page.evaluate(DROP, [DEMO.name, base64.b64encode(DEMO.read_bytes()).decode()])
    page.wait_for_selector("#progress-bar:visible")
    page.wait_for_selector(".stage:has-text('First draft')")
    expect(page, "() => document.querySelectorAll('.stage.done').length >= 1")
    expect(page, "() => document.querySelector('#progress').hidden")
    assert page.evaluate("() => [...window.networksSeen]") != [], "no network was ever drawn while it worked"
    assert page.inner_text("#song-name") == "war-of-freedom"
    assert "140 bpm" in page.inner_text("#song-facts") and hits(page) > 200
    for made in ("The song as a spectrogram", "Its stems", "The drums of the kit", "Beats and bar lines"):
        page.wait_for_selector(f".stage.done:has-text('{made}') canvas:not([hidden])")


def test_a_pitched_part_has_its_piano_roll_and_its_pictures(visit, server):
    page = visit(server.bass("roll"))
    page.click("#stage-details > summary")
    for made in ("The notes of each part", "Key and chords"):
        page.wait_for_selector(f".stage.done:has-text('{made}') canvas:not([hidden])")
    assert page.locator("#lane-headers li").all_inner_texts() == ["Bars", "Sound", "Bass"]
    assert page.locator("#parts li").count() == 1 and not page.is_visible("#clusters")


def test_a_midi_that_was_edited_in_a_daw_is_dropped_on_its_song(visit, server, tmp_path):
    job = server.drums("dropped midi")
    file = mido.MidiFile(server.ask("GET", f"api/jobs/{job}")["midi"])
    for track in file.tracks:
        track[:] = [m.copy(note=39) if m.type in ("note_on", "note_off") and m.note == 38 else m for m in track]
    file.save(tmp_path / "edited.mid")
    page = visit(job)
    page.evaluate(DROP, ["edited.mid", base64.b64encode((tmp_path / "edited.mid").read_bytes()).decode()])
    expect(page, "() => !document.querySelector('#undo').disabled")
    assert "clap" in server.labels(job) and "snare" not in server.labels(job)


def test_a_midi_that_is_dropped_where_no_song_is_open_is_told(visit):
    page = visit()
    page.evaluate(DROP, ["edited.mid", ""])
    page.wait_for_selector("#notices :text('Open the song that this .mid belongs to')")


def test_a_pitched_part_is_heard_less_keenly_and_moved_by_octaves(visit, server):
    job = server.bass("octave")
    page, before = visit(job), server.notes(job)["parts"]["bass"]["rows"]
    page.select_option("select[aria-label='Octave of Bass']", "12")
    expect(page, "() => !document.querySelector('#undo').disabled")
    assert [row[4] for row in server.notes(job)["parts"]["bass"]["rows"]] == [row[4] + 12 for row in before]
    page.focus("input[aria-label='Sensitivity of Bass']")
    page.keyboard.press("Home")
    wait_for(lambda: server.notes(job)["options"]["sensitivity"] == {"bass": 0})


def test_any_stem_is_shown_as_a_waveform_or_a_spectrogram(visit, job):
    page = visit(job)
    for what, asked in (("wave kick", "waveform/kick"), ("spectrum kick", "spectrogram/kick")):
        before = page.locator("#timeline-canvas").screenshot()
        with page.expect_response(re.compile(asked)) as answered:
            page.select_option("#waveform-select", what)
        assert answered.value.ok
        wait_for(lambda before=before: page.locator("#timeline-canvas").screenshot() != before)


def test_a_song_whose_sound_was_cleared_away_is_worked_out_again(visit, server, job):
    shutil.rmtree(server.latest("decode"))
    page = visit(job)
    assert page.is_checked("input[name=side][value=midi]") and page.is_disabled("input[name=side][value=audio]")
    page.click("#rerun-audio")
    expect(page, "(before) => location.hash !== `#${before}` && document.querySelector('#progress').hidden", job)
    page.wait_for_selector("#no-audio", state="hidden")
    assert page.is_checked("input[name=side][value=audio]")


def test_what_was_done_is_listed_after_a_reload(visit, job):
    page = visit(job)
    page.reload()
    page.wait_for_selector("#editor:not([hidden])")
    assert page.locator("#job-list button.open[aria-current=true]").count() == 1


def test_a_restart_is_told_and_loses_no_song(visit, server, job):
    page = visit(job)
    server.home.end()
    expect(page, "() => document.querySelector('#health').textContent.includes('does not answer')")
    server.home.start()
    expect(page, "() => !document.querySelector('#health').textContent.includes('does not answer')")
    page.reload()
    page.wait_for_selector("#editor:not([hidden])")
    assert page.locator(f"#job-list [data-key='{job}']").count() == 1


def test_a_cluster_gets_another_name_from_the_menu_and_back_by_undo(visit, server, job):
    page = visit(job)
    before = server.labels(job)
    relabelled(page, 0, "clap")
    assert "clap" in server.labels(job)
    page.keyboard.press("Control+z")
    expect(page, "() => document.querySelector('#undo').disabled")
    assert server.labels(job) == before


def test_selected_hits_get_their_name_by_a_key(visit, server, job):
    page = visit(job)
    chosen = kicks_chosen(page)
    page.keyboard.press("3")
    expect(page, "() => document.querySelector('#selection p').textContent.includes('Side stick')")
    assert server.labels(job).count("side_stick") == chosen > 2


def test_deleted_hits_are_gone_and_come_back(visit, server, job):
    page = visit(job)
    before, chosen = hits(page), kicks_chosen(page)
    page.keyboard.press("Delete")
    expect(
        page, "(left) => document.querySelector('#song-facts').textContent.includes(`${left} hits`)", before - chosen
    )
    page.click("#undo")
    expect(page, "(all) => document.querySelector('#song-facts').textContent.includes(`${all} hits`)", before)


def test_a_double_click_in_a_lane_adds_a_hit_there(visit, server, job):
    page = visit(job)
    before, lane = hits(page), box_of(page, "snare")
    page.mouse.dblclick(lane["x"] + 48, lane["y"] + 10)
    expect(page, "(all) => document.querySelector('#song-facts').textContent.includes(`${all} hits`)", before + 1)
    assert "Snare" in page.inner_text("#selection p")


def test_a_hit_is_dragged_to_another_time(visit, server, job):
    page = visit(job)
    page.focus("#timeline")
    page.keyboard.press(".")
    first = page.evaluate("() => document.querySelector('#announcer').textContent")
    rows = server.notes(job)["hits"]
    onset = {row[0]: row[1] for row in rows["rows"]}
    page.keyboard.press("Alt+ArrowRight")
    expect(page, "() => !document.querySelector('#undo').disabled")
    moved = {row[0]: row[1] for row in server.notes(job)["hits"]["rows"]}
    later = [moved[hit] - onset[hit] for hit in onset if moved[hit] != onset[hit]]
    assert first.startswith("Kick") and later == [pytest.approx(0.005)]


def test_hits_are_selected_by_how_loud_they_are(visit, server, job):
    page = visit(job)
    page.fill("input[aria-label='Velocity to']", "127")
    page.select_option("select[aria-label=Drum]", "snare")
    page.click(".by-velocity button")
    assert page.inner_text("#selection p").startswith(f"{server.labels(job).count('snare')} hits")


def test_a_sensitivity_slider_answers_with_other_hits(visit, server, job):
    page = visit(job)
    page.focus("#drum-settings input >> nth=0")
    page.keyboard.press("Home")
    expect(page, "() => !document.querySelector('#undo').disabled")
    assert server.notes(job)["options"]["sensitivity"] == {"kick": 0}
    assert "kick" not in server.labels(job)


def test_a_grid_of_thirds_is_asked_for_and_kept(visit, server, job):
    page = visit(job)
    page.select_option("#grid-settings select >> nth=0", "1/8T")
    expect(page, "() => !document.querySelector('#undo').disabled")
    assert server.notes(job)["options"]["grid"]["step"] == "1/8T"


def test_a_correction_from_the_daw_appears_without_a_click(visit, server, job):
    page = visit(job)
    with server.home.client() as client:
        client.ask("/sidestick/relabel", job, json.dumps({"clusters": {"0": "cowbell"}}))
    expect(page, "() => document.querySelector('#notices').textContent.includes('changed elsewhere')")
    assert "cowbell" in page.eval_on_selector_all("#clusters select", "all => all.map(each => each.value)")


def test_a_correction_that_comes_too_late_is_offered_again(visit, server, job):
    page = visit()
    page.route("**/api/events**", lambda route: route.abort())
    page.goto(f"{server.url}#{job}")
    page.reload()
    page.wait_for_selector("#editor:not([hidden])")
    server.ask("PUT", f"api/jobs/{job}/clusters", {"revision": 0, "changes": {"clusters": {"0": "cowbell"}}})
    page.select_option("#clusters select[aria-label='What cluster 1 is']", "clap")
    page.click("text=Make it now")
    wait_for(lambda: {"cowbell", "clap"} <= set(server.labels(job)))


def test_two_browsers_see_the_same_notes_in_the_end(visit, server, job):
    one, two = visit(job), visit(job)
    relabelled(one, 0, "clap")
    expect(two, "() => [...document.querySelectorAll('#clusters select')].some(each => each.value === 'clap')")
    two.click("#undo")
    expect(one, "() => [...document.querySelectorAll('#clusters select')].every(each => each.value !== 'clap')")
    assert server.notes(job)["revision"] == 0


def test_the_downloaded_file_holds_the_notes_that_are_seen(visit, job, tmp_path):
    page = visit(job)
    with page.expect_download() as saved:
        page.click("#exports a.main")
    saved.value.save_as(tmp_path / "song.mid")
    notes = [
        message for message in mido.MidiFile(tmp_path / "song.mid") if message.type == "note_on" and message.velocity
    ]
    assert saved.value.suggested_filename.endswith(".mid") and len(notes) == hits(page)


def test_a_table_of_the_hits_is_saved(visit, job, tmp_path):
    page = visit(job)
    with page.expect_download() as saved:
        page.click("#more-exports a:text-is('hits.csv')")
    saved.value.save_as(tmp_path / "hits.csv")
    assert len((tmp_path / "hits.csv").read_text("utf-8").splitlines()) == 1 + hits(page)


def test_a_file_dragged_out_carries_its_address(visit, server, job):
    page = visit(job)
    carried = page.evaluate("""() => {
      const dataTransfer = new DataTransfer();
      const link = document.querySelector('#exports a.main');
      link.dispatchEvent(new DragEvent('dragstart', {dataTransfer, bubbles: true}));
      return dataTransfer.getData('DownloadURL');
    }""")
    kind, name, address = carried.split(":", 2)
    assert (kind, name[-4:]) == ("audio/midi", ".mid") and address.startswith(server.url)
    assert page.text_content("#drag-hint").startswith("Drag a file into your DAW")


def test_the_keyboard_alone_opens_a_song_and_names_its_hits(visit, server, job):
    page = visit()
    page.wait_for_selector("#job-list .open")
    page.focus(f"#job-list [data-key='{job}'] .open")
    page.keyboard.press("Enter")
    page.wait_for_selector("#editor:not([hidden])")
    page.focus("#timeline")
    for key in ("ArrowUp", ".", "2", "Control+z"):
        page.keyboard.press(key)
    assert page.inner_text("#announcer").startswith("Snare, bar 1")


def test_the_keyboard_walks_through_the_notes_of_a_part(visit, server):
    page = visit(server.bass("keys"))
    page.focus("#timeline")
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#announcer").startswith("Bass, ")
    page.keyboard.press(".")
    assert re.match(r"[A-G]♯?\d, (bar \d+, beat \d+, )?velocity \d+", page.inner_text("#announcer"))


def test_a_wrong_file_is_refused_in_plain_words(visit, tmp_path):
    wrong = tmp_path / "letter.wav"
    wrong.write_text("Dear reader,")
    page = visit()
    page.set_input_files("#file-input", wrong)
    expect(page, "() => document.body.textContent.includes('letter.wav')")


def test_cancelled_work_is_listed_as_cancelled(visit, server):
    page = visit()
    page.set_input_files("#file-input", server.song("long enough to be cancelled"))
    page.click("#cancel:visible")
    expect(page, "() => document.querySelector('#job-list').textContent.includes('Cancelled')")


def test_what_there_is_to_know_about_a_song_stands_under_its_name(visit, server):
    eight = synth.write(server.home.music / "eight.wav", np.tile(synth.play(BEAT, 4.0)[:1], (8, 1)))
    page = visit(server.transcribe(eight, input="drums"))
    assert "8 channels; the first two were used." in page.inner_text("#remarks [data-code=channels]")
