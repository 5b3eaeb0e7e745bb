"""Admission of work: a request becomes a queued job here, or is rejected with a code and a sentence."""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from daemon.errors import JobMoved, Rejected
from daemon.events import Done, EventBus, Queued
from daemon.jobs.job import ACTIVE, Fingerprint, Job, Priority, State
from daemon.jobs.store import JobStore
from daemon.outlets.naming import MANIFEST, digest_of
from daemon.pipeline.audio.probe import Limits, Probe, probe
from daemon.pipeline.options import Options
from daemon.pipeline.records import RATE, Part
from daemon.pipeline.tempo_settings import lift_tempo, replaced_tempo

MEGABYTE = 1_000_000
SPARE_BYTES = 200 * MEGABYTE  # bytes that stay free on the disk whatever a song needs

_BYTES_PER_SECOND = RATE * 2 * 4
_KIT_STEMS = 5


@dataclass(frozen=True, slots=True)
class AdmissionSettings:
    """The admission settings of this machine: `check` raises Rejected for options that nothing here answers to.

    `cache` is where finished stages go, `draft` whether drafts are made at all.
    """

    cache: Path
    limits: Limits
    defaults: Options
    draft: bool
    check: Callable[[Options], None]


class Admission:
    """Used by every inlet, from any thread. `clock` gives seconds since 1970, `look` looks into a file like `probe`."""

    def __init__(
        self,
        settings: AdmissionSettings,
        store: JobStore,
        bus: EventBus,
        clock: Callable[[], float] = time.time,
        look: Callable[[Path, Limits], Probe] = probe,
    ) -> None:
        self._settings = settings
        self._look = look
        self._store = store
        self._bus = bus
        self._clock = clock

    @property
    def defaults(self) -> Options:
        """What holds where a request says nothing."""
        return self._settings.defaults

    def set_defaults(self, defaults: Options) -> None:
        """From now on; jobs that were admitted before keep theirs."""
        self._settings = replace(self._settings, defaults=defaults)

    def admit(
        self, path: str | Path, given: Mapping[str, Any], priority: Priority = Priority.WAITING, *, again: bool = False
    ) -> Job:
        """The job that does it: a new one, or the one that does the same already. `given` goes over the settings.

        With `again` it is done once more, although it was done before.

        Raises Rejected: relative_path, bad_option, no_part, disk_full, and whatever `probe` refuses.
        """
        source, options, about = self._read(path, given)
        fingerprint = _fingerprint(source)
        duplicate = self._store.find_duplicate(fingerprint, options, ACTIVE)
        if duplicate is not None and _is_of_content(duplicate, source):
            return self._raise_priority(duplicate, priority)
        self._require_room(about, options)
        return self._create_job(fingerprint, options, priority, again)

    def check(self, path: str | Path, given: Mapping[str, Any]) -> None:
        """Raises Rejected as `admit` does; nothing else comes of it."""
        _, options, about = self._read(path, given)
        self._require_room(about, options)

    def _read(self, path: str | Path, given: Mapping[str, Any]) -> tuple[Path, Options, Probe]:
        source = _require_absolute(path)
        options = self._options(given)
        return source, options, self.probe(source)

    def probe(self, path: Path) -> Probe:
        """What the file holds. Raises Rejected."""
        return self._look(path, self._settings.limits)

    def _options(self, given: Mapping[str, Any]) -> Options:
        options = Options.read(merge_options(self._settings.defaults.model_dump(), given))
        self._settings.check(options)
        return options

    def _raise_priority(self, job: Job, priority: Priority) -> Job:
        """The job that is there already, before others if now a person waits for it."""
        if priority >= job.priority:
            return job
        try:
            return self._store.update(job, priority=priority)
        except JobMoved:
            return self._store.get(job.id)

    def _require_room(self, about: Probe, options: Options) -> None:
        """Disk space for the stages of one song: its sound, the stems, and the kit."""
        stems = 6 if options.stems else 1 + len(options.pitched_parts)
        need = int((about.seconds or 0.0) * _BYTES_PER_SECOND * (1 + stems + _KIT_STEMS)) + SPARE_BYTES
        free = shutil.disk_usage(_nearest_folder(self._settings.cache)).free
        if free < need:
            raise Rejected(
                "disk_full",
                f"{about.path.name} needs {need // MEGABYTE} MB in {self._settings.cache} and "
                f"{free // MEGABYTE} MB are free. "
                "Make some room, or set folders.cache to another disk.",
            )

    def _create_job(self, source: Fingerprint, options: Options, priority: Priority, again: bool) -> Job:
        """A new job. What was done before and still lies there is over at once, unless it is wanted `again`."""
        draft = self._settings.draft and _wants_draft(source, options)
        fresh = Job(secrets.token_hex(6), source, options, priority, self._clock(), draft=draft)
        before = None if again else self._store.find_duplicate(source, options, (State.DONE,))
        if before is not None and _has_current_files(before) and before.digest == digest_of(before.path):
            fresh = replace(before, id=fresh.id, priority=priority, created=fresh.created)
        job = self._store.add(fresh)
        self._bus.publish(Queued(job.id, source.path))
        if job.state is State.DONE:
            self._bus.publish_remarks(job.id, job.remarks)
            self._bus.publish(Done(job.id, 0, job.manifest, job.midi))
        return job


def merge_options(defaults: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` over `defaults`; of a nested setting only the named parts change, and a tempo takes another's place."""
    given = lift_tempo(given)
    nested = {
        name: {**defaults[name], **value}
        for name, value in given.items()
        if isinstance(value, dict) and isinstance(defaults.get(name), dict)
    }
    replaced = {name: None for name in replaced_tempo(given) if name in defaults}
    return {**defaults, **replaced, **given, **nested}


def _require_absolute(path: str | Path) -> Path:
    found = Path(path)
    if not found.is_absolute():
        raise Rejected("relative_path", f"{str(path)!r} is not an absolute path. Send the whole path of the file.")
    return found


def _fingerprint(path: Path) -> Fingerprint:
    try:
        return Fingerprint.of(path)
    except OSError as error:
        raise Rejected("missing", f"{path} cannot be found ({error.strerror}). It was there a moment ago.") from None


def _nearest_folder(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _wants_draft(source: Fingerprint, options: Options) -> bool:
    """A full mix that nobody has heard yet: what lies there from before is better than a draft."""
    path = Path(source.path)
    wanted = options.draft and options.input == "mix" and Part.DRUMS in options.parts
    return wanted and not path.with_name(path.stem + MANIFEST).exists()


def _is_of_content(job: Job, source: Path) -> bool:
    """Whether an active job is about what lies there now. A take may be replaced by one of the same size and time.

    A job that waits reads the file when its turn comes.
    """
    if not job.digest:
        return job.state is State.QUEUED or _changed_before(source, job.changed)
    return job.digest == digest_of(source)


def _changed_before(source: Path, when: float) -> bool:
    """By the time that no program can set. Windows has none: there the moment that the job reads the file is short."""
    try:
        return os.name == "nt" or source.stat().st_ctime <= when
    except OSError:
        return False


def _has_current_files(job: Job) -> bool:
    """Its files are there, and nobody but this job has written the manifest since."""
    try:
        return Path(job.midi).is_file() and Path(job.manifest).stat().st_mtime <= job.changed
    except OSError:
        return False
