"""What was accepted while PocketBase was away, kept on disk until it takes it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

import structlog
from prometheus_client import Counter, Gauge

from sidecar.domain.clock import Clock
from sidecar.domain.keys import ApiKey
from sidecar.domain.writes import GROUP_BYTES, Write
from sidecar.errors import SpoolRefused
from sidecar.spool.file import DAMAGED, NAME, Counts, Kept, SpoolFile, damaged_in, is_damage

logger = structlog.get_logger(__name__)

T = TypeVar("T")

WRITES = Counter(
    "opensync_spool_writes_total",
    "Sync requests that were kept in the spool, taken by PocketBase from there, or set aside.",
    ["event"],
)
WAITING = Gauge("opensync_spool_waiting", "Sync requests that wait in the spool.")
WAITING_BYTES = Gauge("opensync_spool_waiting_bytes", "Bytes of them.")
SINCE = Gauge(
    "opensync_spool_oldest_timestamp_seconds", "When the oldest of them came in; 0: none waits."
)
ASIDE = Gauge("opensync_spool_set_aside", "Sync requests that were set aside.")
USABLE = Gauge("opensync_spool_usable", "Whether writes can be kept in the spool.")
for event in ("kept", "drained", "set_aside"):
    WRITES.labels(event)

_LOCK: Final = "lock"
_RESERVE: Final = 64 * 1024 * 1024  # of the disk, left free so that writes can be removed again
_SHARE: Final = 20  # that part of a small disk


@dataclass(frozen=True)
class State:
    """What is in the spool. `problem` says why it could not be used when it was last tried, `full`
    why it takes no more; `damaged` names files that could not be read and were put aside."""

    counts: Counts = field(default_factory=Counts)
    problem: str = ""
    full: str = ""
    damaged: tuple[str, ...] = ()

    @property
    def notices(self) -> list[str]:
        """What somebody should look at, a sentence each."""
        notices = [self.problem] if self.problem else []
        if self.counts.aside:
            notices.append(
                f"{self.counts.aside:,} sync requests were set aside, as PocketBase refuses them. "
                "`opensync spool status` lists them with the reason."
            )
        notices += [
            f"The spool was damaged; {name} beside it holds what was in it. docs/howto/spool.md "
            "says how to get at it."
            for name in self.damaged
        ]
        return notices


class Spool:
    """Writes in order, and the keys that were good, in one SQLite file in `folder`.

    One thread does the work, in the order in which it was asked for. What is appended is on the
    disk when `append` returns, all of a call or nothing. Nothing is removed but by `settle` and
    `forget_user`.
    """

    def __init__(self, folder: Path, clock: Clock, *, most_bytes: int, most_hours: float) -> None:
        self.state = State()
        self._folder = folder
        self._clock = clock
        self._most_bytes = most_bytes
        self._most_ms = most_hours * 3_600_000
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._file: SpoolFile | None = None
        self._lock: int | None = None
        self._version = 0
        self._progress = 0
        self._name = ""
        self._start = self._turn = 0

    # Called from the event loop.

    async def open(self) -> None:
        """Open the file. Where that fails, `state.problem` says why; it is tried again later."""
        with contextlib.suppress(SpoolRefused):
            await self._do(lambda file: None)

    async def aclose(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    async def append(self, writes: Sequence[Write]) -> None:
        """Keep the writes. Raises SpoolRefused, and keeps none, where that is impossible."""
        await self._do(lambda file: self._append(file, writes))

    async def oldest(self) -> list[Kept]:
        """Return the first of the writes that wait."""
        return await self._do(lambda file: file.oldest(GROUP_BYTES))

    async def settle(self, stored: Iterable[Kept], refused: Iterable[tuple[Kept, str]]) -> None:
        """Remove what was stored, and set aside what was refused, each with its reason."""
        gone, aside = list(stored), list(refused)
        await self._do(lambda file: self._settle(file, gone, aside))

    async def look_again(self) -> None:
        """Notice what the command line did."""
        await self._do(self._look)

    async def known_keys(self) -> list[ApiKey]:
        """Return the keys that were good when they were last looked up."""
        try:
            return await self._do(SpoolFile.keys)
        except SpoolRefused:
            return []

    def remember(self, key: ApiKey) -> None:
        """Note a good key, in the background: nobody waits for it."""
        self._later(lambda file: file.put_key(key))

    def forget(self, hashes: Sequence[str]) -> None:
        """Forget keys by their hashes, in the background."""
        self._later(lambda file: file.drop_keys(hashes))

    def turn(self) -> tuple[str, str] | None:
        """Return who writes, and a string that sorts behind all it returned before for the same."""
        if not self._name:
            return None
        self._turn += 1
        return self._name, f"{self._start:010}.{self._turn:015}"

    def forget_user(self, user: str) -> None:
        """Remove the writes of a user who was deleted, in the background."""

        def forget(file: SpoolFile) -> None:
            if file.forget_user(user):
                self._count(file)

        self._later(forget)

    async def _do(self, work: Callable[[SpoolFile], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _later(self, work: Callable[[SpoolFile], None]) -> None:
        def quietly() -> None:
            with contextlib.suppress(SpoolRefused):  # logged, and told as a problem
                self._work(work)

        self._thread.submit(quietly)

    # Called in the thread.

    def _work(self, work: Callable[[SpoolFile], T]) -> T:
        try:
            file = self._file or self._open()
            if not self._name:
                self._name, self._start = file.started()
            result = work(file)
        except (sqlite3.Error, OSError) as exc:
            self._failed(exc)
            raise SpoolRefused(_SENTENCE) from exc
        return result

    def _open(self) -> SpoolFile:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = _locked(self._folder / _LOCK)
        try:
            file = self._opened()
        except sqlite3.DatabaseError as exc:
            if not is_damage(exc):
                raise
            self._put_away()
            file = self._opened()
        self._file = file
        self._tell(problem="", damaged=tuple(damaged_in(self._folder)))
        self._count(file)
        return file

    def _opened(self) -> SpoolFile:
        file = SpoolFile(self._folder / NAME)
        try:
            file.check()
        except BaseException:
            file.close()
            raise
        return file

    def _put_away(self) -> None:
        """Rename the file and those beside it, so that a new one can be made and none is lost."""
        name = f"{DAMAGED}{self._clock.arrival()}.db"
        for suffix in ("-journal", ""):
            part = self._folder / (NAME + suffix)
            if part.exists():
                part.rename(self._folder / (name + suffix))
        logger.error("The spool was damaged and set aside", action="spool_damaged", file=name)

    def _failed(self, exc: sqlite3.Error | OSError) -> None:
        problem = _explained(exc, self._folder)
        if problem != self.state.problem:
            logger.error("The spool failed", action="spool_failed", exc_info=exc)
        self._tell(problem=problem)
        if isinstance(exc, sqlite3.Error) and is_damage(exc) and self._file is not None:
            # Opened anew, it is examined and put away.
            self._file.close()
            self._file = None

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _append(self, file: SpoolFile, writes: Sequence[Write]) -> None:
        size, now = sum(write.size for write in writes), self._clock.now()
        self._require_room(size, now)
        file.append(writes, now)
        counts = self.state.counts
        self._tell(
            problem="",
            full="",
            counts=replace(
                counts,
                waiting=counts.waiting + len(writes),
                bytes=counts.bytes + size,
                since=now if counts.since is None else counts.since,
            ),
        )
        WRITES.labels("kept").inc(len(writes))

    def _require_room(self, size: int, now: int) -> None:
        counts, full = self.state.counts, ""
        if counts.bytes + counts.aside_bytes + size > self._most_bytes:
            full = f"The spool holds {self._most_bytes:,} bytes, OPENSYNC_SPOOL_BYTES, and no more."
        elif counts.since is not None and now - max(counts.since, self._progress) > self._most_ms:
            full = "PocketBase has taken nothing for longer than OPENSYNC_SPOOL_HOURS."
        if full:
            self._tell(full=full)
            raise SpoolRefused(_SENTENCE)
        if not self._has_disk(size):
            raise OSError(errno.ENOSPC, "nearly no space left")

    def _has_disk(self, size: int) -> bool:
        disk = shutil.disk_usage(self._folder)
        return disk.free >= size + min(_RESERVE, disk.total // _SHARE)

    def _settle(
        self, file: SpoolFile, stored: Sequence[Kept], aside: Sequence[tuple[Kept, str]]
    ) -> None:
        now = self._clock.now()
        drained, set_aside = file.settle(
            (kept.id for kept in stored), ((kept.id, why) for kept, why in aside), now
        )
        self._progress = now
        WRITES.labels("drained").inc(drained)
        WRITES.labels("set_aside").inc(set_aside)
        if drained + set_aside == len(stored) + len(aside) and file.version() == self._version:
            self._tell(full="", counts=_settled(self.state.counts, stored, aside, file.since()))
        else:
            self._tell(full="")
            self._count(file)
        # What was set aside would be copied each time; free pages are used again anyway.
        if not self.state.counts.waiting and self.state.counts.aside_bytes < GROUP_BYTES:
            with contextlib.suppress(sqlite3.Error):  # it is tried again next time
                file.shrink()

    def _look(self, file: SpoolFile) -> None:
        if self.state.problem and self._has_disk(0):
            file.touch()
            self._tell(problem="")
        if file.version() != self._version:
            self._count(file)

    def _count(self, file: SpoolFile) -> None:
        self._version = file.version()
        self._tell(counts=file.counts())

    def _tell(self, **news: object) -> None:
        self.state = state = replace(self.state, **news)  # type: ignore[arg-type]
        WAITING.set(state.counts.waiting)
        WAITING_BYTES.set(state.counts.bytes)
        SINCE.set((state.counts.since or 0) / 1000)
        ASIDE.set(state.counts.aside)
        USABLE.set(not state.problem and not (state.full and state.counts.waiting))


_SENTENCE: Final = (
    "The database is not reachable at the moment, and the server cannot keep this until it is. "
    "Send it again later."
)


def _settled(
    counts: Counts, stored: Sequence[Kept], aside: Sequence[tuple[Kept, str]], since: int | None
) -> Counts:
    stored_bytes = sum(kept.write.size for kept in stored)
    aside_bytes = sum(kept.write.size for kept, _ in aside)
    return Counts(
        counts.waiting - len(stored) - len(aside),
        counts.bytes - stored_bytes - aside_bytes,
        since,
        counts.aside + len(aside),
        counts.aside_bytes + aside_bytes,
    )


def _locked(path: Path) -> int:
    """Return a descriptor that holds the lock of the spool. Raises BlockingIOError."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _explained(exc: sqlite3.Error | OSError, folder: Path) -> str:
    """Return a sentence for the operator."""
    if isinstance(exc, BlockingIOError):
        return f"Another sidecar uses the spool in {folder}. Stop one of the two."
    if isinstance(exc, sqlite3.NotSupportedError):
        return f"A newer version wrote the spool in {folder}. Run that version."
    if (isinstance(exc, OSError) and exc.errno == errno.ENOSPC) or "full" in str(exc):
        return f"The disk of the spool in {folder} is full. Make room there."
    if isinstance(exc, sqlite3.Error) and is_damage(exc):
        return f"The spool in {folder} is damaged. It is examined when it is next used."
    return f"The spool in {folder} cannot be used ({type(exc).__name__}). See the server's log."
