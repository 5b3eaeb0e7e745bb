"""Notes of a part are mended on the page: by pointer and by keyboard, and the .mid follows."""

import mido
import pytest

from tests.web.server import WALK_SECONDS, wait_for
from tests.web.test_page import box_of, drag, expect

PLACES = """() => {
  const {left, top} = document.querySelector('#timeline').getBoundingClientRect();
  return {left, top};
}"""


@pytest.fixture
def bass(server, request) -> str:
    """A walking bass of this test's own."""
    return server.walk(request.node.name)


def notes(server, job):
    """By time, as dicts."""
    table = server.notes(job)["parts"]["bass"]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def pitches(server, job) -> list[int]:
    return [note["pitch"] for note in notes(server, job)]


def written(server, job) -> list[int]:
    """The pitches in the .mid."""
    file = mido.MidiFile(server.ask("GET", f"api/jobs/{job}")["midi"])
    return [message.note for message in file if message.type == "note_on" and message.velocity]


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def in_lane(page) -> None:
    page.focus("#timeline")
    press(page, "ArrowDown")


def revised(server, job, number) -> None:
    wait_for(lambda: server.notes(job)["revision"] == number)


def place(page, note, low: int, high: int) -> tuple[float, float]:
    """Where the middle of a note is on the screen; the roll shows `low` to `high`."""
    box = page.locator("#lane-headers [data-key='roll bass']").bounding_box()
    left = page.evaluate(PLACES)["left"]
    scale = page.locator("#timeline").bounding_box()["width"] / WALK_SECONDS  # the whole song is seen
    row = (box["height"] - 16) / (high - low + 1)
    return left + (note["time"] + note["duration"] / 2) * scale, box["y"] + 8 + (high - note["pitch"] + 0.5) * row


def reach(found) -> tuple[int, int]:
    """The lowest and the highest row of the roll, as piano_roll.js lays it out."""
    low, high = min(n["pitch"] for n in found), max(n["pitch"] for n in found)
    middle = (low + high + 1) // 2
    return min(low, middle - 6), max(high, middle + 6)


def test_a_key_moves_the_selected_note_to_another_pitch_and_ctrl_z_brings_it_back(visit, server, bass):
    page, before = visit(bass), pitches(server, bass)
    in_lane(page)
    press(page, ".", "Alt+ArrowUp")
    revised(server, bass, 1)
    assert pitches(server, bass) == [before[0] + 1, *before[1:]] == written(server, bass)
    press(page, "Alt+Shift+ArrowDown")
    revised(server, bass, 2)
    assert pitches(server, bass)[0] == before[0] - 11
    press(page, "Control+z", "Control+z")
    revised(server, bass, 0)
    assert pitches(server, bass) == before


def test_a_key_makes_the_note_longer_and_shorter(visit, server, bass):
    page, before = visit(bass), notes(server, bass)
    in_lane(page)
    press(page, ".", "Control+ArrowLeft")
    revised(server, bass, 1)
    assert notes(server, bass)[0]["duration"] < before[0]["duration"] - 0.05


def test_notes_are_moved_in_time_by_a_key(visit, server, bass):
    page, before = visit(bass), notes(server, bass)
    in_lane(page)
    press(page, ".", "Alt+ArrowRight")
    revised(server, bass, 1)
    assert notes(server, bass)[0]["onset"] == pytest.approx(before[0]["onset"] + 0.005, abs=1e-4)


def test_a_note_is_split_and_its_halves_are_joined_again(visit, server, bass):
    page, before = visit(bass), pitches(server, bass)
    in_lane(page)
    press(page, ".", "x")
    expect(page, "() => document.querySelector('#selection p').textContent.startsWith('2 notes')")
    assert pitches(server, bass) == [before[0], *before] == written(server, bass)
    press(page, "j")
    expect(page, "() => document.querySelector('#selection p').textContent.startsWith('1 note of Bass')")
    assert pitches(server, bass) == before


def test_several_notes_are_chosen_by_keyboard_and_deleted(visit, server, bass):
    page, before = visit(bass), pitches(server, bass)
    in_lane(page)
    press(page, ".", ">", ">")
    assert page.inner_text("#selection p").startswith("3 notes of Bass")
    press(page, "Delete")
    revised(server, bass, 1)
    assert pitches(server, bass) == before[3:] and page.is_hidden("#selection")


