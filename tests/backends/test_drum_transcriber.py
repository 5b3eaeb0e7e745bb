"""The embedded drum transcriber through its packaged weights: what is struck is heard, when it is struck."""

import time
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from daemon.backends.drum_transcriber import (
    CHUNK,
    CONTEXT,
    HOP,
    RATE,
    DrumActivations,
    MelSpectrogram,
    OnnxDrumTranscriber,
    add_context,
    pick_peaks,
    refine_peak,
    stream_features,
)

Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def transcriber() -> OnnxDrumTranscriber:
    return OnnxDrumTranscriber()


def kick() -> Samples:
    at = np.arange(int(0.3 * RATE)) / RATE
    return np.sin(2 * np.pi * (55 * at + 3 * (1 - np.exp(-at / 0.02)))) * np.exp(-at / 0.07)


def snare() -> Samples:
    at = np.arange(int(0.25 * RATE)) / RATE
    noise = np.random.default_rng(3).standard_normal(at.size)
    return 0.25 * noise * np.exp(-at / 0.05) + 0.5 * np.sin(2 * np.pi * 190 * at) * np.exp(-at / 0.06)


def struck(times: Sequence[float], drum: Samples, seconds: float) -> Samples:
    audio = np.zeros(int(seconds * RATE), np.float32)
    for when in times:
        start = round(when * RATE)
        audio[start : start + drum.size] += drum[: audio.size - start]
    return audio


def beat(seconds: float = 8.0) -> Samples:
    kicks, snares = np.arange(0.5, seconds - 0.5, 1.0), np.arange(1.0, seconds - 0.5, 1.0)
    return 0.6 * (struck(kicks, kick(), seconds) + struck(snares, snare(), seconds))


def times_of(heard: DrumActivations, drum: str) -> NDArray[np.float64]:
    wanted = heard.classes.index(drum)
    return np.array([onset.time for onset in heard.onsets() if onset.drum == wanted])


@pytest.mark.parametrize(("drum", "first"), [("kick", 0.5), ("snare", 1.0)])
def test_a_beat_is_heard_within_ten_milliseconds(transcriber: OnnxDrumTranscriber, drum: str, first: float) -> None:
    played = np.arange(first, 7.5, 1.0)
    heard = times_of(transcriber.transcribe([beat()], RATE), drum)
    assert heard.size == played.size
    assert np.abs(heard - played).max() < 0.010


def test_a_hit_on_the_first_sample_is_heard(transcriber: OnnxDrumTranscriber) -> None:
    heard = times_of(transcriber.transcribe([struck([0.0, 1.0], kick(), 2.0)], RATE), "kick")
    assert heard[0] < 0.010


def test_silence_holds_no_hits(transcriber: OnnxDrumTranscriber) -> None:
    assert transcriber.transcribe([np.zeros(3 * RATE, np.float32)], RATE).onsets() == []


def test_nothing_at_all_is_an_empty_answer(transcriber: OnnxDrumTranscriber) -> None:
    heard = transcriber.transcribe([], RATE)
    assert heard.strength.shape == (0, len(heard.classes))
    assert heard.onsets() == []


def test_odd_block_sizes_change_nothing(transcriber: OnnxDrumTranscriber) -> None:
    audio = np.tile(beat(), 6)
    pieces = np.split(audio, np.cumsum([1, 440, 4097, 100_003, 7, 900_000]))
    whole, streamed = transcriber.transcribe([audio], RATE), transcriber.transcribe(pieces, RATE)
    np.testing.assert_allclose(streamed.strength, whole.strength, atol=1e-5)
    np.testing.assert_allclose(streamed.velocity, whole.velocity, atol=1e-5)


def test_there_is_one_frame_per_started_hop(transcriber: OnnxDrumTranscriber) -> None:
    for size in (1, HOP, HOP + 1, CHUNK * HOP, CHUNK * HOP + 1):
        heard = transcriber.transcribe([np.zeros(size, np.float32)], RATE)
        assert len(heard.strength) == -(-size // HOP)


def test_another_rate_is_refused_with_a_hint(transcriber: OnnxDrumTranscriber) -> None:
    with pytest.raises(ValueError, match="resample"):
        transcriber.transcribe([np.zeros(48000, np.float32)], 48000)


@pytest.mark.parametrize("in_music", [False, True])
def test_every_class_has_a_threshold(transcriber: OnnxDrumTranscriber, in_music: bool) -> None:
    heard = transcriber.transcribe([], RATE, in_music=in_music)
    assert heard.classes == ("kick", "snare", "toms", "closed", "open", "crash", "ride")
    assert len(heard.thresholds) == len(heard.classes)
    assert all(0 < limit < 1 for limit in heard.thresholds)


@pytest.mark.real_time
def test_the_first_answer_comes_within_a_second() -> None:
    began = time.perf_counter()
    OnnxDrumTranscriber().transcribe([np.zeros(RATE // 10, np.float32)], RATE)
    assert time.perf_counter() - began < 1.0


def test_streamed_features_equal_features_of_the_whole() -> None:
    audio = np.random.default_rng(1).standard_normal(CHUNK * HOP + 12_345).astype(np.float32)
    front = MelSpectrogram()
    streamed = np.concatenate(list(stream_features(front, np.array_split(audio, 9))))
    np.testing.assert_allclose(streamed, front.features(audio), atol=1e-4)


def test_a_click_lands_on_its_own_frame() -> None:
    audio = np.zeros(RATE, np.float32)
    audio[50 * HOP] = 1.0
    loudness = MelSpectrogram().features(audio)[:, 80:].sum(axis=1)
    assert int(np.argmax(loudness)) == 50


def test_context_is_the_neighbours_own_frames() -> None:
    chunks = [np.full((CHUNK, 160), value, np.float32) for value in (1, 2, 3)]
    middle = list(add_context(chunks))[1]
    assert set(middle[:CONTEXT, 0]) == {1.0}
    assert set(middle[-CONTEXT:, 0]) == {3.0}


def test_of_two_peaks_too_close_the_stronger_stays() -> None:
    curve = np.array([0, 0.6, 0, 0.9, 0, 0, 0, 0.7, 0], np.float32)
    assert pick_peaks(curve, 0.5, 3) == [3, 7]


def test_a_peak_between_frames_is_found_between_them() -> None:
    frames = np.arange(20)
    curve = np.exp(-0.5 * ((frames - 10.3) / 0.9) ** 2).astype(np.float32)
    assert refine_peak(curve, 10) == pytest.approx(10.3, abs=0.1)
