"""Corrections without the audio: what a history of them makes of the heard hits and notes.

What was heard never changes. Every result is worked out from it and the chain of revisions up to the head.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean
from typing import Any

from daemon.errors import Rejected
from daemon.pipeline.options import AUDIO_PART_OPTIONS, Grid, Options, VelocityCurve
from daemon.pipeline.pitched.part_settings import PRESETS, audible_notes, revoice_notes
from daemon.pipeline.pitched.polyphonic import PartNote
from daemon.pipeline.records import Cluster, Hit, Part
from daemon.pipeline.tempo_settings import TEMPO_SETTINGS, replaced_tempo
from daemon.score.beat_words import CurrentBeat, resolve_beat_words
from daemon.score.changes import Changes, Detections, read
from daemon.score.history import History
from daemon.score.hit_editor import HitEditor, drum_of
from daemon.score.note_editor import NoteEditor

WITHOUT_AUDIO = (
    *TEMPO_SETTINGS, "start", "grid", "drum_map", "velocity", "note_ms", "sensitivity", "notes", "export",
)  # fmt: skip
"""Settings that need no new transcription."""
_GRID_SETTINGS = tuple(Grid.model_fields)

Revoice = Callable[[tuple[Hit, ...], VelocityCurve], tuple[Hit, ...]]


@dataclass(frozen=True, slots=True)
class CorrectedScore:
    """What is to be rendered: hits by onset, the clusters that still have hits, the options that hold now.

    `notes` are those of the pitched parts, by onset.
    """

    hits: tuple[Hit, ...]
    clusters: tuple[Cluster, ...]
    options: Options
    notes: Mapping[Part, tuple[PartNote, ...]] = field(default_factory=dict)


def correct(
    given: str | dict[str, Any],
    heard: Detections,
    history: History,
    options: Options,
    current: CurrentBeat | None = None,
) -> History:
    """`history` with one more revision, read in the format of daemon.score.changes.

    `options` are those of the transcription; `current` tells the beat that words such as "half" are about.
    Raises Rejected when anything in it does not fit this song.
    """
    figures = resolve_beat_words(given, current) if current else given
    changes = read(figures, heard, history.added_hit_ids(), history.added_note_ids())
    _check_cuts(changes, heard, history, options)
    extended = history.apply(changes)
    now = current_options(options, extended)
    for part in heard.notes:
        bent = (options.note_recipe == "default" and PRESETS[part].bends) or options.part_options(part).bends
        if now.part_options(part).bends and not bent:
            raise _audio_error(f"notes.{part}.bends")
    return extended


def _check_cuts(changes: Changes, heard: Detections, history: History, options: Options) -> None:
    """Raises Rejected (bad_change) for a note that is cut where it does not sound."""
    parts = {part: each.split for part, each in changes.notes.items() if each.split}
    notes = apply_corrections(heard, history, options).notes if parts else {}
    for part, cuts in parts.items():
        there = {note.id: note for note in notes[Part(part)]}
        for cut in cuts:
            note = there.get(cut.note)
            if note is None:
                raise Rejected(
                    "bad_change", f"Note {cut.note} of {part} does not sound any more; undo what removed it."
                )
            if not note.onset < cut.at < (end := note.onset + note.duration):
                span = f"lasts from {note.onset:.3f} to {end:.3f} s; cut it in between"
                raise Rejected("bad_change", f"Note {cut.note} of {part} {span}, not at {cut.at:g} s.")


def apply_corrections(
    heard: Detections, history: History, options: Options, revoice: Revoice | None = None
) -> CorrectedScore:
    """The corrected hits. `revoice` gives new velocities when a revision changed the velocity curve."""
    chain = history.current_changes()
    now = current_options(options, history)
    found = _replay_hits(heard, history, now, revoice if now.velocity != options.velocity else None)
    notes = {part: _correct_notes(part, played, history, now) for part, played in heard.notes.items()}
    return CorrectedScore(found, _recount_clusters(heard.clusters, found, chain), now, notes)


def _replay_hits(heard: Detections, history: History, now: Options, revoice: Revoice | None) -> tuple[Hit, ...]:
    """The hits at the head. What an earlier call left at a revision that still holds, the rest is applied to."""
    revisions = history.current_revisions()
    made_from = heard.hits, heard.thresholds, now.sensitivity, now.velocity, revoice
    known = history.replay.latest("hits")
    done, editor = 0, None
    if known is not None and known[0] == made_from:
        last, kept = known[1]
        done = next((i for i, each in enumerate(revisions, 1) if each is last), 0)
        editor = kept.copy() if done or last is None else None
    if editor is None:
        hits = audible_hits(heard, now.sensitivity)
        editor = HitEditor(revoice(hits, now.velocity) if revoice is not None else hits)
    for revision in revisions[done:]:
        editor.apply(revision.changes)
    found = editor.corrected_hits()
    history.replay.store("hits", made_from, (revisions[-1] if revisions else None, editor))
    return found


def _correct_notes(part: Part, heard: tuple[PartNote, ...], history: History, now: Options) -> tuple[PartNote, ...]:
    """The notes of a part that sound, as loud as its curve says, after all corrections."""
    curve = now.part_options(part).velocity or (None if now.note_recipe == "classic" else now.velocity)
    sensitivity = now.sensitivity.get(part, 0.5)
    chain = [each for changes in history.current_changes() for name, each in changes.notes.items() if name == part]

    def correct_them() -> tuple[PartNote, ...]:
        audible = audible_notes(heard, sensitivity)
        editor = NoteEditor(revoice_notes(audible, curve) if curve else audible)
        for corrections in chain:
            editor.apply(corrections)
        return editor.corrected_notes()

    return history.replay.recall(("notes", part), (heard, sensitivity, curve, chain), correct_them)


def audible_hits(heard: Detections, sensitivity: Mapping[str, float]) -> tuple[Hit, ...]:
    """The hits whose strength reaches their drum's threshold at this sensitivity."""
    at = {drum: threshold_at(value, sensitivity.get(drum, 0.5)) for drum, value in heard.thresholds.items()}
    highest = max(at.values(), default=0.0)  # most hits pass it, which spares them the look-up
    return tuple(hit for hit in heard.hits if hit.strength >= highest or hit.strength >= at.get(hit.drum, 0.0))


