"""A multipart upload, read as it comes: the file goes to disk, the options to memory, nothing else is kept."""

import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from daemon.errors import Rejected

LONGEST_OPTIONS = 1 << 16  # bytes
LONGEST_PREAMBLE = 1 << 12  # bytes

_CHARSET_FIELD = "_charset_"  # which browsers add to a form by themselves
_EXTENDED_NAME = re.compile(rb"""(?:^|;)\s*filename\*\s*=\s*"?([\w-]+)'[\w-]*'([^\s;"]+)""", re.IGNORECASE)
_EXPECTED = "The form needs one field `file` with a song in it, and may have one field `options` with JSON."


class UploadForm:
    """`feed` what arrives, then `finish`; `path` holds the file and `name` is what its sender calls it.

    Of at most `most` files `songs` has path and name, in order; `limit` in bytes holds for each.

    Raises Rejected: bad_upload, cut_off or too_big.
    """

    def __init__(self, content_type: str, folder: Path, limit: int, most: int = 1) -> None:
        self.path = folder / "song"
        self.songs: list[tuple[Path, str]] = []
        self._most = most
        self.name = ""
        self.options = ""
        self._limit = limit
        self._file = self.path.open("wb")
        self._text = bytearray()
        self._field = ""
        self._fields: set[str] = set()
        self._complete = False
        self._begin_part()
        self._preamble: bytes | None = b""  # None once the first part has begun
        self._parser = self._build_parser(content_type)

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data if self._preamble is None else self._skip_preamble(data))
        except FormParserError:
            raise Rejected("bad_upload", f"The form cannot be read. {_EXPECTED}") from None

    def finish(self) -> None:
        self._file.close()
        if not self._complete:
            raise Rejected("cut_off", "The upload ends early. Send the file again.")
        if not self.songs or not all(name for _, name in self.songs):
            raise Rejected("bad_upload", _EXPECTED)
        self.options = self._text.decode(errors="replace")

    def close(self) -> None:
        self._file.close()

    def _build_parser(self, content_type: str) -> MultipartParser:
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            self.close()
            raise Rejected("bad_upload", "The form's content type names no boundary. Let your HTTP library set it.")
        self._boundary = boundary
        calls = {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_data,
            "on_part_data": self._add_data,
            "on_end": self._mark_complete,
        }
        try:
            return MultipartParser(boundary, calls)  # type: ignore[arg-type]
        except FormParserError:
            self.close()
            raise Rejected("bad_upload", "The form's boundary is too long.") from None

    def _skip_preamble(self, data: bytes) -> bytes:
        """What follows the words that a form may have before its first part, which RFC 2046 says to ignore."""
        assert self._preamble is not None
        held, opening = self._preamble + data, b"--" + self._boundary
        place = 0 if held.startswith(opening) else held.find(b"\r\n" + opening)
        if place >= 0:
            self._preamble = None
            return held[place:].removeprefix(b"\r\n")
        if len(held) > LONGEST_PREAMBLE:
            raise Rejected("bad_upload", f"The form cannot be read. {_EXPECTED}")
        self._preamble = held
        return b""

    def _begin_part(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._named, self._value, self._field = b"", b"", ""

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._named += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._named.lower()] = self._value
        self._named, self._value = b"", b""

    def _begin_data(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        about = parse_options_header(disposition)[1]
        self._field = about.get(b"name", b"").decode(errors="replace")
        if self._field == _CHARSET_FIELD:
            return
        if self._field not in ("file", "options"):
            what = f"a field {self._field!r:.80}" if self._field else "a field without a name"
            raise Rejected("bad_upload", f"The form has {what}, which means nothing here. {_EXPECTED}")
        if self._field in self._fields and not (self._field == "file" and len(self.songs) < self._most):
            raise Rejected("bad_upload", f"The form has the field {self._field} twice. {_EXPECTED}")
        self._fields.add(self._field)
        if self._field == "file":
            self.name = about.get(b"filename", b"").decode(errors="replace") or _extended_name(disposition)
            self._begin_song()

    def _begin_song(self) -> None:
        if self.songs:
            self._file.close()
            self.path = self.path.with_name(f"song {len(self.songs) + 1}")
            self._file = self.path.open("wb")
        self.songs.append((self.path, self.name))

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._field == "file":
            self._file.write(memoryview(data)[start:end])
            if self._file.tell() > self._limit:
                text = f"The file has more than {self._limit // 1_000_000} MB. Save it as FLAC, or cut it."
                raise Rejected("too_big", text)
        elif self._field == "options":
            self._text += data[start:end]
            if len(self._text) > LONGEST_OPTIONS:
                raise Rejected("bad_upload", "The options are too long to be options.")

    def _mark_complete(self) -> None:
        self._complete = True


def _extended_name(disposition: bytes) -> str:
    """The name by filename*=UTF-8''..., as RFC 5987 has it and older libraries send it; '' if there is none."""
    found = _EXTENDED_NAME.search(disposition)
    if found is not None:
        with suppress(LookupError):
            return unquote_to_bytes(found[2]).decode(found[1].decode(), errors="replace")
    return ""
