"""From a transcription, or a manifest and a correction, to the files beside the song.

Only stems, backing track and plot need the audio: a correction is the manifest, some arithmetic and a .mid.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bridge.drum_map import DrumMap, UnknownNameError, built_in_map
from bridge.midi.file import to_bytes
from daemon import __version__
from daemon.errors import Rejected, StaleRevision
from daemon.files import atomic_batch
from daemon.outlets import classic_midi, naming
from daemon.outlets.arrange import Arrangement, arrange
from daemon.outlets.manifest import Manifest, SourceFile, StageRun
from daemon.outlets.manifest_cache import ManifestCache
from daemon.outlets.manifest_tables import HitTable, NoteTable
from daemon.outlets.media import Media
from daemon.outlets.naming import OutputKind, Plan
from daemon.pipeline.chain import Transcription
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part
from daemon.score import corrections as edits
from daemon.score.history import History

__all__ = ["Arrangement", "Delivery", "DeliverySettings", "arrange", "correct", "deliver", "drum_map", "step_history"]


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The settings of a delivery: where results go and what they are written with. `out` None is beside the source."""

    locks: Path
    out: Path | None = None
    drum_maps: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    manifest_cache: ManifestCache = field(default_factory=ManifestCache, compare=False)


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
    def midi(self) -> Path:
        """All parts together, or the only one."""
        kinds = _midi_kinds(self.content.options)
        return self.written[kinds[-1]]

    @property
    def midis(self) -> tuple[Path, ...]:
        """Every .mid, one for each part and the one with all of them."""
        return tuple(self.written[kind] for kind in _midi_kinds(self.content.options))


def deliver(result: Transcription, options: Options, settings: DeliverySettings) -> Delivery:
    """Write everything that `options` ask for. Corrections of an earlier run that still fit are kept."""
    source, media = result.source.path, Media(result, options)
    with naming.lock_folder(source, settings.out, settings.locks):
        kinds = [*_midi_kinds(options), *media.kinds()]
        plan = naming.plan(source, settings.out, kinds)
        manifest = _planned_manifest(result, options, plan)
        if plan.previous and plan.previous.history.revisions and not manifest.history.revisions:
            plan = naming.plan(source, settings.out, kinds, fresh=True)
            manifest = _planned_manifest(result, options, plan)
        arrangement = arrange(manifest)
        with _undo_on_error(plan):
            remarks = media.write(plan.paths, arrangement.hits, arrangement.grid)
            return _write_signed(manifest, arrangement, replace(plan, remarks=(*plan.remarks, *remarks)), settings)


def correct(path: Path, given: str | dict[str, Any], settings: DeliverySettings, on: int | None = None) -> Delivery:
    """One more revision of the manifest at `path`. Raises Rejected when it does not fit.

    With `on` it is meant for that revision only: StaleRevision if another one holds.
    """
    with naming.lock_folder(path, None, settings.locks):
        found = _load(path, settings, on)
        return _write_again(
            path, found, edits.correct(given, found.original_records(), found.history, found.options), settings
        )


def step_history(path: Path, back: bool, settings: DeliverySettings, on: int | None = None) -> Delivery:
    """Undo (`back`) or redo one revision of the manifest at `path`; `on` as in `correct`."""
    with naming.lock_folder(path, None, settings.locks):
        found = _load(path, settings, on)
        return _write_again(path, found, found.history.undo() if back else found.history.redo(), settings)


def drum_map(name: str, own: Mapping[str, Mapping[str, int]]) -> DrumMap:
    """The user's map of that name, or a built-in one. Raises Rejected, with the nearest name."""
    if name in own:
        return DrumMap(name, own[name])
    try:
        return built_in_map(name)
    except UnknownNameError as error:
        raise Rejected("bad_option", str(error)) from None


def _load(path: Path, settings: DeliverySettings, on: int | None) -> Manifest:
    found = settings.manifest_cache.load(path)
    if on not in (None, found.history.head):
        raise StaleRevision(on, found.history.head)
    return found


def _write_again(path: Path, found: Manifest, history: History, settings: DeliverySettings) -> Delivery:
    changed = found.model_copy(update={"history": history})
    return _write_signed(changed, arrange(changed), naming.replan(path, found, _midi_kinds(found.options)), settings)


def _midi_files(arrangement: Arrangement, plan: Plan, settings: DeliverySettings) -> dict[Path, bytes]:
    """The .mid files, as they will lie on the disk."""
    notes, parts = drum_map(arrangement.options.drum_map, settings.drum_maps), arrangement.options.parts
    found = {plan.paths[naming.midi_kind(part)]: midi_bytes(arrangement, notes, part) for part in parts}
    if len(parts) > 1:
        found[plan.paths[naming.SONG_MIDI]] = midi_bytes(arrangement, notes)
    return found


def midi_bytes(arrangement: Arrangement, notes: DrumMap, part: Part | None = None) -> bytes:
    """The .mid of all parts or of one alone; a pitched one of the classic recipe is as its authors write it."""
    options = arrangement.options
    if part is None or part is Part.DRUMS or options.note_recipe == "default":
        return to_bytes(arrangement.clip(notes, (part,) if part else None))
    asked = options.part_options(part)
    return classic_midi.to_bytes(arrangement.notes[part], bpm=asked.midi_bpm, multiple_bends=bool(asked.bends))


def _midi_kinds(options: Options) -> list[OutputKind]:
    """A file for each part, and one for all together where there is more than one."""
    own = [naming.midi_kind(part) for part in options.parts]
    return [*own, naming.SONG_MIDI] if len(own) > 1 else own


def _has_content(path: Path, data: bytes) -> bool:
    """Whether it is there already: a correction of one part leaves the files of the others alone."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


@contextmanager
def _undo_on_error(plan: Plan) -> Iterator[None]:
    """New files vanish if the manifest that names them is not written: later nobody would know them for ours."""
    new = [path for path in plan.paths.values() if not path.exists()]
    folders = {path.parent for path in new if not path.parent.exists()}
    with ExitStack() as undoing:
        for folder in folders:
            undoing.callback(_remove_empty, folder)
        for path in new:
            undoing.callback(path.unlink, missing_ok=True)
        yield
        undoing.pop_all()


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _write_signed(manifest: Manifest, arrangement: Arrangement, plan: Plan, settings: DeliverySettings) -> Delivery:
    """The .mid files and the manifest that names them take their places together."""
    midi = _midi_files(arrangement, plan, settings)
    whole = manifest.model_copy(update={"outputs": plan.list_outputs(midi)})
    with atomic_batch() as write:
        renewed = [path for path, data in midi.items() if len(midi) == 1 or not _has_content(path, data)]
        for path in renewed:
            write(path, midi[path])
        encoded = whole.encode()
        write(plan.manifest, encoded)
    if not whole.is_edited:
        settings.manifest_cache.store(encoded, whole, arrangement)
    return Delivery(plan.manifest, plan.paths, plan.remarks, whole, arrangement, tuple(renewed))


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
    )


def _planned_manifest(result: Transcription, options: Options, plan: Plan) -> Manifest:
    """The manifest at its place, with the corrections of the one before it that fit."""
    fresh, before = make_manifest(result, options, plan.folder), plan.previous
    if before is None or not before.corrections_fit(fresh):
        return fresh
    return fresh.model_copy(update={"history": before.history})


def _stage_run(stage: Any) -> StageRun:
    used = stage.weights
    return StageRun(
        stage=stage.name, model=used.name, sha256=used.sha256, device=used.device, seconds=round(stage.seconds, 3)
    )