def threshold_at(threshold: float, sensitivity: float) -> float:
    """The strength a hit needs: 1 at sensitivity 0, `threshold` at 0.5, 0 at 1, straight lines between."""
    if sensitivity <= 0.5:
        return threshold + (1 - threshold) * (1 - 2 * sensitivity)
    return threshold * (2 - 2 * sensitivity)


def current_options(options: Options, history: History) -> Options:
    """The options that hold now; `options` are those of the transcription."""
    now = options
    for revision in history.current_revisions():
        if revision.changes.settings or revision.changes.sensitivity:
            changed = partial(apply_settings, now, revision.changes)
            now = history.replay.recall(("options", revision.number), (now, revision), changed)
    return now


def apply_settings(options: Options, changes: Changes) -> Options:
    """`options` with the settings of `changes`. Raises Rejected when they do not work or need the audio."""
    settings = _expand_settings(changes)
    if not settings:
        return options
    merged = options.model_dump() | replaced_tempo(settings)
    for name, value in settings.items():
        nested = isinstance(value, dict) and isinstance(merged[name], dict)
        merge = _merge_part_settings if name == "notes" else dict.__or__
        merged[name] = merge(merged[name], value) if nested else value
    changed = Options.read(merged)
    if "notes" in settings:
        _refuse_audio_options(options, changed)
    return changed


