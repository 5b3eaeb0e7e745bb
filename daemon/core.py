"""What sidestick does when it is asked: each request of the OSC table, from whichever inlet it came."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bridge.drum_labels import label_of
from bridge.drum_map import DrumMap
from bridge.osc.addresses import PROTOCOL
from bridge.osc.wire import Message
from bridge.osc.calls import reply
from daemon import __version__
from daemon.errors import JobMoved, Rejected, SidestickError
from daemon.events import Done, EventBus, MidiWritten, Pushed
from daemon.jobs.admission import Admission
from daemon.jobs.job import ACTIVE, Job, State
from daemon.jobs.listings import Listings, cluster_rows, job_rows
from daemon.jobs.scheduler import Scheduler
from daemon.jobs.store import JobStore
from daemon.outlets.delivery import Arrangement, Delivery, DeliverySettings, arrange, correct, drum_map, step_history
from daemon.outlets.midi_port import MidiOutlet, PushOptions
from daemon.outlets.notify import Requester
from daemon.score.clip import drum_track
from daemon.score.tap_tempo import TapContext, Taps, grid_from_taps

Json = dict[str, Any]

_log = logging.getLogger("sidestick.requests")


@dataclass(frozen=True, slots=True)
class Components:
    """The components that do the work."""

    admission: Admission
    scheduler: Scheduler
    store: JobStore
    midi: MidiOutlet
    bus: EventBus


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """The settings of the core. With `learn` a pad played after an audition names that cluster."""

    delivery: DeliverySettings
    listings: Listings
    device: str = "auto"
    learn: bool = False


class Core:
    """The handlers of all requests, for daemon.inlets.dispatch. Every method may be called from any thread."""

    def __init__(
        self, components: Components, settings: CoreSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._components = components
        self._settings = settings
        self._clock = clock
        self._taps: dict[str, Taps] = {}

    def ping(self, requester: Requester) -> Message:
        pid = os.getpid()
        return reply(
            "/sidestick/pong", id=requester.id, name="sidestick", version=__version__, protocol=PROTOCOL, pid=pid
        )

    def status(self, requester: Requester) -> Message:
        counts = self._components.store.counts()
        work = {"running": counts[State.RUNNING], "queued": counts[State.QUEUED]}
        ends = {"device": self._settings.device, "midi_port": self._components.midi.status_text}
        return reply("/sidestick/status.reply", id=requester.id, **work, **ends)

    def process(self, requester: Requester, path: str, options_json: Json) -> Message:
        job = self._components.admission.admit(path, options_json)
        return reply("/sidestick/ack", id=requester.id, job=job.id)

    def relabel(self, requester: Requester, job: str, changes_json: Json) -> Message:
        return self._reply_to_edit(requester, job, lambda manifest, delivery: correct(manifest, changes_json, delivery))

    def regenerate(self, requester: Requester, job: str, options_json: Json) -> Message:
        return self._reply_to_edit(
            requester, job, lambda manifest, delivery: correct(manifest, {"settings": options_json}, delivery)
        )

    def tap(self, requester: Requester, job: str, seconds: float) -> Message:
        """One tap; the daemon remembers those of each job. Only the edit lane and the spool tap, a tap at a time."""
        at = self._clock() if seconds < 0 else seconds
        revision = self._settings.delivery.manifest_cache.load(Path(self._require_finished(job).manifest)).history.head
        taps = self._taps[job] = self._taps.get(job, Taps()).add_tap(at, seconds >= 0)
        if taps.is_due:
            made = self.edit(
                job, lambda manifest, delivery: correct(manifest, _tap_changes(manifest, taps, delivery), delivery)
            )
            revision = made.content.history.head
            self._taps[job] = replace(taps, used=len(taps.times))
        bpm = round(taps.bpm, 3)
        return reply("/sidestick/tapped", id=requester.id, job=job, taps=len(taps.times), bpm=bpm, revision=revision)

    def undo(self, requester: Requester, job: str) -> Message:
        return self._reply_to_edit(requester, job, lambda manifest, delivery: step_history(manifest, True, delivery))

    def redo(self, requester: Requester, job: str) -> Message:
        return self._reply_to_edit(requester, job, lambda manifest, delivery: step_history(manifest, False, delivery))

    def push(self, requester: Requester, job: str, options_json: Json) -> Message:
        self.play(job, options_json)
        return reply("/sidestick/ack", id=requester.id, job=job)

    def play(self, job: str, options: Json) -> int:
        """Hands a job's notes to the MIDI port and returns how many they are. Raises Rejected."""
        score = arrange(self._settings.delivery.manifest_cache.load(self.manifest_path(job)))
        notes = self._components.midi.push(score.clip(self._drum_map(score)), PushOptions.read(options), job)
        self._components.bus.publish(Pushed(job, notes))
        return notes

    def stop(self, requester: Requester) -> Message:
        self._components.midi.stop()
        return reply("/sidestick/done", id=requester.id)

    def panic(self, requester: Requester) -> Message:
        self._components.midi.panic()
        return reply("/sidestick/done", id=requester.id)

    def cancel(self, requester: Requester, job: str) -> Message:
        self._components.scheduler.cancel(job)
        return reply("/sidestick/done", id=requester.id, job=job)

    def jobs(self, requester: Requester, limit: int) -> Message:
        rows = job_rows(self._components.store.list_latest(limit), self._components.scheduler.progress())
        path = self._settings.listings.write("jobs", _request_key(requester), rows)
        return reply("/sidestick/jobs.reply", id=requester.id, path_to_json=str(path))

    def clusters(self, requester: Requester, job: str) -> Message:
        rows = cluster_rows(
            self._settings.delivery.manifest_cache.load(self.manifest_path(job)), self._settings.delivery.drum_maps
        )
        path = self._settings.listings.write("clusters", _request_key(requester), rows)
        return reply("/sidestick/clusters.reply", id=requester.id, job=job, path_to_json=str(path))

    def audition(self, requester: Requester, job: str, cluster: int) -> Message:
        score = arrange(self._settings.delivery.manifest_cache.load(self.manifest_path(job)))
        alike = [(time, hit) for time, hit in zip(score.times, score.hits, strict=True) if hit.cluster == cluster]
        if not alike:
            raise Rejected("unknown_cluster", f"There is no cluster {cluster} with hits in job {job}.")
        times, hits = zip(*alike, strict=True)
        self._components.midi.audition(
            drum_track(hits, times, self._drum_map(score), note_ms=score.options.note_ms).notes
        )
        if self._settings.learn:
            self._components.midi.learn(partial(self._relabel_from_pad, job, cluster, self._drum_map(score)))
        return reply("/sidestick/done", id=requester.id, job=job)

    def _relabel_from_pad(self, job: str, cluster: int, notes: DrumMap, pitch: int, _: int) -> None:
        """A pad was played while this cluster was auditioned; one that means no drum is passed over."""
        label = notes.label_of(pitch) or label_of(pitch)
        changes = {"clusters": {str(cluster): label}}
        if label is None:
            return
        try:
            self.edit(job, lambda manifest, delivery: correct(manifest, changes, delivery))
        except SidestickError as error:
            _log.warning("The pad did not relabel cluster %d: %s", cluster, error)

    def _reply_to_edit(
        self, requester: Requester, job: str, edit: Callable[[Path, DeliverySettings], Delivery]
    ) -> Message:
        made = self.edit(job, edit)
        files = {"manifest": str(made.manifest), "midi": str(made.midi)}
        return reply("/sidestick/done", id=requester.id, job=job, revision=made.content.history.head, **files)

    def edit(self, job_id: str, edit: Callable[[Path, DeliverySettings], Delivery]) -> Delivery:
        """A new revision on disk, then the news of it; what plays goes on with the new notes."""
        job = self._require_finished(job_id)
        made = edit(Path(job.manifest), self._settings.delivery)
        self._store_paths(job, made)
        midi, manifest = str(made.midi), str(made.manifest)
        for path in made.renewed:
            self._components.bus.publish(MidiWritten(job_id, str(path)))
        self._components.bus.publish(Done(job_id, made.content.history.head, manifest, midi))
        if self._components.midi.is_playing(job_id):
            score = arrange(made.content)
            self._components.midi.replace(score.clip(self._drum_map(score)), job_id)
        return made

    def _store_paths(self, job: Job, made: Delivery) -> None:
        try:
            self._components.store.update(job, manifest=str(made.manifest), midi=str(made.midi))
        except JobMoved:  # deleted meanwhile: the files are there all the same
            return

    def manifest_path(self, job_id: str) -> Path:
        """Where the notes of a job are, those of its draft too."""
        job = self._components.store.get(job_id)
        if not job.manifest:
            raise _no_result(job)
        return Path(job.manifest)

    def _require_finished(self, job_id: str) -> Job:
        job = self._components.store.get(job_id)
        if job.state in ACTIVE:
            raise Rejected("job_active", f"{job.name} is still being worked on; correct it when it is done.")
        if not job.manifest:
            raise _no_result(job)
        return job

    def _drum_map(self, score: Arrangement) -> DrumMap:
        return drum_map(score.options.drum_map, self._settings.delivery.drum_maps)


def _no_result(job: Job) -> Rejected:
    end = f": {job.reason}" if job.reason else "."
    return Rejected("no_result", f"There are no notes of {job.name} yet; it is {job.state}{end}")


def _tap_changes(manifest: Path, taps: Taps, delivery: DeliverySettings) -> Json:
    score = arrange(delivery.manifest_cache.load(manifest))
    onsets = sorted([hit.onset for hit in score.hits] or [note.onset for part in score.notes.values() for note in part])
    return {"settings": {"grid": grid_from_taps(taps, TapContext(score.grid, onsets, score.duration))}}


def _request_key(requester: Requester) -> str:
    return f"{requester.client} {requester.id!r}"
