"""Validation of a kit splitter on songs of unseen kits and drummers: SDR and velocity correlation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from daemon.backends.drum_transcriber import OnnxDrumTranscriber
from daemon.backends.kit_network import OnnxKitNetwork
from daemon.pipeline.audio import superflux as onsets
from daemon.pipeline.drums import candidates, hits
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.options import VelocityCurve
from daemon.pipeline.records import RATE, Candidate, Drum, Hit, Kit, Weights
from daemon.pipeline.records import Audio as Sound
from daemon.training.drum_sounds import STEM_OF_CLASS
from daemon.training.evaluate import Array, match_onsets
from daemon.training.render import Library, OnsetLabel
from daemon.training.split_targets import RenderedSong, render_song

SEED = 77
FAINT_STEM = 1e-3
"""A stem 30 dB below the song has no SDR that means anything."""

FEWEST_PAIRS = 8


@dataclass(frozen=True, slots=True)
class SplitScores:
    """Per drum: SDR in dB, and the correlation of the velocities found with those played; NaN where there is none."""

    sdr: tuple[float, ...]
    velocity: tuple[float, ...]


def sdr(true: Array, found: Array) -> float:
    """10 log10 of the true energy over that of the difference, dB."""
    return float(10 * np.log10((true**2).sum() / max(float(((true - found) ** 2).sum()), 1e-9)))


def write_song(song: RenderedSong, folder: Path) -> Sound:
    samples = song.rows.sum(axis=1)
    soundfile.write(folder / "drums.wav", samples.T, RATE, subtype="FLOAT")
    return Sound(folder / "drums.wav", samples.shape[1])


def detect_candidates(sound: Sound) -> list[Candidate]:
    activations = OnnxDrumTranscriber().transcribe((block.mean(axis=0) for block in sound.blocks()), RATE)
    return candidates.candidates(activations, onsets.novelty(sound))


def stem_sdrs(song: RenderedSong, parts: Kit) -> Iterator[float]:
    whole = float((song.rows.sum(axis=1) ** 2).sum())
    for row, drum in enumerate(Drum):
        true = song.rows[:, row]
        yield sdr(true, parts.drums[drum].read()) if (true**2).sum() > FAINT_STEM * whole else float("nan")


def velocity_correlations(labels: Sequence[OnsetLabel], found: Sequence[Hit]) -> Iterator[float]:
    for row, drum in enumerate(Drum):
        played = sorted((one for one in labels if STEM_OF_CLASS[one.drum] == row), key=lambda one: one.time)
        mine = sorted((hit for hit in found if hit.drum is drum and hit.cluster >= 0), key=lambda hit: hit.onset)
        times = np.array([one.time for one in played]), np.array([hit.onset for hit in mine])
        pairs = [(played[a].velocity, mine[b].velocity) for a, b in match_onsets(*times, 0.05)]
        yield correlation(np.array(pairs, dtype=float).reshape(-1, 2))


def correlation(pairs: Array) -> float:
    """Pearson's r of two columns; NaN for a few strokes or for all alike."""
    if len(pairs) < FEWEST_PAIRS or pairs.std(axis=0).min() < 1e-3:
        return float("nan")
    return float(np.corrcoef(pairs.T)[0, 1])


def score_song(song: RenderedSong, network: OnnxKitNetwork | None, folder: Path) -> SplitScores:
    sound = write_song(song, folder)
    heard = detect_candidates(sound)
    parts = kit.split(sound, candidates.onsets(heard), Weights("judged"), folder, lambda _: None, network)
    weighed = hits.weigh_candidates(heard, parts, has_labels=True, clean=True)
    found = hits.measure_hits(weighed, parts, VelocityCurve(), has_labels=True, report=lambda _: None).hits
    return SplitScores(tuple(stem_sdrs(song, parts)), tuple(velocity_correlations(song.labels, found)))


def print_split_report(library: Library, weights: Path, songs: int = 14) -> None:
    """With the network and, for comparison, without it."""
    for name, network in (("network and song", OnnxKitNetwork(weights)), ("song alone", None)):
        scores = []
        for number in range(songs):
            with TemporaryDirectory() as folder:
                song = render_song(np.random.default_rng((SEED, number)), library)
                scores.append(score_song(song, network, Path(folder)))
        print(f"{name:18}", "SDR, dB, mean ", format_row([one.sdr for one in scores]))
        print(f"{name:18}", "velocity r     ", format_row([one.velocity for one in scores]), flush=True)


def format_row(values: Sequence[tuple[float, ...]]) -> str:
    means = np.nanmean(np.array(values, dtype=float), axis=0)
    return " ".join(f"{drum} {value:.2f}" for drum, value in zip(Drum, means, strict=True)) + f" all {means.mean():.2f}"
