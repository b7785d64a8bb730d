"""The index inside this process without its threads: users, the vector file, the snapshot.

One thread may call what writes; any number may call `search` and `count` at the same time.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from sidecar.domain.space import Space
from sidecar.errors import ConfigError
from sidecar.index import snapshot as snapshots
from sidecar.index.base import (
    Entry,
    Hit,
    Scope,
    Stats,
    Vector,
    WrongSpace,
    check_entries,
)
from sidecar.index.codec import HALF, unit
from sidecar.index.codes import MAX_DIMENSIONS, sign_codes, words
from sidecar.index.scan import best
from sidecar.index.searches import Searches
from sidecar.index.snapshot import Part, Snapshot
from sidecar.index.tenant import Tenant
from sidecar.index.vectors import Slots, UnusableFile, VectorFile

logger = structlog.get_logger(__name__)

_SNAPSHOT: Final = "snapshot"
_LOCK: Final = "lock"
_REWRITE_FROM: Final = 4_096  # rows of the vector file no longer named before it is written anew
_PROBES: Final = 32  # rows whose vectors are compared with their codes at the start


class Store:
    """The rows of all users in one space; see `Store.open`."""

    def __init__(self, folder: Path, space: Space) -> None:
        self.space = space
        self.watermark = ""
        self._folder = folder
        self._words = words(space.dimensions)
        self._tenants: dict[str, Tenant] = {}
        self._owners: dict[str, Tenant] = {}  # by id of the row
        self._freed: list[Slots] = []  # since the last save
        self._searches = Searches()
        self._lock = _lock(folder)

    @classmethod
    def open(cls, folder: Path, space: Space) -> Store:
        """Open the index in `folder`, from its snapshot where there is one that can be used.

        Raises ConfigError when another process has it open.
        """
        if not 1 <= space.dimensions <= MAX_DIMENSIONS:
            raise ConfigError(f"An index has 1 to {MAX_DIMENSIONS:,} dimensions, not {space}.")
        folder.mkdir(parents=True, exist_ok=True)
        store = cls(folder, space)
        try:
            store._start()
        except BaseException:
            os.close(store._lock)
            raise
        return store

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries; one whose id is held already replaces it."""
        check_entries(self.space, entries)
        latest = list({entry.id: entry for entry in entries}.values())
        latest.sort(key=lambda entry: entry.user)
        if not latest:
            return
        half = unit(np.stack([entry.vector for entry in latest])).astype(HALF)
        codes, slots = sign_codes(half), self._vectors.append(half)
        start = 0
        for user, group in groupby(latest, key=lambda entry: entry.user):
            chosen = list(group)
            step = slice(start, start + len(chosen))
            start = step.stop
            tenant = self._tenants.get(user)
            if tenant is None:
                tenant = self._tenants[user] = Tenant(self._words, self._vectors)
            self._remove([e.id for e in chosen if self._owners.get(e.id, tenant) is not tenant])
            self._freed.append(tenant.put(chosen, codes[:, step], slots[step]))
            self._owners.update((entry.id, tenant) for entry in chosen)

    def remove(self, ids: Iterable[str]) -> None:
        self._remove(ids)

    def remove_session(self, session: str) -> None:
        for tenant in self._tenants.values():
            self._remove(tenant.of_session(session))

    def remove_user(self, user: str) -> None:
        tenant = self._tenants.pop(user, None)
        if tenant is not None:
            ids = list(tenant.ids)
            self._freed.append(tenant.remove(ids))
            for id in ids:
                del self._owners[id]

    def search(
        self,
        user: str,
        vector: Vector,
        limit: int,
        scope: Scope,
        sessions: Collection[str] | None,
        exclude: Collection[str],
    ) -> list[Hit]:
        """See VectorIndex."""
        if vector.shape != (self.space.dimensions,):
            raise WrongSpace(
                f"The query has the shape {vector.shape}; the index holds {self.space}."
            )
        query = unit(vector)
        tenant = self._tenants.get(user)
        if tenant is None or limit < 1:
            return []
        with self._searches.one():
            view = tenant.view()
            return best(view, query, limit, view.eligible(scope, sessions, exclude))

    def count(self, user: str) -> int:
        tenant = self._tenants.get(user)
        return 0 if tenant is None else len(tenant)

    def ids(self) -> set[str]:
        return set(self._owners)

    def stats(self) -> Stats:
        snapshot = self._folder / _SNAPSHOT
        return Stats(
            model=self.space.model,
            dimensions=self.space.dimensions,
            rows=len(self._owners),
            users=sum(1 for tenant in self._tenants.values() if len(tenant)),
            memory_bytes=sum(tenant.bytes for tenant in self._tenants.values()),
            disk_bytes=self._vectors.disk_bytes
            + (snapshot.stat().st_size if snapshot.exists() else 0),
        )

    def save(self, watermark: str) -> None:
        """Write a snapshot, then wipe or give back what no row names any more."""
        self._tenants = {user: tenant for user, tenant in self._tenants.items() if len(tenant)}
        for tenant in self._tenants.values():
            tenant.tidy()
        unnamed = self._vectors.rows - len(self._owners)
        if unnamed >= max(_REWRITE_FROM, len(self._owners) // 2):
            self._rewrite()
        self._vectors.sync()
        state = self._state(watermark)
        snapshots.write(self._folder / _SNAPSHOT, self.space, state)
        self.watermark = watermark
        # Only now: until here the snapshot before this one named them.
        if len(state.freed):
            self._searches.wait_for_running()
            self._vectors.wipe(state.freed)
        self._freed = []
        self._tidy(keep=self._vectors.path)

    def clear(self) -> None:
        self._vectors.close()
        self._begin()

    def close(self) -> None:
        self._vectors.close()
        os.close(self._lock)

    def _remove(self, ids: Iterable[str]) -> None:
        owned: dict[Tenant, list[str]] = {}
        for id in ids:
            tenant = self._owners.pop(id, None)
            if tenant is not None:
                owned.setdefault(tenant, []).append(id)
        for tenant, its in owned.items():
            self._freed.append(tenant.remove(its))

    def _start(self) -> None:
        try:
            self._load()
        except UnusableFile as exc:
            logger.warning(
                "The snapshot of the vector index cannot be used; the index is built anew",
                action="index_snapshot_discarded",
                folder=str(self._folder),
                reason=str(exc),
            )
            self._begin()

    def _begin(self) -> None:
        """Start with nothing. The snapshot goes first: without it no other file counts."""
        (self._folder / _SNAPSHOT).unlink(missing_ok=True)
        snapshots.sync_folder(self._folder)
        self._tidy(keep=None)
        self._tenants, self._owners, self._freed, self.watermark = {}, {}, [], ""
        self._vectors = VectorFile.create(self._path(1), self.space, 1)

    def _load(self) -> None:
        try:
            snapshot = snapshots.read(self._folder / _SNAPSHOT, self.space)
        except FileNotFoundError:
            self._begin()
            return
        path = self._path(snapshot.generation)
        self._vectors = VectorFile.open(path, self.space, snapshot.generation, snapshot.vector_rows)
        try:
            self._probe(snapshot.parts)
            self._tidy(keep=path)
            for part in snapshot.parts:
                tenant = self._tenants[part.user] = Tenant(self._words, self._vectors)
                tenant.fill(part.table(self._vectors))
                self._owners.update(dict.fromkeys(tenant.ids, tenant))
        except BaseException:
            self._vectors.close()
            raise
        self.watermark = snapshot.watermark
        self._freed = [snapshot.freed]

    def _probe(self, parts: Sequence[Part]) -> None:
        """Raise UnusableFile unless vectors, here and there, are those that the codes are of."""
        for part in parts:
            count = min(len(part.rows), max(1, _PROBES // len(parts)))
            chosen = np.linspace(0, len(part.rows) - 1, count).astype(np.intp)
            chosen = chosen[np.argsort(part.rows["slot"][chosen])]
            half = self._vectors.read(part.rows["slot"][chosen]).astype(HALF)
            if not np.array_equal(sign_codes(half), part.codes[:, chosen]):
                raise UnusableFile(f"{self._vectors.path.name} holds other vectors")

    def _state(self, watermark: str) -> Snapshot:
        parts = [Part.of(user, tenant.view()) for user, tenant in self._tenants.items()]
        freed = np.unique(np.concatenate([np.empty(0, np.uint32), *self._freed]))
        return Snapshot(watermark, self._vectors.generation, self._vectors.rows, freed, parts)

    def _rewrite(self) -> None:
        """Copy the vectors that rows name to a new file; the snapshot that follows names it.

        Where there is no room for it, the old file goes on being used.
        """
        generation = self._vectors.generation + 1
        fresh = VectorFile.create(self._path(generation), self.space, generation)
        try:
            tables = [(tenant, tenant.compacted(fresh)) for tenant in self._tenants.values()]
        except OSError as exc:
            fresh.close()
            fresh.path.unlink()
            logger.warning(
                "The vector file could not be written anew; it stays larger than it need be",
                action="index_rewrite_failed",
                folder=str(self._folder),
                cause=type(exc).__name__,
            )
            return
        except BaseException:
            fresh.close()
            raise
        for tenant, table in tables:
            tenant.fill(table)
        self._vectors.close()
        self._vectors, self._freed = fresh, []

    def _path(self, generation: int) -> Path:
        return self._folder / f"vectors-{generation}"

    def _tidy(self, keep: Path | None) -> None:
        """Remove what a crash left behind."""
        for path in [*self._folder.glob("vectors-*"), *self._folder.glob("*.tmp")]:
            if path != keep:
                path.unlink()


def _lock(folder: Path) -> int:
    """Return the handle of a lock that ends with this process."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(handle)
        raise ConfigError(
            f"The vector index in {folder} is in use by another process. Stop it first."
        ) from exc
    return handle
