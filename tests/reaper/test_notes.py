"""From notes to hits and back: which hit a note stands for, what a row of hits in no group sends, bends, lines."""

from pathlib import Path
from typing import Any

import pytest

from bridge.midi.played_tracks import clip_tracks
from bridge.notes import Bend, Clip, ClipNote, Track
from bridge.timebase import Seconds, TempoMap
from daemon.jobs.listings import Listings, track_rows
from daemon.pipeline.records import Part
from tests.reaper.fake import LUAS, Json, Reaper, audio_item
from tests.reaper.test_wires import run_lines

HITS = [
    {"id": 1, "onset": 0.93, "time": 1.0, "label": "kick", "pitch": 36, "velocity": 100},
    {"id": 2, "onset": 1.0, "time": 1.03, "label": "snare", "pitch": 38, "velocity": 100},
    {"id": 3, "onset": 1.0, "time": 1.0, "label": "closed_hihat", "pitch": 42, "velocity": 60},
    {"id": 4, "onset": 2.0, "time": 2.0, "label": "kick", "pitch": 36, "velocity": 30},
]


@pytest.fixture(params=LUAS)
def lua_of(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ({"onset": 1.0, "pitch": 36, "velocity": 100}, [1]),
        ({"onset": 1.0, "pitch": 42, "velocity": 60}, [3]),
        ({"onset": 2.001, "pitch": 40, "velocity": 30}, [4]),
        ({"onset": 1.5, "pitch": 36, "velocity": 100}, []),
    ],
)
def test_a_note_stands_for_the_hit_that_was_written_there(alone: Reaper, note: Json, expected: list[int]) -> None:
    lines = 'local c = require("clusters")\nresult = c.match_notes({ given.note }, c.hits({ { hits = given.hits } }))'
    assert (run_lines(alone, lines, given={"note": note, "hits": HITS}) or []) == expected


ROWS = [
    ({"cluster": 2, "hits": HITS}, {"clusters": {"2": "ride"}}, {"delete_clusters": [2]}),
    ({"cluster": -1, "hits": HITS[:2]}, {"hits": {"1": "ride", "2": "ride"}}, {"delete_hits": [1, 2]}),
]


@pytest.mark.parametrize(("row", "relabelled", "deleted"), ROWS)
def test_a_row_is_changed_as_a_whole(alone: Reaper, row: Json, relabelled: Json, deleted: Json) -> None:
    lines = 'local c = require("clusters")\nresult = { c.relabel_changes(given, "ride"), c.delete_changes(given) }'
    assert run_lines(alone, lines, given=row) == [relabelled, deleted]


BENT = """
local fake, json = require("fake_reaper"), require("json")
local given = json.decode(io.open(arg[1], "rb"):read("a")).given
local record = require("takes").read(fake.selected[1])
local daemon = { request = function(_, _, _, on_message)
  on_message({ address = "/sidestick/notes.reply", args = { "1", "j", given } })
end }
require("job_notes").request(daemon, "j", function(parts)
  require("insertion").insert(record, { { job = "j", part = "vocals", notes = parts.vocals } }, "test")
end)
require("time_slicing").step()
"""


def messages(events: str) -> list[tuple[int, bytes]]:
    """Tick and bytes of each event of a take, as REAPER keeps them."""
    data, tick, found = bytes.fromhex(events), 0, []
    while data:
        tick += int.from_bytes(data[:4], "little")
        size = int.from_bytes(data[5:9], "little")
        found.append((tick, data[9 : 9 + size]))
        data = data[9 + size :]
    return found


def listing(tmp_path: Path, *tracks: Track) -> Path:
    """What the daemon answers for a song that starts half a second after its file."""
    clip = Clip("Song", TempoMap.constant(120), tracks, Seconds(4.0))
    rows = track_rows([(Part.VOCALS, track) for track in clip_tracks(clip)], Seconds(0.5))
    return Listings(tmp_path / "listings").write("notes", "", {"tracks": rows, "notes": []})


def bent(tmp_path: Path) -> Path:
    bends = (Bend(Seconds(1.5), 0.0), Bend(Seconds(1.75), 1.0))
    return listing(tmp_path, Track("Vocals", 1, (ClipNote(60, Seconds(1.5), Seconds(0.5), 90, bends),)))


@pytest.mark.parametrize("lua", LUAS)
def test_bends_come_along_and_their_range_stands_first(lua: str, tmp_path: Path) -> None:
    item = audio_item(Path(__file__), 4.0, values={"D_POSITION": 3.0, "D_LENGTH": 2.0}, take={"D_STARTOFFS": 0.75})
    scene: dict[str, Any] = {"tracks": [{"items": [item]}], "given": str(bent(tmp_path))}
    outcome = Reaper(lua, tmp_path, tmp_path).lines(BENT, **scene)
    found = messages(outcome["tracks"][1]["items"][0]["events"])
    setup = [data for tick, data in found if tick == 0 and data[0] == 0xB1]
    assert setup[:3] == [b"\xb1\x65\x00", b"\xb1\x64\x00", b"\xb1\x06\x02"]
    assert [(tick, data) for tick, data in found if data[0] >> 4 == 0xE] == [
        (480, b"\xe1\x00\x40"),
        (960, b"\xe1\x00\x60"),
    ]
    assert found.index((480, b"\xe1\x00\x40")) < found.index((480, b"\x91\x3c\x5a"))


TIDY = """
local fake, json = require("fake_reaper"), require("json")
local notes = json.decode(io.open(arg[1], "rb"):read("a")).given
require("grid").snap_notes(notes, { step = 0.5, swing = 0.5 }, function() end)
fake.result = notes
"""


@pytest.mark.parametrize("lua", LUAS)
def test_notes_near_a_line_are_put_on_it_and_others_are_left(lua: str, tmp_path: Path) -> None:
    firsts = [0.003, 0.622, 1.05, 1.8]
    given = [{"first": first, "last": first + 0.1} for first in firsts]
    found = Reaper(lua, tmp_path, tmp_path).lines(TIDY, given=given)["result"]
    assert [note["first"] for note in found] == pytest.approx([0.0, 0.625, 1.0, 1.8])
    assert [note["last"] - note["first"] for note in found] == pytest.approx([0.1] * 4)
