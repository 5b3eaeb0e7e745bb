"""A .mid of ours that a DAW saved again: what was edited in it becomes a correction of the song."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge.drum_map import DrumMap
from bridge.midi.file_reader import NotMidiError, parse
from bridge.notes import DRUM_CHANNEL, Clip, ClipNote
from daemon.errors import Rejected
from daemon.outlets.arrange import Arrangement, arrange
from daemon.outlets.delivery import Delivery, DeliverySettings, correct, drum_map
from daemon.outlets.manifest import Manifest
from daemon.outlets.naming import MANIFEST, digest_of
from daemon.pipeline.records import Hit, Part
from daemon.score.learn_edits import Edits, WrittenHit, find_edits, place_notes

_LARGEST = 1 << 24  # bytes; a song of 20,000 notes has 0.2 MB
_REVISIONS = 10  # that are looked at: each takes as long as a correction
_OWN_NAME = re.compile(r"(\.drums)?(\.bar1)?(-\d+)?$")


@dataclass(frozen=True, slots=True)
class LearnedEdits:
    """What was found in the file, and what was written of it."""

    edits: Edits
    delivery: Delivery


def learn(edited: Path, manifest: Path | None, settings: DeliverySettings) -> LearnedEdits:
    """Correct the song of `manifest`, or of the one beside the file, by the drum notes of `edited`.

    Raises Rejected: not_midi, no_manifest, no_drums, not_this_song, no_edits where nothing was, or
    bad_change where all edits are on pitches of no drum.
    """
    try:
        if edited.stat().st_size > _LARGEST:
            raise Rejected("not_midi", f"{edited.name} is larger than the {_LARGEST >> 20} MB that notes could need.")
        data = edited.read_bytes()
    except OSError as error:
        raise Rejected("missing", f"{edited} cannot be read: {error.strerror}.") from None
    return learn_bytes(data, edited.name, manifest or find_manifest(edited), settings)


def is_saved_since(edited: Path) -> bool:
    """Whether a manifest is beside the file, which is younger and not as sidestick wrote it.

    The manifest is the last of what is written: a .mid is younger only if somebody saved or copied it since.
    """
    try:
        manifest = find_manifest(edited)
        if _change_ns(edited) <= _change_ns(manifest):
            return False
        outputs = Manifest.load(manifest).outputs
    except (OSError, Rejected):
        return False
    return digest_of(edited) not in {output.sha256 for output in outputs}


def _change_ns(path: Path) -> int:
    """When its content was changed, or it was put where it is: in ns since 1970."""
    found = path.stat()
    return max(found.st_mtime_ns, found.st_ctime_ns)


def learn_bytes(data: bytes, name: str, path: Path, settings: DeliverySettings) -> LearnedEdits:
    """The same from the bytes of a file called `name`, for the song of the manifest at `path`."""
    try:
        found = parse(data, name)
    except NotMidiError as error:
        raise Rejected("not_midi", str(error)) from None
    song = settings.manifest_cache.load(path)
    edits = min(_compare_revisions(song, found, settings), key=lambda edits: edits.count)
    if not edits.changes:
        as_written = f"The drums of {name} are as sidestick wrote them."
        if not edits.unknown:
            raise Rejected("no_edits", as_written)
        raise Rejected("bad_change", f"{as_written} {edits.unknown} notes are on pitches of no drum.")
    return LearnedEdits(edits, correct(path, edits.changes, settings, on=song.history.head))


def find_manifest(edited: Path) -> Path:
    """The manifest beside the file, by the file's name. Raises Rejected."""
    base = _OWN_NAME.sub("", edited.stem)
    names = dict.fromkeys((f"{edited.stem.removesuffix('.drums')}{MANIFEST}", f"{base}{MANIFEST}"))
    there = next((edited.with_name(name) for name in names if edited.with_name(name).is_file()), None)
    if there is None:
        raise Rejected(
            "no_manifest",
            f"{base}{MANIFEST} is not beside {edited.name}; name the song's {MANIFEST} file too.",
        )
    return there


def _compare_revisions(song: Manifest, found: Clip, settings: DeliverySettings) -> Iterator[Edits]:
    """The edits against the song as it is now, and as it was before each of its last corrections.

    A DAW may have got the file before the song was corrected elsewhere: what it left alone is no edit.
    """
    history = song.history
    for _ in range(_REVISIONS):
        arrangement = arrange(song.model_copy(update={"history": history}))
        yield compare(arrangement, drum_map(arrangement.options.drum_map, settings.drum_maps), found)
        if history.head == 0:
            return
        history = history.undo()


def compare(arrangement: Arrangement, notes: DrumMap, found: Clip) -> Edits:
    """What was done to the drums of `found`, with the times of the song."""
    if Part.DRUMS not in arrangement.options.parts:
        raise Rejected("no_drums", f"{arrangement.name} was transcribed without its drums; only those are learned.")
    clip = arrangement.clip(notes, (Part.DRUMS,))
    written, padding = _written_hits(arrangement, clip.tracks[0].notes)
    placed = place_notes(written, clip.tempo_map, list(_drum_notes(found)), found.tempo_map)
    shifted = [note._replace(time=note.time - padding) for note in placed]
    own = [hit._replace(time=hit.time - padding) for hit in written]
    edits = find_edits(own, shifted, notes.read_pitch)
    return replace(edits, changes=_relabel_clusters(edits.changes, arrangement.hits))


def _relabel_clusters(changes: dict[str, Any], hits: Sequence[Hit]) -> dict[str, Any]:
    """A cluster whose hits all have the same new label is relabelled itself, so that it is listed by it."""
    labels: dict[int, str] = changes.get("hits", {})
    members: defaultdict[int, list[int]] = defaultdict(list)
    for hit in hits:
        members[hit.cluster].append(hit.id)
    named = {cluster: {labels.get(number) for number in own} for cluster, own in members.items() if cluster >= 0}
    clusters = {cluster: found.pop() for cluster, found in named.items() if len(found) == 1 and None not in found}
    rest = {number: label for number, label in labels.items() if not any(number in members[c] for c in clusters)}
    changed = {**changes, "clusters": clusters, "hits": rest}
    return {name: value for name, value in changed.items() if value}


def _written_hits(arrangement: Arrangement, notes: Sequence[ClipNote]) -> tuple[list[WrittenHit], float]:
    """Each hit with its note, and the seconds of silence that the file has before the song."""
    order = sorted(zip(arrangement.times, (hit.id for hit in arrangement.hits), strict=True))
    written = [
        WrittenHit(number, note.onset, note.pitch, note.velocity)
        for (_, number), note in zip(order, notes, strict=True)
    ]
    return written, notes[0].onset - order[0][0] if order else 0.0


def _drum_notes(found: Clip) -> Iterator[ClipNote]:
    """Those on channel 10, or all notes of a file that has none there: some DAWs save every track on channel 1."""
    drums = [track for track in found.tracks if track.channel == DRUM_CHANNEL] or found.tracks
    for track in drums:
        yield from track.notes
