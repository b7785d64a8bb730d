"""How much is stored, of one user and of all."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from sidecar.backup.backups import Backup
from sidecar.backup.failure import BackupFailed
from sidecar.domain.clock import Clock
from sidecar.domain.remembered import Remembered
from sidecar.pocketbase.client import Json, PocketBase

logger = structlog.get_logger(__name__)

_KEPT_MS: Final = 60_000
_REMEMBERED: Final = 100
_ALL: Final = ""  # no user has this id


class StorageService:
    """Measures, one measurement at a time, because each reads much; the result is kept a minute."""

    def __init__(
        self,
        pocketbase: PocketBase,
        clock: Clock,
        *,
        index: Path,
        backups: Callable[[], Sequence[Backup]],
    ) -> None:
        """`index` is the folder of the vector index; `backups` lists them, newest first."""
        self._pocketbase = pocketbase
        self._clock = clock
        self._index = index
        self._list_backups = backups
        self._measured = Remembered[str, Json](_REMEMBERED)
        self._measuring = asyncio.Lock()

    async def of(self, user: str) -> Json:
        """Return what the user keeps."""
        return await self._kept(user, lambda: self._ask("ofUser", {"user": user}))

    async def all(self) -> Json:
        """Return what the whole database is made of, and what each user keeps."""
        return await self._kept(_ALL, self._measure_all)

    async def _kept(self, name: str, measure: Callable[[], Awaitable[Json]]) -> Json:
        async with self._measuring:
            held = self._measured.get(name, self._clock.now())
            if held is None:
                held = {**await measure(), "measuredAt": self._clock.now()}
                self._measured.put(name, held, self._clock.now() + _KEPT_MS)
            return held

    async def _measure_all(self) -> Json:
        found = await self._ask("all", {})
        folder = Path(found.pop("folder"))
        return {
            **found,
            "backups": await self._backups(),
            "index": await asyncio.to_thread(_folder_bytes, self._index),
            "disk": await asyncio.to_thread(_disk, folder),
        }

    async def _backups(self) -> Json | None:
        try:
            found = await asyncio.to_thread(self._list_backups)
        except BackupFailed as exc:  # they may be kept elsewhere, and that be away
            logger.warning("Backups cannot be listed", action="no_backup_list", cause=exc.message)
            return None
        newest = round(found[0].created.timestamp() * 1000) if found else None
        return {"count": len(found), "bytes": sum(b.size for b in found), "newest": newest}

    async def _ask(self, name: str, body: dict[str, Any]) -> Json:
        response = await self._pocketbase.request(
            "POST", "/api/opensync/storage", params={"do": name}, json=body
        )
        answer: Json = orjson.loads(response.content)
        return answer


def _folder_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except FileNotFoundError:  # replaced meanwhile
                continue
    return total


def _disk(folder: Path) -> Json | None:
    """Return room on the disk of the database; None where PocketBase runs on another machine."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return {"total": usage.total, "free": usage.free}
