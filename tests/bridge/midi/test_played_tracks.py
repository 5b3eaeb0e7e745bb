"""The tracks of a .mid without a MIDI parser: the same as mido reads in the file."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import mido
import pytest

from bridge.midi.file import to_bytes
from bridge.midi.played_tracks import PlayedTrack, clip_tracks, file_tracks
from bridge.notes import Bend, Clip, ClipNote, Track
from bridge.timebase import PPQ, Seconds, TempoMap, Ticks

MAP = TempoMap.of([(Ticks(0), 500_000), (Ticks(4 * PPQ), 600_000)])
BENDS = (Bend(Seconds(1.0), 0.0), Bend(Seconds(1.2), 1.5))


def clip(*tracks: Track) -> Clip:
    return Clip("Song", MAP, tracks, Seconds(8.0))


def note(pitch: int, onset: float, duration: float, bends: tuple[Bend, ...] = ()) -> ClipNote:
    return ClipNote(pitch, Seconds(onset), Seconds(duration), 90, bends)


CLIPS = [
    clip(Track("Drums", 9, (note(36, 0, 0.1), note(36, 0.05, 0.1), note(38, 2.5, 0.1)))),
    clip(Track("Bass", 0, (note(40, 0.5, 2.0),)), Track("Vocals", 1, (note(60, 1.0, 1.5, BENDS), note(62, 2.6, 0.5)))),
    clip(Track("Guitar", 2, (note(60, 1.0, 1.5, BENDS), note(64, 1.1, 1.5), note(60, 2.0, 0.5)), mpe=True)),
]


def read_by_mido(data: bytes) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """Name, notes and other messages of each track, in ticks."""
    for track in mido.MidiFile(file=BytesIO(data)).tracks[1:]:
        now, sounding, notes, others = 0, {}, [], []
        for message in track:
            now += message.time
            if message.type == "note_on":
                sounding[message.channel, message.note] = len(notes)
                notes.append([now, now, message.note, message.velocity, message.channel + 1])
            elif message.type == "note_off":
                notes[sounding[message.channel, message.note]][1] = now
            elif not message.is_meta:
                others.append((now, bytes(message.bytes())))
        yield track.name, notes, others


def in_ticks(track: PlayedTrack) -> tuple[str, list[Any], list[Any]]:
    tick = MAP.ticks
    notes = [[tick(n.time), tick(Seconds(n.time + n.duration)), n.pitch, n.velocity, n.channel] for n in track.notes]
    return track.name, notes, [(tick(time), data) for time, data in track.messages]


@pytest.mark.parametrize("song", CLIPS)
def test_notes_lengths_channels_bends_and_controllers_are_those_of_the_file(song: Clip) -> None:
    wanted = list(read_by_mido(to_bytes(song)))
    assert sum(len(notes) for _, notes, _ in wanted) > 0
    assert [in_ticks(track) for track in clip_tracks(song)] == wanted
    assert [in_ticks(track) for track in file_tracks(to_bytes(song), "song.mid")] == wanted


def test_a_program_is_a_message_and_a_note_that_is_struck_again_ends_there() -> None:
    track = mido.MidiTrack([mido.Message("program_change", program=4)])
    track += [mido.Message("note_on", note=60, velocity=90, time=time) for time in (0, 480)]
    track.append(mido.Message("note_on", note=60, velocity=0, time=240))
    file, out = mido.MidiFile(ticks_per_beat=960), BytesIO()
    file.tracks.append(track)
    file.save(file=out)
    (found,) = file_tracks(out.getvalue(), "piano.mid")
    assert [(note.time, note.duration) for note in found.notes] == [(0.0, 0.25), (0.25, 0.125)]
    assert found.messages == ((0.0, b"\xc0\x04"),)