def test_a_note_is_added_at_the_playhead(visit, server, bass):
    page, before = visit(bass), pitches(server, bass)
    in_lane(page)
    press(page, "Home", "n")
    expect(page, "() => document.querySelector('#selection p').textContent.startsWith('1 note of Bass')")
    assert len(pitches(server, bass)) == len(before) + 1


def test_a_note_of_a_part_that_is_transposed_goes_where_it_is_put(visit, server, bass):
    server.ask(
        "POST", f"api/jobs/{bass}/regenerate", {"revision": 0, "options": {"notes": {"bass": {"transpose": 12}}}}
    )
    page, before = visit(bass), pitches(server, bass)
    in_lane(page)
    press(page, ".", "Alt+ArrowUp")
    revised(server, bass, 2)
    assert pitches(server, bass)[0] == before[0] + 1 == written(server, bass)[0]


def test_the_pointer_moves_a_note_up(visit, server, bass):
    page, before = visit(bass), notes(server, bass)
    page.keyboard.press("f")
    low, high = reach(before)
    x, y = place(page, before[1], low, high)
    row = (page.locator("#lane-headers [data-key='roll bass']").bounding_box()["height"] - 16) / (high - low + 1)
    drag(page, (x, y), (x + 1, y - 2 * row))
    revised(server, bass, 1)
    assert pitches(server, bass)[1] == before[1]["pitch"] + 2


def test_the_pointer_moves_a_note_in_time_and_takes_its_end(visit, server, bass):
    page, before = visit(bass), notes(server, bass)
    page.keyboard.press("f")
    low, high = reach(before)
    x, y = place(page, before[-1], low, high)
    drag(page, (x, y), (x - 12, y))
    revised(server, bass, 1)
    moved = notes(server, bass)[-1]
    assert moved["time"] < before[-1]["time"] and moved["pitch"] == before[-1]["pitch"]
    x, y = place(page, moved, low, high)
    end = x + moved["duration"] / 2 * page.locator("#timeline").bounding_box()["width"] / WALK_SECONDS
    drag(page, (end - 2, y), (end - 40, y))
    revised(server, bass, 2)
    assert notes(server, bass)[-1]["duration"] < moved["duration"] - 0.05


def test_a_rectangle_selects_notes_and_a_double_click_adds_one(visit, server, bass):
    page, before = visit(bass), notes(server, bass)
    page.keyboard.press("f")
    box = box_of(page, "bass")
    drag(page, (box["x"] + 1, box["y"] + 2), (box["x"] + box["width"] - 2, box["y"] + box["height"] - 2))
    assert page.inner_text("#selection p").startswith(f"{len(before)} notes of Bass")
    low, high = reach(before)
    x, _ = place(page, before[0], low, high)
    _, y = place(page, {**before[0], "pitch": high}, low, high)
    page.mouse.dblclick(x, y)
    expect(page, "() => document.querySelector('#selection p').textContent.startsWith('1 note of Bass')")
    assert len(notes(server, bass)) == len(before) + 1


def test_every_button_of_the_selection_does_its_work(visit, server, bass):
    page = visit(bass)
    in_lane(page)
    press(page, ".")
    for revision, (button, word) in enumerate(
        [("Up", "pitch"), ("Later", "move"), ("Shorter", "length"), ("Louder", "velocity")], start=1
    ):
        page.click(f"#selection >> role=button[name='{button}']")
        revised(server, bass, revision)
        made = server.ask("GET", f"api/jobs/{bass}/revisions")["revisions"][-1]["changes"]
        assert list(made["notes"]["bass"]) == [word]
    assert page.is_hidden("#selection button:text-is('What is it?')")
    assert page.is_disabled("#selection button:text-is('Join')")


def test_keys_that_are_pressed_quickly_add_up(visit, server, bass):
    page, before = visit(bass), pitches(server, bass)
    in_lane(page)
    press(page, ".", "Alt+ArrowUp", "Alt+ArrowUp", "Alt+ArrowUp", "Control+z")
    wait_for(lambda: server.notes(bass)["revision"] == 2 and server.notes(bass)["can_redo"])
    assert pitches(server, bass)[0] == before[0] + 2
