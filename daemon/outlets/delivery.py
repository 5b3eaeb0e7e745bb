"""From a transcription, or a manifest and a correction, to the files beside the song.

Only stems, backing track and plot need the audio: a correction is the manifest, some arithmetic and a .mid.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bridge.drum_map import DrumMap, UnknownNameError, built_in_map
from daemon import __version__
from daemon.allocator import pause_collection
from daemon.errors import Rejected, StaleRevision
from daemon.files import WriteBatch, atomic_batch, make_folder, remove_empty
from daemon.outlets import naming
from daemon.outlets.arrange import Arrangement, arrange
from daemon.outlets.ear_memory import EarMemory
from daemon.outlets.manifest import Manifest, SourceFile, StageRun
from daemon.outlets.manifest_cache import ManifestCache
from daemon.outlets.manifest_tables import HitTable, NoteTable
from daemon.outlets.media import PICTURE, EncodedSounds, Media
from daemon.outlets.naming import OutputKind, Plan
from daemon.outlets.note_files import (
    export_files,
    export_song,
    midi_files,
    midi_kinds,
    note_kinds,
    refused_exports,
    stand_in_remarks,
)
from daemon.outlets.staging import staging_folder, sweep
from daemon.pipeline.chain import Transcription
from daemon.pipeline.options import Options
from daemon.pipeline.records import BeatGrid, Part
from daemon.remarks import remark
from daemon.score import corrections as edits
from daemon.score.beat_words import CurrentBeat
from daemon.score.carry_over import carry_over
from daemon.score.changes import Detections
from daemon.score.history import History

__all__ = ["Arrangement", "Delivery", "DeliverySettings", "arrange", "correct", "deliver", "drum_map", "step_history"]

HistoryChange = Callable[[Detections, History, Options, CurrentBeat], History]


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The settings of a delivery: where results go and what they are written with. `out` None is beside the source.

    `ear` learns from corrections, where the user wants that; `exports_later` is told whose exports are to follow.
    """

    locks: Path
    out: Path | None = None
    drum_maps: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    manifest_cache: ManifestCache = field(default_factory=ManifestCache, compare=False)
    ear: EarMemory | None = None
    exports_later: Callable[[Path], None] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was written. `remarks` are sentences for the user, `renewed` the .mid files that are not as before.

    `arrangement` is what `content` stands for, corrections included.
    """

    manifest: Path
    written: dict[OutputKind, Path]
    remarks: tuple[str, ...]
    content: Manifest
    arrangement: Arrangement
    renewed: tuple[Path, ...] = ()

    @property
    def midi(self) -> Path | None:
        """All parts together, or the only one; None where nothing was transcribed."""
        kinds = midi_kinds(self.content.options, self.arrangement.padding > 0)
        return next((self.written[kind] for kind in reversed(kinds)), None)

    @property
    def midis(self) -> tuple[Path, ...]:
        """Every .mid, one for each part and the one with all of them."""
        kinds = midi_kinds(self.content.options, self.arrangement.padding > 0)
        return tuple(self.written[kind] for kind in kinds if kind in self.written)


def deliver(result: Transcription, options: Options, settings: DeliverySettings) -> Delivery:
    """Write everything that `options` ask for. Corrections of an earlier run that still fit are kept."""
    folder, media = settings.out or result.source.path.parent, Media(result, options)
    with staging_folder(folder, settings.locks) as staging:  # nobody waits while the sound is encoded
        encode = cache(lambda padding: replace(media, padding=padding).encode(staging))

        attempts = naming.Attempts()
        while True:
            with attempts:
                padding = _expected_padding(media, settings)
                return _deliver_encoded(replace(media, padding=padding), encode(padding), staging, settings)


def _expected_padding(media: Media, settings: DeliverySettings) -> float:
    """The silence before everything that is written, as it is with the corrections of an earlier run."""
    if media.options.start != "bars":
        return 0.0
    source = media.result.source.path
    plan = naming.plan(source, settings.out, note_kinds(media.options, padded=False), settings.locks)
    return arrange(_planned_manifest(media.result, media.options, plan)).padding


def _deliver_encoded(media: Media, encoded: EncodedSounds, staging: Path, settings: DeliverySettings) -> Delivery:
    """Choose the names and put everything there, under the folder's lock. Raises ChangedMeanwhile."""
    result, options = media.result, media.options
    source, locks = result.source.path, settings.locks
    with naming.lock_folder(source, settings.out, locks):
        sweep(settings.out or source.parent, locks)
        media_kinds = (*encoded.files, *([PICTURE] if options.plot else []))
        kinds = [*note_kinds(options, media.padding > 0), *media_kinds]
        plan = naming.plan(source, settings.out, kinds, locks)
        manifest = _planned_manifest(result, options, plan)
        if plan.previous and plan.previous.history.revisions and not manifest.history.revisions:
            plan = naming.plan(source, settings.out, kinds, locks, fresh=True)
            manifest = _planned_manifest(result, options, plan)
        arrangement = arrange(manifest)
        if not set(arrangement.options.export) <= set(options.export):  # an older correction asks for more
            kinds = [*note_kinds(arrangement.options, media.padding > 0), *media_kinds]
            plan = naming.plan(source, settings.out, kinds, locks)
        if arrangement.padding != media.padding:
            raise naming.ChangedMeanwhile(f"The beat of {source.name} was corrected in this very moment. Try again.")
        ready = {plan.paths[kind]: file for kind, file in encoded.files.items()}
        if options.plot:
            ready[plan.paths[PICTURE]] = staging / "picture.svg"
            media.draw(staging / "picture.svg", arrangement.hits, arrangement.grid)
        held = _overruled_remarks(options, manifest.history)
        plan = replace(plan, remarks=(*plan.remarks, *encoded.remarks, *held))
        return _write_signed(manifest, arrangement, plan, settings, ready)


