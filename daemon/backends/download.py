"""One file over the network: goes on where it stopped, and is verified before it gets its name."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.files import file_digest

if TYPE_CHECKING:
    import http.client

BLOCK = 1 << 18

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class DownloadStream:
    """What a server sends: bytes from `start` on of a file of `total` bytes (None: it does not say)."""

    start: int
    total: int | None
    blocks: Iterator[bytes]


FetchUrl = Callable[[str, int], DownloadStream]


class DownloadError(OSError):
    """What came is not the file that was asked for."""


def fetch_url(url: str, start: int) -> DownloadStream:
    """Ask for the bytes of `url` from `start` on. OSError if it cannot be had."""
    import http.client  # with ssl, which most starts never need
    import urllib.request

    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-", "User-Agent": "sidestick"})
    try:
        response = urllib.request.urlopen(request, timeout=20)
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(str(error)) from error
    begins = start if response.status == 206 else 0
    length = response.headers.get("Content-Length")
    return DownloadStream(begins, begins + int(length) if length else None, _blocks(response))


def _blocks(response: "http.client.HTTPResponse") -> Iterator[bytes]:
    import http.client

    with response:
        try:
            while block := response.read(BLOCK):
                yield block
        except http.client.HTTPException as error:
            raise OSError(f"the connection broke off ({type(error).__name__})") from error


def download(url: str, target: Path, sha256: str, *, fetch: FetchUrl, report: Report) -> None:
    """Bring `url` to `target`. What has come so far stays beside it as .part when anything interrupts."""
    part = target.with_name(target.name + ".part")
    start = part.stat().st_size if part.exists() else 0
    answer = fetch(url, start)
    _append(part, answer, report)
    if answer.total is not None and part.stat().st_size < answer.total:
        raise OSError("the connection broke off; the next try goes on from there")
    if file_digest(part) != sha256:
        part.unlink()
        raise DownloadError("what came is damaged or not the published file")
    part.replace(target)


def _append(part: Path, answer: DownloadStream, report: Report) -> None:
    had = answer.start
    with part.open("r+b" if part.exists() else "wb") as file:
        file.truncate(had)
        file.seek(had)
        for block in answer.blocks:
            file.write(block)
            had += len(block)
            report(min(1.0, had / answer.total) if answer.total else 0.0)
        file.flush()
        os.fsync(file.fileno())


def reason(error: OSError) -> str:
    """Why a download failed, for the middle of a sentence."""
    import urllib.error

    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code}"
    if isinstance(error, urllib.error.URLError):
        return f"no connection ({getattr(error.reason, 'strerror', None) or error.reason})"
    return str(error.strerror or error)
