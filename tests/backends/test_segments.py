import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daemon.backends.segments import join, plan


@given(st.integers(1, 5000), st.integers(20, 400), st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_segments_that_hear_the_song_join_to_the_song(frames: int, length: int, overlap: float) -> None:
    song = np.sin(np.arange(frames + length, dtype=np.float32))
    pieces = [(each, song[None, each.start : each.start + length]) for each in plan(frames, length, overlap)]
    np.testing.assert_allclose(np.concatenate(list(join(pieces)), -1)[0], song[:frames], atol=1e-6)


def test_a_song_takes_as_few_segments_as_the_overlap_allows() -> None:
    assert len(plan(1000, 1000, 0.1)) == 1
    assert len(plan(1900, 1000, 0.1)) == 2
    assert len(plan(1901, 1000, 0.1)) == 3
