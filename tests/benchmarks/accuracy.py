"""How well hits, beats and the stems of the kit agree with annotated recordings, scored by the folder's own scorer.

The folder holds drums/ (drum recordings with their onsets), mix/ (songs), beats/ and kit/, as its README tells. Hits
are scored as written to a .mid without quantizing, beside the published recipe (`classic`); onsets and beats beside
librosa's.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from daemon.backends.checkpoints import NoWeights
from daemon.outlets.delivery import DeliverySettings, deliver
from daemon.pipeline.audio.decode import decode
from daemon.pipeline.audio.superflux import novelty, peaks
from daemon.pipeline.chain import Transcription, draft, transcribe
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid
from daemon.pipeline.tools import Tools
from tests.benchmarks.songs import open_tools
from tests.benchmarks.tables import Setting, Table, number

MISSING = (
    "Not measured: --eval FOLDER (or SIDESTICK_EVAL) names annotated recordings with their scorer, cut from MDB Drums "
    "(Southall et al., ISMIR 2017) and StemGMD (Mezza et al., 2024), both on Zenodo."
)
RECIPES = ("default", "superflux", "classic")
WINDOWS = (50, 20, 10)  # milliseconds
ONE_MOMENT = 0.03  # seconds within which annotated strokes are one onset
ON_BEAT = 0.04  # seconds from a beat within which a stroke is on it
ONSET_GOALS = {50: 0.94, 20: None, 10: 0.87}
DRUMS = ("kick", "snare", "toms", "hihat", "cymbals")

Transcribe = Callable[[Path], Transcription]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """The recordings, the scorer that lies with them, and the pipeline."""

    folder: Path
    score: Any
    tools: Tools
    scratch: Path

    def tracks(self) -> list[Path]:
        return sorted((self.folder / "drums").glob("*.flac"))

    def mixes(self) -> list[Path]:
        return [path for path in sorted((self.folder / "mix").glob("*.flac")) if path.name.count(".") == 1]


def tables(setting: Setting) -> Iterator[Table]:
    if setting.evaluation is None:
        yield Table("accuracy", (), (), MISSING)
        return
    with TemporaryDirectory() as name, open_tools(setting.weights) as tools:
        recordings = EvaluationSet(setting.evaluation, scorer(setting.evaluation), tools, Path(name))
        yield Table(
            "accuracy", HIT_HEAD, tuple(_hit_rows(recordings)), "Per drum: F within 50 ms. Bias: positive is late."
        )
        yield Table(
            "onsets", ("onsets of any drum", *_within(), "bias ms"), tuple(_onset_rows(recordings)), _onset_note()
        )
        yield _beat_table(recordings)
        yield Table(
            "kit", ("SDR, dB", *DRUMS, "mean"), tuple(_kit_rows(recordings)), "The embedded splitter, three kits."
        )


def beats_alone(setting: Setting) -> Iterator[Table]:
    """The table of beats, without the hours of the others."""
    if setting.evaluation is None:
        yield Table("beats", (), (), MISSING)
        return
    with TemporaryDirectory() as name, open_tools(setting.weights) as tools:
        yield _beat_table(EvaluationSet(setting.evaluation, scorer(setting.evaluation), tools, Path(name)))


def _beat_table(recordings: EvaluationSet) -> Table:
    head = ("beats", "F at 70 ms", "CMLt", "AMLt", "downbeat F", "bias ms")
    note = "Bias: positive is late. The annotated beats lie {:.1f} ms before the annotated strokes on them."
    return Table("beats", head, tuple(_beat_rows(recordings)), note.format(1000 * _early(recordings)))


def _early(recordings: EvaluationSet) -> float:
    """Seconds from the annotated beats to the annotated strokes near them: the median of each track, averaged."""
    found = []
    for track in recordings.tracks():
        beats, strokes = (
            np.array([time for time, _ in recordings.score.read_tsv(recordings.folder / kind / f"{track.stem}.tsv")])
            for kind in ("beats", "drums")
        )
        apart = strokes[np.abs(strokes - beats[:, None]).argmin(axis=1)] - beats
        found.append(float(np.median(apart[np.abs(apart) < ON_BEAT])))
    return fmean(found)


def scorer(folder: Path) -> Any:
    """The module score.py of the evaluation folder."""
    path = folder / "score.py"
    found = spec_from_file_location("score", path)
    if found is None or found.loader is None or not path.exists():
        sys.exit(f"There is no score.py in {folder}; --eval must name the evaluation folder.")
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _within() -> tuple[str, ...]:
    return tuple(f"F {window} ms" for window in WINDOWS)


HIT_HEAD = ("from", "recipe", *_within(), *DRUMS, "bias ms")


def _hit_rows(recordings: EvaluationSet) -> Iterator[tuple[str, ...]]:
    for recipe in RECIPES:
        alone = Options.read({"input": "drums", "onsets": recipe, "kit": "embedded", "grid": {"quantize": False}})
        yield _hit_row(recordings, ("drum recordings", recipe), recordings.tracks(), alone, transcribe)
    for recipe in RECIPES:
        song = Options.read({"separator": "htdemucs", "onsets": recipe, "kit": "embedded", "grid": {"quantize": False}})
        try:
            yield _hit_row(recordings, ("mixes through htdemucs", recipe), recordings.mixes(), song, transcribe)
        except NoWeights:
            yield ("mixes through htdemucs (no weights here)", recipe, *["-"] * (len(HIT_HEAD) - 2))
    song = Options.read({"grid": {"quantize": False}})
    yield _hit_row(recordings, ("mixes as they are", "draft"), recordings.mixes(), song, draft)


def _hit_row(
    recordings: EvaluationSet,
    name: tuple[str, str],
    songs: Sequence[Path],
    options: Options,
    way: Callable[..., Transcription],
) -> tuple[str, ...]:
    out = recordings.scratch / " ".join(name)
    for song in songs:
        deliver(
            way(song, options, recordings.tools, _quiet), options, DeliverySettings(recordings.scratch / "locks", out)
        )
    found = recordings.score.score_drums_dir(recordings.folder / "drums", out, only=[song.stem for song in songs])[
        "pooled"
    ]
    micro, classes = found["micro"], found["classes"]
    figures = [micro[f"{window}ms"]["F"] for window in WINDOWS] + [classes[drum]["50ms"]["F"] for drum in DRUMS]
    return (*name, *map(number, figures), number(micro["bias_ms"], 1))


def _onset_rows(recordings: EvaluationSet) -> Iterator[tuple[str, ...]]:
    yield ("sidestick", *_onset_figures(recordings, _by_novelty))
    yield ("librosa.onset.onset_detect", *_onset_figures(recordings, _by_librosa))


def _onset_note() -> str:
    goals = ", ".join(f"{goal} at {window} ms" for window, goal in ONSET_GOALS.items() if goal)
    return f"Goals: {goals}. Annotated strokes within {1000 * ONE_MOMENT:.0f} ms count as one onset."


def _onset_figures(recordings: EvaluationSet, detect: Callable[[EvaluationSet, Path], list[float]]) -> Iterator[str]:
    pairs = [(_moments(recordings, track), detect(recordings, track)) for track in recordings.tracks()]
    total = sum(len(true) + len(found) for true, found in pairs)
    errors = {window: _errors(pairs, window / 1000) for window in WINDOWS}
    yield from (number(2 * len(late) / total) for late in errors.values())
    yield number(1000 * float(np.median(errors[WINDOWS[0]])), 1)


def _errors(pairs: Iterable[tuple[Sequence[float], Sequence[float]]], window: float) -> list[float]:
    """How late each found onset is that has an annotated one within `window`, in seconds."""
    return [found[j] - true[i] for true, found in pairs for i, j in match_times(true, found, window)]


def match_times(true: Sequence[float], found: Sequence[float], window: float) -> list[tuple[int, int]]:
    """The largest one-to-one matching within `window` seconds, as pairs of indices."""
    from mir_eval.util import match_events

    return list(match_events(np.asarray(true), np.asarray(found), window))


def _moments(recordings: EvaluationSet, track: Path) -> list[float]:
    """When anything is struck, everything that is annotated taken together."""
    return merge_times(time for time, _ in recordings.score.read_tsv(track.with_suffix(".sub.tsv")))


def merge_times(times: Iterable[float], apart: float = ONE_MOMENT) -> list[float]:
    """Rising times without those within `apart` seconds of the last one kept."""
    kept: list[float] = []
    for time in times:
        if not kept or time - kept[-1] > apart:
            kept.append(time)
    return kept


def _by_novelty(recordings: EvaluationSet, track: Path) -> list[float]:
    source = decode(track, recordings.scratch / "track.wav", recordings.tools.limits, lambda _: None)
    found = novelty(source.audio)
    return [float(time) for time in found.seconds(peaks(found))]


def _by_librosa(_: EvaluationSet, track: Path) -> list[float]:
    from librosa import load
    from librosa.onset import onset_detect

    sound, rate = load(track, sr=None)
    return [float(time) for time in onset_detect(y=sound, sr=rate, units="time")]


def _beat_rows(recordings: EvaluationSet) -> Iterator[tuple[str, ...]]:
    yield ("sidestick", *_beat_figures(recordings, _our_beats))
    yield ("librosa.beat.beat_track", *_beat_figures(recordings, _librosa_beats))


def _beat_figures(recordings: EvaluationSet, track_beats: Callable[[EvaluationSet, Path], str]) -> Iterator[str]:
    found = []
    for track in recordings.tracks():
        path = recordings.scratch / f"{track.stem}.beats.tsv"
        path.write_text(track_beats(recordings, track))
        found.append(recordings.score.score_beats(recordings.folder / "beats" / f"{track.stem}.tsv", path))
    for name in ("F", "CMLt", "AMLt", "downbeat_F", "bias_ms"):
        known = [one[name] for one in found if one[name] is not None]
        yield number(fmean(known) if known else None, 1 if name == "bias_ms" else 3)


def _our_beats(recordings: EvaluationSet, track: Path) -> str:
    options = Options(input="drums", kit="embedded")
    return format_beats(transcribe(track, options, recordings.tools, _quiet).grid)


def format_beats(grid: BeatGrid) -> str:
    """Seconds and the number in the bar, a beat a line; 0 where there are no bars."""
    first = grid.downbeats[0] if grid.downbeats else None
    places = (0 if first is None else (i - first) % grid.numerator + 1 for i in range(len(grid.beats)))
    return "".join(f"{time:.6f}\t{place}\n" for time, place in zip(grid.beats, places, strict=True))


def _librosa_beats(_: EvaluationSet, track: Path) -> str:
    from librosa import load
    from librosa.beat import beat_track

    sound, rate = load(track, sr=None)
    _tempo, times = beat_track(y=sound, sr=rate, units="time")
    return "".join(f"{time:.6f}\t0\n" for time in times)


def _kit_rows(recordings: EvaluationSet) -> Iterator[tuple[str, ...]]:
    options = Options(input="drums", kit="embedded")
    every = []
    for folder in sorted(path for path in (recordings.folder / "kit").iterdir() if path.is_dir()):
        kit = transcribe(folder / "mixsum.flac", options, recordings.tools, _quiet).kit
        if kit is not None:
            stems = recordings.score.score_stems(folder, next(iter(kit.drums.values())).path.parent)["stems"]
            every.append([stems[drum].get("sdr") for drum in DRUMS])
    means = [fmean(value for value in column if value is not None) for column in zip(*every, strict=True)]
    yield ("sidestick", *(number(value, 1) for value in means), number(fmean(means), 1))


def _quiet(_stage: str, _fraction: float) -> None:
    """Nobody watches."""
