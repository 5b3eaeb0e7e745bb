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
from bridge.osc.codec import Message
from bridge.osc.replies import reply
from daemon import __version__
from daemon.errors import JobMoved, Rejected, SidestickError
from daemon.events import Bus, Done, MidiWritten, Pushed
from daemon.jobs.admission import Admission
from daemon.jobs.job import ACTIVE, Job, State
from daemon.jobs.listings import Listings, cluster_rows, job_rows
from daemon.jobs.scheduler import Foreman
from daemon.jobs.store import JobStore
from daemon.outlets.delivery import Delivery, Desk, Score, arrange, correct, drum_map, step
from daemon.outlets.midi_port import MidiOutlet, PushOptions
from daemon.outlets.notify import Asker
from daemon.score.clip import drum_track
from daemon.score.tap_tempo import Song, Taps, told

Json = dict[str, Any]

_log = logging.getLogger("sidestick.requests")


@dataclass(frozen=True, slots=True)
class Staff:
    """Who does the work that is asked for."""

    admission: Admission
    foreman: Foreman
    store: JobStore
    midi: MidiOutlet
    bus: Bus


@dataclass(frozen=True, slots=True)
class Manners:
    """What answers are made with. With `learn` a pad played after an audition names that cluster."""

    desk: Desk
    listings: Listings
    device: str = "auto"
    learn: bool = False