def correct(path: Path, given: str | dict[str, Any], settings: DeliverySettings, on: int | None = None) -> Delivery:
    """One more revision of the manifest at `path`. Raises Rejected when it does not fit.

    With `on` it is meant for that revision only: StaleRevision if another one holds.
    """
    return _revise(path, partial(edits.correct, given), settings, on)


def step_history(path: Path, back: bool, settings: DeliverySettings, on: int | None = None) -> Delivery:
    """Undo (`back`) or redo one revision of the manifest at `path`; `on` as in `correct`."""
    step = History.undo if back else History.redo
    return _revise(path, lambda _heard, history, *_: step(history), settings, on)


def _revise(path: Path, change: HistoryChange, settings: DeliverySettings, on: int | None) -> Delivery:
    """The files of the manifest at `path` with another history of corrections."""
    attempts = naming.Attempts()
    while True:
        with attempts, pause_collection(), naming.lock_folder(path, None, settings.locks):
            sweep(path.parent, settings.locks)
            seen = naming.stamp_of(path)
            found = settings.manifest_cache.load(path)
            if on not in (None, found.history.head):
                raise StaleRevision(on, found.history.head)
            current = partial(_current_beat, found, settings)
            history = change(found.original_records(), found.history, found.options, current)
            changed = found.model_copy(update={"history": history})
            arrangement = arrange(changed)
            kinds = note_kinds(arrangement.options, arrangement.padding > 0)
            kinds = midi_kinds(arrangement.options, arrangement.padding > 0) if settings.exports_later else kinds
            plan = naming.replan(path, found, kinds, settings.locks, seen)
            done = _write_signed(changed, arrangement, plan, settings)
            if settings.ear:
                settings.ear.learn(done.content, arrangement.hits)
            if settings.exports_later is not None and arrangement.options.export:
                settings.exports_later(path)
            return done


def _current_beat(found: Manifest, settings: DeliverySettings) -> tuple[BeatGrid, Options]:
    now = settings.manifest_cache.arrange(found)
    return now.grid, now.options


def drum_map(name: str, own: Mapping[str, Mapping[str, int]]) -> DrumMap:
    """The user's map of that name, or a built-in one. Raises Rejected, with the nearest name."""
    if name in own:
        return DrumMap(name, own[name])
    try:
        return built_in_map(name)
    except UnknownNameError as error:
        raise Rejected("bad_option", str(error)) from None


def _skip_silent_parts(plan: Plan, arrangement: Arrangement) -> Plan:
    """No file for a part without a note, unless it is the only one or had a file before."""
    parts, before = arrangement.options.parts, plan.previous.outputs if plan.previous else ()
    silent = [part for part in parts if len(parts) > 1 and not arrangement.has_notes(part)]
    early = arrangement.padding > 0
    kinds = {naming.midi_kind(part, early, as_played=played) for part in silent for played in (False, True)} - {
        output.kind for output in before
    }
    return replace(plan, paths={kind: path for kind, path in plan.paths.items() if kind not in kinds})


def _skip_refused_exports(plan: Plan, arrangement: Arrangement) -> Plan:
    """No file for an export that this song cannot have, but a remark that says why."""
    refused = dict(refused_exports(arrangement))
    paths = {kind: path for kind, path in plan.paths.items() if kind not in refused}
    return replace(plan, paths=paths, remarks=(*plan.remarks, *refused.values()))


