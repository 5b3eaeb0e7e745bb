"""A .mid for each drum, together in a ZIP."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bridge.midi import file
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.exports.tracks import drum_clips


def to_bytes(song: ExportSong) -> bytes:
    """The ZIP. Equal songs give equal bytes: the files in it have no time of their own."""
    data = BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED) as archive:
        for label, clip in drum_clips(song).items():
            entry = ZipInfo(f"{song.arrangement.name}.{label}.mid")
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, file.to_bytes(clip))
    return data.getvalue()
