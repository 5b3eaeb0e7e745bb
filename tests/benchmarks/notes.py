"""Notes of pitched parts against Basic Pitch with its published settings, on the same rendered music in the same run.

A note counts when its onset is within 50 ms and its pitch within 50 cents of the truth (mir_eval). Dry excerpts are
one instrument alone; the others are mixed with drums and a bass and taken apart by htdemucs. It takes a rendered voice
for an instrument as often as not, so the lead is heard, as a voice, in the stem that holds it. The settings were
chosen on the excerpts 0 to 31 of each part, dry, and on the mixes 0 to 11; these are others.

Needs fluidsynth and fluid-soundfont-gm.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from mir_eval.transcription import match_notes, precision_recall_f1_overlap
from numpy.typing import NDArray

from daemon.backends.basic_pitch import BasicPitch
from daemon.backends.checkpoints import Checkpoints, NoWeights
from daemon.backends.separators import separator
from daemon.factories import note_transcribers
from daemon.pipeline.pitched.part_settings import NETWORKS, PRESETS, audible_notes
from daemon.pipeline.pitched.periodicity import hertz
from daemon.pipeline.pitched.polyphonic import LOWEST_KEY, NoteSettings, Posteriors, note_events
from daemon.pipeline.pitched.transcribe_part import loudness, transcribe_part
from daemon.pipeline.records import RATE, Audio, Part
from tests.benchmarks.excerpts import LINES, Excerpt, Played, beaten, excerpts, render, shared
from tests.benchmarks.tables import Setting, Table, number

FIRST, COUNT = 200, 12
FIRST_MIX, MIXES = 300, 5
FEWEST = 5  # notes that say something of velocities
PARTS = {"bass": Part.BASS, "lead": Part.VOCALS, "piano": Part.PIANO, "guitar": Part.GUITAR}
STEMS = {"bass": (Part.BASS,), "lead": (Part.VOCALS, Part.OTHER), "piano": (Part.OTHER,), "guitar": (Part.OTHER,)}
HEARD_AS = {**PARTS, "piano": Part.OTHER, "guitar": Part.OTHER}  # whoever hears a mix does not know the instrument
GAINS = {"bass": 0.9, "drums": 0.7}

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Score:
    """Note F of one excerpt, both ways, and the CPU seconds of ours for so many seconds of sound.

    Of the notes that were found: how velocities go with the true ones, and by how many ms they are late in the middle.
    """

    plain: float
    ours: float
    cpu: float
    duration: float
    together: float
    slope: float
    late: float


def tables(setting: Setting) -> Iterator[Table]:
    listener = BasicPitch()
    numbers = range(FIRST, FIRST + COUNT)
    found = {(part, "alone"): [score_dry(each, listener) for each in excerpts(part, numbers)] for part in LINES}
    note = "Note F within 50 ms and 50 cents on rendered music; the lead of a mix is heard in the stem that holds it. "
    note += "Slope: what is written for a step of 1 in the true velocity. "
    note += "Speed in seconds of sound per CPU second; the goal is 20. "
    try:
        found |= {
            (part, "in a mix, through htdemucs"): scores for part, scores in score_mixes(setting, listener).items()
        }
    except NoWeights as missing:
        note += f"Mixes were not measured: {missing}"
    yield Table("notes", HEAD, tuple(_row(*key, scores) for key, scores in sorted(found.items())), note.strip())


HEAD = (
    "part", "heard", "excerpts", "Basic Pitch", "sidestick", "gain", "velocity r", "slope",
    "late, ms", "times real time",
)  # fmt: skip


def _row(part: str, how: str, scores: Sequence[Score]) -> tuple[str, ...]:
    before, now = (float(np.mean([getattr(score, name) for score in scores])) for name in ("plain", "ours"))
    speed = sum(score.duration for score in scores) / sum(score.cpu for score in scores)
    together, slope, late = (
        number(float(np.nanmean([getattr(score, name) for score in scores])), digits)
        for name, digits in (("together", 2), ("slope", 2), ("late", 1))
    )
    gain = f"{now - before:+.3f}"
    return part, how, str(len(scores)), number(before), number(now), gain, together, slope, late, number(speed, 0)


def score_dry(excerpt: Excerpt, listener: BasicPitch) -> Score:
    with tempfile.TemporaryDirectory() as folder:
        audio = _audio(render(excerpt, Path(folder)))
        return score_stem(audio, PARTS[excerpt.part], excerpt.notes, audio, listener)


def score_mixes(setting: Setting, listener: BasicPitch) -> dict[str, list[Score]]:
    """MIXES songs for each part but the bass, which is in all of them. Raises NoWeights."""
    found: dict[str, list[Score]] = {part: [] for part in LINES}
    demucs = separator("htdemucs", Checkpoints(setting.weights), "cpu", lambda _: None)
    for part in ("lead", "piano", "guitar"):
        for number_ in range(FIRST_MIX, FIRST_MIX + MIXES):
            with tempfile.TemporaryDirectory() as name:
                folder, played = Path(name), shared(part, number_)
                mix = mixdown(played, folder)
                wanted = tuple(dict.fromkeys(stem for each in played for stem in STEMS[each.part]))
                stems = demucs.separate(mix, wanted, folder / "stems", lambda _: None)
                for excerpt in played:
                    stem = max((stems.parts[stem] for stem in STEMS[excerpt.part]), key=loudness)
                    score = score_stem(stem, HEARD_AS[excerpt.part], excerpt.notes, mix, listener)
                    found[excerpt.part].append(score)
    return found


def mixdown(played: Iterable[Excerpt], folder: Path) -> Audio:
    """The excerpts and the drums of their tempo together, peak at -1 dB."""
    excerpts = list(played)
    tracks = {each.part: _read(render(each, folder)) for each in excerpts}
    tracks["drums"] = _read(beaten(excerpts[0], folder))
    total = np.zeros((max(map(len, tracks.values())), 2), np.float32)
    for part, samples in tracks.items():
        level = GAINS.get(part, 0.6) / float(np.percentile(np.abs(samples), 99.5))
        total[: len(samples)] += level * samples
    soundfile.write(folder / "mix.wav", 0.89 * total / np.abs(total).max(), RATE, subtype="FLOAT")
    return _audio(folder / "mix.wav")


def score_stem(audio: Audio, part: Part, truth: Sequence[Played], mix: Audio, listener: BasicPitch) -> Score:
    theirs = plain(listener.transcribe((block.mean(axis=0) for block in audio.blocks()), audio.rate))
    began = time.process_time()
    heard = transcribe_part(
        audio,
        part,
        mix_level=loudness(mix),
        settings=PRESETS[part],
        transcriber=note_transcribers()(NETWORKS[part]),
        report=lambda _: None,
        mix=None if mix is audio else mix,
    )
    cpu = time.process_time() - began
    ours = [Played(note.pitch, note.onset, note.duration, note.velocity) for note in audible_notes(heard.notes)]
    return Score(note_f(truth, theirs), note_f(truth, ours), cpu, audio.duration, *compare_found(truth, ours))


def compare_found(truth: Sequence[Played], found: Sequence[Played]) -> tuple[float, float, float]:
    """Correlation and slope of the velocities of matched notes, and the median of how late they start in ms."""
    pairs = match_notes(*_arrays(truth), *_arrays(found), onset_tolerance=0.05, pitch_tolerance=50.0, offset_ratio=None)
    if len(pairs) < FEWEST:
        return float("nan"), float("nan"), float("nan")
    right = np.array([(truth[i].velocity, found[j].velocity, found[j].onset - truth[i].onset) for i, j in pairs])
    wanted, given, late = right.T
    return (
        float(np.corrcoef(wanted, given)[0, 1]),
        float(np.polyfit(wanted, given, 1)[0]),
        1000 * float(np.median(late)),
    )


def plain(heard: Posteriors) -> list[Played]:
    """The published decoding with the published settings."""
    rate = heard.frame_rate
    return [
        Played(event.key + LOWEST_KEY, event.start / rate, (event.stop - event.start) / rate, 64)
        for event in note_events(heard, NoteSettings())
    ]


def note_f(truth: Sequence[Played], found: Sequence[Played]) -> float:
    if not found:
        return 0.0
    return float(
        precision_recall_f1_overlap(
            *_arrays(truth), *_arrays(found), onset_tolerance=0.05, pitch_tolerance=50.0, offset_ratio=None
        )[2]
    )


def _arrays(notes: Sequence[Played]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    spans = np.array([(note.onset, note.onset + max(0.01, note.duration)) for note in notes])
    return spans, np.array([hertz(note.pitch) for note in notes])


def _audio(wave: Path) -> Audio:
    return Audio(wave, soundfile.info(wave).frames)


def _read(wave: Path) -> Samples:
    return np.asarray(soundfile.read(wave, dtype="float32", always_2d=True)[0])
