"""A .mid for each drum, together in a ZIP."""

from bridge.midi import file
from daemon.outlets.exports.archive import to_zip
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.exports.tracks import drum_clips


def to_bytes(song: ExportSong) -> bytes:
    """The ZIP."""
    name = song.arrangement.name
    return to_zip({f"{name}.{label}.mid": file.to_bytes(clip) for label, clip in drum_clips(song).items()})
