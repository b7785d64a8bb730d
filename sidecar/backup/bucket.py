"""Backups in a bucket of an S3-compatible store. Imported late: its package is an extra."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from pydantic import AnyHttpUrl, TypeAdapter, ValidationError

from sidecar.backup.failure import BackupFailed, disk_errors_as
from sidecar.backup.shelf import Shelf

if TYPE_CHECKING:
    from obstore.store import S3Config

_PART: Final = 8 << 20
_PARTS: Final = 9_000  # S3 takes 10,000
_AT_ONCE: Final = 4
_CHUNK: Final = 1 << 20
# For one part on a slow line; what cannot be reached at all is given up after four tries.
_PATIENCE: Final = timedelta(minutes=5)
_TRIES: Final = 3
_BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ADDRESS: Final = TypeAdapter(AnyHttpUrl)


@dataclass(frozen=True)
class Access:
    """How a store is reached; no endpoint is AWS, no key is what AWS' variables and roles give."""

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str


class Bucket(Shelf):
    """`place` is the name of a bucket, or goes on with a folder in it: `bucket/folder`."""

    def __init__(self, work: Path, place: str, access: Access) -> None:
        super().__init__(work)
        self._place = place.strip("/")
        self._store = _open(self._place, access)

    def address(self, name: str) -> str:
        return f"s3://{self._place}/{name}"

    def sizes(self) -> dict[str, int]:
        with self._errors_as("cannot be listed"):
            found = obstore.list_with_delimiter(self._store)["objects"]
        return {meta["path"]: meta["size"] for meta in found}

    def put(self, file: Path, name: str) -> None:
        size = file.stat().st_size
        with self._errors_as(f"did not take {name}"):
            part = max(_PART, size // _PARTS)
            obstore.put(self._store, name, file, chunk_size=part, max_concurrency=_AT_ONCE)
            stored = obstore.head(self._store, name)["size"]
        if stored != size:
            raise BackupFailed(
                f"{self.address(name)} has another size than was sent. Make another backup."
            )

    def fetch(self, name: str, into: Path) -> Path:
        target = into / "fetched"
        with (
            disk_errors_as(f"{target} cannot be written"),
            target.open("xb") as file,
            self._errors_as(f"did not give {name}"),
        ):
            for chunk in obstore.get(self._store, name).stream(min_chunk_size=_CHUNK):
                file.write(chunk)
        return target

    def read(self, name: str) -> str:
        with self._errors_as(f"did not give {name}"):
            return bytes(obstore.get(self._store, name).bytes()).decode("utf-8", "replace")

    def write(self, name: str, text: str) -> None:
        with self._errors_as(f"did not take {name}"):
            obstore.put(self._store, name, text.encode())

    def remove(self, name: str) -> None:
        with self._errors_as(f"did not remove {name}"):
            obstore.delete(self._store, name)

    @contextmanager
    def _errors_as(self, what: str) -> Iterator[None]:
        """Say what failed and what to look at; the store's own words may quote a request."""
        failed = f"The bucket {self._place} {what}"
        try:
            yield
        except FileNotFoundError as exc:
            raise BackupFailed(
                f"{failed}: it is not there. `opensync backup list` shows what is."
            ) from exc
        except (PermissionDeniedError, UnauthenticatedError) as exc:
            raise BackupFailed(
                f"{failed}: the store refuses the key. Check OPENSYNC_BACKUP_ACCESS_KEY_ID and "
                "OPENSYNC_BACKUP_SECRET_ACCESS_KEY, and what the key may do."
            ) from exc
        except BaseError as exc:
            raise BackupFailed(
                f"{failed}. Check OPENSYNC_BACKUP_BUCKET, _ENDPOINT, _REGION and the keys, and "
                "whether this machine reaches the store."
            ) from exc


def _open(place: str, access: Access) -> S3Store:
    bucket, _, folder = place.partition("/")
    # The library panics at some that are none.
    if not _BUCKET.fullmatch(bucket):
        raise BackupFailed(
            f"OPENSYNC_BACKUP_BUCKET is {place}, which is no name of a bucket. Set one such as "
            "my-bucket or my-bucket/folder."
        )
    config: S3Config = {}
    if access.region:
        config["region"] = access.region
    if access.endpoint:
        config["endpoint"] = _checked(access.endpoint)
    if access.access_key_id:
        config["access_key_id"] = access.access_key_id
        config["secret_access_key"] = access.secret_access_key
    return S3Store(
        bucket,
        prefix=folder or None,
        config=config,
        client_options={
            "allow_http": access.endpoint.startswith("http:"),
            "timeout": _PATIENCE,
        },
        retry_config={"max_retries": _TRIES, "retry_timeout": _PATIENCE},
    )


def _checked(endpoint: str) -> str:
    try:
        return str(_ADDRESS.validate_python(endpoint)).rstrip("/")
    except ValidationError as exc:
        raise BackupFailed(
            "OPENSYNC_BACKUP_ENDPOINT is no address. Set one such as https://s3.example.org."
        ) from exc
