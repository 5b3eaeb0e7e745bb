"""A stem to notes: one voice at a time for bass and vocals, all keys at once for the rest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.pipeline.audio import superflux as onsets
from daemon.pipeline.audio.resample import resampled
from daemon.pipeline.drums import velocity
from daemon.pipeline.options import VelocityCurve
from daemon.pipeline.pitched import false_notes as ghosts
from daemon.pipeline.pitched import monophonic as melody
from daemon.pipeline.pitched import note_segmentation as phrasing
from daemon.pipeline.pitched.part_settings import HeardPart, KeyListener, graded, revoiced, sounding
from daemon.pipeline.pitched.periodicity import Periodicity, Range, periodicity
from daemon.pipeline.pitched.polyphonic import (
    KEYS,
    LOWEST_KEY,
    RATE,
    Event,
    NoteSettings,
    PartNote,
    Posteriors,
    bend_curve,
    events,
    key_of,
)
from daemon.pipeline.pitched.stem_bleed import without_bleed
from daemon.pipeline.records import Audio, Part

_ABSENT_DB = 40.0  # a stem that never comes nearer to the mix than this holds only bleed
_NOTE_DB = 45.0  # the same for a note, against the loudest of its stem
_LOUD = 99.5  # percentile of the envelope
_DEEP = 60.0  # Hz; what goes lower is followed at half the rate
_NETWORK = {True: 0.3, False: 1.5}  # weight of the network beside the period: deep voices it hardly hears
_DOUBTFUL = 0.4  # confidence of a ghost
_BEND_STEP = 0.05  # semitones
_BLOCK = 1 << 18

Floats = NDArray[np.float32]


def loudness(audio: Audio) -> float:
    """dB below full scale of the loudest moments, so that one click does not count."""
    return float(np.percentile(velocity.envelope(audio), _LOUD)) if audio.frames else velocity.SILENCE


def transcribe_part(
    stem: Audio,
    part: Part,
    *,
    mix_level: float,
    settings: NoteSettings,
    listener: KeyListener,
    report: Callable[[float], None],
    mix: Audio | None = None,
) -> HeardPart:
    """The notes of `stem`; `mix_level` is the `loudness` of the `mix` that it came from. The same every time.

    Without a `mix` the stem is all there is, and nothing in it is bleed.
    """
    envelope = velocity.envelope(stem)
    loud = float(np.percentile(envelope, _LOUD))
    if loud < mix_level - _ABSENT_DB or loud <= velocity.SILENCE + 1:
        return HeardPart((), remarks=(_absent(part),))
    heard = listener.listen(_watched(stem, report), stem.rate)
    gate = max(loud - _NOTE_DB, mix_level - _ABSENT_DB - 10)
    take = _Take(stem, envelope, heard, settings, gate)
    found = _voice(take) if settings.monophonic else _chords(take)
    report(0.95)
    notes = _finished(without_bleed(found.notes, stem, mix) if mix else found.notes)
    report(1.0)
    return replace(found, notes=notes, remarks=found.remarks if sounding(notes) else (_absent(part),))


def _absent(part: Part) -> str:
    return f"No {part} {'were' if part is Part.VOCALS else 'was'} found in this song."


def _watched(stem: Audio, report: Callable[[float], None]) -> Iterator[Floats]:
    """Mono blocks; the network takes most of the time."""
    for number, block in enumerate(stem.blocks(_BLOCK)):
        yield block.mean(axis=0)
        report(0.8 * min(1.0, (number + 1) * _BLOCK / max(1, stem.frames)))


def _mono(stem: Audio) -> Iterator[Floats]:
    return (block.mean(axis=0) for block in stem.blocks(_BLOCK))


@dataclass(frozen=True, slots=True)
class _Take:
    """What all ways to the notes need. `envelope` in dB every velocity.STEP samples, `gate` in dB."""

    stem: Audio
    envelope: Floats
    heard: Posteriors
    settings: NoteSettings
    gate: float

    def level(self, second: float) -> float:
        return float(velocity.levels(self.envelope, [second])[0])


def _voice(take: _Take) -> HeardPart:
    wanted = _range(take.settings)
    found = periodicity(_mono(take.stem), take.stem.rate, wanted)
    attacks = phrasing.Attacks.of(onsets.novelty(take.stem), take.envelope)
    tuned = melody.tuning(found)
    cost = melody.costs(found, tuned)
    believed, audible = _believed(cost, take, wanted), _audible(len(cost), take, wanted)
    mask, ground = attacks.mask(len(cost), found.frame_rate), _Ground(found, cost, tuned)

    def sung(sensitivity: float) -> list[PartNote]:
        states = melody.path(melody.with_silence(believed, audible, sensitivity), mask)
        runs = list(melody.runs(states, cost.shape[1], wanted.lowest))
        notes = (_sung(n, take, ground) for n in phrasing.phrases(runs, attacks, take.heard, found.frame_rate))
        return [note for note in notes if _holds(note, take)]

    return HeardPart(graded(sung, voice=True), tuned, _tuning_remark(tuned))


def _range(settings: NoteSettings) -> Range:
    deep = settings.lowest < _DEEP
    lowest, highest = (LOWEST_KEY + key_of(hertz) for hertz in (settings.lowest, settings.highest))
    rate, hop = (RATE // 2, 64) if deep else (RATE, 128)
    return Range(round(lowest), round(highest), rate, 512, hop)


def _believed(cost: Floats, take: _Take, wanted: Range) -> Floats:
    """Costs of period and network together."""
    weight = _NETWORK[take.settings.lowest < _DEEP]
    frames = np.arange(len(cost)) / wanted.frame_rate
    rows = np.minimum(np.round(frames * take.heard.frame_rate).astype(int), len(take.heard.note) - 1)
    keys = np.clip(np.arange(wanted.lowest, wanted.highest + 1) - LOWEST_KEY, 0, KEYS - 1)
    return np.asarray(cost + weight * (0.5 - take.heard.note[:, keys][rows].astype(np.float32)), np.float32)


def _audible(count: int, take: _Take, wanted: Range) -> NDArray[np.bool_]:
    """(frames,) whether the stem is loud enough to hold a note."""
    steps = (np.arange(count) / wanted.frame_rate * take.stem.rate / velocity.STEP).astype(int)
    return np.asarray(take.envelope[np.minimum(steps, len(take.envelope) - 1)] > take.gate)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the pitch of a voice stands on."""

    found: Periodicity
    cost: Floats
    tuned: float


