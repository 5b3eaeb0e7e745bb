"""What mouse and keys of the review window ask sidestick for, word by word."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.osc.calls import reply
from bridge.osc.wire import Message
from daemon.core import Edited
from daemon.errors import Rejected
from daemon.inlets.dispatch import Handlers
from daemon.jobs.listings import Listings
from daemon.outlets.notify import Requester
from tests.reaper.fake import Json, Reaper, audio_item, reopen_tracks
from tests.reaper.scripted_daemon import Results, ScriptedDaemon, ScriptedHandlers, done_event, serve_script
from tests.reaper.test_review import HIGH, READY, THERE, WIDE, click, place

ENTER, SPACE, DOWN, DELETE, CTRL_Z, CTRL_Y = 13, 32, 1685026670, 6579564, 26, 25


@dataclass
class RecordingDaemon(ScriptedDaemon):
    """A stage with a kick, a snare and a loose hit, on which every edit changes nothing."""

    manifest_file: Path = Path()
    midi_file: Path = Path()

    def handlers(self, listings: Listings) -> Handlers:
        return ListingHandlers(self, self.notifier, listings)  # type: ignore[arg-type]

    def _edited(self) -> Edited:
        return replace(super()._edited(), revision=1, manifest=self.manifest_file, midi=self.midi_file)


class ListingHandlers(ScriptedHandlers):
    """A list of clusters that the test has laid out."""

    def clusters(self, asker: Requester, job: str) -> Message:
        rows = [row(0, "kick", "kick", 3), row(1, "snare", "snare", 2), row(-1, "crash", "cymbals", 1)]
        path = self._write_listing(asker, "clusters", rows)
        return reply("/sidestick/clusters.reply", id=asker.id, job=job, path_to_json=path)


def row(cluster: int, label: str, drum: str, count: int) -> Json:
    hits = [{"id": 10 * cluster + i, "time": float(i), "velocity": 90, "pitch": 36} for i in range(count)]
    how = {"count": count, "velocity": 90.0, "confidence": 0.7}
    return {"cluster": cluster, "label": label, "drum": drum, "hits": hits, **how}


@pytest.fixture
def scripted_daemon(alone: Reaper, tmp_path: Path) -> Iterator[RecordingDaemon]:
    results = Results(tmp_path)
    midi = results.midi("drums", 1.0)
    manifest = results.manifest(midi.name)
    whole = json.loads(manifest.read_text())
    whole |= {"source": {"name": "Song.wav", "duration": 4.0}, "options": {"grid": {}, "sensitivity": {}}}
    manifest.write_text(json.dumps(whole))
    (tmp_path / "Song.wav").touch()
    heard = RecordingDaemon(play=[done_event(manifest, midi)], manifest_file=manifest, midi_file=midi)
    with serve_script(heard, alone.state) as running:
        yield running


@pytest.fixture
def tracks(alone: Reaper, scripted_daemon: RecordingDaemon, tmp_path: Path) -> list[Json]:
    made = alone.run("Drums to MIDI", [{"name": "Song", "items": [audio_item(tmp_path / "Song.wav", 4.0)]}])
    return reopen_tracks(made, 1)


def review(alone: Reaper, tracks: list[Json], *events: Json, **more: Any) -> Json:
    scene = {"w": WIDE, "h": HIGH, "cycles": READY + 60, "input": [*events], "wait": THERE, **more}
    return alone.run("Review and relabel", tracks, **scene)


def asked(scripted_daemon: RecordingDaemon, verb: str) -> list[Any]:
    words = {"relabel": "changes_json", "regenerate": "options_json", "push": "options_json", "audition": "cluster"}
    return [given[words[verb]] if verb in words else given for name, given in scripted_daemon.asked if name == verb]


def keys(*codes: int) -> list[Json]:
    return [{"frame": READY + 2 * i, "key": code} for i, code in enumerate(codes)]


def test_enter_and_space_play_the_marked_group(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    review(alone, tracks, *keys(ENTER, DOWN, SPACE))
    assert asked(scripted_daemon, "audition") == [0, 1]


def test_a_click_on_its_arrow_plays_a_group(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    _, y = place(review(alone, tracks, cycles=READY), "Snare")
    review(alone, tracks, *click(28, y))
    assert asked(scripted_daemon, "audition") == [1]


def test_play_and_stop_are_for_the_part_that_is_reviewed(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    shown = review(alone, tracks, cycles=READY)
    review(alone, tracks, *click(*place(shown, "Play")), *click(*place(shown, "Stop"), READY + 6))
    assert asked(scripted_daemon, "push") == [{"when": "now", "parts": ["drums"]}]
    assert len(asked(scripted_daemon, "stop")) == 1


def test_why_nothing_can_be_played_is_said_in_the_window(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    def nowhere(job: str, cluster: int) -> int:
        raise Rejected("no_port", "There is no MIDI port to play on.")

    scripted_daemon.audition = nowhere  # type: ignore[method-assign]
    outcome = review(alone, tracks, *keys(ENTER))
    assert "There is no MIDI port to play on." in {text["text"] for text in outcome["texts"]}
    assert outcome["boxes"] == []


def test_hits_in_no_group_are_changed_one_by_one(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    review(alone, tracks, *keys(DOWN, DOWN, ord("r")))
    review(alone, tracks, *keys(DOWN, DOWN, DELETE))
    assert asked(scripted_daemon, "relabel") == [{"hits": {"-10": "ride"}}, {"delete_hits": [-10]}]


def test_changes_that_are_pressed_quickly_go_out_one_after_the_other(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    review(alone, tracks, *keys(ord("w"), CTRL_Z, CTRL_Y), cycles=READY + 90)
    assert [verb for verb in scripted_daemon.verbs() if verb in ("relabel", "undo", "redo")] == [
        "relabel",
        "undo",
        "redo",
    ]


def test_the_buttons_undo_and_redo(alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]) -> None:
    shown = review(alone, tracks, cycles=READY)
    review(alone, tracks, *click(*place(shown, "Undo")), *click(*place(shown, "Redo"), READY + 6), cycles=READY + 70)
    assert [verb for verb in scripted_daemon.verbs() if verb in ("undo", "redo")] == ["undo", "redo"]


GRID = [
    ("Strength", 150, "strength", pytest.approx(0.5, abs=0.25)),
    ("Swing", 134, "swing", pytest.approx(0.61, abs=0.04)),
    ("Auto", 0, "swing", "auto"),
    ("Quantize", 0, "quantize", True),
]


@pytest.mark.parametrize(("text", "right", "name", "value"), GRID)
def test_the_grid_is_set(
    alone: Reaper,
    scripted_daemon: RecordingDaemon,
    tracks: list[Json],
    text: str,
    right: float,
    name: str,
    value: object,
) -> None:
    x, y = place(review(alone, tracks, cycles=READY), text)
    review(alone, tracks, *click(x + right, y))
    assert asked(scripted_daemon, "regenerate") == [{"grid": {name: value}}]


def test_a_step_from_the_menu_quantizes_to_it(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    x, y = place(review(alone, tracks, cycles=READY), "1/16")
    review(alone, tracks, *click(x, y), choices=[6])
    assert asked(scripted_daemon, "regenerate") == [{"grid": {"step": "1/8T", "quantize": True}}]


def test_the_window_that_is_resized_smaller_scrolls_to_the_marked_row(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    small = review(alone, tracks, *keys(DOWN, DOWN), h=320)
    shown = {text["text"] for text in small["texts"]}
    assert "Crash (single)" in shown
    back = review(alone, tracks, *keys(DOWN, DOWN), {"frame": READY + 8, "wheel": 1200}, h=320)
    assert "Crash (single)" not in {text["text"] for text in back["texts"]}


def test_backspace_deletes_and_ctrl_h_which_has_its_code_does_not(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json]
) -> None:
    """Row "Ctrl+H"."""
    review(alone, tracks, {"frame": READY, "cap": 4}, {"frame": READY + 2, "key": 8})
    assert asked(scripted_daemon, "relabel") == []
    review(alone, tracks, {"frame": READY, "key": 8})
    assert asked(scripted_daemon, "relabel") == [{"delete_clusters": [0]}]


@pytest.mark.parametrize("wheel", [6, 15, 40, 60])
def test_a_wheel_of_small_steps_scrolls_down_and_up_again(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json], wheel: int
) -> None:
    """Row "HiDPI": the wheel of a Mac turns by fractions."""
    turns = [{"frame": READY + i, "wheel": -wheel} for i in range(240 // wheel)]
    down = review(alone, tracks, *turns, h=320, cycles=READY + 80)
    assert "Crash (single)" in {text["text"] for text in down["texts"]}
    back = [{"frame": READY + 40 + i, "wheel": wheel} for i in range(300 // wheel)]
    up = review(alone, tracks, *turns, *back, h=320, cycles=READY + 120)
    assert "Kick" in {text["text"] for text in up["texts"]}


def test_the_page_is_opened_by_the_sidestick_that_runs(
    alone: Reaper, scripted_daemon: RecordingDaemon, tracks: list[Json], tmp_path: Path
) -> None:
    """Row "new": the window stays small and opens the page for more."""
    program = tmp_path / "sidestick"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    ext = {"sidestick/program": str(program)}
    shown = review(alone, tracks, cycles=READY, ext=ext)
    outcome = review(alone, tracks, *click(*place(shown, "Page")), ext=ext)
    assert outcome["commands"] == [f"'{program}' 'review'"]
