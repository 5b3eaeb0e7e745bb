"""Songs from the web, by yt-dlp where it is installed. It runs in a process of its own and gets one address."""

import importlib.util
import ipaddress
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi.concurrency import run_in_threadpool

from daemon.errors import Rejected
from daemon.inlets.http import schemas, uploads
from daemon.inlets.http.context import HttpContext

DOWNLOAD_TIMEOUT = 600.0  # seconds for a download


async def create_job(url: str, options: dict[str, Any], context: HttpContext) -> schemas.JobView:
    """The job for the song at `url`, once it is here. Raises Rejected (no_url, bad_url)."""
    return await run_in_threadpool(_create_job, url, options, context)


def _create_job(url: str, options: dict[str, Any], context: HttpContext) -> schemas.JobView:
    require_public(url)
    if importlib.util.find_spec("yt_dlp") is None:
        raise Rejected("no_url", "Songs from the web need yt-dlp. Add it with: pip install 'sidestick[url]'.")
    folder = context.settings.folders.uploads
    with uploads.temporary_folder(folder) as fresh:
        fetched = _download(url, fresh, context)
        return uploads.admit_upload(context, fetched, fetched.name, options)


def require_public(url: str) -> None:
    """An address on the open web. sidestick must not be a way into the network that it runs in."""
    host = _host(url)
    if not host:
        raise Rejected("bad_url", f"{url!r:.100} is not an address of the web. It begins with https://.")
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, ValueError):
        raise Rejected("bad_url", f"{host} cannot be found. Check the address and your connection.") from None
    if not all(ipaddress.ip_address(address.partition("%")[0]).is_global for address in found):
        raise Rejected("bad_url", f"{host} is not on the open web. Download the song and drop the file.")


def _host(url: str) -> str:
    """'' for what is no address of the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme in ("http", "https") else ""


def _download(url: str, folder: Path, context: HttpContext) -> Path:
    try:
        done = subprocess.run(
            _command(url, folder, context), capture_output=True, timeout=DOWNLOAD_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Rejected("bad_url", f"{url} did not arrive within {DOWNLOAD_TIMEOUT / 60:.0f} minutes.") from None
    files = [path for path in folder.iterdir() if path.is_file()]
    if done.returncode or len(files) != 1:
        stderr = done.stderr.decode(errors="replace").strip().splitlines()
        reason = stderr[-1].removeprefix("ERROR: ")[:200] if stderr else "there is no song"
        raise Rejected("bad_url", f"{url} gave no song ({reason}).")
    return files[0]


def _command(url: str, folder: Path, context: HttpContext) -> list[str]:
    limit = int(context.settings.limits.max_gigabytes * (1 << 30))
    given = ("--ignore-config", "--no-playlist", "--no-progress", "--no-mtime", "--no-cache-dir", "--quiet")
    which = ("--format", "bestaudio/best", "--max-filesize", str(limit))
    target = ("--paths", str(folder), "--output", "%(title).80B.%(ext)s")
    return [sys.executable, "-m", "yt_dlp", *given, *which, *target, "--", url]