def _sung(note: phrasing.Phrase, take: _Take, ground: _Ground) -> PartNote:
    rate, lowest = ground.found.frame_rate, ground.found.lowest
    first = min(max(note.run.start, round(note.start * rate)), note.run.stop - 1)
    run = melody.Run(note.pitch, first, max(first + 1, min(note.run.stop, round(note.stop * rate))))
    doubt = float(ground.cost[run.start : run.stop, note.pitch - lowest].mean())
    return PartNote(
        id=0,
        pitch=note.pitch,
        onset=Seconds(note.start),
        duration=Seconds(note.stop - note.start),
        velocity=1,
        level=take.level(note.start),
        confidence=max(0.0, 1 - doubt),
        bends=tuple(_curve(melody.pitch_curve(ground.found, run, ground.tuned), run, rate, note))
        if take.settings.bends
        else (),
    )


def _curve(semitones: Floats, run: melody.Run, rate: float, note: phrasing.Phrase) -> Iterator[Bend]:
    """A point every 23 ms where the pitch has moved; a stray frame does not count."""
    smooth = median_filter(semitones, 7, mode="nearest")[::4]
    last = 0.0
    for i, value in enumerate(smooth.tolist()):
        time = min(max((run.start + 4 * i) / rate, note.start), note.stop)
        if abs(value - last) >= _BEND_STEP:
            yield Bend(Seconds(time), round(value, 3))
            last = value


def _holds(note: PartNote, take: _Take) -> bool:
    long = note.duration >= take.settings.shortest
    return long and note.level > take.gate and note.confidence >= _DOUBTFUL


def _tuning_remark(tuned: float) -> tuple[str, ...]:
    cents = round(100 * tuned)
    if abs(cents) < 15:
        return ()
    return (f"The recording is tuned {abs(cents)} cents {'above' if cents > 0 else 'below'} A = 440 Hz.",)


def _chords(take: _Take) -> HeardPart:
    levels = ghosts.key_levels(resampled(_mono(take.stem), take.stem.rate, RATE))
    rate = take.heard.frame_rate

    def struck(sensitivity: float) -> Iterator[PartNote]:
        found = events(take.heard, replace(take.settings, sensitivity=sensitivity))
        for event in ghosts.played(found, take.heard, levels, sensitivity):
            if (level := ghosts.level(levels, event)) > take.gate:
                yield _struck(event, level, rate, bend_curve(take.heard, event) if take.settings.bends else ())

    return HeardPart(graded(lambda sensitivity: list(struck(sensitivity)), voice=False))


def _struck(event: Event, level: float, rate: float, bends: tuple[Bend, ...]) -> PartNote:
    return PartNote(
        id=0,
        pitch=event.key + LOWEST_KEY,
        onset=Seconds(event.start / rate),
        duration=Seconds((event.stop - event.start) / rate),
        velocity=1,
        level=level,
        confidence=min(1.0, event.confidence),
        bends=bends,
    )


def _finished(found: Sequence[PartNote]) -> tuple[PartNote, ...]:
    """By onset, numbered, each with the velocity of the default curve."""
    notes = sorted(found, key=lambda note: (note.onset, note.pitch))
    voiced = revoiced(notes, VelocityCurve())
    return tuple(replace(note, id=i) for i, note in enumerate(voiced))