def _has_content(path: Path, data: bytes) -> bool:
    """Whether it is there already: a correction of one part leaves the files of the others alone."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


@contextmanager
def _undo_on_error(plan: Plan, batch: WriteBatch) -> Iterator[None]:
    """New files vanish if the manifest that names them is not written: later nobody would know them for ours."""
    try:
        yield
    except BaseException:
        for file in batch.placed:
            if file.is_lent or plan.seen.get(file.path) is None:
                file.take_back()
        for folder in {path.parent for path in plan.paths.values()} - {plan.manifest.parent}:
            remove_empty(folder)
        raise


def _write_signed(
    manifest: Manifest,
    arrangement: Arrangement,
    plan: Plan,
    settings: DeliverySettings,
    ready: Mapping[Path, Path] = MappingProxyType({}),
) -> Delivery:
    """All files and the manifest that names them take their places together. `ready` says where some of them wait.

    Raises ChangedMeanwhile if somebody saved one of them since the names were chosen.
    """
    plan = _skip_refused_exports(_skip_silent_parts(plan, arrangement), arrangement)
    notes = drum_map(arrangement.options.drum_map, settings.drum_maps)
    midi = midi_files(manifest, arrangement, notes, plan.paths)
    song = export_song(manifest, plan.manifest, arrangement, notes)
    exports, failed = export_files(song.with_files(plan.paths, ready), plan.paths)
    left = {kind: path for kind, path in plan.paths.items() if kind not in failed}
    plan = replace(plan, paths=left, remarks=(*plan.remarks, *failed.values()))
    written = {"outputs": plan.list_outputs(midi | exports, ready), "padding": arrangement.padding}
    written["corrected_grid"] = arrangement.grid if arrangement.grid != manifest.grid else None
    whole = manifest.model_copy(update=written | {"sections": arrangement.sections})
    renewed = [path for path, data in midi.items() if len(midi) == 1 or not _has_content(path, data)]
    encoded = whole.encode()
    written_down = naming.journal(plan.manifest.parent, whole.outputs, settings.locks)
    with written_down, ExitStack() as undoing, atomic_batch(plan.require_unchanged) as write:
        undoing.enter_context(_undo_on_error(plan, write))
        for path, file in ready.items():
            make_folder(path.parent)
            write.add(path, file)
        for path in renewed:
            write(path, midi[path])
        for path, data in exports.items():
            if not _has_content(path, data):
                write(path, data)
        write(plan.manifest, encoded)
    if not whole.is_edited:
        settings.manifest_cache.store(encoded, whole, arrangement)
    remarks = (*plan.remarks, *arrangement.start_remarks, *stand_in_remarks(arrangement, notes))
    return Delivery(plan.manifest, plan.paths, remarks, whole, arrangement, tuple(renewed))


def make_manifest(result: Transcription, options: Options, folder: str = ".") -> Manifest:
    """The manifest of `result`, without corrections; `folder` is where the source lies, seen from it."""
    source = result.source
    return Manifest(
        sidestick=__version__,
        source=SourceFile(
            name=source.path.name,
            folder=folder,
            sha256=source.digest,
            duration=source.audio.duration,
            remarks=source.remarks,
        ),
        options=options,
        stages=tuple(_stage_run(stage) for stage in result.stages),
        grid=result.grid,
        thresholds=result.drums.thresholds,
        clusters=result.drums.clusters,
        remarks=result.remarks,
        harmony=result.harmony,
        notes={part: NoteTable.of(heard.notes) for part, heard in result.notes.items()},
        hits=HitTable.of(result.drums.hits),
        strokes=result.drums.strokes.path.parent.name if result.drums.strokes else "",
    )


def _planned_manifest(result: Transcription, options: Options, plan: Plan) -> Manifest:
    """The manifest at its place, with the corrections of the one before it, if that is of the same sound."""
    fresh, before = make_manifest(result, options, plan.folder), plan.previous
    history = _carried_history(before, fresh) if before else None
    if before is None or history is None:
        return fresh
    asked = before.options.model_copy(update={"export": options.export}) if before.is_draft else before.options
    history = edits.supersede(history, fresh.original_records(), options, asked)
    return fresh.model_copy(update={"history": history})


def _carried_history(before: Manifest, fresh: Manifest) -> History | None:
    """The corrections of `before` for what is heard now; None where they are about something else."""
    if before.corrections_fit(fresh):
        return before.history
    told = {part for revision in before.history.revisions for part in revision.changes.notes}
    same_notes = all(before.notes.get(Part(part)) == fresh.notes.get(Part(part)) for part in told)
    if before.source.sha256 != fresh.source.sha256 or not same_notes:
        return None
    heard, sensitivity = fresh.original_records(), edits.current_options(fresh.options, before.history).sensitivity
    audible = edits.audible_hits(heard, sensitivity)
    return carry_over(before.history, before.original_records(), heard, audible)


def _overruled_remarks(options: Options, history: History) -> tuple[str, ...]:
    """What was asked for, and an older correction holds against it."""
    names = edits.overruled_settings(options, history)
    return (remark("older_corrections", names=", ".join(names)),) if names else ()


def _stage_run(stage: Any) -> StageRun:
    used = stage.weights
    return StageRun(
        stage=stage.name, model=used.name, sha256=used.sha256, device=used.device, seconds=round(stage.seconds, 3)
    )
