"""ZIPs of several files, the same for the same content."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_COMPRESSED = (".mid", ".xml", ".ini", ".json", ".csv", ".svg")


def to_zip(files: Mapping[str, bytes | Path]) -> bytes:
    """The ZIP: bytes, or files of the disk. Its entries have no time of their own."""
    data = BytesIO()
    with ZipFile(data, "w") as archive:
        for name, content in files.items():
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED if name.endswith(_COMPRESSED) else ZIP_STORED
            archive.writestr(entry, content if isinstance(content, bytes) else content.read_bytes())
    return data.getvalue()
