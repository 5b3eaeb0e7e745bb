"""What a manifest stands for, all corrections included: hits and notes at their places, to be written or played."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bridge.drum_map import DrumMap
from bridge.notes import DRUM_CHANNEL, Clip, ClipNote, Track
from bridge.timebase import Seconds
from daemon.outlets.manifest import Manifest
from daemon.pipeline.beats.meter import has_beats
from daemon.pipeline.drums.velocity import revoice_hits
from daemon.pipeline.options import Options
from daemon.pipeline.pitched.harmony import Chord, Harmony, markers
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import PITCHED_PARTS, BeatGrid, Cluster, Hit, Part
from daemon.remarks import remark
from daemon.score import corrections as edits
from daemon.score.clip import clip, drum_track, file_start, padding
from daemon.score.given_tempo import correct_grid, grid_from_settings
from daemon.score.note_cleanup import WrittenNote, clean_up_notes, clean_up_settings
from daemon.score.quantize import Quantizable, align_grid, quantize
from daemon.score.retempo import grid_at_bpm
from daemon.score.sections import SongSection, find_sections

CHANNELS = dict(zip(PITCHED_PARTS, sorted(set(range(16)) - {DRUM_CHANNEL}), strict=False))

_ON_BEAT = 0.07  # seconds: a chord that starts this near to a beat starts with it
_WITHOUT_BEATS = (Part.VOCALS,)  # sung notes do not say where a beat is


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The hits that sound, each with its time on `grid`, and the options that hold after all corrections.

    `clusters` are those that still have hits.

    `notes` are those of each pitched part, by time: heard at `onset`, written at `time`. `harmony` is None where it
    was not asked for; its chords start on the beats of `grid`.
    """

    name: str
    hits: tuple[Hit, ...]
    times: tuple[Seconds, ...]
    grid: BeatGrid
    options: Options
    duration: Seconds
    notes: Mapping[Part, tuple[WrittenNote, ...]] = field(default_factory=dict)
    harmony: Harmony | None = None
    clusters: tuple[Cluster, ...] = ()

    def clip(self, drum_map: DrumMap, parts: Collection[Part] | None = None) -> Clip:
        """What a DAW or a MIDI port plays: all parts, or these."""
        wanted = parts or self.options.parts
        return self._with_chords(self._clip(list(self._tracks(drum_map, wanted))), wanted)

    def clips(self, drum_map: DrumMap) -> dict[Part | None, Clip]:
        """All parts together, under None, and each alone: the same tracks, made once."""
        whole = self._clip(list(self._tracks(drum_map, self.options.parts)))
        alone = {
            part: replace(whole, tracks=tuple(track for track in whole.tracks if track.name == part.capitalize()))
            for part in self.options.parts
        }
        return {None: self._with_chords(whole, self.options.parts)} | {
            part: self._with_chords(each, (part,)) for part, each in alone.items()
        }

    def _clip(self, tracks: list[Track]) -> Clip:
        return clip(self.name, tracks, self.grid, self.duration, self.options.start)

    def _with_chords(self, whole: Clip, parts: Collection[Part]) -> Clip:
        """The drums of several parts leave the chords to them."""
        alone = set(parts) == {Part.DRUMS} != set(self.options.parts)
        if self.harmony is None or alone:
            return whole
        chords = (replace(each, time=Seconds(each.time + self.padding)) for each in markers(self.harmony))
        found = sorted((*whole.markers, *chords), key=lambda marker: marker.time)
        key = self.harmony.key
        return replace(whole, markers=tuple(found), key=key.signature if key.confidence > 0 else None)

    def cluster_notes(self, cluster: int, drum_map: DrumMap) -> tuple[ClipNote, ...]:
        """The notes of one cluster alone; none where it has no hits any more."""
        alike = [(hit, time) for hit, time in zip(self.hits, self.times, strict=True) if hit.cluster == cluster]
        hits, times = [hit for hit, _ in alike], [time for _, time in alike]
        return drum_track(hits, times, drum_map, note_ms=self.options.note_ms).notes

    def has_notes(self, part: Part) -> bool:
        return bool(self.hits if part is Part.DRUMS else self.notes.get(part))

    @property
    def onsets(self) -> list[Seconds]:
        """When the drums sound, or all notes of a song without drums."""
        notes = (note for part in self.notes.values() for note in part)
        return sorted([hit.onset for hit in self.hits] or [note.onset for note in notes])

    @property
    def sections(self) -> tuple[SongSection, ...]:
        """Where the song changes, on bar lines of `grid`."""
        begun = {part: [note.onset for note in notes] for part, notes in self.notes.items()}
        return find_sections(self.grid, self.hits, begun, self.harmony.chords if self.harmony else ())

    @property
    def padding(self) -> Seconds:
        """Silence before the song in everything that is written; 0 unless files start with a bar."""
        return padding(self.grid, self.options.start)

    @property
    def start_remarks(self) -> tuple[str, ...]:
        """What a musician must know to put the files beside the song."""
        start = file_start(self.grid, self.options.start)
        if self.padding:
            return (remark("starts_with_bar", seconds=f"{self.padding:.3f}"),)
        if start == "map" and has_beats(self.grid):
            return (remark("tempo_map"),)
        return ()

    def _tracks(self, drum_map: DrumMap, parts: Collection[Part]) -> Iterator[Track]:
        if Part.DRUMS in parts:
            yield drum_track(self.hits, self.times, drum_map, note_ms=self.options.note_ms)
        for part, written in self.notes.items():
            if part in parts:
                found = tuple(note.clip_note for note in written)
                yield Track(part.capitalize(), CHANNELS[part], found, mpe=self.options.part_options(part).mpe)


