"""A stem to notes: one voice at a time for bass and vocals, all keys at once for the rest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from bridge.notes import Bend
from bridge.timebase import Seconds
from daemon.pipeline.audio import superflux as onsets
from daemon.pipeline.audio.mono import mono_mix
from daemon.pipeline.audio.resample import resample
from daemon.pipeline.drums import velocity
from daemon.pipeline.options import VelocityCurve
from daemon.pipeline.pitched import false_notes, monophonic, note_segmentation
from daemon.pipeline.pitched.note_levels import measure_levels
from daemon.pipeline.pitched.part_settings import (
    NoteTranscriber,
    PartTranscription,
    audible_notes,
    grade_notes,
    revoice_notes,
)
from daemon.pipeline.pitched.periodicity import Periodicity, PitchRange, periodicity
from daemon.pipeline.pitched.polyphonic import (
    KEYS,
    LOWEST_KEY,
    RATE,
    NoteEvent,
    NoteSettings,
    PartNote,
    Posteriors,
    bend_curve,
    key_of,
    note_events,
)
from daemon.pipeline.pitched.stem_bleed import weaken_bleed
from daemon.pipeline.records import Audio, Part
from daemon.remarks import remark

# Chosen on rendered excerpts 0 to 31 and mixes 0 to 11 (tests/benchmarks/notes.py) unless said.
_ABSENT_DB = 40.0  # a stem that never comes nearer to the mix than this holds only bleed
_NOTE_DB = 45.0  # the same for a note, against the loudest of its stem
_LOUD = 99.5  # percentile of the envelope
_DEEP = 60.0  # Hz; what goes lower is followed at half the rate
_NETWORK = {True: 0.6, False: 3.0}  # weight of the network beside the period: of deep strings that is the surer one
_SOUNDING = {True: 0.3, False: 0.15}  # what silence costs more: a deep string has hardly a period between quick strokes
_DOUBTFUL = 0.4  # confidence below which a note is false
_BEND_STEP = 0.05  # semitones, the smallest bend that is written; chosen by hand

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
    transcriber: NoteTranscriber,
    report: Callable[[float], None],
    mix: Audio | None = None,
) -> PartTranscription:
    """The notes of `stem`; `mix_level` is the `loudness` of the `mix` that it came from. The same every time.

    Without a `mix` the stem is all there is, and nothing in it is bleed.
    """
    envelope = velocity.envelope(stem)
    loud = float(np.percentile(envelope, _LOUD))
    if loud < mix_level - _ABSENT_DB or loud <= velocity.SILENCE + 1:
        return PartTranscription((), remarks=(_absence_remark(part),))
    heard = transcriber.transcribe(_report_blocks(stem, report), stem.rate)
    floor_db = max(loud - _NOTE_DB, mix_level - _ABSENT_DB - 10)
    source = _PartInput(stem, envelope, heard, settings, floor_db)
    found = _transcribe_voice(source) if settings.monophonic else _transcribe_chords(source)
    report(0.95)
    kept = weaken_bleed(found.notes, stem, mix) if mix else found.notes
    sound = resample(mono_mix(stem).blocks(), stem.rate, RATE)
    chords = not settings.monophonic and part is not Part.GUITAR
    notes = _number_notes(measure_levels(kept, sound, fundamental_only=chords))
    report(1.0)
    return replace(found, notes=notes, remarks=found.remarks if audible_notes(notes) else (_absence_remark(part),))


def _absence_remark(part: Part) -> str:
    return remark("no_such_part", part=part, verb="were" if part is Part.VOCALS else "was")


def _report_blocks(stem: Audio, report: Callable[[float], None]) -> Iterator[Floats]:
    """Mono blocks; the network takes most of the time."""
    done = 0
    for block in _mono_blocks(stem):
        yield block
        done += len(block)
        report(0.8 * min(1.0, done / max(1, stem.frames)))


def _mono_blocks(stem: Audio) -> Iterator[Floats]:
    return mono_mix(stem, gain=stem.gain).blocks()


@dataclass(frozen=True, slots=True)
class _PartInput:
    """What all ways to the notes need. `envelope` in dB every velocity.STEP samples, `floor_db` in dB."""

    stem: Audio
    envelope: Floats
    posteriors: Posteriors
    settings: NoteSettings
    floor_db: float

    def level(self, second: float) -> float:
        return float(velocity.levels(self.envelope, [second])[0])


def _transcribe_voice(source: _PartInput) -> PartTranscription:
    wanted = _pitch_range(source.settings)
    found = periodicity(_mono_blocks(source.stem), source.stem.rate, wanted)
    rule = note_segmentation.STRING if source.settings.lowest < _DEEP else note_segmentation.VOICE
    novelty = onsets.novelty(source.stem, lowest=rule.lowest)
    attacks = note_segmentation.Attacks.of(novelty, source.envelope, rule)
    tuned = monophonic.tuning(found)
    cost = monophonic.costs(found, tuned)
    believed, audible = _combine_costs(cost, source, wanted), _audible_frames(len(cost), source, wanted)
    mask, track = attacks.mask(len(cost), found.frame_rate), _PitchTrack(found, cost, tuned)

    def notes_at(sensitivity: float) -> list[PartNote]:
        price = sensitivity + _SOUNDING[source.settings.lowest < _DEEP]
        states = monophonic.path(monophonic.add_silence(believed, audible, price), mask)
        runs = list(monophonic.runs(states, cost.shape[1], wanted.lowest))
        notes = (
            _make_voice_note(n, source, track)
            for n in note_segmentation.segment_notes(runs, attacks, source.posteriors, found.frame_rate, rule)
        )
        return [note for note in notes if _is_note(note, source)]

    return PartTranscription(grade_notes(notes_at, voice=True), tuned, _tuning_remark(tuned))


def _pitch_range(settings: NoteSettings) -> PitchRange:
    deep = settings.lowest < _DEEP
    lowest, highest = (LOWEST_KEY + key_of(hertz) for hertz in (settings.lowest, settings.highest))
    rate, hop = (RATE // 2, 64) if deep else (RATE, 128)
    return PitchRange(round(lowest), round(highest), rate, 512, hop)


def _combine_costs(cost: Floats, source: _PartInput, wanted: PitchRange) -> Floats:
    """Costs of period and network together."""
    weight = _NETWORK[source.settings.lowest < _DEEP]
    frames = np.arange(len(cost)) / wanted.frame_rate
    rows = np.minimum(np.round(frames * source.posteriors.frame_rate).astype(int), len(source.posteriors.note) - 1)
    keys = np.clip(np.arange(wanted.lowest, wanted.highest + 1) - LOWEST_KEY, 0, KEYS - 1)
    return np.asarray(cost + weight * (0.5 - source.posteriors.note[:, keys][rows].astype(np.float32)), np.float32)


def _audible_frames(count: int, source: _PartInput, wanted: PitchRange) -> NDArray[np.bool_]:
    """(frames,) whether the stem is loud enough to hold a note."""
    steps = (np.arange(count) / wanted.frame_rate * source.stem.rate / velocity.STEP).astype(int)
    return np.asarray(source.envelope[np.minimum(steps, len(source.envelope) - 1)] > source.floor_db)


@dataclass(frozen=True, slots=True)
class _PitchTrack:
    """What the pitch of a voice stands on."""

    periodicity: Periodicity
    cost: Floats
    tuned: float


def _make_voice_note(note: note_segmentation.VoiceNote, source: _PartInput, track: _PitchTrack) -> PartNote:
    rate, lowest = track.periodicity.frame_rate, track.periodicity.lowest
    first = min(max(note.run.start, round(note.start * rate)), note.run.stop - 1)
    run = monophonic.PitchRun(note.pitch, first, max(first + 1, min(note.run.stop, round(note.stop * rate))))
    doubt = float(track.cost[run.start : run.stop, note.pitch - lowest].mean())
    return PartNote(
        id=0,
        pitch=note.pitch,
        onset=Seconds(note.start),
        duration=Seconds(note.stop - note.start),
        velocity=1,
        level=source.level(note.start),
        confidence=max(0.0, 1 - doubt),
        bends=tuple(_bend_points(monophonic.pitch_curve(track.periodicity, run, track.tuned), run, rate, note))
        if source.settings.bends
        else (),
    )


def _bend_points(
    semitones: Floats, run: monophonic.PitchRun, rate: float, note: note_segmentation.VoiceNote
) -> Iterator[Bend]:
    """A point every 23 ms where the pitch has moved; a stray frame does not count."""
    smooth = median_filter(semitones, 7, mode="nearest")[::4]
    last = 0.0
    for i, value in enumerate(smooth.tolist()):
        time = min(max((run.start + 4 * i) / rate, note.start), note.stop)
        if abs(value - last) >= _BEND_STEP:
            yield Bend(Seconds(time), round(value, 3))
            last = value


def _is_note(note: PartNote, source: _PartInput) -> bool:
    long = note.duration >= source.settings.shortest
    return long and note.level > source.floor_db and note.confidence >= _DOUBTFUL


def _tuning_remark(tuned: float) -> tuple[str, ...]:
    cents = round(100 * tuned)
    if abs(cents) < 15:
        return ()
    return (remark("tuning", cents=abs(cents), way="above" if cents > 0 else "below"),)


def _transcribe_chords(source: _PartInput) -> PartTranscription:
    levels = false_notes.key_levels(resample(_mono_blocks(source.stem), source.stem.rate, RATE))
    novelty = onsets.novelty(source.stem)
    attacks = novelty.seconds(onsets.peaks(novelty))
    rate, gain_db = source.posteriors.frame_rate, 20 * float(np.log10(source.stem.gain))

    def notes_at(sensitivity: float) -> Iterator[PartNote]:
        found = note_events(source.posteriors, replace(source.settings, sensitivity=sensitivity))
        for event in false_notes.drop_false_notes(found, source.posteriors, levels, sensitivity, attacks=attacks):
            if (level := false_notes.level(levels, event) - gain_db) > source.floor_db:
                yield _make_chord_note(
                    event, level, rate, bend_curve(source.posteriors, event) if source.settings.bends else ()
                )

    return PartTranscription(grade_notes(lambda sensitivity: list(notes_at(sensitivity)), voice=False))


def _make_chord_note(event: NoteEvent, level: float, rate: float, bends: tuple[Bend, ...]) -> PartNote:
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


def _number_notes(found: Sequence[PartNote]) -> tuple[PartNote, ...]:
    """By onset, numbered, each with the velocity of the default curve."""
    notes = sorted(found, key=lambda note: (note.onset, note.pitch))
    voiced = revoice_notes(notes, VelocityCurve())
    return tuple(replace(note, id=i) for i, note in enumerate(voiced))
