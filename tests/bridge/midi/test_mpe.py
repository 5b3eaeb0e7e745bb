"""A channel for each note, in files and at the port."""

from io import BytesIO
from pathlib import Path

import mido
import pytest

from bridge.midi import mpe
from bridge.midi.file import read, to_bytes
from bridge.midi.play_events import PlaySettings
from bridge.notes import Bend, Clip, ClipNote, Track
from bridge.timebase import Seconds, TempoMap

BENT = ClipNote(60, Seconds(0.5), Seconds(1.0), 90, (Bend(Seconds(0.5), 0.5), Bend(Seconds(1.0), -0.25)))
STRAIGHT = ClipNote(64, Seconds(0.6), Seconds(1.0), 80)


def clip(*notes: ClipNote, more: tuple[Track, ...] = ()) -> Clip:
    return Clip("Song", TempoMap.constant(120), (Track("Guitar", 3, notes, mpe=True), *more), Seconds(4.0))


def messages(notes: Clip, kind: str) -> list[mido.Message]:
    track = mido.MidiFile(file=BytesIO(to_bytes(notes))).tracks[1]
    return [message for message in track if message.type == kind]


def test_notes_that_sound_together_have_channels_of_their_own():
    first, second = (message.channel for message in messages(clip(BENT, STRAIGHT), "note_on"))
    assert first != second and {first, second} <= set(mpe.MEMBERS)


def test_a_bend_moves_the_channel_of_its_own_note_alone():
    bent, straight = (message.channel for message in messages(clip(BENT, STRAIGHT), "note_on"))
    moved = {message.channel for message in messages(clip(BENT, STRAIGHT), "pitchwheel") if message.pitch}
    assert moved == {bent} != {straight}


def test_the_file_says_how_many_channels_there_are_and_how_far_they_bend():
    found = [(m.channel, m.control, m.value) for m in messages(clip(BENT), "control_change")]
    assert found[:4] == [(0, 101, 0), (0, 100, 6), (0, 6, 15), (0, 38, 0)]
    assert [value for channel, control, value in found if control == 6 and channel] == [48] * 15


def test_what_was_written_is_read_again(tmp_path: Path):
    path = tmp_path / "a.mid"
    path.write_bytes(to_bytes(clip(BENT, STRAIGHT)))
    (track,) = read(path).tracks
    assert track.mpe and [note.pitch for note in track.notes] == [60, 64]
    assert [bend.semitones for bend in track.notes[0].bends] == pytest.approx([0.5, -0.25], abs=0.01)
    assert track.notes[1].bends == ()


def test_sixteen_notes_at_once_share_a_channel_rather_than_fail():
    channels = mpe.member_channels([(0.01 * i, 5.0 + i) for i in range(16)])
    assert sorted(channels[:15]) == list(mpe.MEMBERS) and channels[15] == channels[0]


def test_a_channel_rests_as_long_as_it_can_so_that_releases_ring_on():
    channels = mpe.member_channels([(float(i), i + 0.5) for i in range(15)])
    assert len(set(channels)) == 15


def test_notes_out_of_order_are_refused():
    with pytest.raises(ValueError, match="order"):
        mpe.member_channels([(1.0, 2.0), (0.0, 1.0)])


def test_a_part_alone_plays_on_all_channels():
    played = PlaySettings().play_events(clip(BENT, STRAIGHT))
    channels = [event.message[0] & 0xF for event in played.events if event.starts_note]
    assert len(set(channels)) == 2 and 0 not in channels
    assert played.prelude[:3] == (b"\xb0\x65\x00", b"\xb0\x64\x06", b"\xb0\x06\x0f")


def test_bends_come_before_their_note_at_the_port():
    played = PlaySettings().play_events(clip(BENT))
    kinds = [event.message[0] & 0xF0 for event in played.events]
    assert kinds.index(0xE0) < kinds.index(0x90)


@pytest.mark.parametrize("asked", [PlaySettings(channel=5), PlaySettings()])
def test_beside_others_or_on_an_asked_channel_a_part_keeps_to_one(asked: PlaySettings):
    more = () if asked.channel is not None else (Track("Drums", 9, (STRAIGHT,)),)
    played = asked.play_events(clip(BENT, STRAIGHT, more=more))
    own = {event.message[0] & 0xF for event in played.events if event.starts_note} - {9}
    assert own == {3 if asked.channel is None else 5}


def test_no_note_is_struck_on_a_channel_where_another_one_still_sounds():
    notes = [ClipNote(60 + i % 12, Seconds(0.1 * i), Seconds(1.0), 90) for i in range(60)]
    track = mido.MidiFile(file=BytesIO(to_bytes(clip(*notes)))).tracks[1]
    sounding: set[int] = set()
    for message in track:
        if message.type == "note_on":
            assert message.channel not in sounding
            sounding.add(message.channel)
        elif message.type == "note_off":
            sounding.discard(message.channel)
