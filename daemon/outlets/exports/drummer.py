"""A drum part for a song without drums, as MIDI on the song's own grid."""

from dataclasses import replace

from bridge.midi import file
from bridge.notes import DRUM_CHANNEL, ClipNote, Track
from bridge.timebase import Seconds
from daemon.outlets.arrange import Arrangement
from daemon.outlets.exports.song import ExportSong, require_beat
from daemon.pipeline.beats.meter import quarters_per_beat
from daemon.pipeline.records import Part
from daemon.score.bars import SongBars
from daemon.score.clip import track_later
from daemon.score.drummer import AccompaniedSong, DrummedStroke, SongNote, drum_along, meters_played

TRACK_NAME = "Drummer (Groove MIDI Dataset, Google LLC, CC BY 4.0)"


def objection(arrangement: Arrangement) -> str:
    """Why a song gets no drummer, or ''."""
    name = arrangement.name
    if arrangement.hits:
        return f"{name} has drums of its own."
    if not any(arrangement.notes.values()):
        return f"{name} has no notes that a drummer could follow. Ask for its bass or other parts as well."
    if reason := require_beat(arrangement):
        return reason
    numerator, denominator = _song_for_drummer(arrangement).meter
    if (numerator, denominator) not in meters_played():
        return f"{name} is in {numerator}/{denominator}, and no drummer in the box plays that."
    return ""


def to_bytes(song: ExportSong, choice: int = 0) -> bytes:
    """The .mid of the best drummer, or of the next ones by `choice`, with its source in the track's name."""
    arrangement = song.arrangement
    strokes = drum_along(_song_for_drummer(arrangement), choice)
    notes = tuple(_note(stroke, song) for stroke in strokes)
    track = track_later(Track(TRACK_NAME, DRUM_CHANNEL, notes), arrangement.padding)
    return file.to_bytes(replace(arrangement.clip(song.drum_map), tracks=(track,)))


def _note(stroke: DrummedStroke, song: ExportSong) -> ClipNote:
    length = Seconds(song.arrangement.options.note_ms / 1000)
    return ClipNote(song.drum_map.pitch(stroke.label), stroke.time, length, stroke.velocity)


def _song_for_drummer(arrangement: Arrangement) -> AccompaniedSong:
    grid = arrangement.grid
    notes = {part: [SongNote(n.time, n.pitch, n.velocity) for n in found] for part, found in arrangement.notes.items()}
    every = [note for found in notes.values() for note in found]
    bars = SongBars(grid, arrangement.duration)
    interval = (grid.beats[-1] - grid.beats[0]) / (len(grid.beats) - 1)
    return AccompaniedSong(every, notes.get(Part.BASS, []), bars, 60 / interval * quarters_per_beat(grid))
