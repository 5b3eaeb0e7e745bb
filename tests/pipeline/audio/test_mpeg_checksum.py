"""The checksum that the encoder of an MP3 leaves in its header."""

import numpy as np
import pytest

from daemon.pipeline.audio.mpeg_checksum import checksum


@pytest.mark.parametrize(("data", "found"), [(b"123456789", 0xBB3D), (b"", 0), (b"\0" * 5000, 0), (b"\0\0a", 0xE8C1)])
def test_the_checksum_is_crc_16_arc(data, found):
    assert checksum(data) == found


def test_pieces_side_by_side_give_what_one_byte_after_the_other_gives():
    data, plain = np.random.default_rng(1).bytes(10_001), 0
    for byte in data:
        plain ^= byte
        for _ in range(8):
            plain = plain >> 1 ^ 0xA001 if plain & 1 else plain >> 1
    assert checksum(data) == plain
