"""The chart of the games, read by pretty_midi and mido with the published table of notes."""

import configparser
import io
import zipfile

import mido
import pretty_midi
import pytest

from daemon.outlets.exports import clone_hero
from tests.written_songs import ROCK, written_song

NOTES = {  # expert, as the format's description lists them
    95: "kick+", 96: "kick", 97: "red", 98: "yellow", 99: "blue", 100: "green", 110: "tom yellow", 111: "tom blue",
    112: "tom green",
}  # fmt: skip


def parts(song):
    with zipfile.ZipFile(io.BytesIO(clone_hero.to_bytes(song))) as found:
        return {name: found.read(name) for name in found.namelist()}


def charted(song, low=95, high=112):
    """(seconds, lane, velocity) by time, from pretty_midi."""
    found = pretty_midi.PrettyMIDI(io.BytesIO(parts(song)["Song/notes.mid"]))
    (drums,) = (track for track in found.instruments if track.name == "PART DRUMS")
    return sorted(
        (round(n.start, 3), NOTES.get(n.pitch, n.pitch), n.velocity) for n in drums.notes if low <= n.pitch <= high
    )


def level(song, base):
    return charted(song, base, base + 4)


def test_a_groove_is_charted_as_it_is_played():
    found = charted(written_song(ROCK))
    assert [row[:2] for row in found if row[0] < 0.6] == [
        (0.0, "green"), (0.0, "kick"), (0.0, "yellow"), (0.25, "yellow"), (0.5, "red"), (0.5, "yellow"),
    ]  # fmt: skip
    assert {row[2] for row in found if row[1] == "red"} == {100}


def test_every_stroke_falls_on_the_sound_when_the_song_starts_late():
    found = charted(written_song({"snare": "x...x...|"}, bpm=97.3, first=1.234))
    assert [row[0] for row in found] == pytest.approx([1.234, 1.234 + 2 * 60 / 97.3], abs=0.002)


def test_toms_have_markers_and_ghost_notes_are_soft():
    found = charted(written_song({"high_tom": "x...|", "floor_tom": "..x.|", "snare": ".o.X|xxxx|"}))
    assert [row[1:] for row in found[:5]] == [
        ("tom yellow", 100), ("yellow", 100), ("red", 1), ("green", 100), ("tom green", 100),
    ]  # fmt: skip


def test_a_cymbal_and_a_tom_of_one_colour_do_not_meet():
    found = charted(written_song({"floor_tom": "x...|", "crash": "x...|"}))
    assert {row[1] for row in found} == {"green", "blue", "tom blue"} or {row[1] for row in found} == {
        "green", "tom green", "blue",
    }  # fmt: skip


def test_two_hands_play_two_lanes_at_most():
    rows = dict.fromkeys(("kick", "snare", "crash", "closed_hihat", "floor_tom"), "x...|")
    assert len(charted(written_song(rows), 95, 100)) == 3


def test_the_second_foot_plays_every_other_fast_kick():
    found = [row[1] for row in charted(written_song({"kick": "x" * 16 + "|"}, bpm=180))]
    assert found == ["kick", "kick+"] * 8
    assert [row[1] for row in charted(written_song({"kick": "xxxx|"}))] == ["kick"] * 4


def test_each_level_is_part_of_the_harder_one():
    rows = {"closed_hihat": "x" * 16 + "|", "snare": "....X..o.o..X...|", "kick": "x..x..x.x.x...x.|", "crash": "x...|"}
    song = written_song(rows, bpm=140)
    found = [{(time, lane - base) for time, lane, _ in level(song, base)} for base in (60, 72, 84)]
    expert = {(time, list(NOTES.values()).index(lane) - 1) for time, lane, _ in charted(song, 96, 100)}
    easy, medium, hard = found
    assert (
        {row[0] for row in easy} <= {row[0] for row in medium} <= {row[0] for row in hard} <= {row[0] for row in expert}
    )
    assert 0 < len(easy) < len(medium) < len(hard) < len(expert)
    assert (
        min(b - a for a, b in zip(sorted({t for t, _ in easy}), sorted({t for t, _ in easy})[1:], strict=False)) > 0.4
    )


def test_the_foot_of_the_hi_hat_is_not_charted():
    assert charted(written_song({"pedal_hihat": "x...|", "snare": "..x.|"})) == [(1.0, "red", 100)]


def test_the_song_tells_the_games_that_it_has_pro_drums():
    found = configparser.ConfigParser()
    found.read_string(parts(written_song(ROCK))["Song/song.ini"].decode())
    assert found["song"]["name"] == "Song" and found["song"].getboolean("pro_drums")
    assert found["song"].getint("song_length") == 4000


def test_the_tempo_map_and_the_events_are_there():
    midi = mido.MidiFile(file=io.BytesIO(parts(written_song(ROCK, bpm=93))["Song/notes.mid"]))
    texts = [message.text for track in midi.tracks for message in track if message.type == "text"]
    assert texts[0] == "[ENABLE_CHART_DYNAMICS]" and texts[-1] == "[end]"
    assert {round(mido.tempo2bpm(m.tempo)) for m in midi.tracks[0] if m.type == "set_tempo"} == {93}


@pytest.mark.parametrize(("name", "packed"), [("Song.ogg", True), ("Song.flac", False), ("Gone.wav", False)])
def test_the_sound_goes_along_where_the_games_play_it(tmp_path, name, packed):
    if not name.startswith("Gone"):
        (tmp_path / name).write_bytes(b"sound")
    found = parts(written_song(ROCK, source=tmp_path / name))
    assert ("Song/song.ogg" in found) is packed and len(found) == 2 + packed
