"""Songs from the web, by yt-dlp where it is installed. It runs in a process of its own and gets one address."""

import importlib.util
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter

from daemon.child_process import module_command
from daemon.errors import Rejected
from daemon.extras import install_command
from daemon.inlets.http import schemas, uploads
from daemon.inlets.http.context import HttpContext
from daemon.inlets.http.fetch_song import DISK_FULL, SongRequest, is_public

DOWNLOAD_TIMEOUT = 600.0  # seconds for a download
SMUGGLED = "__youtubedl_smuggle"  # what yt-dlp's own parts tell each other in an address: headers, other extractors
TRUSTED: tuple[str, ...] = ()  # addresses that may be asked although they are not on the open web


async def create_job(url: str, options: dict[str, Any], context: HttpContext) -> schemas.JobView:
    """The job for the song at `url`, once it is here. Raises Rejected (no_url, bad_url)."""
    return await run_in_threadpool(_create_job, url, options, context)


def _create_job(url: str, options: dict[str, Any], context: HttpContext) -> schemas.JobView:
    require_public(url)
    if not is_there():
        reason = f"Songs from the web need yt-dlp. Add it with: {install_command(['url'])}"
        raise Rejected("no_url", reason)
    folder = context.settings.folders.uploads
    with uploads.temporary_folder(folder) as fresh:
        fetched = _download(url, fresh, context)
        return uploads.admit_upload(context, fetched, fetched.name, options)


def is_there() -> bool:
    """Whether yt-dlp is installed."""
    return importlib.util.find_spec("yt_dlp") is not None


def require_public(url: str) -> None:
    """An address on the open web. sidestick must not be a way into the network that it runs in.

    It is a first look, for a clear answer: the download process looks again at each address that it connects to.
    """
    host = _host(url)
    if not host or SMUGGLED in url:
        raise Rejected("bad_url", f"{url!r:.100} is not an address of the web. It begins with https://.")
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, ValueError):
        raise Rejected("bad_url", f"{host} cannot be found. Check the address and your connection.") from None
    if not all(is_public(address) or address in TRUSTED for address in found):
        raise Rejected("bad_url", f"{host} is not on the open web. Download the song and drop the file.")


def _host(url: str) -> str:
    """'' for what is no address of the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme in ("http", "https") else ""


def _download(url: str, folder: Path, context: HttpContext) -> Path:
    limit = int(context.settings.limits.max_gigabytes * (1 << 30))
    request = TypeAdapter(SongRequest).dump_json(SongRequest(url, folder, limit, TRUSTED))
    command = module_command("daemon.inlets.http.fetch_song")
    try:
        status, reason = context.downloads.run(command, request, DOWNLOAD_TIMEOUT, folder)
    except subprocess.TimeoutExpired:
        raise Rejected("bad_url", f"{url} did not arrive within {DOWNLOAD_TIMEOUT / 60:.0f} minutes.") from None
    if status == DISK_FULL:
        reason = f"The song could not be kept in {folder.parent}: the disk is full; make some room and try again."
        raise Rejected("disk_full", reason)
    files = [path for path in folder.iterdir() if path.is_file()]
    if status or len(files) != 1:
        said = reason.removeprefix("ERROR: ")[:200] or "there is no song"
        raise Rejected("bad_url", f"{url} gave no song ({said}).")
    return files[0]
