"""How much the user keeps and, for administrators, how much everybody does."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from sidecar.api.http import Auth, Call, Endpoint, json_response
from sidecar.domain.storage import QDRANT_ADVISED

_BYTES = "Of texts and vectors; the database needs more for what is around them."


class CollectionOut(BaseModel):
    name: str = Field(
        description="`searchIndex` is the full-text index; `trash` has a row a session."
    )
    rows: int
    bytes: int = Field(description=_BYTES)


class AmountOut(BaseModel):
    sessions: int
    messages: int
    parts: int
    bytes: int = Field(description=_BYTES)


class WeekOut(AmountOut):
    start: int = Field(description="Monday, midnight UTC, Unix ms.")


class LargeProjectOut(AmountOut):
    name: str = Field(description="The path where there is no name; empty where neither is known.")


class LargeSessionOut(BaseModel):
    id: str
    title: str
    project: str
    messages: int
    parts: int
    bytes: int = Field(description=_BYTES)


class VectorsOut(BaseModel):
    count: int
    index: Literal["files", "qdrant", "off"]
    qdrantAdvised: int = Field(description="From how many vectors on a Qdrant server pays.")


class UserStorageOut(AmountOut):
    id: str
    name: str
    email: str
    vectors: int


class TableOut(BaseModel):
    name: str
    bytes: int = Field(description="In the file, with its indexes.")


class BackupsOut(BaseModel):
    count: int
    bytes: int
    newest: int | None = Field(description="Unix ms; null: there is none.")


class BackupRunsOut(BaseModel):
    """How backups go. Times are Unix ms, null for never."""

    everyHours: float = Field(description="0: the sidecar makes none by itself.")
    running: bool
    succeeded: int | None
    failed: int | None = Field(description="Null where a backup was made since.")
    reason: str = Field(description="Why the last attempt failed; else empty.")
    next: int | None


class SpoolOut(BaseModel):
    """Sync requests that PocketBase has not taken yet, or refuses."""

    waiting: int
    bytes: int
    since: int | None = Field(description="When the oldest that waits came in, Unix ms.")
    setAside: int = Field(description="`opensync spool status` lists them with the reason.")
    setAsideBytes: int


class DiskOut(BaseModel):
    total: int
    free: int


class ServerStorageOut(BaseModel):
    """The whole server. Sizes are those of files, in bytes."""

    measuredAt: int
    database: int
    free: int = Field(description="Of the database: pages that new rows will fill.")
    wal: int = Field(description="Written, but not yet moved into the database file.")
    logs: int = Field(description="PocketBase's own log.")
    index: int = Field(description="The vector index in the data folder.")
    backups: BackupsOut | None = Field(description="null where they cannot be listed.")
    backupRuns: BackupRunsOut
    spool: SpoolOut
    disk: DiskOut | None = Field(description="null where the sidecar cannot see that disk.")
    tables: list[TableOut]
    users: list[UserStorageOut]


class StorageOut(BaseModel):
    """What the user keeps, measured at most a minute ago."""

    measuredAt: int = Field(description="Unix ms.")
    collections: list[CollectionOut]
    weeks: list[WeekOut] = Field(description="What is here now, by the week it came in.")
    sessions: list[LargeSessionOut] = Field(description="The 20 largest.")
    projects: list[LargeProjectOut] = Field(description="The 20 largest.")
    vectors: VectorsOut
    server: ServerStorageOut | None = Field(description="For administrators, else null.")


async def storage(call: Call) -> Response:
    context, principal = call.context, call.principal
    found = await context.storage.of(principal.user)
    is_admin = context.settings.admin_group in principal.groups
    vectors = {
        "count": found["vectors"],
        "index": _index(call),
        "qdrantAdvised": QDRANT_ADVISED,
    }
    server = None
    if is_admin:
        runs = asdict(context.backup.state)
        spool = context.spool.state.counts.shown()
        server = {**await context.storage.all(), "backupRuns": runs, "spool": spool}
    return json_response({**found, "vectors": vectors, "server": server})


def _index(call: Call) -> Literal["files", "qdrant", "off"]:
    if call.context.embedding.space is None:
        return "off"
    return "qdrant" if call.context.settings.qdrant_url else "files"


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/storage",
        storage,
        "Measure what is stored",
        Auth.PERSON,
        "Storage",
        StorageOut,
        errors=(401, 403, 503),
        description="Administrators also get files, tables and users of the whole server.",
    ),
)
