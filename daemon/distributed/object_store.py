"""An object store by its address: `s3://`, `gs://`, `az://` or a folder as `file://`. obstore does the work.

An object is written whole or not at all. Keys and passwords come from the environment, as each provider names them:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, GOOGLE_SERVICE_ACCOUNT, AZURE_STORAGE_ACCOUNT_KEY ...
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from daemon.errors import ObjectStoreFailed, Rejected
from daemon.extras import install_command

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Backend

SCHEMES = ("s3", "gs", "az", "file")

_RETRY_SECONDS = 20.0  # a store that is away for longer fails the call; the task comes again; chosen by hand
_BLOCK = 1 << 20  # bytes of a download in memory


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object: `path` below the store's address, bytes, and when it was written."""

    path: str
    size: int
    modified: datetime


class ObjectStore:
    """All objects below `address`. Paths are relative, with `/` between their parts.

    Methods raise ObjectStoreFailed when the store does not answer or refuses.
    """

    def __init__(self, address: str, backend: "Backend") -> None:
        self.address = address
        self._backend: Any = backend

    def read(self, path: str) -> bytes | None:
        """The bytes of an object; None if there is none."""
        with self._translate_errors(f"reading {path}"):
            try:
                return bytes(self._backend.get(path).bytes())
            except FileNotFoundError:
                return None

    def fetch(self, path: str, target: Path) -> bool:
        """Write an object's bytes to `target`, a block at a time; False if there is no such object."""
        with self._translate_errors(f"reading {path}"):
            try:
                found = self._backend.get(path)
            except FileNotFoundError:
                return False
            with target.open("wb") as file:
                file.writelines(bytes(block) for block in found.stream(min_chunk_size=_BLOCK))
            return True

    def exists(self, path: str) -> bool:
        with self._translate_errors(f"looking for {path}"):
            try:
                self._backend.head(path)
            except FileNotFoundError:
                return False
            return True

    def write(self, path: str, content: bytes | Path) -> None:
        """Write an object, over an older one. A file goes up in parts."""
        self._write(path, content)

    def write_new(self, path: str, content: bytes) -> bool:
        """Write an object if there is none of that name (If-None-Match); whether this call did.

        Of several that write at once exactly one does.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            self._write(path, content, mode="create")
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def delete(self, *paths: str) -> None:
        """Remove objects; those that are gone already are no error."""
        with self._translate_errors("deleting"):
            for path in paths:
                try:
                    self._backend.delete(path)
                except FileNotFoundError:
                    continue

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        """The objects below `prefix` in the order of their paths, those behind `after` alone."""
        with self._translate_errors(f"listing {prefix}"):
            for block in self._backend.list(prefix or None, offset=after or None):
                for each in sorted(block, key=lambda found: found["path"]):
                    yield ObjectInfo(each["path"], each["size"], each["last_modified"])

    def _write(self, path: str, content: bytes | Path, **how: str) -> None:
        with self._translate_errors(f"writing {path}"):
            self._backend.put(path, content, **how)

    @contextmanager
    def _translate_errors(self, doing: str) -> Iterator[None]:
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, PermissionError, FileNotFoundError) as error:
            reason = describe_store_error(str(error))
            raise ObjectStoreFailed(f"The store {self.address} failed while {doing}: {reason}") from error


def describe_store_error(text: str) -> str:
    """What a musician's administrator can do about an error of a store: the cause in its first line, and a remedy."""
    known = {
        "InvalidAccessKeyId": "its access key is not known there; set AWS_ACCESS_KEY_ID.",
        "SignatureDoesNotMatch": "its secret key is wrong; set AWS_SECRET_ACCESS_KEY.",
        "AccessDenied": "these keys may not do that; allow reading, writing, listing and deleting.",
        "ExpiredToken": "its keys have expired; set new ones.",
        "NoSuchBucket": "there is no such bucket; make it, or name another.",
        "RequestTimeTooSkewed": "this machine's clock is wrong; set it by network time.",
    }
    for sign, sentence in known.items():
        if sign in text:
            return sentence
    if any(sign in text.lower() for sign in ("connect", "dns", "timed out", "builder error")):
        return "it does not answer; check its address, and AWS_ENDPOINT_URL if it is not at Amazon."
    return text.partition("\n")[0].strip().rstrip(".") + "."


def open_store(address: str) -> ObjectStore:
    """The store of an address. Raises Rejected for an address that is none, or where obstore is missing."""
    if find_spec("obstore") is None:
        reason = f"Object stores need obstore. Add it with: {install_command(['distributed'])}"
        raise Rejected("no_package", reason)
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    scheme, host, path, *_ = urlsplit(address)
    if scheme not in SCHEMES or not (host or (scheme == "file" and path)):
        names = ", ".join(f"{each}://" for each in SCHEMES)
        raise Rejected("bad_store", f"{address!r} is no address of a store. It begins with one of {names}")
    more: dict[str, Any] = {"mkdir": True} if scheme == "file" else _remote_options()
    try:
        return ObjectStore(address.rstrip("/"), from_url(address, **more))
    except (BaseError, ValueError, OSError) as error:
        reason = describe_store_error(str(error))
        raise ObjectStoreFailed(f"The store {address} cannot be opened: {reason}") from error


def _remote_options() -> dict[str, Any]:
    """A store on this machine or in a private network may speak plain HTTP, as its address says."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    return {
        "client_options": {"allow_http": endpoint.startswith("http://"), "timeout": "120s", "connect_timeout": "5s"},
        "retry_config": {"max_retries": 5, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
    }
