"""Note segmentation: a voice cut into notes, where each starts to the millisecond, and which of one pitch are two.

The period is known some 30 ms after a note has started. The onset strength of the stem tells the attack itself; a soft
attack without one is put where the period must have begun.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from daemon.pipeline.audio.superflux import LOWEST, Novelty, peaks
from daemon.pipeline.drums.velocity import SILENCE
from daemon.pipeline.pitched.monophonic import PitchRun
from daemon.pipeline.pitched.polyphonic import LOWEST_KEY, Posteriors

# Chosen by note F on rendered excerpts 0 to 31 and mixes 0 to 11 (tests/benchmarks/notes.py).
_BEFORE, _AFTER = 0.06, 0.05  # seconds around the start of a run where its attack is looked for
_EARLY = 0.12  # seconds by which the network may hear a note before its period is known
_SOFT = 0.04  # seconds that the period is late where there is no attack
_RIPPLE = 0.03  # seconds: a period of the deepest note, which is no change of level
_SLIP = 0.15  # seconds: a shorter leap of an octave without an attack is a slip of the tracker

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StrokeRule:
    """What counts as a note struck again. Times in seconds; strengths are superflux of the bands from `lowest` Hz up.

    Within `masked` after an onset others count from the share `mask` of its strength. A note is struck again `second`
    after it began at the earliest and `tail` before it ends at the latest, where the level rises by `rise` dB with a
    strength of `strength`, or anyhow with one of `sure`; and where the network gives its pitch an onset of `struck`.
    A peak of the network's onsets of at least `heard` needs no stroke beside it, and tells the time better than one.
    """

    lowest: float
    masked: float
    mask: float
    second: float
    tail: float
    rise: float
    strength: float
    sure: float
    struck: float
    heard: float


VOICE = StrokeRule(
    lowest=LOWEST,
    masked=0.35,
    mask=0.4,
    second=0.08,
    tail=0.05,
    rise=2.0,
    strength=0.05,
    sure=np.inf,
    struck=0.3,
    heard=0.8,
)
"""Chosen by note F on rendered excerpts 0 to 31 and mixes 0 to 11 (tests/benchmarks/notes.py)."""

STRING = StrokeRule(
    lowest=400, masked=0.07, mask=0.3, second=0.05, tail=0.03, rise=1.5, strength=0.07, sure=0.1, struck=0.1, heard=0.6
)
"""Bass strings: their deep partials ripple as they die, what lies above 400 Hz rises at strokes alone. Chosen on the
bass excerpts 0 to 19, the basses of mixes 0 to 5 and repeated notes of two sampled instruments at 80 to 200 bpm."""


@dataclass(frozen=True, slots=True)
class Attacks:
    """Onsets of a stem: `times` in seconds, their `strengths`, and by how many dB the level rises there."""

    times: NDArray[np.float64]
    strengths: Floats
    rises: Floats

    @classmethod
    def of(cls, found: Novelty, envelope: Floats, rule: StrokeRule = VOICE) -> "Attacks":
        """`envelope` in dB on the raster of `found`."""
        frames = _drop_masked(peaks(found), found, rule)
        envelope = uniform_filter1d(envelope, round(_RIPPLE * found.rate))
        span, top = round(0.05 * found.rate), max(0.0, float(envelope.max(initial=0)))
        before = np.array([envelope[max(0, i - span) : i].min(initial=top) for i in frames], np.float32)
        after = np.array([envelope[i : i + span].max(initial=SILENCE) for i in frames], np.float32)
        return cls(found.seconds(frames), found.values[frames], after - before)

    def mask(self, frames: int, rate: float) -> NDArray[np.bool_]:
        """(frames,) true from just before each attack until the period has followed it."""
        out = np.zeros(frames, bool)
        for time in self.times.tolist():
            out[max(0, int((time - 0.02) * rate)) : int((time + _BEFORE) * rate)] = True
        return out

    def nearest(self, time: float) -> float | None:
        """The attack that belongs to a run that starts at `time`."""
        inside = self.times[(self.times >= time - _BEFORE) & (self.times <= time + _AFTER)]
        return float(inside[np.argmin(np.abs(inside - time + 0.01))]) if len(inside) else None


def _drop_masked(frames: NDArray[np.int64], found: Novelty, rule: StrokeRule) -> NDArray[np.int64]:
    """Onsets without those that a much stronger one just before brings about: a deep note ripples as it dies away."""
    times, strengths = found.seconds(frames), found.values[frames]
    kept = []
    for i, frame in enumerate(frames.tolist()):
        before = strengths[:i][times[:i] > times[i] - rule.masked]
        if strengths[i] >= rule.mask * before.max(initial=0):
            kept.append(frame)
    return np.array(kept, np.int64)


@dataclass(frozen=True, slots=True)
class VoiceNote:
    """A note of a voice: MIDI pitch, seconds, and the run that it was cut from."""

    pitch: int
    start: float
    stop: float
    run: PitchRun


def segment_notes(
    found: Sequence[PitchRun], attacks: Attacks, heard: Posteriors, rate: float, rule: StrokeRule = VOICE
) -> list[VoiceNote]:
    """Notes in order; each ends where the next one starts at the latest."""
    notes = [note for run in merge_slips(found, attacks, rate) for note in _cut_run(run, attacks, heard, rate, rule)]
    ends = [min(note.stop, after.start) for note, after in pairwise(notes)]
    return [replace(note, stop=end) for note, end in zip(notes, [*ends, *(n.stop for n in notes[-1:])], strict=True)]


def merge_slips(found: Sequence[PitchRun], attacks: Attacks, rate: float) -> list[PitchRun]:
    """Runs without slips of an octave: of two that touch with no attack between, the longer one is right."""
    out: list[PitchRun] = []
    for run in found:
        before = out[-1] if out else None
        if before and before.stop == run.start and _is_slip(before, run, attacks, rate):
            longer = max(before, run, key=lambda each: each.stop - each.start)
            out[-1] = PitchRun(longer.pitch, before.start, run.stop)
        else:
            out.append(run)
    return out


def _is_slip(before: PitchRun, run: PitchRun, attacks: Attacks, rate: float) -> bool:
    if attacks.nearest(run.start / rate) is not None:
        return False
    shorter = min(before.stop - before.start, run.stop - run.start)
    apart = abs(before.pitch - run.pitch)
    return apart == 0 or (apart == 12 and shorter < _SLIP * rate)


def _cut_run(run: PitchRun, attacks: Attacks, heard: Posteriors, rate: float, rule: StrokeRule) -> Iterator[VoiceNote]:
    """The run, taken apart where its note is struck again."""
    peaks = _onset_peaks(heard, run.pitch, rule.heard)
    start, stop = _run_start(run.start / rate, peaks, attacks), run.stop / rate
    inside = (attacks.times > start + rule.second) & (attacks.times < stop - rule.tail)
    rising = (attacks.rises > rule.rise) | (attacks.strengths > rule.sure)
    strong = attacks.times[inside & rising & (attacks.strengths > rule.strength)]
    struck = [time for time in strong.tolist() if _attack_posterior(heard, run.pitch, time) >= rule.struck]
    clear = [time for time in peaks.tolist() if start + rule.second < time < stop - rule.tail]
    apart = [time for time in struck if not any(abs(time - other) < rule.second for other in clear)]
    again = sorted([*clear, *apart])
    for first, last in zip([start, *again], [*again, stop], strict=True):
        yield VoiceNote(run.pitch, first, last, run)


def _run_start(second: float, peaks: NDArray[np.float64], attacks: Attacks) -> float:
    """Where the note of a run that starts at `second` begins: as the network says, else at its attack."""
    near = peaks[(peaks > second - _EARLY) & (peaks < second + _AFTER)]
    if len(near):
        return float(near[np.argmin(np.abs(near - second))])
    attack = attacks.nearest(second)
    return max(0.0, second - _SOFT) if attack is None else attack


def _onset_peaks(heard: Posteriors, pitch: int, least: float) -> NDArray[np.float64]:
    """Seconds of the peaks of one key's onsets, between frames."""
    key = min(max(pitch - LOWEST_KEY, 0), heard.onset.shape[1] - 1)
    row = np.pad(heard.onset[:, key].astype(np.float32), 1)
    left, middle, right = row[:-2], row[1:-1], row[2:]
    at = np.flatnonzero((middle >= least) & (middle >= left) & (middle > right))
    bend = left[at] - 2 * middle[at] + right[at]
    shift = np.where(bend < 0, 0.5 * (left[at] - right[at]) / np.minimum(bend, -1e-6), 0.0)
    return np.asarray(np.maximum(0.0, (at + np.clip(shift, -0.5, 0.5)) / heard.frame_rate), np.float64)


def _attack_posterior(heard: Posteriors, pitch: int, time: float) -> float:
    frame = int(time * heard.frame_rate)
    key = min(max(pitch - LOWEST_KEY, 0), heard.onset.shape[1] - 1)
    return float(heard.onset[max(0, frame - 2) : frame + 5, key].max(initial=0))
