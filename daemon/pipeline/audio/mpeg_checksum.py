"""Whether the frames of an MP3 are those that its encoder wrote, by the checksum that LAME and FFmpeg leave in it.

Nothing else tells of damage within a frame: a decoder makes some sound of any bits, and goes on at the next frame.
The layout is that of the LAME tag, revision 1; the checksum is CRC-16/ARC.
"""

from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POLYNOMIAL = 0xA001
LANES = 4096  # pieces whose checksums are worked out side by side
LENGTH, MUSIC, TAG = 28, 32, 34  # bytes behind the start of the LAME part


@dataclass(frozen=True, slots=True)
class MusicChecksum:
    """The checksum `crc` of all frames, which lie from byte `start` to `stop`."""

    start: int
    stop: int
    crc: int

    def agrees(self, path: Path) -> bool:
        """Whether the file holds what it was made from."""
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            return checksum(data[self.start : self.stop]) == self.crc


def read_checksum(data: mmap, at: int, lame: int, stop: int) -> MusicChecksum | None:
    """What the header frame from `at` to `stop`, with its LAME part at `lame`, says of the frames behind it.

    None where it says nothing, or is not itself as it was written, or where the frames are not all there.
    """
    if lame + TAG + 2 > stop or stop > len(data):
        return None
    length, music, own = (
        int.from_bytes(data[lame + place : lame + place + size], "big")
        for place, size in ((LENGTH, 4), (MUSIC, 2), (TAG, 2))
    )
    if not music or not stop - at < length <= len(data) - at or checksum(data[at : lame + TAG]) != own:
        return None
    return MusicChecksum(stop, at + length, music)


def checksum(data: bytes) -> int:
    """CRC-16/ARC. Zeros in front change nothing, so `data` is cut into pieces of one length, the first filled up."""
    import numpy as np

    length, table = -(-len(data) // LANES), _make_table()
    pieces = np.zeros(LANES * length, np.uint8)
    pieces[len(pieces) - len(data) :] = np.frombuffer(data, np.uint8)
    found = np.zeros(LANES, np.uint16)
    for column in np.ascontiguousarray(pieces.reshape(LANES, length).T):
        found = table[(found ^ column) & 0xFF] ^ (found >> 8)
    low, high = (np.arange(256, dtype=np.uint16) << shift for shift in (0, 8))
    for _ in range(length):  # what a piece makes of the checksum of all before it
        low, high = (table[sums & 0xFF] ^ (sums >> 8) for sums in (low, high))
    whole = 0
    for piece in found.tolist():
        whole = int(low[whole & 0xFF]) ^ int(high[whole >> 8]) ^ piece
    return whole


def _make_table() -> "NDArray[np.uint16]":
    """The checksum of each byte."""
    import numpy as np

    sums = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        sums = np.where(sums & 1, sums >> 1 ^ POLYNOMIAL, sums >> 1).astype(np.uint16)
    return sums