def _merge_part_settings(before: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """The settings of the parts, of each only what is told anew."""
    told = {part: {**before.get(part, {}), **new} if isinstance(new, dict) else new for part, new in value.items()}
    return {**before, **told}


def _refuse_audio_options(options: Options, changed: Options) -> None:
    for part in Part:
        for name in AUDIO_PART_OPTIONS:
            if getattr(options.part_options(part), name) != getattr(changed.part_options(part), name):
                raise _audio_error(f"notes.{part}.{name}")


def supersede(history: History, heard: Detections, options: Options, before: Options) -> History:
    """`history`, and one more revision where it contradicts what `options` ask for and `before` did not.

    `before` are the options of the transcription that the corrections were made for.
    """
    touched = [_expand_settings(changes) for changes in history.current_changes()]
    names = {name for settings in touched for name in settings}
    words = {word for settings in touched if isinstance(settings.get("grid"), dict) for word in settings["grid"]}
    told = options.model_dump(mode="json")
    changed = {name for name in WITHOUT_AUDIO if getattr(options, name) != getattr(before, name)}
    asked = {name: told[name] for name in (names & changed) - {"grid", *TEMPO_SETTINGS}}
    grid = {word: told["grid"][word] for word in words if getattr(options.grid, word) != getattr(before.grid, word)}
    if grid:
        asked["grid"] = grid
    tempo = set(TEMPO_SETTINGS)
    if names & tempo and changed & tempo:
        asked |= {name: told[name] for name in TEMPO_SETTINGS if name in names or told[name] is not None}
    if not asked:
        return history
    return history.apply(read({"settings": asked}, heard, history.added_hit_ids(), history.added_note_ids()))


def overruled_settings(options: Options, history: History) -> tuple[str, ...]:
    """The settings that `options` name and that an older correction holds against them."""
    now, usual = current_options(options, history), Options(input=options.input)
    named = (name for name in WITHOUT_AUDIO if getattr(options, name) != getattr(usual, name))
    return tuple(name for name in named if getattr(options, name) != getattr(now, name))


def _expand_settings(changes: Changes) -> dict[str, Any]:
    """The settings by their full names: `swing` is a part of `grid`, and a grid may be given as its step."""
    settings = {name: value for name, value in changes.settings.items() if name not in _GRID_SETTINGS}
    short = {name: value for name, value in changes.settings.items() if name in _GRID_SETTINGS}
    grid = settings.get("grid", {})
    if isinstance(grid, str):
        settings["grid"] = grid = {"step": grid}
    if short and isinstance(grid, dict):
        settings["grid"] = {**grid, **short}
    if changes.sensitivity:
        settings["sensitivity"] = dict(changes.sensitivity)
    for name in settings:
        _check_no_audio(name)
    return settings


def _check_no_audio(name: str) -> None:
    if name in WITHOUT_AUDIO:
        return
    if name in Options.model_fields:
        raise _audio_error(name)
    known = ", ".join((*WITHOUT_AUDIO, *_GRID_SETTINGS))
    raise Rejected("bad_change", f"There is no setting {name!r}; known are {known}.")


def _audio_error(name: str) -> Rejected:
    return Rejected("bad_change", f"{name} needs the audio again; transcribe the song anew with it.")


def _recount_clusters(
    clusters: Iterable[Cluster], hits: Iterable[Hit], chain: Iterable[Changes]
) -> tuple[Cluster, ...]:
    members: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        members[hit.cluster].append(hit)
    labels = {number: text for changes in chain for number, text in changes.clusters.items()}
    return tuple(_update_cluster(c, members[c.id], labels.get(c.id)) for c in clusters if members[c.id])


def _update_cluster(cluster: Cluster, hits: list[Hit], label: str | None) -> Cluster:
    """The cluster as it is now; if its typical hit is gone, the one that was surest stands in."""
    typical = next((hit for hit in hits if hit.id == cluster.typical), None)
    typical = typical or max(hits, key=lambda hit: hit.confidence)
    counted = replace(
        cluster, count=len(hits), velocity=round(fmean([h.velocity for h in hits]), 2), typical=typical.id,
        time=typical.onset,
    )  # fmt: skip
    if label is None:
        return counted
    return replace(counted, label=label, drum=drum_of(label, cluster.drum), confidence=1.0)
