"""Songs that come over the wire: straight to the disk, each in a folder of its own, under a name that is no path.

An upload lies in `folders.uploads`/NAME/, with its outputs beside it, until somebody removes it there or deletes its
job with its files. What is cut off, refused or no song leaves nothing behind.
"""

import errno
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, RootModel
from starlette.requests import ClientDisconnect

from daemon.errors import DiskFailed, Rejected, SidestickError
from daemon.files import TEMPORARY, describe_os_error, is_full, write_atomically
from daemon.inlets.http import job_view, schemas, system_bin
from daemon.inlets.http.context import HttpContext
from daemon.inlets.http.errors import read_body
from daemon.inlets.http.multipart import UploadForm
from daemon.jobs.job import Job
from daemon.outlets.manifest import Manifest
from daemon.outlets.naming import MANIFEST, digest_of

MOST_SONGS = 100  # of one request
STALE = 86400.0  # seconds; what an upload left behind that was never finished

_AT_A_TIME = 1 << 20  # bytes given to the disk at once
_FORM_ROOM = 1 << 20  # bytes of a form that are not its file
_RECORD = ".received.json"
_LONGEST = 120  # bytes of a name, so that the outputs' names fit too
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\/\u2028-\u202e\u2066-\u2069]')
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{kind}{n}" for kind in ("COM", "LPT") for n in range(10))}


class _UploadOptions(RootModel[dict[str, Any]]):
    """Options are a JSON object; what stands in it is admission's to check."""


async def receive_upload(request: Request, context: HttpContext) -> schemas.JobView:
    """The job for the one song of a form. Raises Rejected (bad_upload, cut_off, too_big, disk_full, ...)."""
    limit = int(context.settings.limits.max_gigabytes * (1 << 30))
    _check_length(request, limit)
    folder = context.settings.folders.uploads
    with temporary_folder(folder) as fresh:
        form = UploadForm(request.headers["content-type"], fresh, limit)
        await _receive(request, form)
        options = read_body(_UploadOptions, form.options or "{}").root
        return await run_in_threadpool(admit_upload, context, form.path, form.name, options)


async def receive_uploads(request: Request, context: HttpContext) -> schemas.BatchView:
    """A job for each song of a form, all with the same options; what is refused is told by name."""
    limit = int(context.settings.limits.max_gigabytes * (1 << 30))
    _check_length(request, MOST_SONGS * limit)
    with temporary_folder(context.settings.folders.uploads) as fresh:
        form = UploadForm(request.headers["content-type"], fresh, limit, MOST_SONGS)
        await _receive(request, form)
        options = read_body(_UploadOptions, form.options or "{}").root
        return await run_in_threadpool(_admit_uploads, context, form.songs, options)


def _admit_uploads(
    context: HttpContext, songs: Sequence[tuple[Path, str]], options: dict[str, Any]
) -> schemas.BatchView:
    made, refused = [], []
    for path, name in songs:
        try:
            made.append(admit_upload(context, path, name, options))
        except Rejected as error:
            refused.append(schemas.RefusedSong(name=name, code=error.code, text=error.reason))
    return schemas.BatchView(jobs=made, refused=refused)


def list_files(job: Job, uploads: Path, has_other_job: Callable[[Job], bool]) -> schemas.JobFilesView:
    """The files of a job by what becomes of them when it is forgotten with its files."""
    removable = _removable(job, uploads, has_other_job)
    files = [job.path]
    if job.manifest:
        manifest = Path(job.manifest)
        with suppress(SidestickError):
            files += [manifest.parent / output.path for output in Manifest.load(manifest).outputs]
        files.append(manifest)
    there = [path for path in files if path.is_file()]
    kept = [str(path) for path in there if path not in removable]
    return schemas.JobFilesView(
        kept=kept, removable=[str(path) for path in there if path in removable], bin=system_bin.has_bin()
    )


def remove(job: Job, uploads: Path, has_other_job: Callable[[Job], bool]) -> str:
    """What was received for a job and what sidestick wrote beside it, file by file, unless another job needs it.

    What was not uploaded, was changed since or came from somebody else stays, and so does a folder that is not empty.
    To the system's bin where there is one. Returns what became of it, in words.
    """
    folder, received = job.path.parent, _received_file(job, uploads, has_other_job)
    if received is None:
        return "no file was removed"
    removable = _removable(job, uploads, has_other_job)
    binned = [system_bin.discard(path) for path in removable]
    _unlink(folder / _RECORD)
    for place in (*{path.parent for path in removable} - {folder}, folder):
        with suppress(OSError):
            place.rmdir()
    if folder.exists():
        _write_record(folder, received)
    where = "to the system's bin" if binned and all(binned) else "for good"
    return f"{len(removable)} files went {where}"


def _removable(job: Job, uploads: Path, has_other_job: Callable[[Job], bool]) -> list[Path]:
    """What was received for a job, and what was written beside it and is as it was; nothing that is not an upload."""
    received = _received_file(job, uploads, has_other_job)
    if received is None:
        return []
    folder = job.path.parent
    written = [entry for manifest in folder.glob(f"*{MANIFEST}") for entry in _written_for(job.path, manifest)]
    inside = folder.resolve()
    files = [*written, (job.path, received.sha256)]
    return [path for path, sha256 in files if path.resolve().is_relative_to(inside) and digest_of(path) == sha256]


