"""The download process: fetches one song by yt-dlp, and connects to nothing but the open web.

    python -P -m daemon.inlets.http.fetch_song < request.json

The request is one line; once stdin is closed, the download ends. On failure the last line of stderr says why.
What a name means is looked at when it is connected to: a redirect, or a name that changes, leads nowhere else.
"""

import errno
import ipaddress
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from pydantic import TypeAdapter

from daemon.child_process import read_request

DISK_FULL = 3  # exit status
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class SongRequest:
    """`url` goes to `folder`, at most `max_bytes`. `trusted` may be connected to although it is not on the open web."""

    url: str
    folder: Path
    max_bytes: int
    trusted: tuple[str, ...] = ()


def is_public(address: str) -> bool:
    """Whether an IP address, and every one that it stands for, is on the open web."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in _NAT64:
            inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
        if any(each is not None and not each.is_global for each in inner):
            return False
        if found.ipv4_mapped is not None:
            return True
    return found.is_global and not found.is_multicast


def guard_connections(trusted: tuple[str, ...]) -> None:
    """From now on no socket of this process connects to another address than a public one or `trusted`."""
    allowed = {*trusted, *_proxy_addresses()}

    def guard(connect: Callable[..., Any]) -> Callable[..., Any]:
        def connect_checked(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                host = str(address[0])
                if host not in allowed and not is_public(host):
                    raise ConnectionRefusedError(f"{host} is not on the open web")
            return connect(self, address)

        return connect_checked

    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, guard(getattr(socket.socket, name)))


def _proxy_addresses() -> set[str]:
    """Of the proxies that the user has set; they decide themselves what they reach."""
    found = set()
    for url in getproxies().values():
        try:
            host = urlsplit(url if "//" in url else f"//{url}").hostname
            found |= {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)} if host else set()
        except (OSError, ValueError):
            continue
    return found


def options_of(request: SongRequest) -> dict[str, Any]:
    """yt-dlp's options: sound only, whole, by its own downloaders alone, without what the user's files say."""
    return {
        "format": "bestaudio/best",
        "paths": {"home": str(request.folder)},
        "outtmpl": {"default": "%(title).80B.%(ext)s"},
        "noplaylist": True,
        "playlist_items": "1",
        "noprogress": True,
        "updatetime": False,
        "cachedir": False,
        "quiet": True,
        "socket_timeout": 20,
        "retries": 3,
        "hls_prefer_native": True,
        "external_downloader": {"default": "native"},
        "ffmpeg_location": str(request.folder / "none"),  # a program of its own would connect unguarded
        "plugin_dirs": [],
        "progress_hooks": [size_guard(request.max_bytes)],
    }


def size_guard(most: int) -> Callable[[dict[str, Any]], None]:
    """A hook that ends a download at so many bytes, told or come: yt-dlp's own limit trusts what a server tells."""
    from yt_dlp.utils import DownloadError

    def check(status: dict[str, Any]) -> None:
        if max(status.get("downloaded_bytes") or 0, status.get("total_bytes") or 0) > most:
            raise DownloadError(f"it is larger than {most // 1_000_000} MB")

    return check


def main() -> int:
    request = TypeAdapter(SongRequest).validate_json(read_request())
    guard_connections(request.trusted)
    sys.modules["curl_cffi"] = None  # type: ignore[assignment]  # libcurl would connect unguarded
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import YoutubeDLError

    try:
        with YoutubeDL(options_of(request)) as downloader:
            return int(downloader.download([request.url]))
    except YoutubeDLError as error:
        print(str(error).splitlines()[0] if str(error) else type(error).__name__, file=sys.stderr)
        return DISK_FULL if any(f"[Errno {number}]" in str(error) for number in _FULL) else 1


if __name__ == "__main__":
    sys.exit(main())
