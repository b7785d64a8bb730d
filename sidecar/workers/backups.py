"""Makes backups when they are due, and knows how the last ones went.

A backup is the command `opensync backup create`, as a process of its own: packing and encrypting
must not stand in the way of requests. What came of it is in the record that the command writes, so
one made by hand or by cron counts, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Gauge

from sidecar.backup import record
from sidecar.backup.failure import BackupFailed
from sidecar.backup.record import Failure, Record
from sidecar.domain.clock import Clock

logger = structlog.get_logger(__name__)

INTERVAL = Gauge(
    "opensync_backup_interval_seconds", "Time from one backup to the next; 0: none by itself."
)
SUCCESS = Gauge("opensync_backup_last_success_timestamp_seconds", "When the last backup was made.")
FAILURE = Gauge(
    "opensync_backup_last_failure_timestamp_seconds",
    "When the last attempt failed; 0: it did not.",
)
SECONDS = Gauge("opensync_backup_duration_seconds", "How long the last backup took.")
SIZE = Gauge("opensync_backup_size_bytes", "Size of the last backup.")

_COMMAND: Final = (sys.executable, "-m", "sidecar", "backup", "create", "--prune")
_LOOK_EVERY: Final = 60.0  # seconds
_PATIENCE: Final = 5.0  # seconds that a process may take to end
_NICENESS: Final = 10
_DIED: Final = (
    "The command ended with code {}. Run `opensync backup create` by hand to see what it says."
)


@dataclass(frozen=True)
class BackupState:
    """How backups go. Times are Unix ms, None for never."""

    everyHours: float
    running: bool
    succeeded: int | None
    failed: int | None
    reason: str
    next: int | None


class BackupWorker:
    """Looks every minute whether a backup is due. With 0 hours none ever is."""

    def __init__(
        self,
        data: Path,
        clock: Clock,
        *,
        every_hours: float,
        command: Sequence[str] = _COMMAND,
        look_every: float = _LOOK_EVERY,
    ) -> None:
        self._data = data
        self._clock = clock
        self._every_hours = every_hours
        self._command = command
        self._look_every = look_every
        self._record = Record()
        # Where the record cannot be written: without it, the next attempt would be at once.
        self._unwritten: Failure | None = None
        self._running = False

    @property
    def state(self) -> BackupState:
        success, failure = self._record.success, self._record.failure
        return BackupState(
            everyHours=self._every_hours,
            running=self._running,
            succeeded=_milliseconds(success.at if success else None),
            failed=_milliseconds(failure.at if failure else None),
            reason=failure.reason if failure else "",
            next=_milliseconds(self._next),
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a backup that is being made then is given up."""
        while not stop.is_set():
            self._learn(await asyncio.to_thread(record.read, self._data))
            if self._next is not None and self._next <= self._now:
                await self._make(stop)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look_every):
                    await stop.wait()

    async def _make(self, stop: asyncio.Event) -> None:
        began, self._running = self._now, True
        try:
            code = await _finished(self._command, stop)
        finally:
            self._running = False
        self._learn(await asyncio.to_thread(record.read, self._data))
        success, failure = self._record.success, self._record.failure
        if code == 0 and success is not None:
            logger.info("Backup made", action="backup_made", name=success.name, bytes=success.bytes)
        elif code is not None:
            if failure is None or failure.at < began:
                failure = self._unwritten = Failure(at=self._now, reason=_DIED.format(code))
                with contextlib.suppress(BackupFailed):
                    await asyncio.to_thread(record.failed, self._data, failure)
                self._learn(self._record)
            logger.error("No backup was made", action="backup_failed", reason=failure.reason)

    def _learn(self, read: Record) -> None:
        found = self._record = _latest(read, self._unwritten)
        INTERVAL.set(self._every_hours * 3600)
        FAILURE.set(found.failure.at.timestamp() if found.failure else 0)
        if found.success:
            SUCCESS.set(found.success.at.timestamp())
            SECONDS.set(found.success.seconds)
            SIZE.set(found.success.bytes)

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC)

    @property
    def _next(self) -> datetime | None:
        return self._record.next(self._every_hours, self._now)


def _latest(read: Record, failure: Failure | None) -> Record:
    known = [outcome.at for outcome in (read.success, read.failure) if outcome is not None]
    if failure is None or any(at >= failure.at for at in known):
        return read
    return Record(success=read.success, failure=failure)


async def _finished(command: Sequence[str], stop: asyncio.Event) -> int | None:
    """Run the command and return its exit code, None when it was given up because of `stop`."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
    )
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
    ended, stopping = asyncio.create_task(process.wait()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return process.returncode
    finally:
        stopping.cancel()
        if process.returncode is None:
            await _end(process, ended)


async def _end(process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    process.terminate()
    done, _ = await asyncio.wait({ended}, timeout=_PATIENCE)
    if not done:
        process.kill()
        await ended


def _milliseconds(when: datetime | None) -> int | None:
    return None if when is None else round(when.timestamp() * 1000)
