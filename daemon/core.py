"""What sidestick can be asked for, in plain values: OSC, the spool and HTTP only format what is returned here."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from bridge.drum_map import DrumMap
from bridge.osc.addresses import PROTOCOL
from daemon import __version__
from daemon.errors import JobMoved, Rejected, SidestickError, StoreFailed
from daemon.events import Done, EventBus, MidiWritten, Pushed
from daemon.files import DigestCache
from daemon.jobs.admission import Admission, merge_options
from daemon.jobs.job import Job, State, require_notes
from daemon.jobs.listings import JobStatus
from daemon.jobs.scheduler import Scheduler
from daemon.jobs.store import JobStore
from daemon.outlets.delivery import Arrangement, Delivery, DeliverySettings, correct, drum_map, step_history
from daemon.outlets.exports.song import ExportSong
from daemon.outlets.learn import find_manifest, learn, learn_bytes
from daemon.outlets.manifest import Manifest
from daemon.outlets.manifest_head import network_device
from daemon.outlets.midi_port import MidiOutlet, PushOptions
from daemon.outlets.note_files import export_song, require_export, require_file
from daemon.outlets.pad_walk import Pads
from daemon.pipeline.options import Options
from daemon.score.tap_tempo import TapContext, Taps, grid_from_taps

Json = dict[str, Any]

_LATEST = 20  # jobs in which the device is looked for

_log = logging.getLogger("sidestick.requests")


@dataclass(frozen=True, slots=True)
class Components:
    """The components that do the work."""

    admission: Admission
    scheduler: Scheduler
    store: JobStore
    midi: MidiOutlet
    bus: EventBus
    digests: DigestCache = field(default_factory=DigestCache)


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """The settings of the core. With `learn` a pad played after an audition names that cluster."""

    delivery: DeliverySettings
    device: str = "auto"
    expected_device: str = "cpu"
    learn: bool = False
    finish_exports: Callable[[Path], None] = lambda _: None  # those of a correction, which follow it


@dataclass(frozen=True, slots=True)
class About:
    """Who answers."""

    name: str
    version: str
    protocol: int
    pid: int


@dataclass(frozen=True, slots=True)
class Status:
    """What goes on: jobs by state, what computes, and the MIDI port."""

    jobs: Mapping[State, int]
    device: str
    midi_port: str
    midi_open: bool
    notes_sent: int


@dataclass(frozen=True, slots=True)
class Tapped:
    """So many taps count; `bpm` is 0 until there are two, and `revision` has this beat."""

    taps: int
    bpm: float
    revision: int


@dataclass(frozen=True, slots=True)
class Edited:
    """A new revision of a song, and where it was written."""

    revision: int
    manifest: Path
    midi: Path | None
    content: Manifest
    score: Arrangement


class Core:
    """Every method may be called from any thread, and refuses by Rejected."""

    def __init__(
        self, components: Components, settings: CoreSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._admission, self._scheduler = components.admission, components.scheduler
        self._store, self._midi, self._bus = components.store, components.midi, components.bus
        self._settings, self._clock = settings, clock
        self.pads = Pads(self._midi)
        self._taps: dict[str, Taps] = {}
        self._rerun_lock = threading.Lock()

    def about(self) -> About:
        return About("sidestick", __version__, PROTOCOL, os.getpid())

    def status(self) -> Status:
        return Status(
            self._store.counts(), self._device(), self._midi.status_text, self._midi.is_open, self._midi.notes_sent
        )

    def process(self, path: str | Path, options: Json, *, again: bool = False) -> Job:
        """The job that transcribes a file: a new one, or the one that does the same already unless `again`."""
        return self._admission.admit(path, options, again=again)

    @property
    def defaults(self) -> Options:
        """The options of a request that says nothing."""
        return self._admission.defaults

    def set_defaults(self, defaults: Options) -> None:
        self._admission.set_defaults(defaults)

    def rerun(self, job_id: str, options: Json, forget: Callable[[Job], None]) -> Job:
        """A new job of a job's song with `options` over its own; `forget` drops what is to be worked out again.

        Nothing is dropped of a request that cannot be done, nor while the same song is at work. Raises job_active.
        """
        with self._rerun_lock:
            before = self._store.get(job_id)
            active = self._store.find_active(before.path, before.digest)
            if active is not None:
                raise Rejected("job_active", f"{active.name} is {active.state}; cancel it first, or wait for its end.")
            given = merge_options(before.options.model_dump(), options)
            self._admission.check(before.path, given)
            forget(before)
            return self.process(before.path, given, again=True)

    def job(self, job_id: str) -> Job:
        return self._store.get(job_id)

    def jobs(self, limit: int, before: tuple[float, str] | None = None) -> list[JobStatus]:
        """The latest first; `before` is (created, id) of the last one of the page before."""
        return self.progress_of(self._store.page(limit, before))

    def progress_of(self, jobs: list[Job]) -> list[JobStatus]:
        running = self._scheduler.progress()
        return [JobStatus(job, running.get(job.id)) for job in jobs]

    def cancel(self, job_id: str) -> Job:
        return self._scheduler.cancel(job_id)

    def delete(self, job_id: str) -> Job:
        """The job that is forgotten. Files stay."""
        return self._store.delete(job_id)

    def has_other_job(self, job: Job) -> bool:
        """Whether there is another job of the same file."""
        return self._store.has_other_job(job)

    def manifest(self, job_id: str) -> Manifest:
        """What was heard in a job, its draft if there is no more yet. Raises unknown_job or no_result."""
        return self._settings.delivery.manifest_cache.load(self.manifest_path(job_id))

    def manifest_path(self, job_id: str) -> Path:
        return Path(require_notes(self._store.get(job_id)).manifest)

    def score(self, job_id: str) -> Arrangement:
        """Every hit and note as it sounds, corrections included."""
        return self.arrange(self.manifest(job_id))

    def arrange(self, manifest: Manifest) -> Arrangement:
        """What a manifest stands for, worked out once for each revision."""
        return self._settings.delivery.manifest_cache.arrange(manifest)

    def export_song(self, job_id: str) -> ExportSong:
        """What an export of a job is made from: the song as it is now, and its files."""
        score = self.arrange(found := self.manifest(job_id))
        return export_song(found, self.manifest_path(job_id), score, self.drum_map(score))

    def export(self, job_id: str, name: str) -> Path:
        """Where an export lies beside the song of a job, written now if it is not there."""
        song = self.export_song(job_id)
        kind = require_export(song.arrangement, name)
        if kind not in song.files or not song.files[kind].exists():
            self.regenerate(job_id, {"export": [*song.arrangement.options.export, name]})
        self._settings.finish_exports(self.manifest_path(job_id))
        return require_file(self.export_song(job_id), kind)

    def drum_map(self, score: Arrangement) -> DrumMap:
        return drum_map(score.options.drum_map, self._settings.delivery.drum_maps)

    @property
    def drum_maps(self) -> Mapping[str, Mapping[str, int]]:
        """The user's own ones."""
        return self._settings.delivery.drum_maps

    def relabel(self, job_id: str, changes: Json, revision: int | None = None) -> Edited:
        """Corrections. With `revision` they are meant for that one: StaleRevision if another one holds."""
        job = self._require_correctable(job_id)
        return self._announce(job, correct(Path(job.manifest), changes, self._settings.delivery, revision))

    def learn(self, job_id: str, midi: bytes, name: str) -> Edited:
        """Corrections by what somebody edited in the job's drum .mid; `name` is that of the file a DAW saved."""
        job = self._require_correctable(job_id)
        return self._announce(job, learn_bytes(midi, name, Path(job.manifest), self._settings.delivery).delivery)

    def learn_file(self, edited: Path) -> str:
        """The same from a file that a DAW saved beside its song, in a sentence; the song need not have a job."""
        manifest = find_manifest(edited)
        job = self._store.find_written(manifest)
        if job is not None:
            self._require_correctable(job.id)
        learned = learn(edited, manifest, self._settings.delivery)
        if job is not None:
            self._announce(job, learned.delivery)
        found = learned.delivery
        written = (found.midi or found.manifest).name
        return f"{edited.name}: {learned.edits.summary}; revision {found.content.history.head} is {written}."

    def regenerate(self, job_id: str, options: Json, revision: int | None = None) -> Edited:
        """Other settings, without the audio."""
        return self.relabel(job_id, {"settings": options}, revision)

    def undo(self, job_id: str, revision: int | None = None) -> Edited:
        job = self._require_correctable(job_id)
        return self._announce(job, step_history(Path(job.manifest), True, self._settings.delivery, revision))

    def redo(self, job_id: str, revision: int | None = None) -> Edited:
        job = self._require_correctable(job_id)
        return self._announce(job, step_history(Path(job.manifest), False, self._settings.delivery, revision))

    def tap(self, job_id: str, seconds: float | None = None) -> Tapped:
        """One tap, `seconds` from the start of the song or now; the daemon remembers those of each job."""
        at = self._clock() if seconds is None else seconds
        path = Path(self._require_correctable(job_id).manifest)
        revision = self._settings.delivery.manifest_cache.load(path).history.head
        taps = self._taps[job_id] = self._taps.get(job_id, Taps()).add_tap(at, seconds is not None)
        if taps.is_due:
            revision = self.relabel(job_id, self._tap_changes(path, taps)).revision
            self._taps[job_id] = replace(taps, used=len(taps.times))
        return Tapped(len(taps.times), round(taps.bpm, 3), revision)

    def push(self, job_id: str, options: Json) -> int:
        """Hands a job's notes to the MIDI port and returns how many they are."""
        score = self.score(job_id)
        notes = self._midi.push(score.clip(self.drum_map(score)), PushOptions.read(options), job_id)
        self._bus.publish(Pushed(job_id, notes))
        return notes

    def audition(self, job_id: str, cluster: int, learn: bool | None = None) -> int:
        """Plays one cluster's notes on the MIDI port and returns how many they are.

        With `learn`, else if the settings say so, the next pad that is played names the cluster.
        """
        score = self.score(job_id)
        notes = score.cluster_notes(cluster, self.drum_map(score))
        if not notes:
            raise Rejected("unknown_cluster", f"There is no cluster {cluster} with hits in job {job_id}.")
        self._midi.audition(notes)
        if self._settings.learn if learn is None else learn:
            self._midi.learn(partial(self._relabel_from_pad, job_id, cluster, self.drum_map(score)))
        return len(notes)

    def stop(self) -> None:
        """Stops what plays; no note is left sounding."""
        self._midi.stop()

    def panic(self) -> None:
        """Silence on every channel, whatever plays."""
        self._midi.panic()

    def _device(self) -> str:
        """What the networks run on: as the settings say, as the latest job recorded, or as this machine looks."""
        if self._settings.device != "auto":
            return self._settings.device
        latest = (job for job in self._store.list_latest(_LATEST) if job.manifest and not job.is_active)
        found = (network_device(Path(job.manifest)) for job in latest)
        return next((device for device in found if device), self._settings.expected_device)

    def _relabel_from_pad(self, job_id: str, cluster: int, notes: DrumMap, pitch: int, _: int) -> None:
        """A pad was played while this cluster was auditioned; one that means no drum is passed over."""
        label = notes.read_pitch(pitch)
        if label is None:
            return
        try:
            self.relabel(job_id, {"clusters": {str(cluster): label}})
        except SidestickError as error:
            _log.warning("The pad did not relabel cluster %d: %s", cluster, error)

    def _announce(self, job: Job, made: Delivery) -> Edited:
        """A new revision is on disk: the news of it; what plays goes on with the new notes."""
        fresh = tuple(remark for remark in made.remarks if remark not in job.remarks)
        files = {"manifest": str(made.manifest), "midi": str(made.midi or "")}
        try:
            self._store.update(job, **files, remarks=(*job.remarks, *fresh))
        except JobMoved:
            pass  # deleted meanwhile: the files are there all the same
        except StoreFailed as error:  # and so they are if the list of jobs has no room for the news of them
            _log.error("%s", error)
        revision, score = made.content.history.head, made.arrangement
        goes_on = self._goes_on(job.id)
        for path in made.renewed:
            self._bus.publish(MidiWritten(job.id, str(path), draft=goes_on))
        self._bus.publish_remarks(job.id, fresh)
        if not goes_on:
            self._bus.publish(Done(job.id, revision, str(made.manifest), str(made.midi or "")))
        if self._midi.is_playing(job.id):
            self._midi.replace(score.clip(self.drum_map(score)), job.id)
        return Edited(revision, made.manifest, made.midi, made.content, score)

    def _goes_on(self, job_id: str) -> bool:
        """The final is still to come: its end is announced, and not that of a correction of the draft."""
        try:
            return self._store.get(job_id).is_active
        except Rejected:
            return False

    def _tap_changes(self, manifest: Path, taps: Taps) -> Json:
        score = self.arrange(self._settings.delivery.manifest_cache.load(manifest))
        return {"settings": grid_from_taps(taps, TapContext(score.grid, score.onsets, score.duration))}

    def _require_correctable(self, job_id: str) -> Job:
        """A draft is corrected like a final, which takes its corrections over."""
        job = self._store.get(job_id)
        if job.is_active and not job.manifest:
            raise Rejected("job_active", f"{job.name} is still being worked on; correct it when there is a draft.")
        return require_notes(job)
