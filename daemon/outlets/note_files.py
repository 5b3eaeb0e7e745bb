"""The files of a song that need no sound to be written: its .mid files and its exports."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from bridge.drum_map import LABELS, SOUNDS, DrumMap
from bridge.guard import Guard
from bridge.midi.file import to_bytes, to_files
from bridge.midi.played_tracks import PlayedTrack, clip_tracks, file_tracks
from daemon.errors import Rejected
from daemon.outlets import classic_midi, naming
from daemon.outlets.arrange import Arrangement, arrange
from daemon.outlets.exports.song import Export, ExportSong
from daemon.outlets.exports.table import export_kinds, export_of
from daemon.outlets.manifest import Manifest
from daemon.outlets.naming import OutputKind
from daemon.pipeline.options import Options
from daemon.pipeline.records import Part
from daemon.remarks import remark


def midi_kinds(options: Options, padded: bool) -> list[OutputKind]:
    """A file for each part, and one for all together where there is more than one; `padded` tells the padding."""
    names = [part.value for part in options.parts] + ([""] if len(options.parts) > 1 else [])
    played = [naming.midi_kind(name, padded, as_played=True) for name in names if options.as_played]
    return [*played, *(naming.midi_kind(name, padded) for name in names)]


def note_kinds(options: Options, padded: bool) -> list[OutputKind]:
    """Of everything that `options` ask for. Raises Rejected for an export that cannot be had."""
    return [*midi_kinds(options, padded), *(kind for kind, _ in export_kinds(options.export, padded))]


def midi_files(
    manifest: Manifest, arrangement: Arrangement, notes: DrumMap, paths: Mapping[OutputKind, Path]
) -> dict[Path, bytes]:
    """The .mid files that have a path, as they will lie on the disk."""
    found = _midi_versions(arrangement, notes, paths)
    if manifest.options.as_played:
        found |= _midi_versions(arrange(manifest, as_played=True), notes, paths, as_played=True)
    return found


def _midi_versions(
    arrangement: Arrangement, notes: DrumMap, paths: Mapping[OutputKind, Path], as_played: bool = False
) -> dict[Path, bytes]:
    """A file for each part, and one for all together."""
    options, parts = arrangement.options, arrangement.options.parts
    kind = partial(naming.midi_kind, padded=arrangement.padding > 0, as_played=as_played)
    classic = {part for part in parts if _is_classic(options, part)}
    found = {paths[kind(part)]: midi_bytes(arrangement, notes, part) for part in classic if kind(part) in paths}
    wanted = {paths[kind(part)]: part for part in parts if kind(part) in paths and part not in classic}
    together: dict[Path, None] = {paths[kind()]: None} if len(parts) > 1 else {}
    clips = arrangement.clips(notes)
    written = to_files([clips[part] for part in (*wanted.values(), *together.values())])
    return found | dict(zip((*wanted, *together), written, strict=True))


def midi_bytes(arrangement: Arrangement, notes: DrumMap, part: Part | None = None) -> bytes:
    """The .mid of all parts or of one alone; a pitched one of the classic recipe is as its authors write it."""
    options = arrangement.options
    if part is None or not _is_classic(options, part):
        return to_bytes(arrangement.clip(notes, (part,) if part else None))
    asked = options.part_options(part)
    return classic_midi.to_bytes(arrangement.notes[part], bpm=asked.midi_bpm, multiple_bends=bool(asked.bends))


def played_tracks(arrangement: Arrangement, notes: DrumMap) -> Iterator[tuple[Part, PlayedTrack]]:
    """What a DAW reads from the .mid of each part, track by track."""
    for part in arrangement.options.parts:
        if _is_classic(arrangement.options, part):
            tracks = file_tracks(midi_bytes(arrangement, notes, part), f"{part}.mid")
        else:
            tracks = clip_tracks(arrangement.clip(notes, (part,)))
        yield from ((part, track) for track in tracks)


def _is_classic(options: Options, part: Part) -> bool:
    return part is not Part.DRUMS and options.note_recipe != "default"


def stand_in_remarks(arrangement: Arrangement, notes: DrumMap) -> tuple[str, ...]:
    """What plays the drums of the song that the drum map lacks."""
    lacking = sorted({hit.label for hit in arrangement.hits} - notes.notes.keys(), key=LABELS.index)
    if not lacking or Part.DRUMS not in arrangement.options.parts:
        return ()
    pairs = (f"{_plain(notes.stand_in(label)) or notes.pitch(label)} for {_plain(label)}" for label in lacking)
    return (remark("stand_ins", map=notes.title or notes.name, pairs=", ".join(pairs)),)


def _plain(label: str | None) -> str:
    return SOUNDS[label].name.casefold() if label else ""


def export_song(manifest: Manifest, at: Path, arrangement: Arrangement, notes: DrumMap) -> ExportSong:
    """What the exports of the manifest at `at` are made from, with the files that lie there."""
    source = at.parent / manifest.source.folder / manifest.source.name
    files = {OutputKind(output.kind): at.parent / output.path for output in manifest.outputs}
    return ExportSong(arrangement, notes, source).with_files(files, {})


def export_files(song: ExportSong, paths: Mapping[OutputKind, Path]) -> tuple[dict[Path, bytes], dict[OutputKind, str]]:
    """The exports that have a path; and a remark for each that could not be made."""
    made: dict[Path, bytes] = {}
    failed: dict[OutputKind, str] = {}
    for kind, export in export_kinds(song.arrangement.options.export, song.arrangement.padding > 0):
        if kind not in paths:
            continue
        data = write_export(export, song)
        if isinstance(data, str):
            failed[kind] = remark("export_failed", export=export.name, reason=data)
        else:
            made[paths[kind]] = data
    return made, failed


def write_export(export: Export, song: ExportSong) -> bytes | str:
    """Its bytes, or why it could not be made: one that breaks takes nothing else with it."""
    with Guard(f"The export {export.name} of {song.arrangement.name}") as guard:
        return export.write(song)
    return f"{type(guard.error).__name__}: {guard.error}"


def require_export(arrangement: Arrangement, name: str) -> OutputKind:
    """What the file of an export is called after its song. Raises Rejected where it cannot be had."""
    export = export_of(name)
    if reason := export.object(arrangement):
        raise Rejected("no_export", reason)
    return naming.export_kind(export.ending, arrangement.padding > 0)


def require_file(song: ExportSong, kind: OutputKind) -> Path:
    """Where a file of the song lies. Raises Rejected where it could not be made."""
    if kind not in song.files:
        raise Rejected("no_export", f"{song.arrangement.name}{kind} could not be made; the log of sidestick says why.")
    return song.files[kind]


def refused_exports(arrangement: Arrangement) -> Iterator[tuple[OutputKind, str]]:
    """The exports that this song cannot have, with a remark that says why."""
    for kind, export in export_kinds(arrangement.options.export, arrangement.padding > 0):
        if reason := export.object(arrangement):
            yield kind, remark("no_export", export=export.name, reason=reason)