class _ReceivedFile(BaseModel):
    """What was received into a folder that was made for it."""

    name: str
    sha256: str


def _read_record(folder: Path) -> _ReceivedFile | None:
    try:
        return _ReceivedFile.model_validate_json((folder / _RECORD).read_bytes())
    except (OSError, ValueError):
        return None


def _received_file(job: Job, uploads: Path, has_other_job: Callable[[Job], bool]) -> _ReceivedFile | None:
    """What was received for this job alone."""
    received = _read_record(job.path.parent) if job.path.parent.parent == uploads else None
    return received if received and received.name == job.name and not has_other_job(job) else None


def _write_record(folder: Path, received: _ReceivedFile) -> None:
    with suppress(SidestickError):
        write_atomically(folder / _RECORD, received.model_dump_json().encode())


def _written_for(song: Path, manifest: Path) -> Iterator[tuple[Path, str]]:
    """Every file that `manifest` names as written for `song`, itself too unless it was edited, with the digests."""
    try:
        found = Manifest.load(manifest)
    except SidestickError:
        return
    if found.source.name == song.name and found.source.folder == ".":
        yield from ((manifest.parent / output.path, output.sha256) for output in found.outputs)
        if not found.is_edited:
            yield manifest, digest_of(manifest)


def _unlink(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def sweep(folder: Path, clock: Callable[[], float] = time.time) -> None:
    """Remove what a sidestick that was killed had not received whole."""
    for path in folder.glob(f"{TEMPORARY}*"):
        with suppress(OSError):
            if clock() - path.stat().st_mtime > STALE:
                shutil.rmtree(path)


def safe_name(text: str) -> str:
    """A file's name that every disk takes and that leads nowhere: the end of `text`, without what could."""
    last = PureWindowsPath(PurePath(text).name).name
    clean = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", last.encode(errors="replace").decode())).strip(". ")
    stem, dot, ending = clean.rpartition(".")
    stem, ending = (stem, dot + ending[:10]) if dot and stem else (clean, "")
    stem = stem.encode()[: _LONGEST - len(ending.encode())].decode(errors="ignore").strip(". ")
    return f"{'_' if stem.partition('.')[0].upper() in _RESERVED else ''}{stem or 'song'}{ending}"


@contextmanager
def temporary_folder(folder: Path) -> Iterator[Path]:
    """A hidden folder that is gone in the end."""
    fresh = folder / f"{TEMPORARY}{secrets.token_hex(6)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.mkdir(mode=0o700)
        yield fresh
    except OSError as error:
        raise _folder_refusal(folder, error) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _folder_refusal(folder: Path, error: OSError) -> Rejected:
    code = "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "no_folder"
    return Rejected(code, f"The upload could not be kept in {folder}: {describe_os_error(error)}.")


def _check_length(request: Request, limit: int) -> None:
    """What is known to be too long need not be sent at all."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit + _FORM_ROOM:
        raise too_big(limit)


def too_big(limit: int) -> Rejected:
    text = f"That is more than {limit // 1_000_000} MB. Save it as FLAC, cut it, or raise limits.max_gigabytes."
    return Rejected("too_big", text)


async def _receive(request: Request, form: UploadForm) -> None:
    gathered = bytearray()
    try:
        async for chunk in request.stream():
            gathered += chunk
            if len(gathered) >= _AT_A_TIME:
                await run_in_threadpool(form.feed, bytes(gathered))
                gathered.clear()
        await run_in_threadpool(form.feed, bytes(gathered))
        await run_in_threadpool(form.finish)
    except ClientDisconnect:
        raise Rejected("cut_off", "The upload was cut off. Send the file again.") from None
    finally:
        form.close()


def admit_upload(context: HttpContext, received: Path, name: str, options: dict[str, Any]) -> schemas.JobView:
    """The job for a song that was received, in its own folder now. Raises Rejected, and then the song is gone."""
    path, new = _move_to_folder(received, safe_name(name), context.settings.folders.uploads)
    try:
        return job_view.view_job(context, context.core.process(path, options))
    except SidestickError:
        if new:
            shutil.rmtree(path.parent, ignore_errors=True)
        raise


def _move_to_folder(received: Path, name: str, folder: Path) -> tuple[Path, bool]:
    """Where the song lies from now on, and whether it is new: the same song under the same name is not kept twice."""
    digest = digest_of(received)
    for number in count(1):
        home = folder / (PurePath(name).stem if number == 1 else f"{PurePath(name).stem} {number}")
        if (home / name).is_file() and digest_of(home / name) == digest:
            return home / name, False
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
            _fill_folder(home, received, _ReceivedFile(name=name, sha256=digest))
            return home / name, True
    raise AssertionError


def _fill_folder(home: Path, song: Path, received: _ReceivedFile) -> None:
    """The record first: without it the song would never go. Raises Rejected or OSError, with no folder left."""
    try:
        write_atomically(home / _RECORD, received.model_dump_json().encode())
        os.replace(song, home / received.name)  # noqa: PTH105
    except DiskFailed as error:
        shutil.rmtree(home, ignore_errors=True)
        raise Rejected("disk_full" if is_full(error) else "no_folder", str(error)) from None
    except OSError:
        shutil.rmtree(home, ignore_errors=True)
        raise