def arrange(manifest: Manifest, as_played: bool = False) -> Arrangement:
    """What a manifest stands for, corrections included; `as_played` leaves every note at its own time."""
    replay = manifest.history.replay
    now = edits.apply_corrections(manifest.original_records(), manifest.history, manifest.options, revoice_hits)
    if as_played:
        now = replace(now, options=_without_grid(now.options))
    source, told = manifest.source, _told_beat(manifest, now.options)
    struck: tuple[Quantizable, ...] = now.hits or tuple(_rhythmic_notes(now.notes))
    heard, duration = manifest.grid, Seconds(source.duration)
    if now.options.bpm not in (None, manifest.options.bpm):
        heard = grid_at_bpm(heard, now.options.bpm, now.hits, duration)
    onsets = [each.onset for each in struck]
    aligned = replay.recall("grid", (onsets, heard), lambda: align_grid(struck, heard))
    grid = grid_from_settings(told, duration) or correct_grid(aligned, told)
    return Arrangement(
        name=Path(source.name).stem,
        hits=now.hits,
        times=quantize(now.hits, grid, now.options.grid).times,
        grid=grid,
        options=now.options,
        duration=duration,
        notes={
            part: replay.recall(
                ("written", part, as_played),
                (notes, grid, clean := clean_up_settings(part, now.options)),
                partial(clean_up_notes, notes, grid, clean),
            )
            for part, notes in now.notes.items()
        },
        harmony=None if manifest.harmony is None else _move_to_beats(manifest.harmony, grid),
        clusters=now.clusters,
    )


def _told_beat(manifest: Manifest, now: Options) -> Options:
    """The options that the beat is corrected by: a meter that the beats were tracked with holds already."""
    heard = f"{manifest.grid.numerator}/{manifest.grid.denominator}"
    return now.model_copy(update={"meter": None}) if now.meter == manifest.options.meter == heard else now


def _without_grid(options: Options) -> Options:
    """Nothing is moved, whatever the song's grid or that of a part says."""
    free = {"quantize": False}
    parts = {
        part: each.model_copy(update={"grid": each.grid.model_copy(update=free)}) if each.grid else each
        for part, each in options.notes.items()
    }
    return options.model_copy(update={"grid": options.grid.model_copy(update=free), "notes": parts})


def _rhythmic_notes(notes: Mapping[Part, tuple[PartNote, ...]]) -> Iterator[PartNote]:
    for part, found in notes.items():
        if part not in _WITHOUT_BEATS:
            yield from found


def _move_to_beats(found: Harmony, grid: BeatGrid) -> Harmony:
    """The chords from beat to beat of the grid that is written, which may lie a little beside the one heard."""
    edges = [_nearest_beat(chord.onset, grid) for chord in found.chords]
    ends = [*edges[1:], *(Seconds(chord.onset + chord.duration) for chord in found.chords[-1:])]
    moved = zip(found.chords, edges, ends, strict=True)
    chords = tuple(Chord(start, Seconds(end - start), chord.name) for chord, start, end in moved)
    changes = tuple(replace(change, onset=_nearest_beat(change.onset, grid)) for change in found.key_changes)
    return replace(found, chords=chords, key_changes=changes)


def _nearest_beat(time: Seconds, grid: BeatGrid) -> Seconds:
    nearest = min(grid.beats, key=lambda beat: abs(beat - time), default=time)
    return nearest if abs(nearest - time) < _ON_BEAT else time