class FrontDesk:
    """The door of daemon.inlets.dispatch. Every method may be called from any thread."""

    def __init__(self, staff: Staff, manners: Manners, clock: Callable[[], float] = time.monotonic) -> None:
        self._staff = staff
        self._manners = manners
        self._clock = clock
        self._taps: dict[str, Taps] = {}

    def ping(self, asker: Asker) -> Message:
        pid = os.getpid()
        return reply("/sidestick/pong", id=asker.id, name="sidestick", version=__version__, protocol=PROTOCOL, pid=pid)

    def status(self, asker: Asker) -> Message:
        counts = self._staff.store.counts()
        work = {"running": counts[State.RUNNING], "queued": counts[State.QUEUED]}
        ends = {"device": self._manners.device, "midi_port": self._staff.midi.sentence}
        return reply("/sidestick/status.reply", id=asker.id, **work, **ends)

    def process(self, asker: Asker, path: str, options_json: Json) -> Message:
        job = self._staff.admission.admit(path, options_json)
        return reply("/sidestick/ack", id=asker.id, job=job.id)

    def relabel(self, asker: Asker, job: str, changes_json: Json) -> Message:
        return self._edited(asker, job, lambda manifest, desk: correct(manifest, changes_json, desk))

    def regenerate(self, asker: Asker, job: str, options_json: Json) -> Message:
        return self._edited(asker, job, lambda manifest, desk: correct(manifest, {"settings": options_json}, desk))

    def tap(self, asker: Asker, job: str, seconds: float) -> Message:
        """One tap; the daemon remembers those of each job. Only the edit lane and the spool tap, a tap at a time."""
        at = self._clock() if seconds < 0 else seconds
        revision = self._manners.desk.recent.load(Path(self._finished(job).manifest)).history.head
        taps = self._taps[job] = self._taps.get(job, Taps()).after(at, seconds >= 0)
        if taps.due:
            made = self.edit(job, lambda manifest, desk: correct(manifest, _tapped(manifest, taps, desk), desk))
            revision = made.content.history.head
            self._taps[job] = replace(taps, used=len(taps.times))
        bpm = round(taps.bpm, 3)
        return reply("/sidestick/tapped", id=asker.id, job=job, taps=len(taps.times), bpm=bpm, revision=revision)

    def undo(self, asker: Asker, job: str) -> Message:
        return self._edited(asker, job, lambda manifest, desk: step(manifest, True, desk))

    def redo(self, asker: Asker, job: str) -> Message:
        return self._edited(asker, job, lambda manifest, desk: step(manifest, False, desk))

    def push(self, asker: Asker, job: str, options_json: Json) -> Message:
        self.play(job, options_json)
        return reply("/sidestick/ack", id=asker.id, job=job)

    def play(self, job: str, options: Json) -> int:
        """Hands a job's notes to the MIDI port and returns how many they are. Raises Rejected."""
        score = arrange(self._manners.desk.recent.load(self.heard(job)))
        notes = self._staff.midi.push(score.clip(self._map(score)), PushOptions.read(options), job)
        self._staff.bus.publish(Pushed(job, notes))
        return notes

    def stop(self, asker: Asker) -> Message:
        self._staff.midi.stop()
        return reply("/sidestick/done", id=asker.id)

    def panic(self, asker: Asker) -> Message:
        self._staff.midi.panic()
        return reply("/sidestick/done", id=asker.id)

    def cancel(self, asker: Asker, job: str) -> Message:
        self._staff.foreman.cancel(job)
        return reply("/sidestick/done", id=asker.id, job=job)

    def jobs(self, asker: Asker, limit: int) -> Message:
        rows = job_rows(self._staff.store.latest(limit), self._staff.foreman.progress())
        path = self._manners.listings.write("jobs", _question(asker), rows)
        return reply("/sidestick/jobs.reply", id=asker.id, path_to_json=str(path))

    def clusters(self, asker: Asker, job: str) -> Message:
        rows = cluster_rows(self._manners.desk.recent.load(self.heard(job)), self._manners.desk.drum_maps)
        path = self._manners.listings.write("clusters", _question(asker), rows)
        return reply("/sidestick/clusters.reply", id=asker.id, job=job, path_to_json=str(path))

    def audition(self, asker: Asker, job: str, cluster: int) -> Message:
        score = arrange(self._manners.desk.recent.load(self.heard(job)))
        alike = [(time, hit) for time, hit in zip(score.times, score.hits, strict=True) if hit.cluster == cluster]
        if not alike:
            raise Rejected("unknown_cluster", f"There is no cluster {cluster} with hits in job {job}.")
        times, hits = zip(*alike, strict=True)
        self._staff.midi.audition(drum_track(hits, times, self._map(score), note_ms=score.options.note_ms).notes)
        if self._manners.learn:
            self._staff.midi.learn(partial(self._learn, job, cluster, self._map(score)))
        return reply("/sidestick/done", id=asker.id, job=job)

    def _learn(self, job: str, cluster: int, notes: DrumMap, pitch: int, _: int) -> None:
        """A pad was played while this cluster was auditioned; one that means no drum is passed over."""
        label = notes.label_of(pitch) or label_of(pitch)
        changes = {"clusters": {str(cluster): label}}
        if label is None:
            return
        try:
            self.edit(job, lambda manifest, desk: correct(manifest, changes, desk))
        except SidestickError as error:
            _log.warning("The pad did not relabel cluster %d: %s", cluster, error)

    def _edited(self, asker: Asker, job: str, edit: Callable[[Path, Desk], Delivery]) -> Message:
        made = self.edit(job, edit)
        files = {"manifest": str(made.manifest), "midi": str(made.midi)}
        return reply("/sidestick/done", id=asker.id, job=job, revision=made.content.history.head, **files)

    def edit(self, job_id: str, edit: Callable[[Path, Desk], Delivery]) -> Delivery:
        """A new revision on disk, then the news of it; what plays goes on with the new notes."""
        job = self._finished(job_id)
        made = edit(Path(job.manifest), self._manners.desk)
        self._note(job, made)
        midi, manifest = str(made.midi), str(made.manifest)
        for path in made.renewed:
            self._staff.bus.publish(MidiWritten(job_id, str(path)))
        self._staff.bus.publish(Done(job_id, made.content.history.head, manifest, midi))
        if self._staff.midi.playing(job_id):
            score = arrange(made.content)
            self._staff.midi.replace(score.clip(self._map(score)), job_id)
        return made

    def _note(self, job: Job, made: Delivery) -> None:
        try:
            self._staff.store.note(job, manifest=str(made.manifest), midi=str(made.midi))
        except JobMoved:  # deleted meanwhile: the files are there all the same
            return

    def heard(self, job_id: str) -> Path:
        """Where the notes of a job are, those of its draft too."""
        job = self._staff.store.get(job_id)
        if not job.manifest:
            raise _nothing_yet(job)
        return Path(job.manifest)

    def _finished(self, job_id: str) -> Job:
        job = self._staff.store.get(job_id)
        if job.state in ACTIVE:
            raise Rejected("job_active", f"{job.name} is still being worked on; correct it when it is done.")
        if not job.manifest:
            raise _nothing_yet(job)
        return job

    def _map(self, score: Score) -> DrumMap:
        return drum_map(score.options.drum_map, self._manners.desk.drum_maps)


def _nothing_yet(job: Job) -> Rejected:
    end = f": {job.reason}" if job.reason else "."
    return Rejected("no_result", f"There are no notes of {job.name} yet; it is {job.state}{end}")


def _tapped(manifest: Path, taps: Taps, desk: Desk) -> Json:
    score = arrange(desk.recent.load(manifest))
    onsets = sorted([hit.onset for hit in score.hits] or [note.onset for part in score.notes.values() for note in part])
    return {"settings": {"grid": told(taps, Song(score.grid, onsets, score.duration))}}


def _question(asker: Asker) -> str:
    return f"{asker.client} {asker.id!r}"
