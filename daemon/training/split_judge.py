"""A kit splitter on songs rendered from kits and drummers it never met: SDR, and what becomes of the velocities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from daemon.backends.ear import Ear
from daemon.backends.kit_splitter import KitNetwork
from daemon.pipeline.audio import superflux as onsets
from daemon.pipeline.drums import candidates, hits
from daemon.pipeline.drums import kit_splitter as kit
from daemon.pipeline.options import VelocityCurve
from daemon.pipeline.records import RATE, Candidate, Drum, Hit, Kit, Weights
from daemon.pipeline.records import Audio as Sound
from daemon.training.evaluate import Array, matched
from daemon.training.render import Label, Library
from daemon.training.shares import Song, make_song
from daemon.training.voices import STEM_OF_CLASS

SEED = 77
FAINT = 1e-3
"""A stem 30 dB below the song has no SDR that means anything."""

FEWEST = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """Per drum: SDR in dB, and the correlation of the velocities found with those played; NaN where there is none."""

    sdr: tuple[float, ...]
    velocity: tuple[float, ...]


def sdr(true: Array, found: Array) -> float:
    """10 log10 of the true energy over that of the difference, dB."""
    return float(10 * np.log10((true**2).sum() / max(float(((true - found) ** 2).sum()), 1e-9)))


def sound_of(song: Song, folder: Path) -> Sound:
    samples = song.rows.sum(axis=1)
    soundfile.write(folder / "drums.wav", samples.T, RATE, subtype="FLOAT")
    return Sound(folder / "drums.wav", samples.shape[1])


def heard_in(sound: Sound) -> list[Candidate]:
    activations = Ear().listen((block.mean(axis=0) for block in sound.blocks()), RATE)
    return candidates.candidates(activations, onsets.novelty(sound))


def separation(song: Song, parts: Kit) -> Iterator[float]:
    whole = float((song.rows.sum(axis=1) ** 2).sum())
    for row, drum in enumerate(Drum):
        true = song.rows[:, row]
        yield sdr(true, parts.drums[drum].read()) if (true**2).sum() > FAINT * whole else float("nan")


def faithfulness(labels: Sequence[Label], found: Sequence[Hit]) -> Iterator[float]:
    for row, drum in enumerate(Drum):
        played = sorted((one for one in labels if STEM_OF_CLASS[one.drum] == row), key=lambda one: one.time)
        mine = sorted((hit for hit in found if hit.drum is drum and hit.cluster >= 0), key=lambda hit: hit.onset)
        times = np.array([one.time for one in played]), np.array([hit.onset for hit in mine])
        pairs = [(played[a].velocity, mine[b].velocity) for a, b in matched(*times, 0.05)]
        yield correlation(np.array(pairs, dtype=float).reshape(-1, 2))


def correlation(pairs: Array) -> float:
    """Pearson's r of two columns; NaN for a few strokes or for all alike."""
    if len(pairs) < FEWEST or pairs.std(axis=0).min() < 1e-3:
        return float("nan")
    return float(np.corrcoef(pairs.T)[0, 1])


def verdict(song: Song, network: KitNetwork | None, folder: Path) -> Verdict:
    sound = sound_of(song, folder)
    heard = heard_in(sound)
    parts = kit.split(sound, candidates.onsets(heard), Weights("judged"), folder, lambda _: None, network)
    found = hits.hits(heard, parts, VelocityCurve(), told=True, clean=True, report=lambda _: None).hits
    return Verdict(tuple(separation(song, parts)), tuple(faithfulness(song.labels, found)))


def print_split_report(library: Library, weights: Path, songs: int = 14) -> None:
    """With the network and, for comparison, without it."""
    for name, network in (("network and song", KitNetwork(weights)), ("song alone", None)):
        verdicts = []
        for number in range(songs):
            with TemporaryDirectory() as folder:
                song = make_song(np.random.default_rng((SEED, number)), library)
                verdicts.append(verdict(song, network, Path(folder)))
        print(f"{name:18}", "SDR, dB, mean ", row_of([one.sdr for one in verdicts]))
        print(f"{name:18}", "velocity r     ", row_of([one.velocity for one in verdicts]), flush=True)


def row_of(values: Sequence[tuple[float, ...]]) -> str:
    means = np.nanmean(np.array(values, dtype=float), axis=0)
    return " ".join(f"{drum} {value:.2f}" for drum, value in zip(Drum, means, strict=True)) + f" all {means.mean():.2f}"
