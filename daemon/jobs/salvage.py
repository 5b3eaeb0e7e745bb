"""What a damaged list of jobs still holds, read from its pages without trusting anything else in the file.

A job is a row in a leaf of SQLite's table b-tree (https://www.sqlite.org/fileformat2.html). Each leaf is read by
itself, so that a damaged header, index or neighbour costs nothing but itself. What the log written ahead (-wal) holds
of a page is newer than the page. Freed leaves are read too: where a job is found twice, its latest change counts.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from daemon.jobs.job import State

COLUMNS = (
    "id", "path", "size", "mtime_ns", "options", "priority", "created", "state",
    "changed", "draft", "memory_level", "digest", "manifest", "midi", "code", "reason", "remarks",
)  # fmt: skip
"""In the order of the table; store.MIGRATIONS makes it."""

Row = dict[str, object]

_PAGE = 4096  # bytes; SQLite's own default, and the header that tells it may be damaged
_FILE_HEADER = 100  # bytes, on the first page
_WAL_HEADER, _FRAME_HEADER = 32, 24  # bytes
_TABLE_LEAF = 0x0D
_LARGEST_LOCAL, _SMALLEST_LOCAL = _PAGE - 35, (_PAGE - 12) * 32 // 255 - 23  # bytes of a row on its own page
_CHAIN = _PAGE - 4  # bytes of a row on each further page
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # serial type: bytes
_TIMES = ("created", "changed")
_NUMBERS = ("size", "mtime_ns", "priority", "draft", "memory_level")
_TYPES = dict.fromkeys(COLUMNS, str) | dict.fromkeys(_NUMBERS, int) | dict.fromkeys(_TIMES, float)

_Pages = dict[int, bytes]


def salvage_rows(paths: Sequence[Path], log: bytes) -> list[Row]:
    """The rows of all jobs that can still be read in these files, in the order they were put in.

    `log` is that of the first as it was before SQLite, which removes it, had opened the file.
    """
    found: dict[str, tuple[int, Row]] = {}
    for pages in (_read_pages(path, b"" if number else log) for number, path in enumerate(paths)):
        for number in pages:
            for rowid, row in _leaf_rows(pages, number):
                job = str(row["id"])
                if job not in found or _time_of_change(row) >= _time_of_change(found[job][1]):
                    found[job] = rowid, row
    return [row for _, row in sorted(found.values(), key=lambda entry: entry[0])]


def count_frames(log: bytes) -> int:
    """How many pages a log holds that were written since it was last begun anew, whole or not."""
    return sum(1 for _ in _frames(log))


def read_log(path: Path) -> bytes:
    """The log of the list at `path`; nothing if there is none."""
    return _read(path.with_name(f"{path.name}-wal"))


def _time_of_change(row: Row) -> float:
    changed = row["changed"]
    return changed if isinstance(changed, float) else 0.0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _read_pages(path: Path, log: bytes) -> _Pages:
    """Pages by number, from 1."""
    data = _read(path)
    starts = range(0, len(data), _PAGE)
    pages = {number: data[start : start + _PAGE].ljust(_PAGE, b"\0") for number, start in enumerate(starts, 1)}
    return pages | dict(_frames(log))


def _frames(log: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each page in the log; what is left of an earlier round has another salt."""
    heads = [log[start : start + _FRAME_HEADER] for start in range(_WAL_HEADER, len(log), _FRAME_HEADER + _PAGE)]
    salts = [head[8:16] for head in heads if len(head) == _FRAME_HEADER]
    salt = log[16:24] if log[16:24] in salts else max(salts, key=salts.count, default=b"")
    for index, head in enumerate(heads):
        start = _WAL_HEADER + index * (_FRAME_HEADER + _PAGE) + _FRAME_HEADER
        page = log[start : start + _PAGE]
        if head[8:16] == salt and len(page) == _PAGE:
            yield int.from_bytes(head[:4]), page


def _leaf_rows(pages: _Pages, number: int) -> Iterator[tuple[int, Row]]:
    """Row id and row of each job on a page; nothing if it is no leaf of a table."""
    page = pages[number]
    start = _FILE_HEADER if number == 1 else 0
    if page[start] != _TABLE_LEAF:
        return
    cells = int.from_bytes(page[start + 3 : start + 5])
    for (place,) in struct.iter_unpack(">H", page[start + 8 : start + 8 + 2 * min(cells, _PAGE // 8)]):
        try:
            rowid, values = _cell(pages, page, place)
        except (IndexError, KeyError, ValueError, struct.error):
            continue
        if len(values) == len(COLUMNS) - 1:
            values.append("[]")  # put in before there were remarks
        row = dict(zip(COLUMNS, values, strict=False))
        if len(values) == len(COLUMNS) and _is_job(row):
            yield rowid, row


def _is_job(row: Row) -> bool:
    plain = all(isinstance(row[name], kind) for name, kind in _TYPES.items())
    return plain and bool(row["id"]) and row["state"] in tuple(State)


def _cell(pages: _Pages, page: bytes, place: int) -> tuple[int, list[object]]:
    size, place = _varint(page, place)
    rowid, place = _varint(page, place)
    return rowid, _values(_payload(pages, page[place:], size))


def _payload(pages: _Pages, here: bytes, size: int) -> bytes:
    """A row's bytes: what lies on its own page, then along the chain of the pages that hold the rest."""
    if size <= _LARGEST_LOCAL:
        return here[:size]
    local = _SMALLEST_LOCAL + (size - _SMALLEST_LOCAL) % _CHAIN
    local = local if local <= _LARGEST_LOCAL else _SMALLEST_LOCAL
    parts, following = [here[:local]], int.from_bytes(here[local : local + 4])
    for _ in range((size - local - 1) // _CHAIN + 1):
        further = pages[following]
        parts.append(further[4:])
        following = int.from_bytes(further[:4])
    return b"".join(parts)[:size]


def _values(record: bytes) -> list[object]:
    header, place = _varint(record, 0)
    kinds = []
    while place < header:
        kind, place = _varint(record, place)
        kinds.append(kind)
    values = []
    for kind in kinds:
        value, place = _value(record, kind, place)
        values.append(value)
    if place != len(record):
        raise ValueError("a record has another length than its columns")
    # SQLite keeps a number with a fraction of zero as an integer
    times = {COLUMNS.index(name) for name in _TIMES}
    return [float(v) if at in times and isinstance(v, int) else v for at, v in enumerate(values)]


def _value(record: bytes, kind: int, place: int) -> tuple[object, int]:
    """A value by its serial type, and the place behind it."""
    if kind in _INTEGERS:
        end = place + _INTEGERS[kind]
        return int.from_bytes(record[place:end], signed=True), end
    if kind == 7:
        return struct.unpack_from(">d", record, place)[0], place + 8
    if kind in (8, 9):
        return kind - 8, place
    if kind >= 13 and kind % 2:
        end = place + (kind - 13) // 2
        return record[place:end].decode("utf-8", "replace"), end
    raise ValueError(f"no column of a job has the type {kind}")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of one to nine bytes, seven bits in each but the ninth, and the place behind it."""
    number = 0
    for index in range(8):
        byte = data[place + index]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, place + index + 1
    return number << 8 | data[place + 8], place + 9
