"""A whole stack under load, and what a fault does to it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import httpx

from tests.e2e.stack import Stack
from tests.faults.browsers import Browsers
from tests.faults.load import Load
from tests.faults.verdict import Verdict, compare
from tests.processes import children

PROGRAMS: Final = ("pocketbase", "sidecar", "traefik")

_REST: Final = 0.2  # of a client between requests: busy agents send a few messages a second
_SETTLED: Final = 11.0  # seconds after which the supervisor takes a program for well
_MOMENT: Final = 3.0  # the longest random wait
_PATIENCE: Final = 300.0
_FOUND: Final = 10  # acknowledged messages that search must find


@dataclass(frozen=True)
class Outcome:
    """One line of the table."""

    fault: str
    times: int
    acknowledged: int
    refused: int
    reasons: str
    recovery: float | None  # seconds, the median
    verdict: Verdict


class Scene:
    """The stack, the clients and the browsers; faults are injected by the tests."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.stack = stack
        self.random = Random(seed)
        self.load = Load(stack.url, stack.key, seed, rest=_REST)
        self.browsers = Browsers(stack.url)
        self.recoveries: list[float] = []
        self._probes = 0

    @asynccontextmanager
    async def under_load(self) -> AsyncIterator[None]:
        async with self.browsers.watching(), self.load.running():
            await self._sync_works()
            yield

    @asynccontextmanager
    async def disturbed(self) -> AsyncIterator[None]:
        """Within, something is wrong. Note from when on requests are taken; wait until they are."""
        back = self.load.next_success()
        yield
        async with asyncio.timeout(_PATIENCE):
            self.recoveries.append(await back)
        await self._sync_works()

    @property
    def database(self) -> Path:
        return self.stack.folder / "pb_data" / "data.db"

    @property
    def sidecar_url(self) -> str:
        return f"http://127.0.0.1:{self.stack.facts['sidecar_port']}"

    def pids(self) -> dict[str, int]:
        assert self.stack.process is not None
        return children(self.stack.process.pid)

    async def settled(self, *names: str) -> None:
        """Wait until the programs have run for a while, and a random moment."""
        await self.until(lambda: all(self._age(name) > _SETTLED for name in names), "settled")
        await asyncio.sleep(self.random.uniform(0, _MOMENT))

    def signal(self, number: signal.Signals, *names: str) -> None:
        pids = self.pids()
        for name in names:
            os.kill(pids[name], number)

    async def outcome(self, fault: str, times: int = 1) -> Outcome:
        """End the load, wait until everything is stored, and judge."""
        await self._browsers_hear()
        await self.load.finish()
        ledger = self.load.ledger
        await self._drained()
        verdict = await asyncio.to_thread(compare, ledger, self.database)
        await self._search_finds_some()
        return Outcome(
            fault,
            times,
            ledger.acknowledged,
            ledger.refused,
            ", ".join(f"{count} x {reason}" for reason, count in ledger.reasons.most_common()),
            statistics.median(self.recoveries) if self.recoveries else None,
            verdict,
        )

    def spooled(self) -> int:
        """Return how many writes the spool holds, those that were set aside too."""
        with closing(sqlite3.connect(self.stack.folder / "spool" / "spool.db")) as db:
            return int(db.execute("SELECT count(*) FROM writes").fetchone()[0])

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"{what}: not within {_PATIENCE:.0f} s"
            await asyncio.sleep(0.05)

    async def _sync_works(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            await self.load.next_success()

    def _age(self, name: str) -> float:
        """Return for how many seconds a program has been running, 0 when it is not."""
        pid = self.pids().get(name)
        if pid is None:
            return 0
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return 0
        started = int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started

    async def _browsers_hear(self) -> None:
        """Every browser hears of a session, whatever it went through."""
        self._probes += 1
        probe = f"probe-{self._probes}"
        async with httpx.AsyncClient(
            base_url=self.stack.url, headers=self.stack.authorization, timeout=30
        ) as http:
            for attempt in range(120):
                body = {"externalId": probe, "title": f"{probe}, attempt {attempt}"}
                await http.post("/sync/session", json=body)
                try:
                    async with asyncio.timeout(1):
                        return await self.browsers.heard_by_all(probe)
                except TimeoutError:
                    continue
        raise AssertionError(f"{self.browsers.missing(probe)} browsers hear nothing any more.")

    async def _drained(self) -> None:
        """Wait until nothing that was accepted waits to be stored."""
        async with httpx.AsyncClient(base_url=self.sidecar_url, timeout=30) as http:
            for _ in range(600):
                answer = await http.get("/ready")
                if answer.status_code == 200 and not await asyncio.to_thread(self.spooled):
                    return
                await asyncio.sleep(0.2)
        raise AssertionError(f"Not everything was stored: {answer.text}")

    async def _search_finds_some(self) -> None:
        taken = [(key, e) for key, e in self.load.ledger.taken().items() if e.word and not e.unsure]
        sample = self.random.sample(taken, min(_FOUND, len(taken)))
        async with httpx.AsyncClient(
            base_url=self.stack.url, headers=self.stack.authorization, timeout=60
        ) as http:
            for key, entry in sample:
                query = {"q": entry.word, "type": "fulltext", "scope": "messages"}
                for _ in range(300):
                    answer = await http.get("/api/search", params=query)
                    found = [result["externalId"] for result in answer.json()["results"]]
                    if found == [key[0]]:
                        break
                    # A search answers from what has been indexed so far.
                    await asyncio.sleep(0.2)
                else:
                    raise AssertionError(f"Search does not find {key}: {answer.text}")
